"""What can go wrong at the vendor, and what does nobody know about it?"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal


@dataclass(slots=True)
class Knobs:
    """The open questions about the API. Each value is a vendor that could be; a driver must live
    with all of them."""

    largest_page: int = 100
    requests_per_second: int | None = 10
    retry_after: Literal["seconds", "date"] | None = "seconds"
    """Of the 429 that the limit itself causes."""
    unauthorized_body: bytes = b'{"message":"Unauthorized","type":"unauthorized"}'
    bearer: bool = False
    """Whether the token endpoint works and its tokens are taken."""
    token_lives: int = 3600
    missing_status: int = 404
    """Of a single record that is not there; the specification only knows 400."""
    occurrence_by_id: bool = True
    """Whether `uuid_date` can be asked for by itself."""
    email_heeds_case: bool = True
    default_types: tuple[str, ...] = ("member",)
    """Of memberships, where `types` is left out."""
    finds_requested: bool = True
    """Whether memberships that wait for approval are found by `userEmail`."""
    shows_owner: bool = True
    shows_attendees: bool = True
    customer_may_be_company: bool = False
    """In the bookings' `customerRef`."""
    refuses_unknown_types: bool = True
    shows_subscription_ref: bool = True
    end_of_day: Literal["exclusive", "inclusive", "last_second"] = "exclusive"
    """What is stored for "ends on 31 January": the midnight after it, its own, or its last second."""
    whole_day: Literal["opening_hours", "midnights"] = "opening_hours"
    """What is stored for the booking of a desk for a day."""


@dataclass(slots=True)
class Fault:
    """What the server answers instead. `page` counts from 1; `times` None: until it is cleared."""

    path: str = ""
    """A piece of the path with its query; empty: every call."""
    status: int = 503
    body: bytes = b"<html><body>Service Unavailable</body></html>"
    headers: dict[str, str] = field(default_factory=dict)
    page: int | None = None
    times: int | None = None
    drop: bool = False
    """Close the connection without a word."""
    hang: bool = False
    """Never answer."""

    def hits(self, path: str, page: int) -> bool:
        if self.times == 0 or self.path not in path or self.page not in (None, page):
            return False
        if self.times is not None:
            self.times -= 1
        return True


Paging = Literal["repeat_token", "seen_twice", "skipped", "other_key", "number_token"]


@dataclass(slots=True)
class Faults:
    """A bad day. Everything that is set stays until `clear`."""

    planned: list[Fault] = field(default_factory=list)
    nobody: bool = False
    """Every list of records is empty."""
    half_the_people: bool = False
    truncated: str | None = None
    """A piece of the paths whose JSON breaks off in the middle."""
    paging: dict[str, Paging] = field(default_factory=dict)
    """By a piece of the path."""

    def clear(self) -> None:
        self.planned.clear()
        self.paging.clear()
        self.nobody = self.half_the_people = False
        self.truncated = None

    def fail(
        self, path: str = "", status: int = 503, *, page: int | None = None, times: int | None = None
    ) -> Fault:
        fault = Fault(path, status, page=page, times=times)
        self.planned.append(fault)
        return fault

    def throttle(self, path: str = "", *, retry_after: str | None = None, times: int = 1) -> None:
        """429, with `Retry-After` as given: seconds or an HTTP date."""
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        body = b'{"message":"Too many requests","type":"tooManyRequests"}'
        self.planned.append(Fault(path, 429, body, headers, times=times))

    def html(self, path: str = "", *, times: int | None = None) -> None:
        """A proxy's page instead of JSON, and 200 to it."""
        body = b"<!doctype html><title>Sign in to the hotel's network</title>"
        self.planned.append(Fault(path, 200, body, {"Content-Type": "text/html"}, times=times))

    def answer(self, path: str, body: bytes, *, status: int = 200) -> None:
        self.planned.append(Fault(path, status, body, {"Content-Type": "application/json"}))

    def drop(self, path: str = "", *, times: int | None = None) -> None:
        self.planned.append(Fault(path, drop=True, times=times))

    def hang(self, path: str = "") -> None:
        self.planned.append(Fault(path, hang=True))

    def next(self, path: str, page: int) -> Fault | None:
        return next((fault for fault in self.planned if fault.hits(path, page)), None)

    def paging_of(self, path: str) -> Paging | None:
        return next((kind for piece, kind in self.paging.items() if re.search(piece, path)), None)


def http_date(now: datetime, seconds: float) -> str:
    return format_datetime(now + timedelta(seconds=seconds), usegmt=True)
