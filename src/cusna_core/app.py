"""How is the program put together, started and stopped?

The composition root: the only place that knows all parts. `Core` is what every command needs (database,
setup, engine); `App` is a core that serves.
"""

import asyncio
import base64
import logging
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import SystemRandom
from typing import Any, Self

from aiohttp import web
from yarl import URL

from cusna_core.api import Clock, ConfigError, Finding, Level, SystemClock
from cusna_core.config import file as config_file
from cusna_core.config import plugins, resolve
from cusna_core.config.file import ConfigFile
from cusna_core.config.plugins import Registry
from cusna_core.config.setup import Setup
from cusna_core.engine import build, reach, troubles
from cusna_core.engine.control import Control
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Estate
from cusna_core.engine.members import Members
from cusna_core.engine.operations import Operations
from cusna_core.engine.workshop import Workshop
from cusna_core.mail.compose import Composer
from cusna_core.mail.desk import Desk
from cusna_core.mail.smtp import MailError, Smtp
from cusna_core.mail.worker import Worker as MailWorker
from cusna_core.store import audit, installation, outbox, settings, sign_in
from cusna_core.store.db import Database, Lock, Tx, lock
from cusna_core.store.vault import Vault
from cusna_core.web import console
from cusna_core.web.app import build as build_web
from cusna_core.web.serve import listen
from cusna_core.web.site import Parts
from cusna_core.words import language, passphrases

log = logging.getLogger(__name__)

FIX_MAIL = "Correct it in the configuration and start Cusna again; letters wait meanwhile."
DATABASE = "cusna.db"
KEY_FILE = "cusna.key"
PURGE_EVERY = 24 * 3600.0
LETTERS_KEPT = timedelta(days=30)
"""So long the outbox remembers what was sent; it knows no words and no addresses of it."""
AFTER_A_BUG = 30.0
AUDIT_KEPT = timedelta(days=730)
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
        self._ground = build.Ground(db, vault, clock, identity)
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
            looks={"portal": lambda: reach.look(general.base_url)},
            sync_every=general.sync_every.total_seconds(),
            verify_every=general.verify_every.total_seconds(),
        )
        self.members = Members(self.engine)
        self.operations = Operations(
            self.engine,
            general.base_url,
            new_passphrase=self.new_passphrase,
            new_code=self.new_code,
            try_mail=self.try_mail,
            new_token=lambda: base64.urlsafe_b64encode(dice.randbytes(32)).rstrip(b"=").decode(),
        )
        self.setup: Setup | None = None
        self.changed: Callable[[Setup], None] = lambda _: None
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
            await asyncio.gather(*map(build.close, (*retiring.values(), self.engine.estate)))
        finally:
            await self.db.close()
            self._held.release()

    async def settle(self) -> Setup:
        """What is set up now, by the file and the console."""
        stored = await self.db.read(lambda tx: settings.all(tx, self.vault))
        self.setup = resolve.resolve(self.file, self.registry, stored)
        return self.setup

    async def prepare(self) -> None:
        """Open sources and controllers, for a command that works without the loops."""
        setup = await self.settle()
        await self.engine.take(await build.build(setup, self._ground), loops=False)

    async def rebuild(self) -> Setup:
        """The console changed something: work with the new setup from now on."""
        setup = await self.settle()
        before = self.engine.estate
        await self.engine.take(await build.build(setup, self._ground))
        task = asyncio.create_task(self._retire(before), name="retire")
        self._retiring[task] = before
        task.add_done_callback(lambda done: self._retiring.pop(done, None))
        self.changed(setup)
        return setup

    async def try_mail(self, to: str) -> dict[str, Any]:
        """Send a test mail, at once and not by the outbox: whether the server took it, and the sentence."""
        setup = self.setup or await self.settle()
        now = self.clock.now()
        try:
            composer, smtp = postal(setup)
            if composer is None or smtp is None:
                return {"sent": False, "said": "No mail server is configured: write a [mail] table."}
            site = URL(setup.general.base_url)
            values = {"site": site.host or str(site), "console": f"{setup.general.base_url}/console"}
            letter = f"test-{int(now.timestamp() * 1000)}"
            await smtp.send(composer.compose("test", language("en"), values, to=to, letter=letter, now=now))
        except (MailError, ConfigError) as error:
            return {"sent": False, "said": str(error)}
        return {"sent": True, "said": f"The mail server accepted a test mail to {to}. Look into that inbox."}

    async def _retire(self, estate: Estate) -> None:
        """A look that has begun may end: what it asks is closed a little later."""
        await self.clock.sleep(RETIRE_AFTER)
        await build.close(estate)

    @property
    def ground(self) -> build.Ground:
        return self._ground

    def new_passphrase(self) -> str:
        return passphrases.characters(self.dice)

    def new_code(self) -> str:
        return f"{self.dice.randrange(10**8):08d}"


