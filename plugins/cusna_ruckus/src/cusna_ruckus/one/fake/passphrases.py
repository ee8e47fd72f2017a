"""What does RUCKUS One say to calls about passphrases?"""

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiohttp import web

from cusna_ruckus.one.fake.gate import HOUSE, Refused
from cusna_ruckus.one.fake.state import House, Json, Pool, Refusal, instant, stamp
from cusna_ruckus.one.fake.view import (
    accepted,
    body_of,
    device_shown,
    list_of,
    nested,
    object_of,
    pool_of,
    refuse_unknown,
    row_shown,
)

QUERY = frozenset(
    {"page", "pageSize", "sortField", "sortOrder", "searchString", "searchTargetFields", "filters", "fields"}
)
NEW = frozenset(
    {
        "username",
        "passphrase",
        "vlanId",
        "numberOfDevicesType",
        "numberOfDevices",
        "expirationDate",
        "email",
        "phoneNumber",
        "mac",
        "identityId",
        "numberOfPassphrases",
        # What the vendor's own examples also send: how a passphrase is made up, and its end in words.
        "format",
        "length",
        "expiration",
    }
)
MOST_AT_ONCE = 5000
CLEARABLE = ("vlanId", "expirationDate")


class Passphrases:
    async def create(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        body = object_of(await body_of(request))
        refuse_unknown(body, NEW)
        group = request.match_info.get("group")
        groups = [one["id"] for one in house.groups.values() if one.get("dpskPoolId") == pool.id]
        if group is None and len(groups) > 1:
            raise Refused(400, "DPSK-10040", "The pool has several identity groups")
        if group is not None and group not in groups:
            raise Refused(404, "DPSK-10041", "No such identity group")
        self._check(house, pool, body)
        count = body.get("numberOfPassphrases", 1)
        if not 1 <= count <= (1 if "passphrase" in body else MOST_AT_ONCE):
            raise Refused(400, "DPSK-037", "So many passphrases cannot be made at once")

        def work() -> None:
            for _ in range(count):
                fields = self._fields(house, pool, body, None)
                fields.setdefault("passphrase", self._made_up(pool, body))
                fields.setdefault("username", f"DPSK_User_{len(pool.rows) + 1}")
                fields["identityGroupId"] = group or (groups[0] if groups else "")
                row = house.add_row(pool, fields)
                house.mail(pool, row["passphrase"])
                house.changed(pool, row["id"])

        return accepted(house.take_on("CREATE_DPSK_PASSPHRASE", work))

    def _made_up(self, pool: Pool, body: Json) -> str:
        return secrets.token_hex(32)[: max(body.get("length", 8), pool.fields["passphraseLength"])]

    async def query(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        body = object_of(await body_of(request))
        number, size = body.get("page", 1), body.get("pageSize", 20)
        if set(body) - QUERY or not isinstance(number, int) or number < 1 or size < 1:
            raise Refused(500, "GENERAL-500", "Internal error")
        rows = sorted(pool.shown.values(), key=lambda one: str(one.get(body.get("sortField", "createdDate"))))
        if body.get("sortOrder", "ASC") == "DESC":
            rows.reverse()
        search = body.get("searchString") or ""
        if search and not house.knobs.ignore_search:
            fields = body.get("searchTargetFields") or ["username"]
            searchable = [one for one in fields if one != "passphrase"]
            rows = [
                one
                for one in rows
                if any(search.lower() in str(one.get(name, "")).lower() for name in searchable)
            ]
        size = min(size, house.knobs.page_max)
        shown = [row_shown(house, one) for one in rows[(number - 1) * size : number * size]]
        pages = -(-len(rows) // size)
        return web.json_response(
            {"data": shown, "page": number, "totalCount": len(rows), "totalPages": pages}
        )

    async def listed(self, request: web.Request) -> web.Response:
        """The older list: pages from 0 on, and another shape."""
        house, pool = request[HOUSE], pool_of(request)
        number, size = int(request.query.get("page", "0")), int(request.query.get("size", "20"))
        rows = list(pool.shown.values())
        shown = [row_shown(house, one) for one in rows[number * size : (number + 1) * size]]
        return web.json_response(
            {"content": shown, "totalElements": len(rows), "number": number, "size": size}
        )

    async def one(self, request: web.Request) -> web.Response:
        return web.json_response(row_shown(request[HOUSE], self._row(request)))

    async def update(self, request: web.Request) -> web.Response:
        house, pool, row = request[HOUSE], pool_of(request), self._row(request)
        body = object_of(await body_of(request))
        refuse_unknown(body, NEW | {"revocationReason"})
        self._check(house, pool, body, row)
        return accepted(house.take_on("UPDATE_DPSK_PASSPHRASE", self._change(house, pool, row["id"], body)))

    async def update_all(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        body = object_of(await body_of(request))
        refuse_unknown(body, frozenset({"ids", "changes"}))
        ids, changes = list_of(body.get("ids")), object_of(body.get("changes"))
        works = [self._change(house, pool, one, changes) for one in ids]

        def work() -> None:
            if any(one not in pool.rows for one in ids):
                raise Refusal(nested("DPSK-10030", "passphrase", "", "Passphrase does not exist"))
            for one in works:
                one()

        return accepted(house.take_on("UPDATE_DPSK_PASSPHRASES", work))

    async def delete(self, request: web.Request) -> web.Response:
        house, pool = request[HOUSE], pool_of(request)
        ids = list_of(await body_of(request))

        def work() -> None:
            rows = [pool.rows.get(one) for one in ids]
            if any(row is None or row.get("isReferenced") for row in rows):
                raise Refusal(nested("DPSK-10031", "id", "", "Passphrase is referenced or does not exist"))
            for one in ids:
                del pool.rows[one]
                house.changed(pool, one)

        return accepted(house.take_on("DELETE_DPSK_PASSPHRASE", work))

    # Devices

    async def devices(self, request: web.Request) -> web.Response:
        house, row = request[HOUSE], self._row(request)
        return web.json_response([device_shown(house, row, one) for one in row["devices"]])

    async def query_devices(self, request: web.Request) -> web.Response:
        house, row = request[HOUSE], self._row(request)
        shown = [device_shown(house, row, one) for one in row["devices"]]
        return web.json_response({"content": shown, "totalElements": len(shown), "number": 0})

    async def change_devices(self, request: web.Request) -> web.Response:
        house, pool, row = request[HOUSE], pool_of(request), self._row(request)
        macs = list_of(await body_of(request))
        adding = request.method == "POST"

        def work() -> None:
            row["devices"] = [one for one in row["devices"] if one["mac"] not in macs]
            if adding:
                row["devices"] += [{"mac": mac} for mac in macs]
            house.changed(pool, row["id"])

        return accepted(house.take_on("CREATE_PASSPHRASE_DEVICES", work))

    # What may be, and how it is shown

    def _row(self, request: web.Request) -> Json:
        row = pool_of(request).rows.get(request.match_info["row"])
        if row is None:
            raise Refused(404, "DPSK-10030", "Passphrase does not exist")
        return row

    def _check(self, house: House, pool: Pool, body: Json, row: Json | None = None) -> None:
        """What is refused at once."""
        if house.knobs.null_refused and any(body.get(name, "") is None for name in CLEARABLE):
            raise Refused(400, "DPSK-036", "The field must not be null")
        chosen = body.get("passphrase")
        least = max(8, pool.fields["passphraseLength"])
        if "passphrase" in body and (not isinstance(chosen, str) or len(chosen) < least):
            raise Refused(400, "DPSK-032", f"The passphrase must have at least {least} characters")
        if "vlanId" in body and body["vlanId"] is not None and not 1 <= int(body["vlanId"]) <= 4094:
            raise Refused(400, "DPSK-033", "The VLAN must be 1 to 4094")
        if len(str(body.get("username", ""))) > house.knobs.username_max:
            raise Refused(400, "DPSK-034", "The user name is too long")
        if house.knobs.dup_passphrase == "409" and self._taken(pool, chosen, row):
            raise Refused(409, "DPSK-10035", "Passphrase already exists")

    def _taken(self, pool: Pool, chosen: Any, row: Json | None) -> bool:
        others = (one for one in pool.rows.values() if row is None or one["id"] != row["id"])
        return chosen is not None and any(one["passphrase"] == chosen for one in others)

    def _change(self, house: House, pool: Pool, row_id: str, body: Json) -> Callable[[], None]:
        def work() -> None:
            row = pool.rows.get(row_id)
            if row is None:
                raise Refusal(nested("DPSK-10030", "id", "", "Passphrase does not exist"))
            fields = self._fields(house, pool, body, row)
            if "passphrase" in fields and fields["passphrase"] != row["passphrase"]:
                house.mail(pool, fields["passphrase"])
            if "revocationReason" in body:
                self._revoke(house, row, body["revocationReason"])
            row |= fields
            for name in [name for name, value in row.items() if value is None]:
                del row[name]
            house.changed(pool, row_id)

        return work

    def _revoke(self, house: House, row: Json, reason: str | None) -> None:
        if house.knobs.tier_without_revoke:
            return
        if reason is None:
            row.pop("revocationReason", None)
            row.pop("revocationDate", None)
        else:
            row |= {"revocationReason": reason, "revocationDate": stamp(house.now())}

    def _fields(self, house: House, pool: Pool, body: Json, row: Json | None) -> Json:
        """The fields as they are kept; Refusal for what is found out late."""
        chosen = body.get("passphrase")
        if chosen is not None and len(chosen) > 63:
            raise Refusal(nested("DPSK-10032", "passphrase", chosen, "Size must be between 8 and 63"))
        if self._taken(pool, chosen, row):
            raise Refusal(nested("DPSK-10035", "passphrase", str(chosen), "Passphrase already exists"))
        kept = ("username", "passphrase", "vlanId", "expirationDate", "email", "phoneNumber", "identityId")
        fields = {name: body[name] for name in kept if name in body}
        if row is not None and not house.knobs.null_clears:
            fields = {n: v for n, v in fields.items() if v is not None or n not in CLEARABLE}
        if fields.get("expirationDate") is not None:
            instant(fields["expirationDate"])
        if "numberOfDevicesType" in body or "numberOfDevices" in body or row is None:
            most = body.get("numberOfDevices") or pool.fields.get("deviceCountLimit") or 1
            limited = body.get("numberOfDevicesType", "LIMITED") == "LIMITED"
            fields["numberOfDevices"] = min(max(int(most), 1), 512) if limited else None
        if row is None and fields.get("expirationDate") is None and pool.fields.get("expirationType"):
            fields["expirationDate"] = self._default_end(house, pool)
        return {n: v for n, v in fields.items() if v is not None or row is not None}

    def _default_end(self, house: House, pool: Pool) -> str:
        if pool.fields["expirationType"] == "SPECIFIED_DATE":
            return str(pool.fields["expirationDate"])
        unit = pool.fields["expirationType"].partition("_")[0]
        days = {"HOURS": 1 / 24, "DAYS": 1, "WEEKS": 7, "MONTHS": 30, "YEARS": 365}[unit]
        return stamp(house.now() + timedelta(days=days * pool.fields.get("expirationOffset", 1)))
