"""What would change on each network, what is in the way, and what does the brake hold back?

Everything here is known already: nothing is asked of a controller but where an admin says *Look again*.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from cusna_core.admin.first_reads import unread
from cusna_core.admin.states import NetworkState
from cusna_core.admin.survey import Change, Survey
from cusna_core.api import BookingState, SubscriptionState
from cusna_core.engine.decision import Decision
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.flow.brake import Withdrawal
from cusna_core.flow.changes import Cause, Step, Verb
from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Because, Kind
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit
from cusna_core.store import keys as key_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.audit import Entry
from cusna_core.store.db import Tx

PAGE = 50
"""Lines of a list on one page."""
LATELY = timedelta(hours=48)
"""What was set so long before is named as a possible cause."""
MENTIONED = 5


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a longer list."""

    number: int
    of: int
    """Pages; at least one."""
    total: int

    @classmethod
    def cut(cls, total: int, wanted: int, size: int = PAGE) -> "Slice":
        of = max(1, -(-total // size))
        return cls(min(max(1, wanted), of), of, total)

    @property
    def start(self) -> int:
        return (self.number - 1) * PAGE


@dataclass(frozen=True, slots=True)
class Waits:
    """Somebody who waits for a key, or whose key was refused."""

    account: str
    who: str
    wait: Wait | None
    error: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """One network: what was planned the last time it was looked at, and what has become of it."""

    state: NetworkState
    digest: str
    """Of the whole plan: what *Switch on* agrees to."""
    counts: Mapping[tuple[Verb, Cause], int]
    """How many changes of each kind; one with two causes is counted by its first."""
    changes: Sequence[Change]
    page: Slice
    foreign: int
    waiting: Sequence[Waits]
    refused: Sequence[Waits]
    said: str
    """Why it does not go on; empty while it does."""
    unread: Sequence[str]
    """Integrations of which nobody is known here yet."""
    gathers: datetime | None
    """When the controller may be disturbed by a write again, where changes wait for that."""


class Loss(StrEnum):
    """Why a right would end early, as far as the facts say."""

    GONE = "gone"
    INACTIVE = "inactive"
    WITHOUT_WIFI = "without-wifi"
    SHORTER = "shorter"
    PLACE = "place"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Loses:
    """What one person has, and would lose."""

    account: str
    who: str
    location: str
    location_id: str
    because: Because
    company: str
    had: datetime | None
    """The end that was promised; None is open."""
    ends: datetime | None
    """The end it would have; None: at once."""
    loss: Loss
    zone: ZoneInfo | None
    """Of the place; None where it is not there any more."""


@dataclass(frozen=True, slots=True)
class HeldSet:
    """Rights of one integration that the brake keeps."""

    integration: str
    title: str
    digest: str
    limit: int
    counted: int
    since: datetime
    total: int
    people: int
    losses: Sequence[tuple[Loss, int]]
    """The most frequent first."""
    plans: Sequence[tuple[str, int]]
    places: Sequence[tuple[str, int]]
    lately: Sequence[Entry]
    """What admins set shortly before."""
    lines: Sequence[Loses] = ()
    page: Slice = Slice(1, 1, 0)


class Outlooks:
    """Looks ahead, and changes nothing."""

    def __init__(self, engine: Engine, survey: Survey) -> None:
        self._engine = engine
        self._survey = survey

    async def network(self, wifi: Wifi, page: int = 1, verb: str = "") -> Outlook:
        standing = self._engine.standing(wifi)
        plan, left = standing.plan, standing.left
        shown = [one for one in left if not verb or one.verb.value == verb]
        cut = Slice.cut(len(shown), page)
        some = shown[cut.start : cut.start + PAGE]
        unplaced = plan.should.waiting[:PAGE] if plan and not wifi.apply else ()

        def read(tx: Tx) -> tuple[dict[str, str], list[Waits], list[Waits]]:
            names = account_rows.called(
                tx,
                {one.account_id for one in some if one.account_id} | {one.account_id for one in unplaced},
            )
            waiting = [_waits(one) for one in key_rows.standing(tx, wifi.id, "waiting", PAGE)]
            refused = [_waits(one) for one in key_rows.standing(tx, wifi.id, "failed", PAGE)]
            return names, waiting, refused

        names, waiting, refused = await self._engine.db.read(read)
        if not wifi.apply:
            waiting = [
                Waits(one.account_id, names.get(one.account_id, one.account_id), one.why, "", None)
                for one in unplaced
            ]
        return Outlook(
            state=await self._survey.network(wifi),
            digest=plan.digest if plan else "",
            counts=_counted(left),
            changes=[self._survey.change(one, names) for one in some],
            page=cut,
            foreign=len(plan.owned.foreign) if plan else 0,
            waiting=waiting,
            refused=refused,
            said=standing.said,
            unread=await unread(self._engine, wifi),
            gathers=self._engine.clock.now() + timedelta(seconds=standing.gathers)
            if standing.gathers > 0
            else None,
        )

    # What is held

    async def held(self) -> list[HeldSet]:
        """Every held set, without its lines."""
        found = [await self.held_set(one) for one in sorted(self._engine.decisions.integrations())]
        return [one for one in found if one is not None]

    async def held_set(self, integration: str, page: int = 1) -> HeldSet | None:
        held = await self._engine.db.read(lambda tx: right_rows.held(tx, integration))
        decision = self._engine.decisions.latest(integration)
        if held is None or decision is None:
            return None
        everything = sorted(
            held.withdrawals, key=lambda one: (one.right.location_id, one.right.account_id, one.right.id)
        )
        losses = Counter(self._loss(one, decision, held.since) for one in everything)
        places = Counter(self._place(one.right.location_id) for one in everything)
        plans = Counter(one.right.because.name for one in everything if one.right.because.kind is Kind.PLAN)
        cut = Slice.cut(len(everything), page)
        some = everything[cut.start : cut.start + PAGE]

        def read(tx: Tx) -> tuple[dict[str, str], list[Entry]]:
            names = account_rows.called(tx, {one.right.account_id for one in some})
            return names, _lately(tx, integration, held.since)

        names, lately = await self._engine.db.read(read)
        known = self._engine.estate.integrations.get(integration)
        return HeldSet(
            integration,
            known.title if known else integration,
            held.digest,
            held.limit,
            held.counted,
            held.since,
            len(everything),
            len({one.right.account_id for one in everything}),
            losses.most_common(),
            [(name, many) for name, many in plans.most_common(MENTIONED) if name],
            places.most_common(MENTIONED),
            lately,
            [self._line(one, names, decision, held.since) for one in some],
            cut,
        )

    def _line(self, one: Withdrawal, names: Mapping[str, str], of: Decision, since: datetime) -> Loses:
        right = one.right
        place = self._engine.estate.locations.get(right.location_id)
        company = of.facts.companies.get(right.because.company_id or "")
        return Loses(
            right.account_id,
            names.get(right.account_id, right.account_id),
            self._place(right.location_id),
            right.location_id,
            right.because,
            company.name if company else "",
            right.ends,
            one.ends if one.ends > self._engine.now() else None,
            self._loss(one, of, since),
            place.place.zone if place else None,
        )

    def _place(self, location: str) -> str:
        known = self._engine.estate.locations.get(location)
        return known.name if known else location

    def _loss(self, one: Withdrawal, of: Decision, since: datetime) -> Loss:
        because, facts = one.right.because, of.facts
        if one.right.location_id not in self._engine.estate.locations:
            return Loss.PLACE
        match because.kind:
            case Kind.PLAN:
                plan = facts.subscriptions.get(because.fact_id)
                if plan is None:
                    return Loss.GONE
                if plan.state is not SubscriptionState.ACTIVE:
                    return Loss.INACTIVE
                without = self._engine.estate.policy(of.integration).plans_without_wifi
                if any(each.id in without or each.name.lower() in without for each in plan.plans):
                    return Loss.WITHOUT_WIFI
            case Kind.DESK | Kind.ROOM:
                booking = facts.bookings.get(because.fact_id)
                if booking is None:
                    return Loss.GONE
                if booking.state is not BookingState.CONFIRMED:
                    return Loss.INACTIVE
        return Loss.SHORTER if one.ends > since else Loss.OTHER


def _waits(one: key_rows.Standing) -> Waits:
    return Waits(one.account_id, one.who, one.wait, one.error, one.since)


def _counted(steps: Sequence[Step]) -> dict[tuple[Verb, Cause], int]:
    """In the order in which it is done."""
    order = list(Verb)
    counts = Counter((one.verb, one.causes[0]) for one in steps)
    return dict(sorted(counts.items(), key=lambda one: (order.index(one[0][0]), -one[1])))


def _lately(tx: Tx, integration: str, since: datetime) -> list[Entry]:
    """What was set of the integration or of locations in the two days before anything was held."""
    kinds = ("setting-changed", "setting-removed")
    entries = [one for kind in kinds for one in audit.recent(tx, 20, kind=kind) if one.at > since - LATELY]
    own = [
        one
        for one in entries
        if one.data.get("kind") == "location"
        or (one.data.get("kind"), one.data.get("name")) == ("integration", integration)
    ]
    return sorted(own, key=lambda one: one.at, reverse=True)[:MENTIONED]
