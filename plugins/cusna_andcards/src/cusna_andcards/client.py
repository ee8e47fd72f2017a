"""How does one talk to the Spacebring REST API (api.spacebring.com)?

Vendor words only. Lists come page by page, so that a failure on page three does not lose the first
two; what a record means is not decided here.
"""

import base64
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TypeVar

from yarl import URL

from cusna_andcards.options import AndcardsOptions
from cusna_andcards.pages import Page, envelope, read
from cusna_andcards.records import (
    Booking,
    Company,
    Location,
    Membership,
    Network,
    Record,
    Registration,
    Resource,
    Subscription,
    Token,
)
from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    Context,
    JsonApi,
    Missing,
    PluginError,
    Rejected,
    by_status,
    parse,
)

R = TypeVar("R", bound=Record)
Query = dict[str, str | int]

PAGE = 100
PAGES = 1000
"""A list of more pages than this never ends: 100 000 records are beyond any network."""
EARLY = 60.0
"""Seconds before its end at which a token is renewed."""
AN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:+-]*")


class Forbidden(AuthFailed):
    """The credentials are good, but not for this call; others may work."""


def instant(when: datetime) -> str:
    """`2026-11-15T06:00:00.000Z`, as the vendor writes it."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SpacebringApi(JsonApi):
    """All calls are reads: they are repeated after a passing failure, and change nothing."""

    def __init__(self, options: AndcardsOptions, context: Context, *, timeout: float = 15.0) -> None:
        super().__init__(
            options.base_url,
            context,
            per_second=options.requests_per_second,
            timeout=timeout,
            read_retries=2,
        )
        self._options = options
        self._token: Token | None = None
        self._renew_at = 0.0
        self._tokens: JsonApi | None = None
        if options.auth_mode == "client_credentials":
            self._tokens = JsonApi(str(URL(str(options.token_url)).origin()), context, timeout=timeout)

    # Signing

    async def open(self) -> None:
        await super().open()
        if self._tokens is not None:
            await self._tokens.open()

    async def close(self) -> None:
        await super().close()
        if self._tokens is not None:
            await self._tokens.close()

    def needs_login(self) -> bool:
        if self._tokens is None:
            return False
        return self._token is None or self.context.clock.monotonic() >= self._renew_at

    async def log_in(self) -> None:
        assert self._tokens is not None
        self._token = None
        form = {
            "grant_type": "client_credentials",
            "client_id": self._options.client_id.get_secret_value(),
            "client_secret": self._options.client_secret.get_secret_value(),
        }
        try:
            answer = await self._tokens.request("POST", URL(str(self._options.token_url)).path, form=form)
        except (AuthFailed, Rejected):
            raise AuthFailed(_refused("The token endpoint")) from None
        self._token = parse(Token, answer.json(), "The token endpoint's answer")
        self._renew_at = self.context.clock.monotonic() + self._token.expires_in - EARLY

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.value}"
        else:
            client_id = self._options.client_id.get_secret_value()
            pair = f"{client_id}:{self._options.client_secret.get_secret_value()}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if self._options.network_id:
            headers["spacebring-network-id"] = self._options.network_id

    def expired(self, answer: Answer) -> bool:
        return self._tokens is not None and answer.status == 401

    def failure(self, answer: Answer) -> PluginError | None:
        # The vendor does not document the bodies of 401 and 403, so only the status counts.
        if answer.status == 401:
            return AuthFailed(_refused("Andcards (Spacebring)"))
        if answer.status == 403:
            return Forbidden(
                f"Andcards (Spacebring) does not let these credentials call {answer.path}. "
                "They must be those of the network's owner, with the add-on API & webhooks."
            )
        return by_status(answer)

    # Whole lists (these are not paged)

    async def networks(self) -> tuple[Network, ...]:
        path = "/networks/v1"
        return read(Network, envelope(await self.get(path), "networks", path)).records

    async def locations(self) -> Page[Location]:
        path = "/locations/v1"
        return read(Location, envelope(await self.get(path), "locations", path))

    # Lists in pages

    def memberships(self, location: str, *, email: str | None = None) -> AsyncIterator[Page[Membership]]:
        # What an omitted `types` means is not documented.
        query: Query = {"locationRef": location, "types": "member,nonmember"}
        if email is not None:
            query["userEmail"] = email
        return self._pages(Membership, "/community/memberships/v1", "memberships", query)

    def companies(self, location: str) -> AsyncIterator[Page[Company]]:
        query: Query = {"locationRef": location, "types": "member,nonmember"}
        return self._pages(Company, "/community/companies/v1", "companies", query)

    def subscriptions(
        self, location: str, *, customer: str | None = None
    ) -> AsyncIterator[Page[Subscription]]:
        query: Query = {"locationRef": location, "status": "active,scheduled,incomplete"}
        if customer is not None:
            query["customerRef"] = customer
        return self._pages(Subscription, "/subscriptions/v1", "subscriptions", query)

    def resources(self, location: str) -> AsyncIterator[Page[Resource]]:
        return self._pages(Resource, "/resources/v1", "resources", {"locationRef": location})

    def bookings(
        self,
        starts: datetime,
        ends: datetime,
        status: str,
        *,
        location: str | None = None,
        resource: str | None = None,
        customer: str | None = None,
    ) -> AsyncIterator[Page[Booking]]:
        """Single occurrences that overlap [starts, ends), at a location or of a resource.

        Resource types are not filtered: an unknown one in the filter may be refused, and new ones
        would be lost.
        """
        query: Query = {
            "status": status,
            "singleBookings": "true",
            "startDate[lt]": instant(ends),
            "endDate[gt]": instant(starts),
            "order": "startDate:asc",
        }
        given = {"locationRef": location, "resourceRef": resource, "customerRef": customer}
        query.update({name: value for name, value in given.items() if value is not None})
        return self._pages(Booking, "/resources/bookings/v1", "bookings", query)

    def registrations(self) -> AsyncIterator[Page[Registration]]:
        return self._pages(Registration, "/registrations/v1", "registrations", {})

    # Single records; Missing when the vendor says that there is none

    async def membership(self, one: str) -> Membership:
        return await self._one(Membership, "/community/memberships/v1", "membership", one)

    async def company(self, one: str) -> Company:
        return await self._one(Company, "/community/companies/v1", "company", one)

    async def subscription(self, one: str) -> Subscription:
        return await self._one(Subscription, "/subscriptions/v1", "subscription", one)

    async def resource(self, one: str) -> Resource:
        return await self._one(Resource, "/resources/v1", "resource", one)

    async def booking(self, one: str) -> Booking:
        return await self._one(Booking, "/resources/bookings/v1", "booking", one)

    async def _one(self, model: type[R], path: str, key: str, one: str) -> R:
        if not AN_ID.fullmatch(one):
            raise Rejected(f"An id for {path} has characters that no id has.")
        try:
            answer = await self.get(f"{path}/{one}")
        except Missing:
            raise Missing(f"GET {path} knows no such {key}.") from None
        if not isinstance(answer, dict) or not isinstance(answer.get(key), dict):
            raise BadAnswer(f"GET {path} answered for one record without the key “{key}”.")
        return parse(model, answer[key], f"A {key}")

    async def _pages(self, model: type[R], path: str, key: str, query: Query) -> AsyncIterator[Page[R]]:
        seen: set[str] = set()
        query = {**query, "limit": PAGE}
        while True:
            answer = await self.get(path, query=query)
            yield read(model, envelope(answer, key, path))
            token = answer.get("nextPageToken")
            if not token:
                return
            if not isinstance(token, str):
                raise BadAnswer(f"GET {path} answered a page token that is no text.")
            if token in seen:
                raise BadAnswer(f"GET {path} answered the same page token twice: its pages go in circles.")
            if len(seen) >= PAGES:
                raise BadAnswer(f"GET {path} has more than {PAGES} pages: it seems to have no end.")
            seen.add(token)
            query = {**query, "nextPageToken": token}


def _refused(who: str) -> str:
    return (
        f"{who} refuses the Client ID and Client Secret; perhaps they were regenerated. "
        "The network's owner finds the current pair in Andcards under Network settings > Developers "
        "(add-on API & webhooks): enter both again."
    )
