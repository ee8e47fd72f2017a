"""What can an admin do for, or to, one person, beside what takes access away and gives it back?

Grants that survive every read, the end of sessions, a look at a passphrase that its owner hears of, and
forgetting somebody. Everything is written to the audit log.
"""

import secrets
from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from cusna_core.admin.acts import Acts
from cusna_core.admin.looks import NOBODY, Looks
from cusna_core.admin.people import days_at, home_of
from cusna_core.api import email_key
from cusna_core.engine.engine import Engine
from cusna_core.flow.rights import day_bounds
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, erase, outbox, reveals, sign_in
from cusna_core.store import keys as key_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Tx

Json = dict[str, Any]
Events = AsyncGenerator[Json, None]

NOTE: Final = 200
"""Characters of a note or a reason."""
LEFT: Final = ("intended", "made", "working", "failed")
"""States of a key that may still be on its network."""


class PeopleActs:
    """Operations on people."""

    def __init__(self, engine: Engine, looks: Looks, acts: Acts) -> None:
        self._engine = engine
        self._looks = looks
        self._acts = acts

    # Overrides

    async def override(self, values: Json, who: str) -> Events:
        """Access beside plans and bookings, at `locations` (none: all of the integration), until `ends`.

        `starts` and `ends` are instants, or days: of each location's own calendar, the last one included.
        """
        now = self._engine.clock.now()
        note, locations = clean(values.get("note")), [str(one) for one in values.get("locations") or ()]
        if not note:
            yield {"refused": "Say why: the note tells other admins.", "code": 2}
            return
        accounts = await self._looks.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        given = await self._engine.db.read(lambda tx: self._places(tx, accounts, locations))
        missing = set(locations) - {place for _, place, _ in given}
        if missing or not given:
            told = f"This person is not known where these are: {', '.join(sorted(missing)) or 'anywhere'}."
            yield {"refused": told, "code": 2}
            return

        said = values.get("starts"), values.get("ends")
        spans = [(max(_edge(said[0], zone) or now, now), _edge(said[1], zone, 1)) for _, _, zone in given]
        if any(ends is not None and ends <= starts for starts, ends in spans):
            yield {"refused": "It would be over before it begins.", "code": 2}
            return

        def give(tx: Tx) -> None:
            for (account, place, _), (starts, ends) in zip(given, spans, strict=True):
                grant(tx, account, place, starts, ends, note, who, now)

        await self._engine.db.run(give)
        yield {"result": await self._acts.done(sorted({account for account, _, _ in given}))}

    def _places(
        self, tx: Tx, accounts: Sequence[str], locations: Sequence[str]
    ) -> list[tuple[str, str | None, ZoneInfo]]:
        """(account, location, whose days count) of the account's own integration."""
        found: list[tuple[str, str | None, ZoneInfo]] = []
        for account in accounts:
            row = account_rows.get(tx, account)
            if row is None:
                continue
            own = {one.id: one.zone for one in self._engine.estate.places(row.integration)}
            if not locations:
                found.append((account, None, days_at(home_of(self._engine, row))))
            found += [(account, one, own[one]) for one in dict.fromkeys(locations) if one in own]
        return found

    async def end_override(self, values: Json, who: str) -> Events:
        """Take back one grant, by its id."""
        name, now = str(values.get("id", "")), self._engine.clock.now()

        def end(tx: Tx) -> str | None:
            row = tx.execute("SELECT account_id, location_id FROM overrides WHERE id = ?", (name,)).fetchone()
            if row is None or not right_rows.end_override(tx, name, who, now):
                return None
            account = str(row["account_id"])
            audit.write(
                tx,
                "override-ended",
                now,
                who=who,
                account=account,
                location=row["location_id"],
                data={"id": name},
            )
            return account

        account = await self._engine.db.run(end)
        if account is None:
            yield {"refused": "This override has ended already.", "code": 1}
            return
        yield {"result": await self._acts.done([account])}

    # Sessions

    async def sign_out(self, values: Json, who: str) -> Events:
        """End every session, link and code of a person. Their WiFi goes on."""
        accounts = await self._looks.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        now = self._engine.clock.now()

        def close(tx: Tx) -> int:
            many = 0
            for account in accounts:
                row = tx.execute("SELECT count(*) FROM sessions WHERE account_id = ?", (account,)).fetchone()
                many += int(row[0])
                sign_in.forget(tx, account)
                audit.write(tx, "signed-out", now, who=who, account=account, data={})
            return many

        yield {"result": {"sessions": await self._engine.db.run(close)}}

    # A look at a passphrase

    async def reveal(self, account_id: str, reason: str, who: str) -> str | None:
        """The passphrase in clear. That it was shown, to whom and why, is kept before anybody sees it.

        No operation by name: it is for the console's own page, and for no socket and no terminal.
        """
        now, reason = self._engine.clock.now(), clean(reason)
        assert reason, "a look without a reason is refused by the page"

        def look(tx: Tx) -> str | None:
            row = account_rows.get(tx, account_id)
            if row is None:
                return None
            passphrase = account_rows.passphrase(tx, self._engine.vault, account_id)
            audit.write(tx, "passphrase-revealed", now, who=who, account=account_id, data={"reason": reason})
            reveals.add(tx, account_id, who, reason, now)
            if row.email:
                letter = {"account": account_id, "by": who, "reason": reason}
                key = f"passphrase-revealed:{account_id}:{secrets.token_hex(8)}"
                outbox.put(tx, self._engine.vault, "passphrase-revealed", key, letter, now)
            return passphrase

        passphrase = await self._engine.db.run(look)
        self._engine.nudge_mail()
        return passphrase

    # Forgetting

    async def erase(self, values: Json, who: str) -> Events:
        """Forget somebody. The keys leave the networks first; `anyway` forgets before they have.

        A key that is left then goes by itself as soon as its network answers: which keys are ours is
        remembered without a name.
        """
        accounts = await self._looks.find(str(values.get("email", "")))
        if not accounts:
            yield {"refused": NOBODY, "code": 1}
            return
        now, anyway, keep_out = (
            self._engine.clock.now(),
            bool(values.get("anyway")),
            bool(values.get("keep_out")),
        )

        def suspend(tx: Tx) -> None:
            for account in accounts:
                row = account_rows.get(tx, account)
                if row is not None and not row.suspended:
                    account_rows.suspend(tx, account, True)
                    audit.write(tx, "disabled", now, who=who, account=account, data={"to": "erase"})

        await self._engine.db.run(suspend)
        yield {"progress": "Taking the keys from the networks"}
        await self._acts.done(accounts)
        left = await self.left(accounts)
        if left and not anyway:
            told = (
                f"The key may still work on {', '.join(left)}: not erased yet, but disabled. "
                "Try again when the network answers."
            )
            yield {"refused": told, "code": 1, "left": left}
            return

        def forget(tx: Tx) -> set[str]:
            homes = {row.integration for one in accounts if (row := account_rows.get(tx, one))}
            for account in accounts:
                erase.erase(tx, self._engine.vault, account, now, keep_out=keep_out)
            for home in sorted(homes):
                data = {"integration": home, "kept_out": keep_out, "keys_left": len(left)}
                audit.write(tx, "erased", now, who=who, data=data)
            return homes

        homes = await self._engine.db.run(forget)
        await self._engine.decide(sorted(homes))
        yield {"result": {"erased": len(accounts), "left": left}}

    async def left(self, accounts: Sequence[str]) -> list[str]:
        """SSIDs on which a key of theirs may still be."""
        rows = await self._engine.db.read(
            lambda tx: [key for one in accounts for key in key_rows.states(tx, one)]
        )
        wifis = self._engine.estate.wifis
        return sorted({wifis[one.network].ssid for one in rows if one.network in wifis and one.state in LEFT})

    async def let_in(self, values: Json, who: str) -> Events:
        """Whoever was erased and kept out may come back with the next read."""
        key = email_key(str(values.get("email", "")))
        now = self._engine.clock.now()

        def admit(tx: Tx) -> Sequence[str]:
            found = list(erase.let_in(tx, self._engine.vault, key)) if key else []
            for one in found:
                audit.write(tx, "let-back-in", now, who=who, data={"integration": one})
            return found

        found = await self._engine.db.run(admit)
        if not found:
            yield {"refused": "Nobody with this address is kept out.", "code": 1}
            return
        for one in found:
            self._engine.nudge(one)
        yield {"result": {"integrations": list(found)}}


def grant(
    tx: Tx,
    account: str,
    location: str | None,
    starts: datetime,
    ends: datetime | None,
    note: str,
    who: str,
    now: datetime,
) -> None:
    """One override, and its line in the log."""
    name = right_rows.add_override(tx, account, location, starts, ends, note, who, now)
    data = {"id": name, "until": ends.isoformat() if ends else None}
    audit.write(tx, "override-given", now, who=who, account=account, location=location, data=data)


def clean(text: object) -> str:
    """One line of what somebody typed, without control characters."""
    plain = "".join(one if one.isprintable() else " " for one in str(text or ""))
    return " ".join(plain.split())[:NOTE]


def _edge(said: object, zone: ZoneInfo, of_day: Literal[0, 1] = 0) -> datetime | None:
    """An instant as it is; of a day its beginning there, or its end."""
    if not isinstance(said, str) or not said:
        return None
    if "T" in said:
        return datetime.fromisoformat(said)
    return day_bounds(date.fromisoformat(said), zone)[of_day]
