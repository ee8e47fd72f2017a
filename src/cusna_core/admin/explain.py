"""Why is this account on, or not? Step by step, as data; `words` makes sentences of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Wifi
from cusna_core.flow.world import Refused, Right
from cusna_core.store import accounts as account_rows
from cusna_core.store import keys as key_rows
from cusna_core.store.keys import KeyRow

Json = dict[str, Any]


async def explain(engine: Engine, account_id: str) -> Json:
    """Facts, rights, brake, groups, keys of one account, in the order in which they are decided.

    Only the account's own facts are looked at, so that it costs the same in a house of a hundred thousand.
    """
    row, states, stored = await engine.db.read(
        lambda tx: (
            account_rows.get(tx, account_id),
            key_rows.states(tx, account_id),
            account_rows.one(tx, account_id),
        )
    )
    if row is None or stored is None:
        return {}
    decision = engine.decisions.latest(row.integration) or await engine.decisions.decide(row.integration)
    account = decision.account(account_id) or stored
    mine = await engine.decisions.own(account, decision)
    all_facts, facts, ids, now = decision.facts_of(account_id), mine.facts, account.person_ids, engine.now()
    places = engine.estate.places(row.integration)
    names = {one.source_id: engine.estate.locations[one.id].name for one in places}
    # Whoever is disabled is off at once, even where the brake still keeps their rights in the ledger.
    mine_now = () if row.suspended else engine.decisions.accesses_by(mine, decision, now)
    accesses = {one.location_id: one for one in mine_now}
    held = {one.right.id for one in decision.braked.held if one.right.account_id == account_id}
    return {
        "id": account_id,
        "integration": row.integration,
        "name": row.name,
        "email": row.email,
        "visited": _iso(row.visited),
        "suspended": row.suspended,
        "blocked": bool(facts.blocked),
        "known": bool(facts.people),
        "affiliations": [
            {
                "location": names.get(one.location_id, one.location_id),
                "company": _company(facts.companies, one.company_id),
                "member": one.member,
                "approved": one.approved,
            }
            for one in facts.affiliations.values()
        ],
        "subscriptions": [
            {
                "location": names.get(one.location_id or "", "all locations"),
                "plans": [plan.name for plan in one.plans],
                "state": one.state.value,
                "starts": _iso(one.starts),
                "ends": _iso(one.ends),
                "company": _company(all_facts.companies, one.company_id),
            }
            for one in facts.subscriptions.values()
        ],
        "bookings": [
            {
                "location": names.get(one.location_id, one.location_id),
                "resource": one.resource,
                "kind": one.kind.value,
                "state": one.state.value,
                "starts": _iso(one.starts),
                "ends": _iso(one.ends),
            }
            for one in all_facts.bookings.values()
            if one.person_id in ids
        ],
        "rights": [_right(engine, one, held) for one in mine.in_force],
        "coming": [_right(engine, one, held) for one in mine.rights.coming],
        "claimable": [_right(engine, one, held) for one in mine.rights.claimable],
        "locations": [
            {
                "location": engine.estate.locations[place.id].name,
                "id": place.id,
                "zone": place.zone.key,
                "access": place.id in accesses,
                "until": _iso(accesses[place.id].ends) if place.id in accesses else None,
                "roaming": place.id in accesses and accesses[place.id].roaming,
                "refused": refusal(engine, mine.rights.refused.get((account_id, place.id)))
                if place.id not in accesses
                else None,
            }
            for place in places
        ],
        "keys": _keys(engine, states, frozenset(accesses), row.suspended),
    }


def _keys(engine: Engine, states: Sequence[KeyRow], access: frozenset[str], suspended: bool) -> list[Json]:
    """How the account's keys stand. `wanted`: there should be one; `late`: it is not as it should be yet."""
    rows = {one.network: one for one in states}
    ssids = [one.ssid for one in engine.estate.wifis.values()]
    found = []
    for name in sorted(
        {*rows, *(one.id for one in engine.estate.wifis.values() if one.location_ids & access)}
    ):
        wifi, one = engine.estate.wifis.get(name), rows.get(name)
        wanted = wifi is not None and bool(wifi.location_ids & access) and not suspended
        state = one.state if one else "none"
        there = state in ("working", "made")
        late = state not in ("working", "waiting") if wanted else there
        if not wanted and state in ("none", "intended", "failed", "waiting"):
            continue
        found.append(
            {
                "network": name,
                "ssid": _called(wifi, ssids) if wifi else None,
                "state": "ending" if there and not wanted else state,
                "wait": one.wait.value if one and one.wait else None,
                "vlan": one.vlan if one else None,
                "until": _iso(one.ends) if one else None,
                "error": one.error if one else "",
                "wanted": wanted,
                "late": late and wifi is not None and wifi.apply,
            }
        )
    return found


def _called(wifi: Wifi, ssids: Sequence[str]) -> str:
    """What people call it; which one it is where several are called so."""
    return wifi.ssid if ssids.count(wifi.ssid) == 1 else f"{wifi.ssid} ({wifi.id})"


def _right(engine: Engine, right: Right, held: set[str]) -> Json:
    location = engine.estate.locations.get(right.location_id)
    return {
        "location": location.name if location else right.location_id,
        "kind": right.because.kind.value,
        "name": right.because.name,
        "of_company": right.because.company_id is not None,
        "starts": _iso(right.starts),
        "until": _iso(right.ends),
        "held": right.id in held,
    }


def refusal(engine: Engine, refused: Refused | None) -> Json | None:
    if refused is None:
        return None
    elsewhere = engine.estate.locations.get(refused.location_id) if refused.location_id else None
    return {
        "code": refused.code.value,
        "name": refused.name,
        "when": _iso(refused.when),
        "location": elsewhere.name if elsewhere else None,
    }


def _company(companies: Any, company_id: str | None) -> str | None:
    if company_id is None:
        return None
    known = companies.get(company_id)
    return known.name if known else company_id


def _iso(instant: date | None) -> str | None:
    """Of an instant, or of a day."""
    return instant.isoformat() if instant else None
