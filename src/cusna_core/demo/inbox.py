"""Where do the demo's mails go? Into a mail server on loopback that shows them on a page."""

import asyncio
import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came in."""

    number: int
    to: str
    subject: str
    text: str
    html: str


class Inbox:
    """An SMTP server on 127.0.0.1 that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.down = False
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Listen; on the same port as before, if it was down."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SMTP(self, loop=loop, hostname="localhost", enable_SMTPUTF8=True),
            "127.0.0.1",
            self.port or port,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def bad_day(self, on: bool) -> None:
        """Nobody answers at its door, or somebody again."""
        self.down = on
        if on:
            await self.stop()
        elif self._server is None:
            await self.start()

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        for to in envelope.rcpt_tos:
            self.mails.append(
                Received(
                    number=len(self.mails) + 1,
                    to=to,
                    subject=str(message["Subject"]),
                    text=_part(message, "plain"),
                    html=_part(message, "html"),
                )
            )
        return "250 OK"


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body is not None else ""
