"""What does every command need? The database, the setup and an engine: ready to do something once."""

import asyncio
import base64
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import SystemRandom
from typing import Any, Self

from cusna_core.admin.operations import Operations
from cusna_core.api import Clock, Finding, SystemClock
from cusna_core.config import file as config_file
from cusna_core.config import plugins, resolve
from cusna_core.config.file import ConfigFile
from cusna_core.config.plugins import Registry
from cusna_core.config.setup import Setup
from cusna_core.engine import build, reach
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Estate
from cusna_core.engine.fence.calls import GUARDED
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.fence.stall import Alarm
from cusna_core.engine.hints import Hints
from cusna_core.engine.members import Members
from cusna_core.engine.opening import Ground
from cusna_core.engine.ring import Ring
from cusna_core.engine.sinks import Sinks
from cusna_core.mail.compose import Composer
from cusna_core.mail.settings import opened, tried
from cusna_core.mail.smtp import Smtp
from cusna_core.store import installation, settings
from cusna_core.store.db import Database, Lock, lock
from cusna_core.store.vault import Vault
from cusna_core.words import language, passphrases

DATABASE = "cusna.db"
KEY_FILE = "cusna.key"
RETIRE_AFTER = 90.0
"""Seconds that sources and controllers stay open after new ones have taken over."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in the data directory."""

    data_dir: Path

    @property
    def database(self) -> Path:
        return self.data_dir / DATABASE

    @property
    def key_file(self) -> Path:
        return self.data_dir / KEY_FILE

    @property
    def backups(self) -> Path:
        return self.data_dir / "backups"


class Core:
    """The parts without their loops: open, and ready to do something once."""

    def __init__(
        self,
        file: ConfigFile,
        registry: Registry,
        held: Lock,
        db: Database,
        vault: Vault,
        clock: Clock,
        dice: random.Random,
        identity: str,
    ) -> None:
        self.file = file
        self.registry = registry
        self.db = db
        self.vault = vault
        self.clock = clock
        self.dice = dice
        self._held = held
        self.hush = Hush()
        self.hush.install()
        self.alarm = Alarm(GUARDED)
        self.alarm.install()
        self.ring = Ring()
        self.ring.install()
        self._ground = Ground(
            db,
            vault,
            clock,
            identity,
            self.hush,
            self.ring,
            lambda name, many: self.engine.sync.read_so_far(name, many),
        )
        self.nudge_mail: Callable[[], None] = lambda: None
        general = file.general
        self.engine = Engine(
            db=db,
            vault=vault,
            clock=clock,
            admins=general.admins,
            label_prefix=f"cusna-{identity}-",
            new_passphrase=self.new_passphrase,
            nudge_mail=lambda: self.nudge_mail(),
            looks={
                "portal": lambda: reach.look(general.base_url),
                "log": self._look_at_log,
                "sinks": lambda: self.sinks.look(),
            },
            sync_every=general.sync_every.total_seconds(),
            verify_every=general.verify_every.total_seconds(),
        )
        self.sinks = Sinks(db, clock, self._ground.context, self.hush, self.engine.findings.report, dice)
        self.hints = Hints(self.engine)
        self.members = Members(self.engine)
        self.operations = Operations(
            self.engine,
            general.base_url,
            new_passphrase=self.new_passphrase,
            new_code=self.new_code,
            try_mail=self.try_mail,
            sinks=self.sinks,
            new_token=lambda: base64.urlsafe_b64encode(dice.randbytes(32)).rstrip(b"=").decode(),
        )
        self.setup: Setup | None = None
        self.changed: Callable[[Setup], Awaitable[None]] = _nobody
        """Called when another setup is at work."""
        self._retiring: dict[asyncio.Task[None], Estate] = {}

    @classmethod
    async def open(
        cls, path: Path, *, env: Mapping[str, str] | None = None, clock: Clock | None = None
    ) -> Self:
        """Read the file, take the data directory, open the database. Nothing is called yet.

        Raises ConfigFileError, AlreadyRunning, KeyFileMissing, WrongKeyFile, Downgrade: sentences all.
        """
        file = config_file.read(path, os.environ if env is None else env)
        registry = plugins.load(file.plugins.enable)
        layout = Layout(file.general.data_dir)
        held = lock(layout.data_dir)
        try:
            vault = Vault.open(layout.key_file, database=layout.database)
            db = await Database.open(layout.database, layout.backups)
        except BaseException:
            held.release()
            raise
        try:
            await db.run(lambda tx: installation.prove(tx, vault))
            identity = await db.run(installation.identity)
        except BaseException:
            await db.close()
            held.release()
            raise
        return cls(file, registry, held, db, vault, clock or SystemClock(), SystemRandom(), identity)

    async def close(self) -> None:
        retiring = dict(self._retiring)
        for task in retiring:
            task.cancel()
        await asyncio.gather(*retiring, return_exceptions=True)
        try:
            await self.hints.close()
            await self.sinks.close()
            await asyncio.gather(*map(build.close, (*retiring.values(), self.engine.estate)))
        finally:
            await self.db.close()
            self._held.release()
            self.alarm.uninstall()
            self.hush.uninstall()
            self.ring.uninstall()

    async def _look_at_log(self) -> list[Finding]:
        return self.hush.findings(self.clock)

    async def settle(self) -> Setup:
        """What is set up now, by the file and the console."""
        stored = await self.db.read(lambda tx: settings.all(tx, self.vault))
        self.setup = resolve.resolve(self.file, self.registry, stored)
        if self.setup.mail is not None:
            self.hush.learn_options(self.setup.mail)
        return self.setup

    async def prepare(self) -> None:
        """Open sources and controllers, for a command that works without the loops."""
        setup = await self.settle()
        await self.sinks.take(setup)
        await self.engine.take(await build.build(setup, self._ground), loops=False)

    async def rebuild(self) -> Setup:
        """The console changed something: work with the new setup from now on."""
        setup = await self.settle()
        before, estate = self.engine.estate, await build.build(setup, self._ground)
        try:
            await self.engine.take(estate)
        finally:
            # Whichever is not at work, also if this was called off in the middle.
            self._let_go(before if self.engine.estate is estate else estate)
        await self.changed(setup)
        return setup

    def _let_go(self, estate: Estate) -> None:
        task = asyncio.create_task(self._retire(estate), name="retire")
        self._retiring[task] = estate
        task.add_done_callback(lambda done: self._retiring.pop(done, None))

    async def try_mail(self, to: str) -> dict[str, Any]:
        """Send a test mail, at once and not by the outbox: whether the server took it, and the sentence."""
        setup = self.setup or await self.settle()
        if setup.mail is None:
            return {"sent": False, "said": "No mail server is configured: write a [mail] table."}
        told = await tried(setup.mail, setup.general.base_url, to, language("en"), self.clock)
        return {"sent": told.sent, "said": told.said}

    async def _retire(self, estate: Estate) -> None:
        """A look that has begun may end: what it asks is closed a little later."""
        await self.clock.sleep(RETIRE_AFTER)
        await build.close(estate)

    @property
    def ground(self) -> Ground:
        return self._ground

    def new_passphrase(self) -> str:
        return passphrases.characters(self.dice)

    def new_code(self) -> str:
        return f"{self.dice.randrange(10**8):08d}"


def postal(setup: Setup) -> tuple[Composer | None, Smtp | None]:
    """How mails are written and sent; nothing where no mail server is configured."""
    return (None, None) if setup.mail is None else opened(setup.mail, setup.general.base_url)


async def _nobody(_: Setup) -> None:
    """Nobody needs to know."""
