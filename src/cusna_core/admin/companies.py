"""Which companies are there, with whom, on which VLANs, and what did admins say of them?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Estate, Wifi
from cusna_core.flow.firms import Company, Links, alike, firm, stands_for
from cusna_core.flow.groups import Group
from cusna_core.flow.numbers import Rules
from cusna_core.flow.world import Facts
from cusna_core.store import companies as rows
from cusna_core.store import groups as group_rows
from cusna_core.store.audit import Entry
from cusna_core.store.companies import Count, Member, Said
from cusna_core.store.db import Tx
from cusna_core.store.folding import folded

Show = Literal["all", "vlan", "pinned", "firm", "alike"]
PAGE = 50
HISTORY = 30


def called(estate: Estate, network: str) -> str:
    """What people call a network; with its name in the configuration where others have the same SSID."""
    wifi = estate.wifis.get(network)
    if wifi is None:
        return network
    alone = sum(1 for one in estate.wifis.values() if one.ssid == wifi.ssid) == 1
    return wifi.ssid if alone else f"{wifi.ssid} ({wifi.id})"


def all_called(estate: Estate) -> dict[str, str]:
    """The same for each network at work."""
    many = Counter(one.ssid for one in estate.wifis.values())
    return {
        one.id: one.ssid if many[one.ssid] == 1 else f"{one.ssid} ({one.id})" for one in estate.wifis.values()
    }


@dataclass(frozen=True, slots=True)
class Known:
    """A company as sources tell of it, or told of it."""

    company: Company
    name: str
    place: str
    """The location that it belongs to there; "" where the source names none."""
    gone: bool
    folded: str


@dataclass(frozen=True, slots=True)
class Vlan:
    """A company's VLAN on one network."""

    network_id: str
    ssid: str
    vlan: int | None
    """None: it has none yet."""
    since: datetime | None = None
    last_known: datetime | None = None
    pin: int | None = None
    said: Said | None = None
    """Who pinned it."""


@dataclass(frozen=True, slots=True)
class Row:
    known: Known
    count: Count
    vlans: tuple[Vlan, ...]
    firm: tuple[Known, ...]
    """The others of its firm."""
    alike: bool

    @property
    def since(self) -> datetime | None:
        return min((one.since for one in self.vlans if one.since), default=None)

    @property
    def last_known(self) -> datetime | None:
        return max((one.last_known for one in self.vlans if one.last_known), default=None)


@dataclass(frozen=True, slots=True)
class Listing:
    rows: tuple[Row, ...]
    found: int
    page: int
    pages: int
    all: int
    suggested: int
    """Companies that are called like another one."""


