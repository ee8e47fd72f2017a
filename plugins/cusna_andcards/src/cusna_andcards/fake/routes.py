"""Which calls does the API take, with which filters, and what does it answer?"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cusna_andcards.fake import views
from cusna_andcards.fake.faults import Faults
from cusna_andcards.fake.state import State
from cusna_andcards.fake.tables import Json

Query = Mapping[str, str]
PageTokens = dict[str, tuple[str, Query, int]]
"""Each with its path, its filters and where its page begins."""
Rows = Callable[[Query], Iterable[Any]]
Show = Callable[[State, Sequence[Any]], Sequence[Json]]
View = Callable[[State, Json], Json]
TYPES = (
    "hotDesk", "dedicatedDesk", "office", "parkingLot", "room", "conferenceRoom", "eventSpace",
    "meetingRoom", "phoneBooth", "studio", "equipment", "station",
)  # fmt: skip
COMPARE: dict[str, Callable[[str, str], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


class Refused(Exception):
    """A 400, with the names of what is missing or wrong."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message)
        self.body = {
            "message": "Invalid request parameters",
            "type": "validationError",
            "issues": [{"code": "custom", "path": list(path), "message": message}],
        }


class NotThere(Exception):
    """The single record that was asked for does not exist."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The API's calls on a state. Comparing instants as text is fine: all are written alike."""

    state: State
    faults: Faults
    tokens: PageTokens

    def answer(self, path: str, query: Query) -> Json:
        if path == "/networks/v1":
            return {"networks": [self.state.network]}
        if path == "/locations/v1":
            return {"locations": [views.plain(one) for one in self.state.locations.values()]}
        # What is there, and how it is shown: only what is on the page is.
        lists: dict[str, tuple[str, Rows, Show]] = {
            "/community/memberships/v1": ("memberships", self.memberships, views.memberships),
            "/community/memberships/v1/deleted": ("memberships", self.deleted, views.memberships),
            "/community/companies/v1": ("companies", self.companies, _each(_plain)),
            "/subscriptions/v1": ("subscriptions", self.subscriptions, _each(views.subscription)),
            "/plans/v1": ("plans", lambda _: self.state.plans.values(), lambda _, rows: rows),
            "/resources/v1": ("resources", self.resources, views.resources),
            "/resources/bookings/v1": ("bookings", self.bookings, _each(views.booking)),
            "/registrations/v1": ("registrations", lambda _: self.state.users, views.registrations),
        }
        if path in lists:
            key, rows, show = lists[path]
            found = [] if self.faults.nobody else list(rows(query))
            return self._page(path, key, found, show, query)
        return self._single(*path.rpartition("/")[::2])

    # Lists

    def memberships(self, query: Query) -> Iterable[Json]:
        place = _required(query, "locationRef")
        types = _words(query, "types") or self.state.knobs.default_types
        rows = [
            one
            for one in self.state.memberships.values()
            if one["locationRef"] == place
            and not one.get("deleteDate")
            and one.get("type", "member") in types
        ]
        if self.faults.half_the_people:
            rows = rows[::2]
        if "status" in query:
            rows = [one for one in rows if one.get("status") == query["status"]]
        elif "userEmail" in query and not self.state.knobs.finds_requested:
            rows = [one for one in rows if one.get("status") != "requested"]
        for name in ("userRef", "companyRef"):
            if name in query:
                rows = [one for one in rows if one.get(name) == query[name]]
        return self._by_email(rows, query)

    def _by_email(self, rows: Iterable[Json], query: Query) -> Iterable[Json]:
        wanted = query.get("userEmail")
        if wanted is None:
            return rows
        fold = str if self.state.knobs.email_heeds_case else str.lower
        return [one for one in rows if fold(views.email(self.state, one)) == fold(wanted)]

    def deleted(self, query: Query) -> Iterable[Json]:
        place = _required(query, "locationRef")
        gone = (one for one in self.state.memberships.values() if one.get("deleteDate"))
        return self._by_email((one for one in gone if one["locationRef"] == place), query)

    def companies(self, query: Query) -> Iterable[Json]:
        place = _required(query, "locationRef")
        for one in self.state.companies.values():
            listed = not one.get("deleteDate") or one.get("_listed")
            if listed and one["locationRef"] == place and query.get("title") in (None, one["title"]):
                yield one

    def subscriptions(self, query: Query) -> Iterable[Json]:
        if not {"locationRef", "customerRef"} & query.keys():
            raise Refused("Provide locationRef or customerRef")
        states = _words(query, "status") or ("active", "scheduled", "incomplete")
        for one in self.state.subscriptions.values():
            if views.status(self.state, one) in states and _matches(one, query, "locationRef", "customerRef"):
                yield one

    def resources(self, query: Query) -> Iterable[Json]:
        place = _required(query, "locationRef")
        types = _words(query, "types")
        for one in self.state.resources.values():
            listed = not one.get("deleteDate") and (not types or one["type"] in types)
            if listed and one["locationRef"] == place:
                yield one

    def bookings(self, query: Query) -> Iterable[Json]:
        if not {"locationRef", "resourceRef"} & query.keys():
            raise Refused("Provide locationRef or resourceRef")
        types = _words(query, "type")
        if self.state.knobs.refuses_unknown_types and set(types) - set(TYPES):
            raise Refused("Invalid enum value", "type")
        states = _words(query, "status") or ("tentative", "confirmed")
        rows = []
        for one in self.state.bookings.values():
            desk = self.state.resources.get(one["resourceRef"], {})
            joined = {**one, "locationRef": one.get("_location") or desk.get("locationRef")}
            if one["_status"] not in states or not _matches(joined, query, "locationRef", "resourceRef"):
                continue
            if not self._is_of(one, query.get("customerRef")) or (types and desk.get("type") not in types):
                continue
            expanded = views.occurrences(one) if query.get("singleBookings") == "true" else (one,)
            rows += [row for row in expanded if _in_range(row, query)]
        field, _, direction = query.get("order", "createDate:asc").partition(":")
        rows.sort(key=lambda row: str(row[field]), reverse=direction == "desc")
        return rows

    def _is_of(self, booking: Json, customer: str | None) -> bool:
        owner = booking.get("membershipRefOwner")
        if customer is None or owner == customer:
            return True
        company = self.state.memberships.get(owner or "", {}).get("companyRef")
        return self.state.knobs.customer_may_be_company and company == customer

    def _page(self, path: str, key: str, rows: Sequence[Any], show: Show, query: Query) -> Json:
        filters = {name: value for name, value in query.items() if name != "nextPageToken"}
        given = query.get("nextPageToken")
        begin = 0
        if given is not None:
            kept_path, kept, begin = self.tokens.get(given, ("", {}, 0))
            if (kept_path, kept) != (path, filters):
                raise Refused("Keep the filters of the first page", "nextPageToken")
        end = begin + self._limit(query)
        fault = self.faults.paging_of(path)
        answer: Json = {"data" if fault == "other_key" else key: show(self.state, rows[begin:end])}
        if end < len(rows):
            end += {"seen_twice": -1, "skipped": 1}.get(fault or "", 0)
            token = given if fault == "repeat_token" and given else secrets.token_urlsafe(12)
            self.tokens[token] = (path, filters, end)
            answer["nextPageToken"] = 7 if fault == "number_token" else token
        return answer

    def _limit(self, query: Query) -> int:
        text = query.get("limit", "25")
        asked = int(text) if text.isdecimal() and int(text) else 25
        return min(asked, self.state.knobs.largest_page)

    # Single records

    def _single(self, path: str, one: str) -> Json:
        state = self.state
        tables: dict[str, tuple[str, dict[str, Json], View]] = {
            "/locations/v1": ("location", state.locations, _plain),
            "/community/memberships/v1": ("membership", state.memberships, views.membership),
            "/community/companies/v1": ("company", state.companies, _plain),
            "/subscriptions/v1": ("subscription", state.subscriptions, views.subscription),
            "/resources/v1": ("resource", state.resources, views.resource),
            "/resources/bookings/v1": ("booking", self._bookings_by_id(), views.booking),
        }
        if path not in tables:
            raise NotThere
        key, table, view = tables[path]
        if one not in table or (key == "resource" and table[one].get("deleteDate")):
            raise NotThere
        return {key: view(state, table[one])}

    def _bookings_by_id(self) -> dict[str, Json]:
        table = dict(self.state.bookings)
        if self.state.knobs.occurrence_by_id:
            for series in self.state.bookings.values():
                table.update({row["id"]: row for row in views.occurrences(series)})
        return table


def _plain(_: State, record: Json) -> Json:
    return views.plain(record)


def _each(view: View) -> Show:
    return lambda state, records: [view(state, one) for one in records]


def _required(query: Query, name: str) -> str:
    if name not in query:
        raise Refused("Required", name)
    return query[name]


def _words(query: Query, name: str) -> tuple[str, ...]:
    return tuple(word for word in query.get(name, "").split(",") if word)


def _matches(record: Json, query: Query, *names: str) -> bool:
    return all(record.get(name) == query[name] for name in names if name in query)


def _in_range(record: Json, query: Query) -> bool:
    return all(
        compare(record[field], query[f"{field}[{word}]"])
        for field in ("startDate", "endDate")
        for word, compare in COMPARE.items()
        if f"{field}[{word}]" in query
    )
