"""A real mail server on loopback, and a clock that stands still until it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as SMTP_POLICY
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP

from cusna_core.api import Clock, Secret
from cusna_core.mail import Smtp


class Hand(Clock):
    """Stands at an instant; `sleep` ends when `pass_` has gone that far."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self.at = at
        self.gone = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.gone)

    def monotonic(self) -> float:
        return self.gone

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.gone + seconds, future))
        await future

    def pass_(self, seconds: float) -> None:
        self.gone += seconds
        for until, future in self._sleepers:
            if until <= self.gone and not future.done():
                future.set_result(None)
        self._sleepers = [one for one in self._sleepers if not one[1].done()]


@dataclass
class Box:
    """What a mail server took, and how it answers."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    rcpt: Callable[[str], str] = lambda _: "250 OK"
    data: Callable[[], str] = lambda: "250 OK"
    sender: str = ""
    """Said instead of OK to every sender."""
    gate: Callable[[str], Awaitable[None]] | None = None
    """Awaited before a letter to somebody is accepted."""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.sender:
            return self.sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        answer = self.rcpt(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.gate is not None:
            await self.gate(envelope.rcpt_tos[0])
        answer = self.data()
        if answer.startswith("250"):
            mail = BytesParser(policy=SMTP_POLICY).parsebytes(envelope.content)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.recipients.extend(envelope.rcpt_tos)
            self.arrived.set()
        return answer

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.mails) < count:
                self.arrived.clear()
                await self.arrived.wait()


@dataclass
class Post:
    """Starts mail servers."""

    stack: AsyncExitStack
    ca: trustme.CA
    ca_file: Path

    async def open(self, security: str = "none", **options: Any) -> Box:
        box = Box()
        context = None
        if security != "none":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.ca.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(box, loop=loop, **{"enable_SMTPUTF8": True, **options}),
            "127.0.0.1",
            0,
            ssl=context if security == "tls" else None,
        )

        async def stop() -> None:
            server.close()
            for task in asyncio.all_tasks():
                if "SMTP._handle_client" in repr(task.get_coro()):
                    task.cancel()
            await server.wait_closed()

        self.stack.push_async_callback(stop)
        box.port = server.sockets[0].getsockname()[1]
        return box

    def smtp(self, box: Box, security: Any = "none", **options: Any) -> Smtp:
        ca = None if security == "none" else str(self.ca_file)
        return Smtp("localhost", box.port, **{"security": security, "ca": ca, "timeout": 5.0, **options})


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    ca = trustme.CA()
    ca_file = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(ca_file)
    async with AsyncExitStack() as stack:
        yield Post(stack, ca, ca_file)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def secret() -> Callable[[str], Secret]:
    return Secret