@dataclass(frozen=True, slots=True)
class Detail:
    row: Row
    members: tuple[Member, ...]
    page: int
    pages: int
    networks: tuple[Vlan, ...]
    """Every network where it can have a VLAN, also without one yet."""
    elsewhere: tuple[Vlan, ...]
    """What it has on networks that are not at work."""
    alike: tuple[Known, ...]
    linked: Said | None
    history: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is stored of companies, of one moment."""

    groups: tuple[Group, ...]
    rules: Rules
    names: Mapping[Company, str]
    grouped: Mapping[Company, tuple[Group, ...]]

    @classmethod
    def load(cls, tx: Tx) -> Self:
        groups = tuple(group_rows.groups(tx))
        by_company: dict[Company, tuple[Group, ...]] = {}
        for one in groups:
            by_company[one.company] = (*by_company.get(one.company, ()), one)
        return cls(groups, rows.rules(tx), rows.names(tx), by_company)

    def of(self, company: Company) -> dict[str, Group]:
        """The groups of its firm, by network; of a company that joined a moment ago still its own."""
        found: dict[str, Group] = {}
        for one in reversed(firm(company, self.rules.links)):
            found |= {group.network_id: group for group in self.grouped.get(one, ())}
        return found

    def companies(self) -> set[Company]:
        """Those that something is said of, whether a source knows them or not."""
        links = self.rules.links
        return {*self.grouped, *(one.company for one in self.rules.pins), *links, *links.values()}


class Companies:
    """What the pages of companies ask."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._told: dict[str, tuple[Facts, dict[Company, Known]]] = {}
        """By integration: made once for what was read."""
        self._same: tuple[Mapping[Company, str], Links, list[tuple[Company, ...]]] | None = None

    # Looking

    async def listing(self, wanted: str = "", show: Show = "all", page: int = 1) -> Listing:
        """A page of companies by name. `wanted`: words that the name has."""
        stored, known = await self._everything()
        same = {one for some in self._alike(known, stored.rules.links) for one in some}
        words = folded(wanted).split()
        chosen = [
            one
            for one in known.values()
            if all(word in one.folded for word in words) and self._shown(one.company, show, stored, same)
        ]
        chosen.sort(key=lambda one: (one.folded, one.company))
        pages = max(1, -(-len(chosen) // PAGE))
        page = min(max(1, page), pages)
        here = chosen[(page - 1) * PAGE : page * PAGE]
        now = self._engine.now()
        counts = await self._engine.db.read(lambda tx: rows.counts(tx, [one.company for one in here], now))
        shown = tuple(self._row(one, counts[one.company], stored, known, same) for one in here)
        return Listing(shown, len(chosen), page, pages, len(known), len(same))

    async def one(self, company: Company, page: int = 1) -> Detail | None:
        stored, known = await self._everything()
        it = known.get(company)
        if it is None:
            return None
        now = self._engine.now()
        some = self._alike(known, stored.rules.links)
        same = {one for each in some for one in each}

        def read(tx: Tx) -> tuple[Count, list[Member], list[Entry], dict[str, Said], Said | None]:
            said: dict[str, Said] = {}
            for one in firm(company, stored.rules.links):
                said = rows.pinned(tx, one) | said
            return (
                rows.counts(tx, [company], now)[company],
                rows.members(tx, company, now, PAGE, (max(1, page) - 1) * PAGE),
                rows.history(tx, company, HISTORY),
                said,
                rows.linked(tx, company),
            )

        count, members, history, said, linked = await self._engine.db.read(read)
        have = {one.network_id: one for one in self.vlans(company, stored, said)}
        able = [one for one in self.wifis(company) if one.manages_vlans]
        names = all_called(self._engine.estate)
        networks = tuple(have.get(one.id) or Vlan(one.id, names.get(one.id, one.id), None) for one in able)
        ids = {one.id for one in able}
        return Detail(
            self._row(it, count, stored, known, same),
            tuple(members),
            max(1, page),
            max(1, -(-count.members // PAGE)),
            networks,
            tuple(one for one in have.values() if one.network_id not in ids),
            tuple(known[one] for each in some if company in each for one in each if one != company),
            linked,
            tuple(history),
        )

    async def others(self, company: Company, wanted: str, limit: int = 20) -> list[Known]:
        """Companies that could be joined with this one, by words of their names."""
        stored, known = await self._everything()
        mine = firm(company, stored.rules.links)
        words = folded(wanted).split()
        found = [
            one
            for one in known.values()
            if words and one.company not in mine and all(word in one.folded for word in words)
        ]
        return sorted(found, key=lambda one: (one.folded, one.company))[:limit]

    def called(self, company: Company, stored: Stored) -> str:
        known = self._known(company[0]).get(company)
        return known.name if known else stored.names.get(company) or company[1]

    def wifis(self, company: Company) -> list[Wifi]:
        """The networks of its integration's locations, by SSID."""
        estate = self._engine.estate
        found = {
            wifi.id: wifi
            for one in estate.locations.values()
            if one.place.integration == company[0]
            for wifi in estate.wifis_of(one.id)
        }
        return sorted(found.values(), key=lambda one: (one.ssid.casefold(), one.id))

    def vlans(self, company: Company, stored: Stored, said: Mapping[str, Said]) -> list[Vlan]:
        """What its firm has and what is pinned for it."""
        groups = stored.of(company)
        pins: dict[str, int] = {}
        for member in reversed(firm(company, stored.rules.links)):
            pins |= {one.network_id: one.vlan for one in stored.rules.pins if one.company == member}
        found = []
        for network in sorted({*groups, *pins}):
            group = groups.get(network)
            found.append(
                Vlan(
                    network,
                    called(self._engine.estate, network),
                    group.vlan if group else None,
                    group.since if group else None,
                    group.last_known if group else None,
                    pins.get(network),
                    said.get(network),
                )
            )
        return found

    # What is known

    async def _everything(self) -> tuple[Stored, dict[Company, Known]]:
        stored = await self._engine.db.read(Stored.load)
        known: dict[Company, Known] = {}
        for name in self._engine.decisions.integrations():
            known |= self._known(name)
        for company in stored.companies() - known.keys():
            name = stored.names.get(company) or company[1]
            known[company] = Known(company, name, "", True, folded(name))
        return stored, known

    def _known(self, integration: str) -> Mapping[Company, Known]:
        decision = self._engine.decisions.latest(integration)
        if decision is None:
            return {}
        kept = self._told.get(integration)
        if kept is None or kept[0] is not decision.facts:
            places = {
                one.place.source_id: one.name
                for one in self._engine.estate.locations.values()
                if one.place.integration == integration
            }
            before = kept[1] if kept else {}
            made = {}
            for one in decision.facts.companies.values():
                company, name = (integration, one.id), one.name or one.id
                place, old = places.get(one.location_id or "", ""), before.get(company)
                if old is None or (old.name, old.place) != (name, place):
                    old = Known(company, name, place, False, folded(name))
                made[company] = old
            kept = self._told[integration] = decision.facts, made
        return kept[1]

    def _alike(self, known: Mapping[Company, Known], links: Links) -> list[tuple[Company, ...]]:
        """Reckoned anew only when companies or firms are others than the last time."""
        names = {one.company: one.name for one in known.values() if not one.gone}
        if self._same is None or self._same[:2] != (names, links):
            self._same = names, links, alike(names, links)
        return self._same[2]

    def _shown(self, company: Company, show: Show, stored: Stored, same: set[Company]) -> bool:
        links = stored.rules.links
        match show:
            case "vlan":
                return stands_for(company, links) in stored.grouped
            case "pinned":
                return any(
                    stands_for(one.company, links) == stands_for(company, links) for one in stored.rules.pins
                )
            case "firm":
                return company in links or company in links.values()
            case "alike":
                return company in same
        return True

    def _row(
        self,
        one: Known,
        count: Count,
        stored: Stored,
        known: Mapping[Company, Known],
        same: set[Company],
    ) -> Row:
        others = [each for each in firm(one.company, stored.rules.links) if each != one.company]
        return Row(
            one,
            count,
            tuple(self.vlans(one.company, stored, {})),
            tuple(known[each] for each in others if each in known),
            one.company in same,
        )
