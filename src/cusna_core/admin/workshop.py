"""What can an admin set up from the console, and how is it tried and kept?

The façade between pages and configuration. Whatever is saved is judged whole, tried against the real
system, stored encrypted, and at work when `save` returns; or nothing of it is stored. Secrets go in and
never come out.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from cusna_core.admin.kept import LONGEST_NAME, Kept, Shape, at, merged, secrets, slug, without
from cusna_core.admin.moving import Moving
from cusna_core.admin.trial import TRY_SECONDS, Refused, Trial
from cusna_core.admin.verdict import Verdict
from cusna_core.config.file import ConfigFile
from cusna_core.config.judge import own_options
from cusna_core.config.models import KINDS
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import Problem
from cusna_core.config.setup import Kind, Origin, Setup
from cusna_core.engine.engine import Engine
from cusna_core.engine.opening import Ground
from cusna_core.store import audit, retired, settings
from cusna_core.store.db import Tx

log = logging.getLogger(__name__)


class Workshop:
    """Everything that the console's settings do."""

    def __init__(
        self,
        engine: Engine,
        file: ConfigFile,
        registry: Registry,
        ground: Ground,
        setup: Setup,
        rebuild: Callable[[], Awaitable[Setup]],
    ) -> None:
        self.engine = engine
        self.file = file
        self.registry = registry
        self.setup = setup
        self.ground = ground
        self._rebuild = rebuild
        self._building = asyncio.Lock()
        self._trial = Trial(engine, registry, ground)
        self._moving = Moving(engine, ground)

    # What there is

    def types(self, kind: Kind) -> list[tuple[str, str]]:
        """The types to choose from, each with its title."""
        brought: Mapping[str, Any] = self.registry.sources if kind == "integration" else self.registry.drivers
        return sorted(((name, one.title) for name, one in brought.items()), key=lambda one: one[1].casefold())

    def shape(self, kind: Kind, type_: str) -> Shape | None:
        """What is asked for; None for a type that no enabled plugin brings."""
        own = own_options(kind, {"type": type_}, self.registry)
        if own is None:
            return None
        return Shape(KINDS[kind], None if kind == "location" else own, self._title(kind, type_))

    def _title(self, kind: Kind, type_: str) -> str:
        brought: Mapping[str, Any] = self.registry.sources if kind == "integration" else self.registry.drivers
        return str(brought[type_].title) if type_ in brought else type_

    async def kept(self, kind: Kind, name: str) -> Kept | None:
        if name in self.file.tables[kind]:
            return self._kept(kind, name, "file", self.file.tables[kind][name], None)
        stored = await self._stored(kind, name)
        return None if stored is None else self._kept(kind, name, "console", stored.values, stored)

    async def names(self, kind: Kind) -> list[str]:
        """Of all there are, those of the file and those of the console, in order."""
        made = await self.ground.db.read(lambda tx: settings.names(tx, kind))
        return sorted({*made, *self.file.tables[kind]})

    async def some(self, kind: Kind, names: Sequence[str]) -> list[Kept]:
        """These, in this order, read at one moment."""
        vault, tables = self.ground.vault, self.file.tables[kind]
        wanted = [one for one in names if one not in tables]
        made = await self.ground.db.read(lambda tx: settings.some(tx, vault, kind, wanted))
        found = []
        for name in names:
            if name in tables:
                found.append(self._kept(kind, name, "file", tables[name], None))
            elif name in made:
                found.append(self._kept(kind, name, "console", made[name].values, made[name]))
        return found

    async def all(self, kind: Kind) -> list[Kept]:
        """By name, those of the file and those of the console."""
        return await self.some(kind, await self.names(kind))

    async def _stored(self, kind: Kind, name: str) -> settings.Setting | None:
        vault = self.ground.vault
        return await self.ground.db.read(lambda tx: settings.get(tx, vault, kind, name))

    def _kept(self, kind: Kind, name: str, origin: Origin, raw: Any, stored: settings.Setting | None) -> Kept:
        values = dict(raw) if isinstance(raw, Mapping) else {}
        type_ = str(values.get("type", ""))
        if kind == "network":
            type_ = self.controller_type(str(values.get("controller", "")))
        shape = self.shape(kind, type_)
        hidden = secrets(shape.models) if shape else frozenset(values) - set(KINDS[kind].model_fields)
        off = next((one.why for one in self.setup.off if (one.kind, one.name) == (kind, name)), "")
        return Kept(
            kind,
            name,
            origin,
            type_,
            self._title(kind, type_) if type_ else "",
            without(values, hidden),
            frozenset(one for one in hidden if at(values, one) is not None),
            stored.version if stored else 0,
            stored.at if stored else None,
            stored.by if stored else "",
            off,
        )

    def controller_type(self, controller: str) -> str:
        known = self.setup.controllers.get(controller)
        return known.driver.type if known else ""

    async def free_name(self, kind: Kind, wanted: str) -> str:
        """A name made of what something is called, that nothing else of its kind has."""
        taken = set(await self.names(kind))
        base = slug(wanted) or kind
        for number in range(1, len(taken) + 2):
            tail = "" if number == 1 else f"-{number}"
            name = base[: LONGEST_NAME - len(tail)].rstrip("-") + tail
            if name not in taken:
                return name
        raise AssertionError("one more number than names that are taken")

    # What is done

    async def save(
        self,
        kind: Kind,
        name: str,
        values: Mapping[str, Any],
        *,
        by: str,
        version: int,
        keep: Collection[str] = (),
        tried: bool = True,
        move: bool = False,
    ) -> None:
        """Judge, try, store, and set to work. `version` 0 makes a new one.

        `keep` names secrets that stay as they are. Raises Refused, or `settings.Conflict` if somebody
        else saved meanwhile. A network that would be another SSID from then on raises Moves, unless `move`
        says that this is meant.
        """
        if name in self.file.tables[kind]:
            raise Refused(Problem("", "The configuration file has this name, and the file counts."))
        stored = await self._stored(kind, name)
        if version == 0 and stored is not None:
            raise Refused(Problem("slug", "is in use already: choose another one"))
        whole = merged(values, stored.values if stored else {}, keep)
        own = Verdict(self.file, self.registry, self.setup).of(kind, name, whole)
        if tried:
            await self._trial.of(kind, name, whole, own)
        now = self.ground.clock.now()
        before = stored.values if stored else {}
        moved = await self._moving.what(name, whole, own) if kind == "network" else None
        if moved is not None and moved.keys and not move:
            if version != (stored.version if stored else 0):
                raise settings.Conflict
            raise moved
        if moved is not None:
            # Nobody has seen what would change on the new one.
            whole = {**whole, "apply": False}
        touched = sorted(one for one in {*whole, *before} if whole.get(one) != before.get(one))

        def put(tx: Tx) -> None:
            settings.put(tx, self.ground.vault, kind, name, whole, now, by, version)
            told = {"kind": kind, "name": name, "fields": touched}
            audit.write(tx, "setting-changed" if version else "setting-made", now, who=by, data=told)
            if moved is not None and moved.keys:
                self._moving.retire(tx, name, before, moved.before.ssid, "moved", now, by)

        await self._at_rest(name if moved is not None else "", put)

    async def _at_rest(self, network: str, change: Callable[[Tx], None]) -> None:
        """Store while nobody works on the network that it is about, and set to work."""
        wifi = self.engine.estate.wifis.get(network)
        if wifi is None:
            await self.ground.db.run(change)
            await self.take()
            return
        busy = self.engine.busy(wifi)
        try:
            async with asyncio.timeout(TRY_SECONDS):
                await busy.acquire()
        except TimeoutError:
            text = "Its controller is being written to just now. Try again in a minute."
            raise Refused(Problem("", text)) from None
        try:
            await self.ground.db.run(change)
            await self.take()
        finally:
            busy.release()

    async def change(
        self, kind: Kind, name: str, changes: Mapping[str, Any], *, by: str, version: int
    ) -> None:
        """Change a few plain values of something that is set up; nothing is tried again."""
        stored = await self._stored(kind, name)
        if stored is None:
            raise Refused(Problem("", "This is not there any more."))
        values = {**stored.values, **changes}
        await self.save(kind, name, values, by=by, version=version, tried=False)

    async def remove(
        self, kind: Kind, name: str, *, by: str, version: int, how: retired.How | None = None
    ) -> None:
        """Take something out that nothing else needs. Its keys keep what was promised; the brake watches.

        A network on which keys of ours are is emptied first: `how` says when they go.
        """
        if name in self.file.tables[kind]:
            raise Refused(Problem("", "The configuration file has this name, and the file counts."))
        needed = [f"{one.kind} {one.name}" for one in await self.needing(kind, name)]
        if needed:
            raise Refused(Problem("", f"It is still used by {', '.join(needed)}. Remove that first."))
        if kind == "controller":
            await self._nothing_to_empty(name)
        stored = await self._stored(kind, name)
        keys = await self.ground.db.read(lambda tx: retired.alive(tx, name)) if kind == "network" else 0
        if keys and how is None:
            raise Refused(Problem("", "Say what becomes of the keys that Cusna made there."))
        wifi = self.engine.estate.wifis.get(name)
        ssid = wifi.ssid if wifi else str(stored.values.get("ssid", name)) if stored else name
        now = self.ground.clock.now()

        def delete(tx: Tx) -> None:
            settings.delete(tx, kind, name, version)
            audit.write(tx, "setting-removed", now, who=by, data={"kind": kind, "name": name})
            if keys and how is not None and stored is not None:
                self._moving.retire(tx, name, stored.values, ssid, how, now, by)

        await self._at_rest(name if kind == "network" else "", delete)

    async def _nothing_to_empty(self, controller: str) -> None:
        some = await self.ground.db.read(lambda tx: retired.all(tx, self.ground.vault))
        waiting = [one.ssid for one in some if one.controller == controller]
        if waiting:
            text = f"{', '.join(waiting)} on it is still being emptied. Wait for that, or give it up."
            raise Refused(Problem("", text))

    async def hurry(self, id_: str, *, by: str) -> None:
        """Take all of our keys away from what is being emptied, at once."""
        await self._about_retired(id_, retired.hurry, "network-hurried", by)

    async def give_up(self, id_: str, *, by: str) -> None:
        """Empty it no longer: the admin does it, or the controller is gone. The keys stay as they are."""
        await self._about_retired(id_, retired.forget, "network-given-up", by)

    async def _about_retired(self, id_: str, act: Callable[[Tx, str], bool], kind: str, by: str) -> None:
        now = self.ground.clock.now()

        def put(tx: Tx) -> None:
            if act(tx, id_):
                audit.write(tx, kind, now, who=by, network=id_.partition(retired.MARK)[0], data={})

        await self.ground.db.run(put)
        await self.take()

    async def needing(self, kind: Kind, name: str) -> Sequence[Kept]:
        """What could not do without it."""
        match kind:
            case "integration":
                return [one for one in await self.all("location") if one.values.get("integration") == name]
            case "controller":
                return [one for one in await self.all("network") if one.values.get("controller") == name]
            case "network":
                return [one for one in await self.all("location") if name in one.values.get("networks", ())]
        return ()

    async def take(self) -> None:
        """Set to work what is stored now."""
        async with self._building:
            self.setup = await self._rebuild()
