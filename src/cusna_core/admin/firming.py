"""What does an admin say of a company: this VLAN, this firm? First what would move, then that it is done.

What is shown before is reckoned by the rule itself, over what is stored. It is done only if it is still so.
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from cusna_core.admin.companies import Companies, Stored, called
from cusna_core.api import PluginError, SegmentState
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.grouping import pool, taken
from cusna_core.flow.allotment import Allotment, allot
from cusna_core.flow.firms import Company, Links, firm, joined, parted, stands_for
from cusna_core.flow.numbers import Denied, Hindrance, Pin, Rules
from cusna_core.store import audit
from cusna_core.store import companies as rows
from cusna_core.store.db import Tx

PATIENCE = 15.0
"""Seconds that a controller may take while an admin waits."""


@dataclass(frozen=True, slots=True)
class Move:
    """A company whose VLAN changes on a network: its people's devices join again."""

    company: Company
    name: str
    network_id: str
    ssid: str
    was: int | None
    vlan: int | None
    """None: a number of the pool, found when it is needed."""
    people: int


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would happen."""

    moves: tuple[Move, ...]
    firm: tuple[str, ...] = ()
    """The names of all that would be one firm."""
    digest: str = field(default="")

    @property
    def people(self) -> int:
        return sum(one.people for one in self.moves)


@dataclass(frozen=True, slots=True)
class No:
    """It cannot be done. `who` is the company or the vendor's network that is in the way."""

    why: Hindrance | str
    who: str = ""


