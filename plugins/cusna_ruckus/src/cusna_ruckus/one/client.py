"""How is RUCKUS One's API spoken? Every call we make, and nothing of what it is for.

Writes answer 202 and a request id, before anything is done: see `activities`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    Context,
    JsonApi,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Secret,
    Taken,
    by_status,
    parse,
)
from cusna_ruckus.one.models import (
    Accepted,
    Activity,
    Connected,
    Content,
    Device,
    IdentityGroup,
    Listed,
    Page,
    Pool,
    Row,
    Some,
    Token,
    Wlan,
)

PAGE = 500
"""Passphrases in one answer: what the vendor's own console asks for."""
EARLY = 60.0
"""Seconds before its end at which a token is renewed."""
MOST_PAGES = 50
BURST = 20

Json = Mapping[str, Any]


class Cloud(JsonApi):
    """One tenant, with one application token. Nothing is repeated, except after a renewed login."""

    def __init__(
        self,
        base_url: str,
        context: Context,
        *,
        tenant: str,
        client_id: str,
        client_secret: Secret,
        delegated: str | None,
        per_minute: float,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(base_url, context, per_second=per_minute / 60, burst=BURST, timeout=timeout)
        self._tenant = tenant
        self._client_id = client_id
        self._client_secret = client_secret
        self._delegated = delegated
        self._token: Secret | None = None
        self._until: float | None = None

    # What RUCKUS One does differently

    async def log_in(self) -> None:
        self._token = None
        path = f"/oauth2/token/{self._tenant}"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.get_secret_value(),
        }
        asked = self.context.clock.monotonic()
        try:
            answer = await self.request("POST", path, form=form, login=False)
            token = parse(Token, answer.json(), "The token")
        except (BadAnswer, Missing):
            # A wrong tenant or secret can be answered by a redirect, or by 200 and a web page.
            token = None
        except Rejected:
            raise AuthFailed(
                "RUCKUS One refuses the login: the tenant, the client id or the client secret is wrong."
            ) from None
        if token is None:
            raise BadAnswer(
                f"{self.base.host} answers the login with something that is no token. It does so for tenants "
                "that it does not know: compare tenant id and region with the address of your RUCKUS One "
                "pages. If both are right, make a new application token."
            )
        self._token = token.access_token
        self._until = None if token.expires_in is None else asked + max(token.expires_in - EARLY, 0.0)

    def needs_login(self) -> bool:
        return self._token is None or (
            self._until is not None and self.context.clock.monotonic() >= self._until
        )

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        if self._delegated is not None:
            headers["x-rks-tenantid"] = self._delegated

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def failure(self, answer: Answer) -> PluginError | None:
        what = f"{answer.method} {answer.path}"
        match answer.status:
            case 401:
                return AuthFailed(
                    "RUCKUS One refuses the login (401): the client id or secret is wrong, or was withdrawn."
                )
            case 403:
                return AuthFailed(
                    f"The application token may not do this (403): {what}. It needs the scope "
                    "Administrator, in the tenant that is meant."
                )
            case 429:
                return RateLimited(
                    "RUCKUS One's limit is used up: 2,000 calls a minute for all programs of the tenant.",
                    after=answer.retry_after,
                )
            case 409:
                return Taken(f"RUCKUS One says that what {what} is to make exists already (409).")
            case 400 | 422:
                return Rejected(f"RUCKUS One refuses {what} as it is ({answer.status}).")
            case _:
                return by_status(answer)

    # Activities

    async def _write(self, method: str, path: str, json: Any) -> str:
        """Ask for a change; returns the id under which its fate can be asked for."""
        answer = await self.request(method, path, json=json)
        return parse(Accepted, answer.json(), f"The receipt for {method} {path}").request_id

    async def activity(self, request: str) -> Activity:
        return parse(Activity, await self.get(f"/activities/{request}"), "The activity")

    # Pools

    async def pools(self, search: str = "") -> Some[Pool]:
        """DPSK services by a part of their name. Without pages: asked for one, the call fails with 500."""
        body = {"searchString": search, "searchTargetFields": ["name"]}
        return parse(Some[Pool], await self.send("POST", "/dpskServices/query", body), "The list of pools")

    async def pool(self, pool: str) -> Pool:
        return parse(Pool, await self.get(f"/dpskServices/{pool}"), "The pool")

    async def wlans(self, ids: Sequence[str] | None = None) -> Sequence[Wlan]:
        """Those with these ids, or all of the tenant.

        Whether pages begin at 0 or at 1 is not certain: as long as some are missing, both are tried.
        """
        if ids is not None and not ids:
            return []
        body: dict[str, Any] = {"fields": ["id", "name", "ssid", "vlan"], "pageSize": PAGE}
        if ids is not None:
            body["filters"] = {"id": list(ids)}
        found: dict[str, Wlan] = {}
        for number in (1, 0, *range(2, MOST_PAGES)):
            data = await self.send("POST", "/wifiNetworks/query", body | {"page": number})
            page = parse(Page[Wlan], data, "The list of networks")
            before = len(found)
            found |= {one.id: one for one in page.data}
            if len(found) >= page.total:
                return list(found.values())
            if number > 1 and len(found) == before:
                break
        raise BadAnswer("The list of networks does not add up: more are promised than are shown.")

    async def identity_groups(self, pool: str) -> Sequence[IdentityGroup]:
        """Those of a pool. The query for them ignores what it is asked, so they are sorted out here."""
        found: dict[str, IdentityGroup] = {}
        for number in range(MOST_PAGES):
            data = await self.get("/identityGroups", query={"page": number, "size": 100})
            page = parse(Content[IdentityGroup], data, "The list of identity groups")
            before = len(found)
            found |= {one.id: one for one in page.content}
            if len(found) >= page.total or len(found) == before:
                break
        return [one for one in found.values() if one.pool == pool]

    # Passphrases

    async def page(
        self, pool: str, number: int, *, username: str | None = None, newest: bool = False, size: int = PAGE
    ) -> Page[Row]:
        """Passphrases, 500 at a time, from page 1 on. Keys that the vendor does not know fail with 500."""
        body: dict[str, Any] = {
            "page": number,
            "pageSize": size,
            "sortField": "createdDate",
            "sortOrder": "DESC" if newest else "ASC",
        }
        if username is not None:
            body |= {"searchString": username, "searchTargetFields": ["username"]}
        data = await self.send("POST", f"{_passphrases(pool)}/query", body)
        return parse(Page[Row], data, "The list of passphrases")

    async def row(self, pool: str, row: str) -> Row:
        return parse(Row, await self.get(f"{_passphrases(pool)}/{row}"), "The passphrase")

    async def create(self, pool: str, group: str | None, fields: Json) -> str:
        path = f"/dpskServices/{pool}" + (f"/identityGroups/{group}" if group else "")
        return await self._write("POST", f"{path}/passphrases", dict(fields))

    async def update(self, pool: str, row: str, fields: Json) -> str:
        return await self._write("PATCH", f"{_passphrases(pool)}/{row}", dict(fields))

    async def update_all(self, pool: str, rows: Sequence[str], fields: Json) -> str:
        return await self._write("PATCH", _passphrases(pool), {"ids": list(rows), "changes": dict(fields)})

    async def delete(self, pool: str, rows: Sequence[str]) -> str:
        return await self._write("DELETE", _passphrases(pool), list(rows))

    # Devices

    async def devices(self, pool: str, row: str) -> Sequence[Device]:
        """Those that ever used a passphrase."""
        try:
            data = await self.get(f"{_passphrases(pool)}/{row}/devices")
        except Missing:
            return []
        return parse(Listed[Device], data, "The devices").root

    async def connected(self, macs: Sequence[str]) -> Some[Connected]:
        """Those of these devices that are on."""
        body = {"filters": {"macAddress": list(macs)}}
        data = await self.send("POST", "/venues/aps/clients/query", body)
        return parse(Some[Connected], data, "The list of clients")

    async def disconnect(self, device: Connected) -> None:
        path = f"/venues/{device.venue.id}/aps/{device.ap.serial}/clients/{device.mac}"
        await self.request("PATCH", path, json={"status": "DISCONNECTED"})


def _passphrases(pool: str) -> str:
    return f"/dpskServices/{pool}/passphrases"