class App:
    """The program that serves."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._mail: MailWorker | None = None
        self._runner: web.AppRunner | None = None
        self._control: Control | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls, path: Path, *, env: Mapping[str, str] | None = None, clock: Clock | None = None
    ) -> Self:
        """Start everything; what fails on the way closes what was opened."""
        app = cls(await Core.open(path, env=env, clock=clock))
        try:
            await app._start()
        except BaseException:
            await app.stop()
            raise
        return app

    async def _start(self) -> None:
        core = self.core
        general = core.file.general
        setup = await core.settle()
        try:
            post = postal(setup)
        except ConfigError as error:
            post = None, None
            trouble = [
                Finding(
                    Level.ERROR, "mail.options", f"No mail can go out. {error}", FIX_MAIL, f"{error.path}"
                )
            ]
            await core.engine.findings.report("mail-setup", trouble)
        else:
            await core.engine.findings.report("mail-setup", ())
        desk = Desk(core.db, core.clock, core.members, general.base_url, lambda: core.file.general.admins)
        self._mail = MailWorker(
            core.db,
            core.vault,
            core.clock,
            desk,
            *post,
            random=core.dice,
            report=lambda findings: core.engine.findings.report("mail", findings),
        )
        core.nudge_mail = self._mail.nudge
        core.changed = self._use
        await core.engine.start(await build.build(setup, core.ground))
        application = build_web(
            Parts(
                base_url=general.base_url,
                db=core.db,
                vault=core.vault,
                members=core.members,
                clock=core.clock,
                trusted_proxies=tuple(map(str, general.trusted_proxies)),
                admins=lambda: core.file.general.admins,
                nudge=self._mail.nudge,
                random=core.dice,
            ),
            more=console.routes(),
        )
        console.equip(
            application,
            Workshop(core.engine, core.file, core.registry, core.ground, setup, core.rebuild),
        )
        self._runner = await listen(application, general.listen.host, general.listen.port)
        self._control = Control(general.data_dir, core.operations.run)
        await self._control.start()
        self._tasks = [
            asyncio.create_task(self._kept(self._mail.run), name="mail"),
            asyncio.create_task(self._kept(self._purge), name="purge"),
        ]
        log.info("Cusna serves %s on %s:%s", general.base_url, general.listen.host, general.listen.port)

    def _use(self, setup: Setup) -> None:
        """The console may have changed the mail server."""
        try:
            composer, smtp = postal(setup)
        except ConfigError:
            return  # said at the start
        if self._mail is not None and composer is not None and smtp is not None:
            self._mail.use(composer, smtp)

    async def stop(self) -> None:
        """Stop within five seconds: no new requests, loops ended, database closed.

        Whatever goes wrong on the way, the database is closed and the data directory let go.
        """
        try:
            if self._control is not None:
                await self._control.stop()
            for task in self._tasks:
                task.cancel()
            # Side by side: pages that wait for a controller are answered when the engine stops.
            ending: list[Awaitable[Any]] = [self.core.engine.stop(), *self._tasks]
            if self._runner is not None:
                ending.append(self._runner.cleanup())
            await asyncio.gather(*ending, return_exceptions=True)
        finally:
            await self.core.close()
        log.info("Cusna has stopped.")

    async def _kept(self, loop: Callable[[], Awaitable[None]]) -> None:
        """A bug in a loop is told, and does not end it for good."""
        while True:
            try:
                await loop()
            except Exception as error:  # noqa: BLE001 - told without its text, which may hold anything
                log.error("A loop met a bug (%s). It begins again.", troubles.place(error))  # noqa: TRY400
                await self.core.clock.sleep(AFTER_A_BUG)

    async def _purge(self) -> None:
        """Once a day, what has expired goes."""
        while True:
            now = self.core.clock.now()

            def purge(tx: Tx, now: datetime = now) -> None:
                sign_in.purge(tx, now)
                outbox.purge(tx, now - LETTERS_KEPT)
                audit.purge(tx, now - AUDIT_KEPT)

            await self.core.db.run(purge)
            await self.core.clock.sleep(PURGE_EVERY)


def postal(setup: Setup) -> tuple[Composer | None, Smtp | None]:
    """How mails are written and sent; nothing where no mail server is configured."""
    mail = setup.mail
    if mail is None:
        return None, None
    smtp = Smtp(
        mail.host,
        mail.effective_port,
        security=mail.security.value,
        username=mail.username,
        password=mail.password,
        ca=str(mail.ca) if mail.ca is not None else None,
    )
    return Composer(mail.sender, setup.general.base_url), smtp