class Firming:
    """Pins and joins."""

    def __init__(self, engine: Engine, companies: Companies) -> None:
        self._engine = engine
        self._companies = companies
        self._one_at_a_time = asyncio.Lock()

    # Pins

    async def would_pin(self, company: Company, network: str, vlan: int) -> Prospect | No:
        """Judged with a look at the controller: a number that somebody else uses there is refused."""
        wifi = self._wifi(company, network)
        if wifi is None:
            return No("network")
        segments = await self._segments(wifi)
        if isinstance(segments, No):
            return segments
        stored = await self._stored()
        return await self._pin(stored, segments, wifi, company, vlan)

    async def pin(
        self, company: Company, network: str, vlan: int, by: str, digest: str
    ) -> Prospect | No | None:
        """None when it is done; a prospect that is another one than was shown."""
        async with self._one_at_a_time:
            prospect = await self.would_pin(company, network, vlan)
            wifi = self._wifi(company, network)
            if isinstance(prospect, No) or prospect.digest != digest or wifi is None:
                return prospect
            now = self._engine.clock.now()
            stored = await self._stored()
            head = stands_for(company, stored.rules.links)
            new = Pin(head, network, wifi.network.segment_domain(), vlan)

            def write(tx: Tx) -> None:
                for one in firm(company, stored.rules.links):
                    rows.unpin(tx, one, network)
                rows.pin(tx, new, now, by)
                rows.remember(tx, {head: self._companies.called(head, stored)})
                told = {**self._told(company, stored), "vlan": vlan}
                audit.write(tx, "company-pinned", now, who=by, network=network, data=told)

            await self._engine.db.run(write)
        self._engine.mark_all()
        return None

    async def unpin(self, company: Company, network: str, by: str) -> bool:
        """It keeps its number for now: nothing moves."""
        stored = await self._stored()
        now = self._engine.clock.now()

        def write(tx: Tx) -> bool:
            done = [rows.unpin(tx, one, network) for one in firm(company, stored.rules.links)]
            if any(done):
                told = self._told(company, stored)
                audit.write(tx, "company-unpinned", now, who=by, network=network, data=told)
            return any(done)

        done = await self._engine.db.run(write)
        self._engine.mark_all()
        return done

    async def _pin(
        self, stored: Stored, segments: Collection[SegmentState], wifi: Wifi, company: Company, vlan: int
    ) -> Prospect | No:
        links, here = stored.rules.links, pool(wifi)
        mine = firm(company, links)
        new = Pin(stands_for(company, links), wifi.id, here.domain, vlan)
        kept = [one for one in stored.rules.pins if one.company not in mine or one.network_id != wifi.id]
        rules = replace(stored.rules, pins=(*kept, new))
        others = taken(segments, stored.groups, stored.rules, here.domain, self._prefix)
        after = self._reckoned(stored, rules, wifi, others)
        for denied in after.denied:
            if denied.pin.company == new.company and denied.pin.vlan == vlan:
                return self._hindered(denied, segments, stored)
        return await self._prospect(stored, after, mine, links)

    def _hindered(self, denied: Denied, segments: Collection[SegmentState], stored: Stored) -> No:
        who = self._companies.called(denied.by, stored) if denied.by else ""
        if denied.why is Hindrance.FOREIGN:
            who = next((one.name for one in segments if one.vlan == denied.pin.vlan), "")
        return No(denied.why, who)

    async def _segments(self, wifi: Wifi) -> Collection[SegmentState] | No:
        try:
            async with asyncio.timeout(PATIENCE), self._engine.busy(wifi):
                return await wifi.network.segments()
        except (PluginError, Fault) as error:
            return No("silent", str(error))
        except TimeoutError:
            return No("silent")

    # Firms

    async def would_join(self, company: Company, other: Company) -> Prospect:
        stored = await self._stored()
        return await self._linked(stored, joined(stored.rules.links, company, other), {company, other})

    async def would_part(self, company: Company) -> Prospect:
        stored = await self._stored()
        return await self._linked(stored, parted(stored.rules.links, company), {company})

    async def join(self, company: Company, other: Company, by: str, digest: str) -> Prospect | None:
        """None when it is done; a prospect that is another one than was shown."""
        return await self._link("companies-joined", company, other, by, digest)

    async def part(self, company: Company, by: str, digest: str) -> Prospect | None:
        return await self._link("company-parted", company, None, by, digest)

    async def _link(
        self, kind: str, company: Company, other: Company | None, by: str, digest: str
    ) -> Prospect | None:
        async with self._one_at_a_time:
            stored = await self._stored()
            before = stored.rules.links
            after = joined(before, company, other) if other else parted(before, company)
            prospect = await self._linked(stored, after, {company, other} if other else {company})
            if prospect.digest != digest:
                return prospect
            now = self._engine.clock.now()
            about = sorted({*firm(company, before), *firm(company, after)})

            def write(tx: Tx) -> None:
                rows.set_links(tx, after, now, by)
                rows.remember(tx, {one: self._companies.called(one, stored) for one in about})
                for one in about:
                    with_ = [self._companies.called(each, stored) for each in firm(one, after) if each != one]
                    told = {**self._told(one, stored), "with": with_}
                    audit.write(tx, kind, now, who=by, data=told)

            await self._engine.db.run(write)
        self._engine.mark_all()
        return None

    async def _linked(self, stored: Stored, after: Links, touched: set[Company]) -> Prospect:
        about = {one for each in touched for one in (*firm(each, stored.rules.links), *firm(each, after))}
        reckoned = self._reckoned(stored, replace(stored.rules, links=after), None, frozenset(), about)
        return await self._prospect(stored, reckoned, about, after)

    # What both need

    def _reckoned(
        self,
        stored: Stored,
        rules: Rules,
        wifi: Wifi | None,
        others: frozenset[int],
        wanting: Collection[Company] = (),
    ) -> Allotment:
        """The rule over what is stored. One network's vendor was asked, or none: new numbers stay open."""
        wanted = [(company, network) for company in sorted(wanting) for network in sorted(stored.of(company))]
        pools = {wifi.id: pool(wifi)} if wifi else {}
        if wifi is None:
            for network in {network for _, network in wanted}:
                known = self._engine.estate.wifis.get(network)
                if known is not None and known.manages_vlans:
                    own = [one.vlan for one in stored.rules.rests if one.network_id == network]
                    pools[network] = replace(pool(known), numbers=own)
        known_ones = {one.company for one in stored.groups} | set(wanting)
        domain = {pool(wifi).domain: others} if wifi else {}
        return allot(wanted, known_ones, stored.groups, pools, domain, self._engine.now(), rules)

    async def _prospect(
        self, stored: Stored, after: Allotment, about: Collection[Company], links: Links
    ) -> Prospect:
        then: Mapping[tuple[Company, str], int] = {
            (one.company, one.network_id): one.vlan for one in after.groups
        }
        found = []
        for company in sorted(about):
            for network, group in sorted(stored.of(company).items()):
                vlan = then.get((stands_for(company, links), network))
                if vlan != group.vlan:
                    found.append((company, network, group.vlan, vlan))
        people = await self._engine.db.read(
            lambda tx: [rows.on_vlan(tx, [company], network, was) for company, network, was, _ in found]
        )
        moves = tuple(
            Move(
                company,
                self._companies.called(company, stored),
                network,
                self._ssid(network),
                was,
                vlan,
                many,
            )
            for (company, network, was, vlan), many in zip(found, people, strict=True)
        )
        names = tuple(self._companies.called(one, stored) for one in sorted(about))
        told = repr(([(one.company, one.network_id, one.was, one.vlan) for one in moves], sorted(about)))
        return Prospect(moves, names, hashlib.sha256(told.encode()).hexdigest()[:16])

    async def _stored(self) -> Stored:
        return await self._engine.db.read(Stored.load)

    @property
    def _prefix(self) -> str:
        return self._engine.planner.grouping.prefix

    def _wifi(self, company: Company, network: str) -> Wifi | None:
        """A network where this company can have a VLAN."""
        able = (one for one in self._companies.wifis(company) if one.manages_vlans)
        return next((one for one in able if one.id == network), None)

    def _ssid(self, network: str) -> str:
        return called(self._engine.estate, network)

    def _told(self, company: Company, stored: Stored) -> dict[str, object]:
        """How the audit log names a company."""
        name = self._companies.called(company, stored)
        return {"integration": company[0], "company": company[1], "name": name}
