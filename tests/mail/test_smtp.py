"""What does a real server's answer mean, and does any error tell what it should not?"""

import asyncio
import socket
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult

from cusna_core.api import ConfigError, Secret
from cusna_core.mail import Deferred, MailError, Misconfigured, Smtp, Temporary, Undeliverable

from .conftest import Post


def mail(to: str = "zoe@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "wifi@example.com"
    message["To"] = to
    message["Subject"] = "Grüße"
    message.set_content("Hällo")
    return message


@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
async def test_delivery(post: Post, security: str) -> None:
    box = await post.open(security)
    await post.smtp(box, security).send(mail())
    assert box.recipients == ["zoe@example.com"]
    assert box.mails[0]["Subject"] == "Grüße"
    assert box.mails[0].get_content().strip() == "Hällo"


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_certificate_is_verified(post: Post, security: str, tmp_path: Path) -> None:
    box = await post.open(security)
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with pytest.raises(Misconfigured, match="certificate that is not trusted"):
        await post.smtp(box, security, ca=str(other)).send(mail())
    assert not box.mails


async def test_the_certificate_is_of_that_host(post: Post) -> None:
    box = await post.open("tls")
    smtp = Smtp("127.0.0.2", box.port, security="tls", ca=str(post.ca_file), timeout=5)
    with pytest.raises(MailError):
        await smtp.send(mail())
    assert not box.mails


async def test_starttls_that_is_not_offered_sends_nothing(post: Post) -> None:
    box = await post.open("none")
    with pytest.raises(Misconfigured, match="does not offer"):
        await post.smtp(box, "starttls").send(mail())
    assert not box.mails


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
@pytest.mark.parametrize(("password", "fine"), [("right", True), ("s3cret-wrong", False)])
async def test_login(post: Post, security: str, password: str, fine: bool) -> None:
    logins: list[tuple[bytes, bytes]] = []

    def login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)

    box = await post.open(
        security,
        authenticator=login,
        auth_required=True,
        auth_require_tls=security == "starttls",
    )
    smtp = post.smtp(box, security, username=Secret("wifi-user"), password=Secret(password))
    if fine:
        await smtp.send(mail())
        assert logins == [(b"wifi-user", b"right")]
        assert len(box.mails) == 1
        return
    with pytest.raises(Misconfigured, match="refuses the user name and password") as caught:
        await smtp.send(mail())
    assert not box.mails
    told = f"{caught.value!r} {caught.value.__cause__!r} {smtp!r}"
    assert "s3cret" not in told
    assert "wifi-user" not in told


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("450 zoe@example.com is greylisted", Deferred),
        ("452 too many", Deferred),
        ("550 no zoe@example.com here", Undeliverable),
        ("553 bad name zoe@example.com", Undeliverable),
    ],
)
@pytest.mark.parametrize("at", ["rcpt", "data"])
async def test_what_the_server_says_of_a_letter(
    post: Post, answer: str, kind: type[MailError], at: str
) -> None:
    box = await post.open()
    if at == "rcpt":
        box.rcpt = lambda _: answer
    else:
        box.data = lambda: answer
    with pytest.raises(kind) as caught:
        await post.smtp(box).send(mail())
    assert type(caught.value) is kind
    assert "zoe" not in str(caught.value)
    assert caught.value.__suppress_context__


async def test_nobody_is_there(post: Post) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        smtp = Smtp("127.0.0.1", taken.getsockname()[1], security="none", timeout=5)
        with pytest.raises(Temporary, match="cannot be reached"):
            await smtp.send(mail())


@pytest.mark.parametrize(
    ("greeting", "kind"),
    [
        (None, Temporary),
        (b"", Temporary),
        (b"421 busy\r\n", Temporary),
        (b"554 go away\r\n", Misconfigured),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", MailError),
    ],
)
async def test_a_server_that_misbehaves(greeting: bytes | None, kind: type[MailError]) -> None:
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if greeting is None:
            await done.wait()  # says nothing at all
        else:
            writer.write(greeting)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(kind):
            await Smtp("127.0.0.1", port, security="none", timeout=0.3).send(mail())
    finally:
        done.set()
        server.close()
        await server.wait_closed()


async def test_a_farewell_that_fails_is_no_failure(post: Post) -> None:
    box = await post.open()

    async def hang_up(server: Any, session: Any, envelope: Any) -> str:
        raise ConnectionResetError

    box.handle_QUIT = hang_up  # type: ignore[attr-defined]
    await post.smtp(box).send(mail())
    assert len(box.mails) == 1


async def test_an_address_that_needs_more_than_the_server_has(post: Post) -> None:
    box = await post.open(enable_SMTPUTF8=False)
    with pytest.raises(Undeliverable, match="cannot handle") as caught:
        await post.smtp(box).send(mail("zoë@example.com"))
    assert "zoë" not in str(caught.value)
    assert not box.mails


async def test_an_address_that_is_not_ascii(post: Post) -> None:
    box = await post.open()
    await post.smtp(box).send(mail("zoë@example.com"))
    assert box.recipients == ["zoë@example.com"]


@pytest.mark.parametrize("host", ["mail.example.com", "192.168.1.20", "10.0.0.1"])
def test_clear_text_stays_on_this_machine(host: str) -> None:
    with pytest.raises(ConfigError, match="this machine") as caught:
        Smtp(host, 25, security="none")
    assert caught.value.path == "mail.security"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_ports(security: Any, port: int) -> None:
    assert repr(Smtp("localhost", security=security)) == f"Smtp(localhost:{port}, {security})"


def test_a_ca_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    for path in (broken, tmp_path / "missing.pem"):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            Smtp("mail.example.com", ca=str(path))
        assert caught.value.path == "mail.tls.ca"


def test_secrets_do_not_show(secret: Callable[[str], Secret]) -> None:
    smtp = Smtp("localhost", username=secret("wifi-user"), password=secret("s3cret"))
    assert "s3cret" not in repr(smtp)
    assert "wifi-user" not in repr(smtp)
