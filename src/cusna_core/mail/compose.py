"""How does a letter become a mail?

Text and HTML say the same. Every link begins with the configured `base_url`, whoever wrote the values;
the recipient is an address that we stored, never one that somebody typed.
"""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from cusna_core.engine.appearance.tones import palette
from cusna_core.mail.kinds import write
from cusna_core.words import Language, languages


class Composer:
    """Makes mails. `sender` is as in the configuration: `WiFi <wifi@example.com>`."""

    def __init__(self, sender: str, base_url: str) -> None:
        name, address = parseaddr(sender)
        self._sender = mailbox(address, name)
        self._base_url = base_url.rstrip("/")
        environment = Environment(
            loader=PackageLoader("cusna_core.mail"),
            autoescape=select_autoescape(["html"], default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._text = environment.get_template("letter.txt")
        self._html = environment.get_template("letter.html")
        languages()

    def compose(
        self,
        kind: str,
        language: Language,
        values: Mapping[str, object],
        *,
        to: str,
        letter: str,
        now: datetime,
    ) -> EmailMessage:
        """`letter` is the letter's id in the outbox: the same letter keeps its Message-ID when sent again."""
        written = write(kind, language, values)
        for link in (written.home, *(block.link for block in written.blocks if block.link)):
            if link != self._base_url and not link.startswith(self._base_url + "/"):
                raise ValueError(f"A letter of kind {kind} holds a link that is not of base_url.")
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = written.subject
        mail["From"] = self._sender
        mail["To"] = mailbox(to)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{letter}@{self._sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        mail.set_content(self._text.render(letter=written))
        accent = str(values.get("accent") or "")
        html = self._html.render(letter=written, language=language, tones=palette(accent) if accent else None)
        mail.add_alternative(html, subtype="html")
        mail["Content-Language"] = language.code  # last: the parts would take it away
        return mail


def mailbox(address: str, name: str = "") -> Address:
    """An address fit for a header: its domain in ASCII, anything odd refused without showing it."""
    local, at, domain = address.strip().rpartition("@")
    try:
        if not at or not local or not domain or not address.isprintable():
            raise ValueError
        return Address(name, local, domain.encode("idna").decode("ascii"))
    except (ValueError, IndexError, UnicodeError):
        raise ValueError("This is not an address that mail can be sent to.") from None
