"""When does a letter go out, and what if it cannot?

At least once, and as soon as it was put: a nudge wakes the worker. Several letters go at a time, those
to one person one after the other. A letter that is too late is dropped: a sign-in mail that comes
after its link has ended would only confuse. Nobody but this worker learns whether an address is known.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random, SystemRandom
from typing import Final

from pydantic import ValidationError

from cusna_core.api import Clock, Finding, Level
from cusna_core.mail.compose import Composer
from cusna_core.mail.desk import Desk, Drop
from cusna_core.mail.flood import Flood, capped
from cusna_core.mail.smtp import Deferred, MailError, Misconfigured, Smtp, Undeliverable
from cusna_core.store import outbox, refusals
from cusna_core.store.db import Database, Tx
from cusna_core.store.outbox import Letter
from cusna_core.store.vault import Vault
from cusna_core.words import language

log = logging.getLogger(__name__)

AT_ONCE: Final = 8
"""Letters on their way at a time."""
FIRST: Final = 1.0
LONGEST: Final = 300.0
"""Seconds between tries: at most 1, 2, 4 … 300, anywhere below that (full jitter)."""
LIFE: Final = timedelta(days=3)
"""Of a letter that has no end of its own."""
IDLE: Final = 30.0
PATIENCE: Final = 3
"""Failures in a row before admins hear of it (a person's own mailbox counts once); wrong credentials are told
at once."""


class Worker:
    """Takes letters from the outbox. Without `smtp` they wait."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock,
        desk: Desk,
        composer: Composer | None,
        smtp: Smtp | None,
        *,
        random: Random | None = None,
        report: Callable[[tuple[Finding, ...]], Awaitable[None]] | None = None,
    ) -> None:
        self._db, self._vault, self._clock, self._desk = db, vault, clock, desk
        self._composer, self._smtp = composer, smtp
        self._random = random or SystemRandom()
        self._report = report
        self._wake = asyncio.Event()
        self._going: dict[str, str] = {}
        """Letters on their way, each with whom it goes to."""
        self._failures: set[tuple[str, int]] = set()
        """Since the last success."""
        self._down = False
        self._told: str | None = None
        self._said: tuple[Finding, ...] = ()
        self._flood = Flood()
        self._looked = clock.now()
        self._stuck = False

    async def use(self, composer: Composer | None, smtp: Smtp | None) -> None:
        """Another server from now on, or none: the settings were changed. What waits goes at once."""
        self._composer, self._smtp = composer, smtp
        self._down = False
        self._failures.clear()
        if self._told is not None:
            # It was about the one before.
            self._told = None
            await self._tell(())
        now = self._clock.now()
        await self._db.run(lambda tx: outbox.hasten(tx, now))
        self.nudge()

    def nudge(self) -> None:
        """A letter was put: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled. What was on its way then goes again at the next start."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                try:
                    rest = await self._round(group)
                except Exception as error:  # noqa: BLE001 - nothing may end the worker
                    if not self._stuck:
                        log.error("The outbox cannot be read (%s). Trying on.", type(error).__name__)  # noqa: TRY400 - the type is all that is safe
                    self._stuck, rest = True, 5.0
                else:
                    if self._stuck:
                        log.info("The outbox can be read again.")
                    self._stuck = False
                await self._rest(rest)

    async def _round(self, group: asyncio.TaskGroup) -> float:
        """Send what may go now; how many seconds to rest if nothing wakes us."""
        now = self._clock.now()
        if self._smtp is None:
            return IDLE
        fetch = len(self._going) + 4 * AT_ONCE
        looked, self._looked = self._looked, now

        def look(tx: Tx) -> tuple[list[Letter], datetime | None]:
            refusals.overlooked(tx, looked, now)
            return outbox.due(tx, self._vault, now, fetch), outbox.next_due(tx)

        letters, next_due = await self._db.run(look)
        for letter in letters:
            if len(self._going) >= AT_ONCE:
                break
            person = _person(letter)
            if letter.id not in self._going and person not in self._going.values():
                self._going[letter.id] = person
                group.create_task(self._deliver(letter), name=f"letter-{letter.id}")
        if self._going:
            return FIRST
        if next_due is None:
            return IDLE
        return min(IDLE, max(0.05, (next_due - now).total_seconds()))

    async def _rest(self, seconds: float) -> None:
        waits = [
            asyncio.ensure_future(self._wake.wait()),
            asyncio.ensure_future(self._clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _deliver(self, letter: Letter) -> None:
        try:
            await self._try(letter)
        except Exception as error:  # noqa: BLE001 - one letter's trouble must not end the others
            # A letter that is still due goes again.
            log.warning("Letter %s could not be noted (%s).", letter.id, type(error).__name__)
            task = asyncio.current_task()
            # Who stops us may not be heard: wait_for of Python 3.11 loses a call-off that meets an answer.
            if task is None or not task.cancelling():
                await self._clock.sleep(FIRST)
        finally:
            del self._going[letter.id]
            self._wake.set()

    async def _try(self, letter: Letter) -> None:
        composer, smtp, now = self._composer, self._smtp, self._clock.now()
        if composer is None or smtp is None:
            return  # taken away since the round began
        if now >= (letter.expires or letter.created + LIFE):
            await self._drop(letter, "too-late")
            return
        if await self._too_many(letter, now):
            return
        try:
            ready = await self._desk.prepare(letter)
            if isinstance(ready, Drop):
                await self._drop(letter, ready.why)
                return
            mail = composer.compose(
                ready.kind,
                language(ready.language),
                ready.values,
                to=ready.to,
                letter=letter.id,
                now=self._clock.now(),
            )
            # Looking the person up took time, and the source may have been slow.
            if letter.expires is not None and self._clock.now() >= letter.expires:
                await self._drop(letter, "too-late")
                return
            await smtp.send(mail)
        except Undeliverable as error:
            log.warning("Letter %s (%s) is given up. %s", letter.id, letter.kind, error)
            await self._drop(letter, "undeliverable")
            await self._failed(letter, error)
        except Deferred as error:
            log.info("Letter %s (%s) is put off. %s", letter.id, letter.kind, error)
            await self._again(letter, str(error))
            await self._failed(letter, error)
        except MailError as error:
            await self._again(letter, str(error))
            await self._failed(letter, error)
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            # The text of the error may hold values: its class has to do.
            log.error("Letter %s (%s) cannot be written (%s).", letter.id, letter.kind, type(error).__name__)  # noqa: TRY400
            await self._drop(letter, "invalid")
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - one letter's bug must not stop the others
            log.warning("Letter %s (%s) failed (%s).", letter.id, letter.kind, type(error).__name__)
            await self._again(letter, type(error).__name__)
        else:
            sent = self._clock.now()
            await self._db.run(lambda tx: self._desk.sent(tx, letter, ready, sent))
            log.info("Letter %s (%s) was accepted by the mail server.", letter.id, letter.kind)
            await self._went()

    async def _too_many(self, letter: Letter, now: datetime) -> bool:
        """M14: anybody can ask for sign-in mails to members. Beyond a cap they wait, and admins hear."""
        if not capped(letter):
            return False
        before = self._flood.on
        over = await self._db.run(lambda tx: self._flood.over(tx, letter, now))
        if self._flood.on != before:
            await self._tell(self._said)
        return over

    async def _drop(self, letter: Letter, why: str) -> None:
        now = self._clock.now()
        # Unknown addresses are everyday business, and a log is no place to learn who is known.
        log.debug("Letter %s (%s) is dropped: %s.", letter.id, letter.kind, why)
        await self._db.run(lambda tx: self._desk.dropped(tx, letter, why, now))

    async def _again(self, letter: Letter, error: str) -> None:
        pause = self._random.uniform(0.1, min(LONGEST, FIRST * 2 ** min(letter.tries, 16)))
        due = self._clock.now() + timedelta(seconds=pause)
        await self._db.run(lambda tx: outbox.retry(tx, letter.id, due, error))

    async def _failed(self, letter: Letter, error: MailError) -> None:
        """Tell once, and admins as soon as it is more than a hiccup."""
        said = str(error)
        if isinstance(error, (Deferred, Undeliverable)):
            # One mailbox says nothing about the server; several people's in a row do (no relaying, say).
            self._failures.add((_person(letter), -1))
        else:
            self._failures.add((letter.id, letter.tries))
            if not self._down:
                log.warning("No mail goes out. %s Trying on.", said)
            self._down = True
        if (isinstance(error, Misconfigured) or len(self._failures) >= PATIENCE) and said != self._told:
            self._told = said
            await self._tell((down(error),))

    async def _went(self) -> None:
        if self._down:
            log.info("Mail goes out again.")
        self._down = False
        self._failures.clear()
        if self._told is not None:
            self._told = None
            await self._tell(())

    async def _tell(self, findings: tuple[Finding, ...]) -> None:
        self._said = findings
        if self._report is not None:
            await self._report((*findings, *self._flood.findings()))


def down(error: MailError) -> Finding:
    """What an admin should know when no mail goes out."""
    fix = (
        "Mend [mail] in the configuration, then try it: cusna check --mail ADDRESS."
        if isinstance(error, Misconfigured)
        else "Check that the mail server is up and can be reached from here. Letters wait until it is."
    )
    return Finding(
        Level.ERROR,
        "mail.down",
        f"{error} Nobody gets a sign-in mail until that is mended.",
        fix,
        path="mail",
    )


def _person(letter: Letter) -> str:
    """Whom a letter goes to, as far as its payload tells: their letters keep their order."""
    payload = letter.payload
    return str(payload.get("account") or payload.get("typed") or payload.get("to") or letter.id)
