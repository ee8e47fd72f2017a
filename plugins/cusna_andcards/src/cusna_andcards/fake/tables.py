"""What does the vendor know?

Records are kept as the API shows them (see `views`), so that a test may also write into them what
no tidy system would: a missing field, an unknown value.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cusna_andcards.fake.faults import Knobs
from cusna_core.api import Clock

Json = dict[str, Any]
NAMESPACE = uuid.UUID("5f6d1c0e-3a52-4b8f-9d43-0c5b7a2e9f11")


def iso(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tables:
    """Everything in the network, by id. Whatever is made returns its id."""

    def __init__(self, clock: Clock, knobs: Knobs) -> None:
        self.clock = clock
        self.knobs = knobs
        self.made = 0
        self.told: Callable[[str, str], None] = lambda *_: None
        """Hears of what the vendor sends webhooks of: the type, and the record's id."""
        self.network: Json = {"id": self.new_id(), "title": "Cusna Spaces"}
        self.locations: dict[str, Json] = {}
        self.users: dict[str, Json] = {}
        self.blacklist: set[str] = set()
        self.memberships: dict[str, Json] = {}
        self.of_user: dict[str, list[str]] = {}
        """Memberships that were made for a user, at any location, in their order."""
        self.companies: dict[str, Json] = {}
        self.plans: dict[str, Json] = {}
        self.subscriptions: dict[str, Json] = {}
        self.resources: dict[str, Json] = {}
        self.bookings: dict[str, Json] = {}
        """With `_status`, `_days` (offsets of a series) and `_except` besides the vendor's fields."""

    def new_id(self) -> str:
        self.made += 1
        return str(uuid.uuid5(NAMESPACE, str(self.made)))

    def now(self) -> str:
        return iso(self.clock.now())

    def _put(self, table: dict[str, Json], record: Json, tell: str = "") -> str:
        made: Json = {"id": self.new_id(), "createDate": self.now(), **record}
        table[made["id"]] = {name: value for name, value in made.items() if value is not None}
        if tell:
            self.told(tell, made["id"])
        return str(made["id"])

    # Making

    def location(self, title: str, timezone: str | None) -> str:
        record = {
            "title": title,
            "timezoneId": timezone,
            "networkRef": self.network["id"],
            "currencyCode": "EUR",
            "locale": "en",
        }
        return self._put(self.locations, record)

    def company(self, location: str, title: str) -> str:
        return self._put(self.companies, {"locationRef": location, "title": title}, "company.created")

    def user(self, email: str | None, name: str) -> str:
        first, _, last = name.partition(" ")
        return self._put(self.users, {"email": email, "name": first, "surname": last or None})

    def membership(
        self,
        location: str,
        user: str,
        *,
        company: str | None = None,
        kind: str = "member",
        status: str = "approved",
    ) -> str:
        made = self._put(
            self.memberships,
            {
                "locationRef": location,
                "userRef": user,
                "companyRef": company,
                "companyRole": "member" if company else None,
                "type": kind,
                "status": status,
                "role": "member",
            },
            "membership.created",
        )
        self.of_user.setdefault(user, []).append(made)
        return made

    def plan(self, title: str) -> str:
        known = next((one for one, plan in self.plans.items() if plan["title"] == title), None)
        return known or self._put(self.plans, {"title": title})

    def subscription(
        self,
        location: str,
        customer: str,
        plans: Sequence[str],
        *,
        starts: datetime,
        ends: datetime | None = None,
        status: str | None = None,
        quantity: int = 1,
        period: tuple[datetime, datetime] | None = None,
    ) -> str:
        """For a membership's or a company's id. `status` None: as the clock says."""
        items = [
            {
                "id": self.new_id(),
                "createDate": self.now(),
                "title": title,
                "quantity": quantity,
                "planRef": self.plan(title),
                "plan": {"id": self.plan(title), "title": title},
            }
            for title in plans
        ]
        return self._put(
            self.subscriptions,
            {
                "locationRef": location,
                "customerRef": customer,
                "_status": status,
                "startDate": iso(starts),
                "endDate": iso(ends) if ends else None,
                "timezoneId": self.locations[location].get("timezoneId", "UTC"),
                "currentInterval": {"startDate": iso(period[0]), "endDate": iso(period[1])}
                if period
                else None,
                "items": items,
            },
            "subscription.created",
        )

    def resource(
        self,
        location: str,
        title: str,
        kind: str = "hotDesk",
        *,
        parent: str | None = None,
    ) -> str:
        record = {"locationRef": location, "title": title, "type": kind, "parentRef": parent}
        return self._put(self.resources, record)

    def booking(
        self,
        resource: str,
        owner: str | None,
        starts: datetime,
        ends: datetime,
        *,
        status: str = "confirmed",
        attendees: Sequence[Json] = (),
        days: Sequence[int] = (),
    ) -> str:
        """`owner` is a membership's (or company's) id; `days` are the offsets of a series."""
        return self._put(
            self.bookings,
            {
                "resourceRef": resource,
                "membershipRefOwner": owner,
                "startDate": iso(starts),
                "endDate": iso(ends),
                "attendees": list(attendees),
                "_status": status,
                "_days": list(days),
                "_except": [],
            },
            "booking.created",
        )

    def book_day(self, resource: str, owner: str, day: date, **more: Any) -> str:
        """A desk for a day; the knob says which hours are stored for it."""
        zone = ZoneInfo(self.locations[self.resources[resource]["locationRef"]]["timezoneId"])
        begin, end = (time(8), time(18))
        if self.knobs.whole_day == "midnights":
            begin, end = time.min, time.min
        last = day + timedelta(days=1 if end == time.min else 0)
        return self.booking(
            resource,
            owner,
            datetime.combine(day, begin, tzinfo=zone),
            datetime.combine(last, end, tzinfo=zone),
            **more,
        )

    def attendee(self, membership: str | None = None, user: str | None = None) -> Json:
        """Somebody at a booking, as a membership or as a bare user (a guest)."""
        who = user or self.memberships[membership or ""]["userRef"]
        shown = {"id": who, "email": None, "name": None, "surname": None, **self.users[who]}
        shown.pop("createDate", None)
        return {"user": shown} | ({"membershipRef": membership} if membership else {})
