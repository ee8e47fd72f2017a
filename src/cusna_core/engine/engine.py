"""How do the parts of the engine turn together?"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cusna_core.api import Clock
from cusna_core.engine import replaced, troubles
from cusna_core.engine import watch as watching
from cusna_core.engine.accounts import Accounts
from cusna_core.engine.appearance.locations import Appearance
from cusna_core.engine.apply import Applier
from cusna_core.engine.bulk import Tell
from cusna_core.engine.checks import Check, Checks
from cusna_core.engine.decide import Decisions
from cusna_core.engine.estate import Estate, Wifi
from cusna_core.engine.findings import Findings
from cusna_core.engine.job import Standing
from cusna_core.engine.loops import Loops
from cusna_core.engine.notices import Notices
from cusna_core.engine.plan import Planner
from cusna_core.engine.proof import Proof
from cusna_core.engine.scheduler import Nudge, Poller, Timer
from cusna_core.engine.sync import Sync
from cusna_core.engine.timing import StepGuard
from cusna_core.engine.watch import Watch
from cusna_core.engine.worker import Brought, Worker
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, scopes
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.vault import Vault

CHECK_EVERY = 3600.0
"""Seconds between two looks at each controller, network and source for findings."""
CHECK_AGAIN = 300.0
"""While something does not answer: for an hour admins would read of a trouble that was over in a minute."""


class Engine:
    """Syncs, decides and brings keys to the networks, until it is stopped."""

    def __init__(
        self,
        *,
        db: Database,
        vault: Vault,
        clock: Clock,
        admins: Sequence[str],
        label_prefix: str,
        new_passphrase: Callable[[], str],
        nudge_mail: Callable[[], None],
        looks: Mapping[str, Check] | None = None,
        sync_every: float,
        verify_every: float,
    ) -> None:
        self.db = db
        self.vault = vault
        self.clock = clock
        self.admins = tuple(admins)
        self.estate = Estate()
        self.watch = Watch()
        self.findings = Findings(
            db, vault, clock, admins, nudge_mail, lambda: self.watch.changed(watching.FINDINGS)
        )
        self._checks = Checks(self.findings, looks or {}, self._answered)
        self._guard = StepGuard(clock)
        self.decisions = Decisions(db, self._guard)
        self.appearance = Appearance(db, clock)
        accounts = Accounts(db, vault, clock, new_passphrase, self.watch)
        self.sync = Sync(db, vault, clock, accounts, self.watch)
        self.planner = Planner(db, vault, self._guard, self.decisions, label_prefix)
        self.proof = Proof(db, clock, self.planner)
        self.applier = Applier(db, vault, clock, self.proof)
        self._new_passphrase = new_passphrase
        self.nudge_mail = nudge_mail
        self.notices = Notices(db, vault, clock, self.decisions, nudge_mail)
        self._sync_every = sync_every
        self._verify_every = verify_every
        self._pollers: dict[str, Poller] = {}
        self._workers: dict[str, Worker] = {}
        self._timer = Timer(clock, self._guard, self.decisions)
        self._verify = Nudge(clock)
        self._check = Nudge(clock)
        self._loops = Loops(clock)
        self._looking: dict[str, asyncio.Task[None]] = {}
        """Looks at networks that admins asked for."""
        self._running = False
        """Whether workers run: a command has none, and brings keys along with `apply`."""
        self._over = False
        self.ready = asyncio.Event()
        """Set when the first decisions from stored facts are made."""

    # Life

    async def start(self, estate: Estate) -> None:
        """Overdue ends first, from what is stored; then everything else begins."""
        self._over = False
        await self.take(estate)
        self._loops.keep(lambda: self._timer.run(self.decide), "timer")
        self._loops.keep(self._verifying, "verify")
        self._loops.keep(self._checking, "check")
        self._loops.keep(self.notices.run, "notices")
        self.ready.set()

    async def take(self, estate: Estate, *, loops: bool = True) -> None:
        """Work with this estate from now on; what is running for the old one ends first.

        Without `loops` (a command) nothing begins by itself.
        """
        await self.appearance.load()
        await self._loops.end("source:", "controller:")
        before, self._workers = self._workers, {}
        self.estate = estate
        self.decisions.estate = estate
        self.sync.estate = estate
        self._pollers = {
            one.id: Poller(one, self.clock, self.sync, self.findings, self._sync_every, self._was_read)
            for one in estate.integrations.values()
        }
        self._workers = {
            name: Worker(
                self.clock,
                self.planner,
                self.applier,
                self.proof,
                self.findings.report,
                self.replace,
                self.watch,
            )
            for name in estate.controllers
        }
        for name, worker in self._workers.items():
            worker.take([one for one in estate.wifis.values() if one.controller_id == name], before.get(name))
        try:
            await self._settled(estate)
        finally:
            # Also where the database could not be written just now; but never while of an integration nobody
            # knows who may be on.
            decided = estate.integrations.keys() <= {*self.decisions.integrations()}
            self._running = loops and decided and not self._over
            if self._running:
                self._begin()

    async def _settled(self, estate: Estate) -> None:
        """What is wrong with it is told, and decisions are made by it."""
        # Several things may have the same trouble: each is a finding of its own, told by its place.
        await self.findings.report(
            "setup", [replace(one, about=one.about or one.path) for one in estate.findings]
        )
        await self.findings.forget(lambda scope: scope.endswith(":held") or estate.has(scope))
        known = await self.db.read(account_rows.integrations)
        for name in sorted({*known, *estate.integrations}):
            await self._decide_one(name)
        self.watch.keep(estate.has)

    def _begin(self) -> None:
        for name, worker in self._workers.items():
            self._loops.keep(worker.run, f"controller:{name}")
        for name, poller in self._pollers.items():
            self._loops.keep(poller.run, f"source:{name}")
        self._timer.nudge.set()
        self._check.set()

    async def stop(self) -> None:
        """End all loops; who waits for one is answered."""
        self._over = True
        await self._loops.end_all()

    def now(self) -> datetime:
        """The instant by which rights count: held back for a while after the machine's clock was set."""
        return self._guard.now()

    # Rounds

    def _was_read(self, integration: str) -> None:
        self._loops.aside(self._take_up(integration))

    async def _take_up(self, integration: str) -> None:
        await self.decide([integration])
        poller = self._pollers.get(integration)
        if poller is not None:
            poller.tried.set()

    async def decide(self, integrations: Iterable[str]) -> None:
        """Decide anew, and have the networks brought to it.

        Where that fails, promised ends come by what was decided last, and the other integrations go on.
        """
        failed: Exception | None = None
        for name in integrations:
            try:
                await self._decide_one(name)
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
                self._mark(name)
        self._timer.nudge.set()
        if failed is not None:
            raise failed

    async def _decide_one(self, name: str) -> None:
        before = self.decisions.latest(name)
        decision = await self.decisions.decide(name)
        held = before.braked.digest if before else None
        changed = [watching.HELD] if decision.braked.digest != held else []
        self.watch.changed(watching.integration(name), *changed)
        await self.findings.report(f"integration:{name}:held", troubles.held(self.estate, decision))
        self._mark(name)

    def _mark(self, name: str) -> None:
        """An integration's networks are to be looked at."""
        # Also where locations were that are configured no longer: held rights of theirs may have ended.
        others = {one.id for one in self.estate.locations.values() if one.place.integration != name}
        for wifi in self.estate.wifis.values():
            if wifi.location_ids - others:
                self._workers[wifi.controller_id].mark(wifi.id)

    def nudge(self, integration: str | None = None) -> None:
        """Read this integration (or all) soon."""
        for name, poller in self._pollers.items():
            if integration in (None, name):
                poller.nudge.set()

    async def _verifying(self) -> None:
        while True:
            await self._verify.wait(self._verify_every)
            self.mark_all()

    def busy(self, wifi: Wifi) -> asyncio.Lock:
        """To be held by whoever works on a network besides its worker."""
        worker = self._workers.get(wifi.controller_id)
        return worker.busy if worker else asyncio.Lock()

    def standing(self, wifi: Wifi) -> Standing:
        """How far its worker is with a network."""
        worker = self._workers.get(wifi.controller_id)
        return worker.standing(wifi.id) if worker else Standing()

    async def look_again(self, wifi: Wifi, patience: float) -> bool:
        """Ask its controller now, because an admin wants to know; False where that takes longer."""
        worker = self._workers.get(wifi.controller_id)
        if worker is None or self._over:
            return False
        task = self._looking.get(wifi.id)
        if task is None or task.done():
            task = self._looking[wifi.id] = self._loops.aside(worker.look(wifi.id))
        done, _ = await asyncio.wait([task], timeout=patience)
        return bool(done)

    def mark_all(self) -> None:
        for wifi in self.estate.wifis.values():
            self._workers[wifi.controller_id].mark(wifi.id)

    async def _checking(self) -> None:
        while True:
            answered = await self.check()
            await self._check.wait(CHECK_EVERY if answered else CHECK_AGAIN)

    async def check(self) -> bool:
        """Ask every source, controller and network for findings, side by side; whether all answered."""
        return await self._checks.look(self.estate)

    def _answered(self, wifi: Wifi) -> None:
        self._workers[wifi.controller_id].heartened(wifi.id)

    async def first_read(self, integration: str, patience: float) -> bool:
        """Whether the integration was ever read, or at least tried; waits for the first time."""
        poller = self._pollers.get(integration)
        if poller is None or not self._running:
            return True
        if await self.db.read(lambda tx: bool(scopes.reads(tx, integration))):
            return True
        try:
            async with asyncio.timeout(patience):
                await poller.tried.wait()
        except TimeoutError:
            return False
        return True

    # One account

    async def serve(self, account_id: str, patience: float, location_id: str | None = None) -> None:
        """Bring one account to its networks ahead of bulk work; wait for the location's at most so long."""
        row = await self.db.read(lambda tx: account_rows.get(tx, account_id))
        if row is None or self._over:
            return
        here: list[asyncio.Task[None]] = []
        for location in self.estate.locations.values():
            if location.place.integration != row.integration:
                continue
            for wifi in self.estate.wifis_at(location.id):
                worker = self._workers[wifi.controller_id]
                serve = worker.serve if self._running else worker.serve_now
                task = self._loops.aside(serve(wifi.id, account_id))
                if location_id in (None, location.id):
                    here.append(task)
        if here:
            await asyncio.wait(here, timeout=patience)
        self.watch.changed(watching.integration(row.integration))
        self._timer.nudge.set()

    async def bring(self, wifi: Wifi, tell: Tell | None = None) -> Brought:
        """Bring a network to what it should be now, because an admin asks for it."""
        worker = self._workers.get(wifi.controller_id)
        return await worker.bring(wifi.id, tell) if worker else Brought()

    async def replace(self, account_ids: Sequence[str]) -> None:
        """Give accounts a new passphrase, because somebody else's key has theirs; tell them (rule 8)."""
        now = self.clock.now()
        touched = await self.db.run(
            lambda tx: replaced.replace(tx, self.vault, account_ids, self._new_passphrase, now)
        )
        for name in touched:
            await self.decisions.decide(name)
        self.nudge_mail()

    async def refresh_account(self, account_id: str) -> None:
        """An account was changed by an admin: decide and serve."""
        row = await self.db.read(lambda tx: account_rows.get(tx, account_id))
        if row is not None:
            await self.decide([row.integration])

    async def accept(self, integration: str, digest: str, by: str) -> bool:
        """Let exactly this held set pass; False where no such set is held."""
        held = await self.db.read(lambda tx: right_rows.held(tx, integration))
        if held is None or held.digest != digest:
            return False
        now = self.clock.now()

        def accept(tx: Tx) -> None:
            right_rows.accept(tx, integration, digest, by, now)
            audit.write(tx, "held-accepted", now, who=by, data={"integration": integration, "digest": digest})

        await self.db.run(accept)
        await self.decide([integration])
        return True
