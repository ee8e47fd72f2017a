"""How is the program put together, started and stopped?

The composition root: with `core` the only place that knows all parts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from cusna_core.admin.control import Control
from cusna_core.admin.gauges import gauges
from cusna_core.admin.workshop import Workshop
from cusna_core.api import Clock, ConfigError, Finding, Level
from cusna_core.config.problems import ConfigFileError, Problem
from cusna_core.config.program import Mail as MailTable
from cusna_core.config.setup import Setup
from cusna_core.core import Core, postal
from cusna_core.engine import build
from cusna_core.engine.loops import Loops
from cusna_core.engine.retire import LOOK_EVERY, Retirements
from cusna_core.mail.compose import Composer
from cusna_core.mail.desk import Desk
from cusna_core.mail.smtp import Smtp
from cusna_core.mail.worker import Worker as MailWorker
from cusna_core.store import audit, outbox, sign_in
from cusna_core.store.db import Tx
from cusna_core.web import console, hooks, metrics
from cusna_core.web.app import build as build_web
from cusna_core.web.routes import Route
from cusna_core.web.serve import listen
from cusna_core.web.site import Parts

log = logging.getLogger(__name__)

FIX_MAIL = "Correct it in the configuration and start Cusna again; letters wait meanwhile."
PURGE_EVERY = 24 * 3600.0
LETTERS_KEPT = timedelta(days=30)
"""So long the outbox remembers what was sent; it knows no words and no addresses of it."""
AUDIT_KEPT = timedelta(days=730)


class App:
    """The program that serves."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._mail: MailWorker | None = None
        self._used: MailTable | None = None
        self._runner: web.AppRunner | None = None
        self._monitoring: web.AppRunner | None = None
        self._control: Control | None = None
        self._loops = Loops(core.clock)

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
        post = await self._post(setup)
        desk = Desk(core.db, core.clock, core.members, general.base_url, lambda: core.file.general.admins)
        self._used = setup.mail
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
        await core.sinks.take(setup)
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
            more=(*console.routes(), *hooks.routes(core.hints.take), *self._metrics()),
        )
        workshop = Workshop(core.engine, core.file, core.registry, core.ground, setup, core.rebuild)
        console.equip(application, workshop)
        console.sinks.equip(application, core.sinks, core.hints)
        self._runner = await listen(application, general.listen.host, general.listen.port)
        await self._measured()
        self._control = Control(general.data_dir, core.operations.run)
        await self._control.start()
        self._loops.keep(self._mail.run, "mail")
        self._loops.keep(self._purge, "purge")
        self._loops.keep(lambda: self._emptying(workshop), "emptying")
        self._loops.keep(core.sinks.run, "sinks")
        log.info("Cusna serves %s on %s:%s", general.base_url, general.listen.host, general.listen.port)

    def _metrics(self) -> tuple[Route, ...]:
        """Beside the portal, where there is a token and no listener of its own."""
        wanted = self.core.file.metrics
        if wanted is None or wanted.token is None or wanted.listen is not None:
            return ()
        return metrics.routes(lambda: gauges(self.core.engine), wanted.token.get_secret_value())

    async def _measured(self) -> None:
        """The metrics' own listener, if it is wanted."""
        wanted = self.core.file.metrics
        if wanted is None or wanted.listen is None:
            return
        token = wanted.token.get_secret_value() if wanted.token else None
        application = metrics.listener(lambda: gauges(self.core.engine), token)
        self._monitoring = web.AppRunner(application, access_log=None, handle_signals=False)
        await self._monitoring.setup()
        try:
            await web.TCPSite(self._monitoring, wanted.listen.host, wanted.listen.port).start()
        except OSError as error:
            problem = Problem("metrics.listen", f"cannot be listened on: {error.strerror}")
            raise ConfigFileError(problem, file=self.core.file.path) from None

    async def _post(self, setup: Setup) -> tuple[Composer | None, Smtp | None]:
        """How mails are written and sent; why they cannot be is a finding."""
        post: tuple[Composer | None, Smtp | None] = None, None
        trouble: list[Finding] = []
        try:
            post = postal(setup)
        except ConfigError as error:
            said = f"No mail can go out. {error}"
            trouble.append(Finding(Level.ERROR, "mail.options", said, FIX_MAIL, f"{error.path}"))
        await self.core.engine.findings.report("mail-setup", trouble)
        return post

    async def _use(self, setup: Setup) -> None:
        """The console may have changed the mail server."""
        post = await self._post(setup)
        # Each change of the settings comes by here; letters on their way need not care about most.
        if self._mail is not None and setup.mail != self._used:
            self._used = setup.mail
            await self._mail.use(*post)

    async def stop(self) -> None:
        """Stop within five seconds: no new requests, loops ended, database closed.

        Whatever goes wrong on the way, the database is closed and the data directory let go.
        """
        try:
            if self._control is not None:
                await self._control.stop()
            await self.core.hints.close()
            # Side by side: pages that wait for a controller are answered when the engine stops.
            ending: list[Awaitable[Any]] = [self.core.engine.stop(), self._loops.end_all()]
            if self._runner is not None:
                ending.append(self._runner.cleanup())
            if self._monitoring is not None:
                ending.append(self._monitoring.cleanup())
            await asyncio.gather(*ending, return_exceptions=True)
        finally:
            await self.core.close()
        log.info("Cusna has stopped.")

    async def _emptying(self, workshop: Workshop) -> None:
        """Networks that were moved or removed, until not one of our keys is left there."""
        retirements = Retirements(self.core.engine)
        while True:
            if await retirements.look():
                await workshop.take()
            await self.core.clock.sleep(LOOK_EVERY)

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
