"""To whom does a letter of the outbox go, and with which values?

Addresses are looked up here, as late as can be: an account's stored one, or a configured admin's; a
typed one is only ever compared. Links are built from the configured `base_url` alone.

| kind | payload |
| --- | --- |
| sign-in | flow_id, location ('' is the console), typed, language, link_token, code, by_ip |
| passphrase-changed, passphrase-replaced, desk-code | account; location and language where known |
| admin-finding, admin-mended | to, code, summary, fix, path; where and language where known |
| access-ends | account, location, ends (ISO), because (kind, name) |
| new-device | account, location, device; of an admin to, device, ip; language |
| test | to; language where known |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from yarl import URL

from cusna_core.api import Clock, email_key
from cusna_core.engine.views import Door, Recipient
from cusna_core.flow.world import Because, Kind
from cusna_core.store import accounts, audit, notices, outbox, refusals, sign_in
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Database, Tx
from cusna_core.store.outbox import Letter
from cusna_core.words import because as because_of
from cusna_core.words import language, stamp, until

NAMES = 8
"""How many names a letter about a held set tells."""


class House(Protocol):
    """What the engine tells of places and people (`engine.members.Members`)."""

    def door(self, location_id: str) -> Door | None: ...

    def doors(self) -> Sequence[Door]: ...

    async def resolve(self, location_id: str, typed: str, *, look: bool = True) -> Recipient | None: ...


@dataclass(frozen=True, slots=True)
class Drop:
    """This letter goes to nobody."""

    why: str


@dataclass(frozen=True, slots=True, repr=False)
class Ready:
    """Everything that the mail needs."""

    kind: str
    to: str
    language: str
    values: Mapping[str, object]
    account: str | None = None
    location: str | None = None

    def __repr__(self) -> str:
        return f"<Ready {self.kind}>"


@dataclass(frozen=True, slots=True)
class Desk:
    """Looks up who a letter is for. `admins` tells the configured addresses, as they are now."""

    db: Database
    clock: Clock
    house: House
    base_url: str
    admins: Callable[[], Sequence[str]]
    language: str = field(default="en")
    """Of letters that name none."""

    async def prepare(self, letter: Letter) -> Ready | Drop:
        match letter.kind:
            case "sign-in" if letter.payload.get("location") == "":
                return await self._admin_sign_in(letter)
            case "sign-in":
                return await self._sign_in(letter)
            case "passphrase-changed" | "passphrase-replaced" | "passphrase-revealed" | "desk-code":
                return await self._happened(letter)
            case "admin-finding" | "admin-mended":
                return await self._finding(letter)
            case "new-device" if "account" in letter.payload:
                return await self._happened(letter)
            case "new-device":
                when = stamp(letter.created, self._zone(), language(self._language(letter.payload)))
                told = {"when": when, "device": letter.payload["device"], "ip": letter.payload["ip"]}
                return self._to_admin(letter, told, kind="admin-new-device")
            case "access-ends":
                return await self._ending(letter)
            case "test":
                return self._to_admin(letter, {})
        return Drop("unknown-kind")

    async def _sign_in(self, letter: Letter) -> Ready | Drop:
        it = letter.payload
        door = self.house.door(it["location"])
        if door is None:
            return Drop("no-location")
        # An IP that asks too often still reaches known addresses, and makes us ask no source.
        recipient = await self.house.resolve(door.id, it["typed"], look=bool(it.get("by_ip", True)))
        if recipient is None or not recipient.email:
            return Drop("unknown")
        account = recipient.account_id
        await self.db.run(lambda tx: sign_in.resolve(tx, it["flow_id"], account))
        values = {
            **self._place(door, recipient.name),
            "link": f"{self._portal(door)}/link/{it['link_token']}",
            "code": it["code"],
            "link_minutes": int(sign_in.LINK_LIFE.total_seconds() // 60),
            "code_minutes": int(sign_in.CODE_LIFE.total_seconds() // 60),
        }
        return Ready("sign-in", recipient.email, self._language(it), values, account, door.id)

    async def _admin_sign_in(self, letter: Letter) -> Ready | Drop:
        it = letter.payload
        key = email_key(it["typed"])
        admin = next((one for one in self.admins() if key is not None and email_key(one) == key), None)
        if admin is None:
            return Drop("unknown")
        await self.db.run(lambda tx: sign_in.resolve_admin(tx, it["flow_id"], admin))
        values = {
            **self._site(),
            "link": f"{self.base_url}/console/link/{it['link_token']}",
            "code": it["code"],
            "link_minutes": int(sign_in.LINK_LIFE.total_seconds() // 60),
            "code_minutes": int(sign_in.CODE_LIFE.total_seconds() // 60),
        }
        return Ready("admin-sign-in", admin, self._language(it), values)

    async def _happened(self, letter: Letter) -> Ready | Drop:
        it = letter.payload
        row = await self.db.read(lambda tx: accounts.get(tx, it["account"]))
        if row is None or not row.email:
            return Drop("no-address")
        doors = self.house.doors()
        door = self.house.door(it.get("location") or "") or (doors[0] if len(doors) == 1 else None)
        spoken = await self.db.read(lambda tx: notices.language(tx, row.id))
        code = it.get("language") or spoken or self.language
        when = stamp(letter.created, door.zone if door else self._zone(), language(code))
        values = {**self._place(door, row.name), "when": when}
        if "device" in it:
            values["device"] = it["device"]
        if letter.kind == "passphrase-revealed":
            values |= {"by": it["by"], "reason": it["reason"]}
        kind = "passphrase-rotated" if it.get("by") == "admin" else letter.kind
        return Ready(kind, row.email, code, values, row.id, door.id if door else None)

    async def _ending(self, letter: Letter) -> Ready | Drop:
        """Looked at again: access may have been extended, or ended, while the letter waited."""
        it = letter.payload
        ends, now = datetime.fromisoformat(it["ends"]), self.clock.now()
        door = self.house.door(it["location"])

        def look(tx: Tx) -> tuple[accounts.Row | None, bool, str]:
            row = accounts.get(tx, it["account"])
            still = row is not None and notices.still_ends(
                tx, row.integration, it["account"], it["location"], ends
            )
            return row, still, notices.language(tx, it["account"])

        row, still, code = await self.db.read(look)
        if row is None or not row.email or door is None:
            return Drop("no-address")
        if not still or row.suspended or ends <= now:
            return Drop("over")
        spoken = language(code or self.language)
        why = it["because"]
        because = Because(Kind(why["kind"]), why["name"], "", why.get("company"))
        values = {
            **self._place(door, row.name),
            "until": until(ends, door.zone, now, spoken),
            "because": because_of(because, spoken),
        }
        return Ready("access-ends", row.email, spoken.code, values, row.id, door.id)

    def _zone(self) -> ZoneInfo:
        """In whose time admins are told: the first location's."""
        doors = self.house.doors()
        return doors[0].zone if doors else ZoneInfo("UTC")

    async def _finding(self, letter: Letter) -> Ready | Drop:
        it = letter.payload
        path = str(it.get("path") or "")
        if str(it.get("code")).startswith("mail."):
            return Drop("about-mail")  # it would arrive when mail works again
        if it.get("code") == "brake.held" and letter.kind == "admin-finding":
            held = await self._held(path.removeprefix("integrations."))
            return Drop("over") if held is None else self._to_admin(letter, held, kind="admin-held")
        values: dict[str, object] = {
            "where": it.get("where") or _where(path) or str(it["code"]),
            "summary": it["summary"],
        }
        if letter.kind == "admin-finding":
            values |= {"fix": it["fix"], "path": path or None}
        return self._to_admin(letter, values)

    async def _held(self, integration: str) -> dict[str, object] | None:
        def read(tx: Tx) -> tuple[right_rows.Held, list[str], list[str]] | None:
            held = right_rows.held(tx, integration)
            if held is None:
                return None
            people = list(dict.fromkeys(one.right.account_id for one in held.withdrawals))
            rows = [accounts.get(tx, one) for one in people[:NAMES]]
            return held, people, [row.name or row.email or row.id for row in rows if row is not None]

        found = await self.db.read(read)
        if found is None:
            return None
        held, people, names = found
        return {
            "integration": integration,
            "people": len(people),
            "limit": held.limit,
            "counted": held.counted,
            "digest": held.digest,
            "names": names,
        }

    def _to_admin(self, letter: Letter, values: Mapping[str, object], *, kind: str = "") -> Ready | Drop:
        to = letter.payload["to"]
        # Who is no admin any more hears no more; a test goes where the admin who starts it says.
        if letter.kind != "test" and to not in self.admins():
            return Drop("no-admin")
        return Ready(kind or letter.kind, to, self._language(letter.payload), {**self._site(), **values})

    def _portal(self, door: Door) -> str:
        return str(URL(self.base_url) / "portal" / door.id)

    def _place(self, door: Door | None, name: str) -> dict[str, object]:
        host = URL(self.base_url).host or self.base_url
        portal = self._portal(door) if door else f"{self.base_url}/portal"
        accent = door.look.accent if door else ""
        return {
            "place": door.name if door else host,
            "portal": portal,
            "name": name or None,
            "accent": accent,
        }

    def _site(self) -> dict[str, object]:
        return {"site": URL(self.base_url).host or self.base_url, "console": f"{self.base_url}/console"}

    def _language(self, payload: Mapping[str, Any]) -> str:
        return str(payload.get("language") or self.language)

    def sent(self, tx: Tx, letter: Letter, ready: Ready, now: datetime) -> None:
        """In one transaction: it is done, and the log of what happened says so."""
        outbox.done(tx, letter.id, now)
        audit.write(
            tx,
            "mail-sent",
            now,
            who="cusna",
            account=ready.account,
            location=ready.location,
            data={"kind": ready.kind, "letter": letter.id},
        )

    def dropped(self, tx: Tx, letter: Letter, why: str, now: datetime) -> None:
        outbox.drop(tx, letter.id, why, now)
        if letter.kind == "sign-in" and why == "unknown":
            # Anybody can cause these, as many as they like: a line that is bounded, without the address.
            refusals.of_letter(tx, "unknown", now, letter.payload["flow_id"])
            return
        audit.write(
            tx,
            "mail-dropped",
            now,
            who="cusna",
            account=letter.payload.get("account"),
            location=letter.payload.get("location") or None,
            data={"kind": letter.kind, "letter": letter.id, "why": why},
        )


def _where(path: str) -> str:
    """ "network members" of "networks.members.ssid"."""
    table, _, rest = path.partition(".")
    return f"{table.removesuffix('s')} {rest.partition('.')[0]}" if rest else table
