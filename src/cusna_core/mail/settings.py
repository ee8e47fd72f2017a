"""Which mail server is set up, and does it take our letters?

The façade between the console's page and the mail server's settings. What is entered is tried by a test mail
before it is stored, and at work when `save` returns.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from yarl import URL

from cusna_core.admin.kept import at, merged, secrets, without
from cusna_core.admin.trial import Refused
from cusna_core.admin.workshop import Workshop
from cusna_core.api import Clock, ConfigError, Options
from cusna_core.config.judge import judge
from cusna_core.config.problems import Problem
from cusna_core.config.program import Mail
from cusna_core.config.resolve import console_ground
from cusna_core.config.setup import Origin
from cusna_core.mail.compose import Composer
from cusna_core.mail.smtp import MailError, Smtp
from cusna_core.store import audit, outbox, settings
from cusna_core.store.db import Tx
from cusna_core.words import Language

NAME = "server"
"""There is one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The mail server as it may be shown: without its secrets."""

    origin: Origin
    values: Mapping[str, Any]
    given: frozenset[str]
    """Secrets that are there."""
    version: int = 0
    changed: datetime | None = None
    by: str = ""

    path: ClassVar[str] = "mail"
    """Where it stands in the file."""

    @property
    def fixed(self) -> bool:
        return self.origin == "file"


@dataclass(frozen=True, slots=True)
class Tried:
    """What the server said to a test mail."""

    sent: bool
    said: str


class NotTaken(Exception):
    """The settings are good, and the server did not take the test mail. Nothing was stored."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def opened(mail: Mail, base_url: str) -> tuple[Composer, Smtp]:
    """How mails are written and sent. Raises ConfigError."""
    smtp = Smtp(
        mail.host,
        mail.effective_port,
        security=mail.security.value,
        username=mail.username,
        password=mail.password,
        ca=str(mail.ca) if mail.ca is not None else None,
    )
    return Composer(mail.sender, base_url), smtp


async def tried(mail: Mail | None, base_url: str, to: str, language: Language, clock: Clock) -> Tried:
    """Send a test mail, at once and not by the outbox."""
    if mail is None:
        return Tried(False, language.text("No mail server is set up."))
    now = clock.now()
    try:
        composer, smtp = opened(mail, base_url)
        site = URL(base_url)
        values = {"site": site.host or str(site), "console": f"{base_url}/console"}
        letter = f"test-{int(now.timestamp() * 1000)}"
        await smtp.send(composer.compose("test", language, values, to=to, letter=letter, now=now))
    except (MailError, ConfigError) as error:
        return Tried(False, str(error))
    return Tried(
        True,
        language.text(
            "The mail server accepted a test mail to %(address)s. Look into that inbox.", address=to
        ),
    )


class MailSettings:
    """Everything that the console's mail page does."""

    def __init__(self, workshop: Workshop, clock: Clock, base_url: str) -> None:
        self._workshop = workshop
        self._clock = clock
        self._base_url = base_url

    @property
    def works(self) -> bool:
        """Whether there is a mail server to hand letters to."""
        return self._workshop.setup.mail is not None

    async def kept(self) -> Kept | None:
        file = self._workshop.file.mail
        hidden = secrets((Mail,))
        if file is not None:
            values = file.model_dump(mode="json", exclude_unset=True, exclude=set(hidden))
            given = frozenset(one for one in hidden if getattr(file, one) is not None)
            return Kept("file", values, given)
        stored = await self._stored()
        if stored is None:
            return None
        given = frozenset(one for one in hidden if at(stored.values, one) is not None)
        return Kept("console", without(stored.values, hidden), given, stored.version, stored.at, stored.by)

    async def _stored(self) -> settings.Setting | None:
        ground = self._workshop.ground
        return await ground.db.read(lambda tx: settings.get(tx, ground.vault, "mail", NAME))

    async def state(self) -> outbox.Waiting:
        """The letters that have not gone out."""
        return await self._workshop.ground.db.read(outbox.state)

    async def try_now(self, to: str, language: Language) -> Tried:
        """A test mail by what is at work."""
        return await tried(self._workshop.setup.mail, self._base_url, to, language, self._clock)

    async def save(
        self,
        values: Mapping[str, Any],
        *,
        by: str,
        version: int,
        language: Language,
        keep: Collection[str] = (),
        anyway: bool = False,
    ) -> Tried:
        """Judge, send a test mail to who saves, store, and set to work.

        Raises Refused; NotTaken where the server does not take the test mail (not with `anyway`: it may be
        down just now); `settings.Conflict` if somebody else saved meanwhile.
        """
        self._not_the_files()
        stored = await self._stored()
        whole = merged(values, stored.values if stored else {}, keep)
        judged = judge(Mail, Options, whole, console_ground(self._workshop.file), "mail")
        if judged.problems or judged.core is None:
            raise Refused(
                *(
                    Problem(one.path.removeprefix("mail").removeprefix("."), one.text)
                    for one in judged.problems
                )
            )
        told = await tried(judged.core, self._base_url, by, language, self._clock)
        if not told.sent and not anyway:
            raise NotTaken(told.said)
        before = stored.values if stored else {}
        touched = sorted(one for one in {*whole, *before} if whole.get(one) != before.get(one))
        ground, now = self._workshop.ground, self._clock.now()

        def put(tx: Tx) -> None:
            settings.put(tx, ground.vault, "mail", NAME, whole, now, by, version)
            about = {"kind": "mail", "name": NAME, "fields": touched}
            audit.write(tx, "setting-changed" if version else "setting-made", now, who=by, data=about)

        await self._stored_by(put)
        return told

    async def remove(self, *, by: str, version: int) -> None:
        """Letters wait from then on, until there is a server again."""
        self._not_the_files()
        now = self._clock.now()

        def delete(tx: Tx) -> None:
            settings.delete(tx, "mail", NAME, version)
            audit.write(tx, "setting-removed", now, who=by, data={"kind": "mail", "name": NAME})

        await self._stored_by(delete)

    def _not_the_files(self) -> None:
        if self._workshop.file.mail is not None:
            raise Refused(Problem("", "The configuration file says this, and the file counts."))

    async def _stored_by(self, change: Callable[[Tx], None]) -> None:
        await self._workshop.ground.db.run(change)
        await self._workshop.take()
