"""A small world of facts to try the rules on: two places, their people, plans and bookings."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import (
    Affiliation,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Pause,
    Person,
    Plan,
    Subscription,
    SubscriptionState,
    email_key,
)
from cusna_core.flow.accounts import Link, link
from cusna_core.flow.rights import Access, Rights, access, rights
from cusna_core.flow.world import Account, Claim, Facts, Override, Place, Policy, Refusal, Right

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")


class World:
    """Person "ann" has account "a-ann"; "one" is the source's "L1" (Berlin), "two" its "L2" (New York)."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 10, tzinfo=UTC)
        self.places = [
            Place("one", "hq", "L1", BERLIN),
            Place("two", "hq", "L2", NEW_YORK),
        ]
        self.people: dict[str, Person] = {}
        self.affiliations: dict[str, Affiliation] = {}
        self.companies: dict[str, Company] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.bookings: dict[str, Booking] = {}
        self.blocked: set[str] = set()
        self.accounts: dict[str, Account] = {}
        self.claims: list[Claim] = []
        self.overrides: list[Override] = []
        self.policy = Policy()

    @property
    def facts(self) -> Facts:
        return Facts(
            self.people,
            self.affiliations,
            self.companies,
            self.subscriptions,
            self.bookings,
            frozenset(self.blocked),
        )

    def person(
        self,
        name: str,
        *,
        at: str | None = "L1",
        company: str | None = None,
        approved: bool = True,
        member: bool = True,
        email: str | None = "",
    ) -> Account:
        address = f"{name}@example.com" if email == "" else email
        self.people[name] = Person(name, address)
        if at is not None:
            self.affiliate(name, at, company, approved=approved, member=member)
        if company is not None:
            self.companies.setdefault(company, Company(company, company.title(), at))
        account = Account(
            f"a-{name}", "hq", email_key(address), frozenset({name}), self.now, f"f-{name}", visited=self.now
        )
        self.accounts[account.id] = account
        return account

    def affiliate(
        self, name: str, at: str, company: str | None = None, *, approved: bool = True, member: bool = True
    ) -> None:
        key = f"{name}@{at}"
        self.affiliations[key] = Affiliation(key, name, at, company, approved, member)

    def plan(
        self,
        key: str,
        person: str | None = None,
        *,
        company: str | None = None,
        at: str | None = "L1",
        state: SubscriptionState = SubscriptionState.ACTIVE,
        starts: datetime | date | None = None,
        ends: datetime | date | None = None,
        names: tuple[str, ...] = ("Hot desk",),
        pauses: tuple[Pause, ...] = (),
    ) -> None:
        plans = tuple(Plan(f"id-{name}", name) for name in names)
        self.subscriptions[key] = Subscription(key, at, person, company, state, plans, starts, ends, pauses)

    def booking(
        self,
        key: str,
        person: str | None,
        starts: str,
        ends: str,
        *,
        at: str = "L1",
        kind: BookingKind = BookingKind.DESK,
        state: BookingState = BookingState.CONFIRMED,
        zone: ZoneInfo = BERLIN,
    ) -> None:
        """Local times: "2026-03-02 09:00"."""
        first, last = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (starts, ends))
        self.bookings[key] = Booking(
            key, at, kind, state, first.astimezone(UTC), last.astimezone(UTC), person, f"Desk {key}"
        )

    def claim(self, person: str, day: str, at: str = "one") -> None:
        self.claims.append(Claim(f"a-{person}", at, date.fromisoformat(day)))

    def override(self, person: str, at: str | None, starts: datetime, ends: datetime | None = None) -> None:
        key = f"o{len(self.overrides)}"
        self.overrides.append(Override(key, f"a-{person}", at, starts, ends, "fair"))

    def local(self, text: str, zone: ZoneInfo = BERLIN) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)

    def wait_until(self, text: str, zone: ZoneInfo = BERLIN) -> None:
        self.now = self.local(text, zone)

    def suspend(self, person: str) -> None:
        self.accounts[f"a-{person}"] = replace(self.accounts[f"a-{person}"], suspended=True)

    def link(self) -> Link:
        return link(self.facts, self.accounts.values())

    def rights(self) -> Rights:
        return rights(
            self.facts,
            self.places,
            self.accounts.values(),
            self.claims,
            self.overrides,
            self.policy,
            self.now,
        )

    def access(self) -> dict[tuple[str, str], Access]:
        found = self.rights()
        made = access(found.in_force, self.places, self.policy, found.coming)
        return {(one.account_id.removeprefix("a-"), one.location_id): one for one in made}

    def on(self, person: str, at: str = "one") -> bool:
        return (person, at) in self.access()

    def until(self, person: str, at: str = "one") -> datetime | None:
        return self.access()[person, at].ends

    def why_not(self, person: str, at: str = "one") -> Refusal:
        return self.rights().refused[f"a-{person}", at].code

    def ids(self) -> list[str]:
        return sorted(right.id for right in self.rights().in_force)

    def right(self, person: str) -> Right:
        (found,) = [one for one in self.rights().in_force if one.account_id == f"a-{person}"]
        return found


@pytest.fixture
def world() -> World:
    return World()
