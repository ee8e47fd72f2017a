"""How does one talk to a SmartZone controller? Every call we make, and nothing of what it is for.

A login gives a service ticket, which goes into the query of every call: nothing here logs a query. Tickets
are few on a controller, so one is given back at the end.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    JsonApi,
    Missing,
    PluginError,
    Secret,
    Unreachable,
    parse,
)
from cusna_core.api.http import M
from cusna_ruckus import __version__
from cusna_ruckus.smartzone.models import (
    ApiInfo,
    Device,
    Dpsk,
    EnabledWlan,
    Ended,
    Made,
    Page,
    Permission,
    Ticket,
    Wlan,
    WlanName,
    Zone,
)
from cusna_ruckus.smartzone.options import SmartZoneOptions
from cusna_ruckus.smartzone.refusals import BadLogin, meaning, of_login

OLDEST, NEWEST = (9, 1), (13, 1)
"""API versions in which DPSKs are known to be the same."""
MOST = 1000
"""Rows of one page, the most that lists allow; the DPSK lists do not say how they turn pages."""
MOST_PAGES = 200
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0
"""Seconds without a login after a refused one: controllers lock accounts."""
GOODBYE = 5.0
"""Seconds that giving back the ticket may take."""

Json = Mapping[str, Any]


class SmartZoneApi(JsonApi):
    """One controller, one administrator."""

    def __init__(self, options: SmartZoneOptions, context: Context) -> None:
        # No number is published; the controller says 429 when it has enough.
        super().__init__(
            options.url,
            context,
            tls=options.tls,
            per_second=10,
            burst=10,
            timeout=30.0,
            user_agent=f"Cusna/{__version__}",
        )
        self._options = options
        self._version = options.api_version
        self._choosing = asyncio.Lock()
        self._ticket: Secret | None = None
        self._leaving = False
        self._pause, self._paused_until = FIRST_PAUSE, 0.0

    # The ticket

    def needs_login(self) -> bool:
        return self._ticket is None

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._ticket is not None:
            query["serviceTicket"] = self._ticket.get_secret_value()

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def failure(self, answer: Answer) -> PluginError | None:
        if answer.method == "POST" and answer.path.endswith("/serviceTicket"):
            return of_login(answer)
        return meaning(answer)

    async def log_in(self) -> None:
        if self._leaving:
            raise Unreachable(f"{self.context.name} is being closed.")
        now = self.context.clock.monotonic()
        if now < self._paused_until:
            # Asking again with what was refused would lock the account.
            raise AuthFailed("SmartZone refused the user name or the password a moment ago.")
        self._ticket = None
        options = self._options
        try:
            answer = await self.request(
                "POST",
                f"/{await self.version()}/serviceTicket",
                json={"username": options.username, "password": options.password.get_secret_value()},
                login=False,
            )
        except BadLogin:
            self._paused_until, self._pause = now + self._pause, min(self._pause * 2, LONGEST_PAUSE)
            raise
        self._ticket = parse(Ticket, answer.json(), "The login").ticket
        self._pause = FIRST_PAUSE

    async def open(self) -> None:
        self._leaving = False
        await super().open()

    async def close(self) -> None:
        self._leaving = True
        if self._ticket is not None:
            # At best: a ticket that stays ends by itself a day later.
            with suppress(PluginError, TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    ticket, self._ticket = self._ticket.get_secret_value(), None
                    path = f"/{await self.version()}/serviceTicket"
                    await self.request("DELETE", path, query={"serviceTicket": ticket}, login=False)
        await super().close()

    # The version

    async def versions(self) -> Sequence[str]:
        """What the controller speaks. Nobody has to be signed in for that."""
        answer = await self.request("GET", "/apiInfo", login=False)
        return parse(ApiInfo, answer.json(), "The list of API versions").versions

    async def version(self) -> str:
        """The one that is used."""
        async with self._choosing:
            if self._version is None:
                self._version = newest(await self.versions())
            return self._version

    async def _call(self, method: str, path: str, json: Any = None, query: Any = None) -> Answer:
        version = await self.version()
        try:
            return await self.request(method, f"/{version}{path}", json=json, query=query)
        except Missing:
            # After an upgrade the version itself may be what is not there: asked for again at the next call.
            self._version = self._options.api_version
            raise

    async def _list(self, path: str, model: type[M], *, paged: bool = True) -> list[M]:
        """All of a list: `paged` where it is known how pages are asked for."""

        async def page(number: int, have: int) -> Answer:
            query: dict[str, int] = {"listSize": MOST} if paged else {}
            if paged or have:
                query["index"] = have
            return await self._call("GET", path, query=query)

        return await self._all(page, model, f"GET {path}")

    async def _query(self, path: str, model: type[M], criteria: Json) -> list[M]:
        async def page(number: int, have: int) -> Answer:
            return await self._call("POST", path, {**criteria, "page": number, "limit": MOST})

        return await self._all(page, model, f"POST {path}")

    async def _all(self, ask: Callable[[int, int], Any], model: type[M], what: str) -> list[M]:
        """Every row, or BadAnswer: a list that is short is never believed.

        `ask` gets the page's number from 1 and how many rows there are already. What changes while it is
        read is read once more.
        """
        for _ in range(2):
            rows: dict[str, Any] = {}
            total: int | None = None
            for number in range(1, MOST_PAGES + 1):
                page = parse(Page, (await ask(number, len(rows))).json(), what)
                if page.rows is None and page.total != 0:
                    raise BadAnswer(f"{what} answered without a list.")
                if page.total is None and page.more is None:
                    raise BadAnswer(f"{what} does not say whether that is all.")
                if number > 1 and page.total != total:
                    break
                total = page.total
                before = len(rows)
                rows.update((_name(row), row) for row in page.rows or [])
                if not (page.more or (total is not None and len(rows) < total)):
                    return [parse(model, row, what) for row in rows.values()]
                if len(rows) == before:
                    raise BadAnswer(f"{what} ends after {len(rows)} rows and says that there are more.")
            else:
                raise BadAnswer(f"{what} has no end: more than {MOST_PAGES} pages.")
        raise BadAnswer(f"{what} keeps changing while it is read.")

    # Calls

    async def permissions(self) -> Sequence[Permission]:
        """What this administrator may do."""
        what = "/userGroups/currentUser/permissionCategories"
        page = parse(Page, (await self._call("GET", what)).json(), what)
        return [parse(Permission, row, what) for row in page.rows or []]

    async def zones(self) -> Sequence[Zone]:
        return await self._list("/rkszones", Zone)

    async def wlans(self, zone: str) -> Sequence[WlanName]:
        return await self._list(f"/rkszones/{zone}/wlans", WlanName)

    async def wlan(self, zone: str, wlan: str) -> Wlan:
        return parse(Wlan, (await self._call("GET", f"/rkszones/{zone}/wlans/{wlan}")).json(), "The WLAN")

    async def enabled_wlans(self, zone: str) -> Sequence[EnabledWlan]:
        return await self._list(f"/rkszones/{zone}/dpskEnabledWlans", EnabledWlan, paged=False)

    async def zone_dpsks(self, zone: str) -> Sequence[Dpsk]:
        return await self._list(f"/rkszones/{zone}/dpsk", Dpsk, paged=False)

    async def dpsks(self, zone: str, wlan: str) -> Sequence[Dpsk]:
        return await self._list(f"/rkszones/{zone}/wlans/{wlan}/dpsk", Dpsk, paged=False)

    async def make_dpsk(self, zone: str, wlan: str, fields: Json) -> Made:
        path = f"/rkszones/{zone}/wlans/{wlan}/dpsk/batchGenUnbound"
        return parse(Made, (await self._call("POST", path, dict(fields))).json(), "The new DPSK")

    async def delete_dpsks(self, zone: str, wlan: str, ids: Sequence[str]) -> int | None:
        """How many went, as the controller says. What an empty list would delete is not known."""
        assert ids, "never an empty list"
        path = f"/rkszones/{zone}/wlans/{wlan}/dpsk"
        answer = await self._call("POST", path, {"idList": list(ids)})
        return parse(Ended, answer.json(), "The deletion").count

    async def devices(self, wlan: str) -> Sequence[Device]:
        """Clients of a WLAN that are connected now."""
        return await self._query("/query/client", Device, {"filters": [{"type": "WLAN", "value": wlan}]})

    async def disconnect(self, mac: str, ap: str) -> None:
        await self._call("POST", "/clients/disconnect", {"mac": mac, "apMac": ap})

    async def disconnect_all(self, devices: Sequence[tuple[str, str]]) -> None:
        """(device, access point), at least one and none twice."""
        assert devices, "never an empty list"
        clients = [{"mac": mac, "apMac": ap} for mac, ap in devices]
        await self._call("POST", "/clients/bulkDisconnect", {"clientList": clients})


def _name(row: Any) -> str:
    """What tells a row from the others: its id, else all of it."""
    fields = row if isinstance(row, dict) else {}
    return str(fields.get("id") or row)


def newest(versions: Sequence[str]) -> str:
    """The newest version that both sides know. Compared as numbers: v9 is older than v11."""
    found = [match for one in versions if (match := re.fullmatch(r"v(\d+)_(\d+)", one))]
    known = [one for one in found if OLDEST <= (int(one[1]), int(one[2])) <= NEWEST]
    if not known:
        told = ", ".join(one[0] for one in found[:20]) or "none that can be read"
        raise ConfigError(
            f"SmartZone and Cusna have no API version in common: the controller speaks {told}; Cusna knows "
            "v9_1 (SmartZone 5.2) to v13_1 (7.1.1).",
            path="api_version",
        )
    return max(known, key=lambda one: (int(one[1]), int(one[2])))[0]
