"""What is kept comes back, and only what differs is written."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from cusna_core.api import Finding, Level, Ref, Secret, SourceLocation
from cusna_core.flow.brake import Past, Withdrawal
from cusna_core.flow.groups import Group
from cusna_core.flow.keys import Wait
from cusna_core.flow.ownership import Memory
from cusna_core.flow.world import Account, Because, Claim, Kind, Override, Right
from cusna_core.store import (
    accounts,
    audit,
    findings,
    fingerprints,
    groups,
    keys,
    outbox,
    places,
    rights,
    settings,
)
from cusna_core.store.db import Database, Tx
from cusna_core.store.instants import at, ms
from cusna_core.store.vault import Vault

from .conftest import NOW

HOUR = timedelta(hours=1)


def member(tx: Tx, vault: Vault, n: int = 1, integration: str = "hq") -> str:
    return accounts.create(
        tx,
        vault,
        integration,
        f"m{n}@x.org",
        f"M{n}@X.org",
        f"Özil {n}",
        [f"p{n}", f"q{n}"],
        f"pass-{n}",
        NOW,
    )


def test_instants_are_whole_milliseconds_of_utc() -> None:
    assert at(ms(NOW)) == NOW
    assert ms(datetime(1970, 1, 1, 1, tzinfo=timezone(HOUR))) == 0
    assert ms(NOW + timedelta(microseconds=999)) == ms(NOW)
    assert ms(None) is None
    assert at(None) is None
    with pytest.raises(TypeError):
        ms(datetime(2024, 1, 1))  # noqa: DTZ001 — naive on purpose


# Accounts -----------------------------------------------------------------------------------------


def test_an_account_is_found_by_all_its_names(tx: Tx, vault: Vault) -> None:
    one = member(tx, vault)
    row = accounts.get(tx, one)
    assert row == accounts.Row(
        one, "hq", "m1@x.org", "M1@X.org", "Özil 1", vault.fingerprint("pass-1"), None, False, NOW, NOW, False
    )
    assert accounts.by_email(tx, "hq", "m1@x.org") == row
    assert accounts.by_person(tx, "hq", "q1") == row
    assert accounts.by_email(tx, "other", "m1@x.org") is accounts.by_person(tx, "other", "q1") is None
    assert accounts.get(tx, "none") is None
    account = Account(one, "hq", "m1@x.org", frozenset({"p1", "q1"}), NOW, vault.fingerprint("pass-1"))
    assert accounts.everyone(tx) == accounts.everyone(tx, "hq") == [account] == [accounts.one(tx, one)]
    assert accounts.everyone(tx, "other") == []
    assert accounts.rows(tx, "other") == []
    assert accounts.one(tx, "none") is None
    assert accounts.rows(tx) == [row]
    assert accounts.integrations(tx) == ["hq"]


def test_two_integrations_may_have_the_same_person(tx: Tx, vault: Vault) -> None:
    member(tx, vault)
    other = accounts.create(tx, vault, "b", "m1@x.org", None, "", ["p1"], "another", NOW)
    found = accounts.by_person(tx, "b", "p1")
    assert found is not None
    assert found.id == other


def test_first_visits_suspension_and_a_replaced_passphrase(tx: Tx, vault: Vault) -> None:
    one = member(tx, vault)
    assert accounts.visited(tx, one, NOW + HOUR) is True
    assert accounts.visited(tx, one, NOW + 2 * HOUR) is False
    accounts.suspend(tx, one, True)
    accounts.replaced(tx, one, True)
    row = accounts.get(tx, one)
    assert row is not None
    assert (row.visited, row.suspended, row.replaced) == (NOW + HOUR, True, True)
    accounts.suspend(tx, one, False)
    accounts.set_passphrase(tx, vault, one, "next", NOW + HOUR)
    row = accounts.get(tx, one)
    assert row is not None
    assert (row.suspended, row.replaced, row.changed) == (False, False, NOW + HOUR)
    assert row.fingerprint == vault.fingerprint("next")
    assert accounts.passphrase(tx, vault, one) == "next"


def test_a_passphrase_that_was_ever_anybody_s_is_taken(tx: Tx, vault: Vault) -> None:
    one, two = member(tx, vault), member(tx, vault, 2)
    accounts.set_passphrase(tx, vault, one, "next", NOW)
    fingerprints.foreign(tx, "net", {vault.fingerprint("printer")})
    for taken in ("pass-1", "next", "pass-2", "printer"):
        assert fingerprints.known(tx, vault.fingerprint(taken))
        with pytest.raises(accounts.Taken):
            accounts.set_passphrase(tx, vault, two, taken, NOW)
        with pytest.raises(accounts.Taken):
            accounts.create(tx, vault, "hq", None, None, "", [], taken, NOW)
    assert accounts.passphrase(tx, vault, two) == "pass-2"
    assert len(accounts.rows(tx)) == 2


def test_an_account_that_is_not_there(tx: Tx, vault: Vault) -> None:
    with pytest.raises(KeyError):
        accounts.passphrase(tx, vault, "none")
    with pytest.raises(KeyError):
        accounts.set_passphrase(tx, vault, "none", "x", NOW)


async def test_of_many_that_choose_one_passphrase_one_gets_it(db: Database, vault: Vault) -> None:
    ids = [await db.run(lambda tx, n=n: member(tx, vault, n)) for n in range(20)]  # type: ignore[misc]

    async def choose(one: str) -> bool:
        try:
            await db.run(lambda tx: accounts.set_passphrase(tx, vault, one, "the same", NOW))
        except accounts.Taken:
            return False
        return True

    assert sum(await asyncio.gather(*(choose(one) for one in ids))) == 1


def test_an_account_follows_its_persons(tx: Tx, vault: Vault) -> None:
    one, two = member(tx, vault), member(tx, vault, 2)
    accounts.relink(tx, one, "new@x.org", "New@x.org", "New", ["p1", "p2"])
    row = accounts.get(tx, one)
    assert row is not None
    assert (row.email_key, row.email, row.name) == ("new@x.org", "New@x.org", "New")
    assert accounts.person_ids(tx, one) == {"p1", "p2"}
    assert accounts.person_ids(tx, two) == {"q2"}
    assert accounts.passphrase(tx, vault, one) == "pass-1"


def test_two_accounts_may_exchange_their_addresses(tx: Tx, vault: Vault) -> None:
    one, two = member(tx, vault), member(tx, vault, 2)
    accounts.relink(tx, one, "m2@x.org", "m2@x.org", "", ["p1"])
    accounts.relink(tx, two, "m1@x.org", "m1@x.org", "", ["p2"])
    found = accounts.by_email(tx, "hq", "m1@x.org")
    assert found is not None
    assert found.id == two


def test_foreign_keys_of_a_network_are_those_read_last(tx: Tx, vault: Vault) -> None:
    one = member(tx, vault)
    mine = vault.fingerprint("pass-1")
    assert fingerprints.foreign(tx, "a", {"x", "y"}) == []
    assert fingerprints.foreign(tx, "b", {"y", mine}) == [one]
    assert fingerprints.foreign_of(tx, "a") == {"x", "y"}
    assert fingerprints.foreign(tx, "a", set()) == []
    assert [fingerprints.known(tx, one) for one in ("x", "y", mine)] == [False, True, True]
    assert fingerprints.foreign(tx, "b", {mine}) == [one]
    assert not fingerprints.known(tx, "y")
    accounts.set_passphrase(tx, vault, one, "next", NOW)
    assert fingerprints.foreign(tx, "b", {mine}) == []
    fingerprints.foreign(tx, "b", set())
    assert fingerprints.known(tx, mine)  # an old one of ours stays reserved


# Rights -------------------------------------------------------------------------------------------


def right(n: int, ends: datetime | None = NOW + HOUR, **changes: object) -> Right:
    because = Because(Kind.PLAN, "Full time", f"s{n}", "c1" if n % 2 else None)
    made = Right(f"plan:{n}", f"account{n}", "kreuzberg", NOW, ends, because)
    return replace(made, **changes)  # type: ignore[arg-type]


def by_id(found: list[Right]) -> list[Right]:
    return sorted(found, key=lambda one: one.id)


def test_the_ledger_writes_only_what_differs(tx: Tx) -> None:
    first = [right(n) for n in range(5)] + [right(5, None), right(6, because=Because(Kind.DESK, "D", "b"))]
    assert rights.save_ledger(tx, "hq", first) == 7
    assert by_id(rights.ledger(tx, "hq")) == first
    assert rights.save_ledger(tx, "hq", first) == 0
    second = [right(0, NOW + 2 * HOUR), *first[1:6], right(7)]
    assert rights.save_ledger(tx, "hq", second) == 3
    assert by_id(rights.ledger(tx, "hq")) == second
    assert rights.ledger(tx, "other") == []
    assert rights.save_ledger(tx, "other", first[:1]) == 1
    assert rights.save_ledger(tx, "other", []) == 1
    assert by_id(rights.ledger(tx, "hq")) == second


def test_withdrawals_are_remembered_for_the_brake(tx: Tx) -> None:
    rights.record(tx, "hq", [Withdrawal(right(1), NOW, True), Withdrawal(right(2), NOW, False)], NOW)
    rights.record(tx, "hq", [Withdrawal(right(3), NOW, False)], NOW + HOUR)
    assert rights.past(tx, "hq", NOW) == [Past(NOW, True), Past(NOW, False), Past(NOW + HOUR, False)]
    assert rights.past(tx, "hq", NOW + HOUR) == [Past(NOW + HOUR, False)]
    assert rights.past(tx, "other", NOW) == []
    rights.record(tx, "hq", [], NOW + timedelta(days=61))
    assert rights.past(tx, "hq", NOW) == []


def test_a_held_set_waits_for_its_own_digest(tx: Tx) -> None:
    held = (Withdrawal(right(1), NOW, False), Withdrawal(right(2, None), NOW + HOUR, True))
    assert rights.held(tx, "hq") is None
    assert rights.set_held(tx, "hq", held, "d1", 3, 5, NOW) is True
    assert rights.held(tx, "hq") == rights.Held("d1", held, 3, 5, NOW)
    assert rights.set_held(tx, "hq", held, "d1", 3, 6, NOW + HOUR) is False
    assert rights.set_held(tx, "hq", held[:1], "d2", 3, 4, NOW + HOUR) is True
    assert rights.held(tx, "hq") == rights.Held("d2", held[:1], 3, 4, NOW)
    assert rights.accept(tx, "hq", "d1", "it@example.com", NOW) is False
    assert rights.accepted(tx, "hq") == frozenset()
    assert rights.accept(tx, "hq", "d2", "it@example.com", NOW) is True
    assert rights.accept(tx, "hq", "d2", "it@example.com", NOW) is True
    assert rights.accepted(tx, "hq") == {"d2"}
    assert rights.set_held(tx, "hq", (), None, 3, 0, NOW) is False
    assert rights.held(tx, "hq") is None
    assert rights.accepted(tx, "hq") == frozenset()


def test_claims_are_made_once_a_day(tx: Tx, vault: Vault) -> None:
    one, two = member(tx, vault), member(tx, vault, 2, "other")
    day = date(2024, 3, 4)
    assert rights.claim(tx, one, "a", day, NOW) is True
    assert rights.claim(tx, one, "a", day, NOW) is False
    rights.claim(tx, one, "a", day + timedelta(days=1), NOW)
    rights.claim(tx, two, "a", day, NOW)
    assert rights.claims(tx, "hq", day) == [Claim(one, "a", day), Claim(one, "a", day + timedelta(days=1))]
    assert rights.claims(tx, "hq", day + timedelta(days=1)) == [Claim(one, "a", day + timedelta(days=1))]
    with pytest.raises(sqlite3.IntegrityError):
        rights.claim(tx, "nobody", "a", day, NOW)


def test_grants_are_made_and_ended(tx: Tx, vault: Vault) -> None:
    one = member(tx, vault)
    first = rights.add_override(tx, one, "a", NOW, NOW + HOUR, "guest", "it@example.com", NOW)
    second = rights.add_override(tx, one, None, NOW, None, "", "it@example.com", NOW)
    made = {
        first: Override(first, one, "a", NOW, NOW + HOUR, "guest"),
        second: Override(second, one, None, NOW, None),
    }
    assert {grant.id: grant for grant in rights.overrides(tx, "hq")} == made
    assert rights.overrides(tx, "other") == []
    assert rights.end_override(tx, first, "it@example.com", NOW) is True
    assert rights.end_override(tx, first, "it@example.com", NOW) is False
    assert [grant.id for grant in rights.overrides(tx, "hq")] == [second]
    assert rights.ended_overrides(tx, "hq", NOW) == {first}
    assert rights.ended_overrides(tx, "hq", NOW + HOUR) == frozenset()


# Keys and groups ------------------------------------------------------------------------------------


def state(tx: Tx, account: str = "acc") -> keys.KeyRow:
    (row,) = keys.states(tx, account)
    return row


def test_a_key_from_intent_to_revocation(tx: Tx) -> None:
    keys.intend(tx, "net", "acc", "label", "f1", None, 100, NOW + HOUR, NOW)
    assert keys.memory(tx, "net") == [Memory("acc", "label", None, "f1")]
    assert state(tx) == keys.KeyRow("net", "acc", "intended", None, 100, NOW + HOUR, NOW, "")
    keys.made(tx, "net", "acc", Ref("r1"), "f1", 100, NOW + HOUR, NOW + HOUR)
    assert keys.memory(tx, "net") == [Memory("acc", "label", Ref("r1"), "f1")]
    assert state(tx).state == "made"
    assert keys.verified(tx, "net", ["acc"], NOW + 2 * HOUR) == 1
    assert keys.verified(tx, "net", ["acc"], NOW + 3 * HOUR) == 0
    assert state(tx) == keys.KeyRow("net", "acc", "working", None, 100, NOW + HOUR, NOW + 2 * HOUR, "")
    keys.revoked(tx, "net", "acc", NOW + 4 * HOUR)
    assert keys.memory(tx, "net") == [Memory("acc", "label", Ref("r1"), "f1", revoked=True)]
    assert state(tx) == keys.KeyRow("net", "acc", "revoked", None, None, None, NOW + 4 * HOUR, "")
    # The same passphrase comes back; the vendor gives it another id.
    keys.intend(tx, "net", "acc", "label", "f1", None, None, None, NOW + 5 * HOUR)
    assert keys.memory(tx, "net") == [Memory("acc", "label", Ref("r1"), "f1")]
    keys.made(tx, "net", "acc", Ref("r2"), "f1", None, None, NOW + 5 * HOUR)
    assert keys.memory(tx, "net") == [Memory("acc", "label", Ref("r2"), "f1")]
    assert keys.memory(tx, "other") == []


def test_a_new_passphrase_leaves_the_old_one_remembered(tx: Tx) -> None:
    keys.intend(tx, "net", "acc", "", "f1", Ref("f1"), None, None, NOW)
    keys.made(tx, "net", "acc", Ref("f1"), "f1", None, None, NOW)
    keys.intend(tx, "net", "acc", "", "f2", Ref("f2"), None, None, NOW + HOUR)
    assert [(one.fingerprint, one.revoked) for one in keys.memory(tx, "net")] == [
        ("f1", False),
        ("f2", False),
    ]
    keys.made(tx, "net", "acc", Ref("f2"), "f2", None, None, NOW + HOUR)
    assert [(one.fingerprint, one.revoked) for one in keys.memory(tx, "net")] == [("f1", True), ("f2", False)]


def test_a_failure_says_what_it_was_and_since_when(tx: Tx) -> None:
    keys.failed(tx, "net", "acc", "No answer.", NOW)
    keys.failed(tx, "net", "acc", "Refused.", NOW + HOUR)
    assert (state(tx).state, state(tx).since, state(tx).error) == ("failed", NOW, "Refused.")
    keys.intend(tx, "net", "acc", "l", "f", None, 7, None, NOW + HOUR)
    keys.failed(tx, "net", "acc", "Again.", NOW + 2 * HOUR)
    assert (state(tx).vlan, state(tx).since) == (7, NOW + 2 * HOUR)
    keys.verified(tx, "net", ["acc", "lost"], NOW + 3 * HOUR)
    assert (state(tx).state, state(tx).error) == ("working", "")
    assert state(tx, "lost").state == "working"


def test_who_waits_is_who_was_said_last(tx: Tx) -> None:
    keys.intend(tx, "net", "made", "l", "f", None, None, None, NOW)
    keys.waiting(tx, "net", {"a": Wait.FULL, "b": Wait.FULL, "c": Wait.NO_VLAN}, NOW)
    keys.waiting(tx, "net", {"a": Wait.FULL, "b": Wait.TAKEN}, NOW + HOUR)
    found = {row.account_id: (row.state, row.wait, row.since) for row in keys.on_network(tx, "net")}
    assert found == {
        "a": ("waiting", Wait.FULL, NOW),
        "b": ("waiting", Wait.TAKEN, NOW + HOUR),
        "made": ("intended", None, NOW),
    }
    assert keys.counts(tx, "net") == {"waiting": 2, "intended": 1}
    keys.waiting(tx, "net", {})
    assert keys.counts(tx, "net") == {"intended": 1}
    keys.waiting(tx, "net", {"z": Wait.FULL})
    assert state(tx, "z").since is None


def test_groups_write_only_what_differs_and_may_change_numbers(tx: Tx) -> None:
    one = Group(("hq", "c1"), "net", "site", 100, NOW, NOW)
    two = Group(("hq", "c2"), "net", "site", 101, NOW, NOW)
    assert groups.save(tx, [one, two]) == 2
    assert groups.groups(tx) == [one, two]
    assert groups.save(tx, [one, two]) == 0
    one, two = replace(one, vlan=101), replace(two, vlan=100)
    assert groups.save(tx, [one, two]) == 4
    assert groups.groups(tx) == [two, one]
    assert groups.save(tx, []) == 2
    with pytest.raises(sqlite3.IntegrityError):
        groups.save(tx, [one, replace(two, vlan=101)])


# Outbox ---------------------------------------------------------------------------------------------


def test_a_letter_is_delivered_at_least_once(tx: Tx, vault: Vault) -> None:
    assert outbox.next_due(tx) is None
    assert outbox.put(tx, vault, "notice", "k1", {"a": [1]}, NOW, due=NOW + HOUR, expires=NOW + 2 * HOUR)
    assert not outbox.put(tx, vault, "notice", "k1", {"a": 2}, NOW)
    assert outbox.due(tx, vault, NOW) == []
    assert outbox.next_due(tx) == NOW + HOUR
    (letter,) = outbox.due(tx, vault, NOW + HOUR)
    for same in (letter, *outbox.due(tx, vault, NOW + HOUR)):  # it was sent, and nobody could say so
        assert (same.key, same.payload, same.tries, same.expires) == (
            "k1",
            {"a": [1]},
            0,
            NOW + 2 * HOUR,
        )
    outbox.retry(tx, letter.id, NOW + 2 * HOUR, "The server is busy.")
    assert outbox.waiting(tx) == (1, "The server is busy.")
    assert outbox.due(tx, vault, NOW + HOUR) == []
    (letter,) = outbox.due(tx, vault, NOW + 2 * HOUR)
    assert letter.tries == 1
    outbox.done(tx, letter.id, NOW + 2 * HOUR)
    outbox.retry(tx, letter.id, NOW, "too late")
    outbox.drop(tx, letter.id, "too late", NOW)
    assert outbox.due(tx, vault, NOW + 3 * HOUR) == []
    assert outbox.waiting(tx) == (0, "")
    assert not outbox.put(tx, vault, "notice", "k1", {}, NOW)
    row = tx.execute("SELECT payload, done, dropped FROM outbox").fetchone()
    assert tuple(row) == (None, ms(NOW + 2 * HOUR), None)
    outbox.purge(tx, NOW + 2 * HOUR)
    assert outbox.put(tx, vault, "notice", "k1", {}, NOW)


def test_letters_come_in_the_order_of_their_time(tx: Tx, vault: Vault) -> None:
    for n in (3, 1, 2):
        outbox.put(tx, vault, "notice", f"{n}", {}, NOW, due=NOW + n * HOUR)
    assert [letter.key for letter in outbox.due(tx, vault, NOW + 9 * HOUR, 2)] == ["1", "2"]


def test_a_letter_that_cannot_be_read_does_not_stop_the_others(tx: Tx, vault: Vault) -> None:
    outbox.put(tx, Vault.ephemeral(), "notice", "bad", {}, NOW)
    outbox.put(tx, vault, "notice", "good", {}, NOW)
    assert [letter.key for letter in outbox.due(tx, vault, NOW)] == ["good"]
    assert tx.execute("SELECT dropped FROM outbox WHERE key = 'bad'").fetchone()[0] == "unreadable"
    assert outbox.next_due(tx) == NOW


# Findings, audit, settings, places --------------------------------------------------------------------


def finding(code: str, about: str = "", level: Level = Level.ERROR, summary: str = "It broke.") -> Finding:
    return Finding(level, code, summary, "Mend it.", "path", about)


def test_findings_appear_once_and_vanish(tx: Tx) -> None:
    first, second = finding("a"), finding("a", "other", Level.WARNING)
    appeared, vanished = findings.sync(tx, "network:n", [second, first], NOW)
    assert {one.finding for one in appeared} == {first, second}
    assert vanished == ()
    assert [one.finding for one in findings.current(tx)] == [first, second]
    findings.mailed(tx, "network:n", "a", "", NOW)
    again = finding("a", summary="It broke twice.")
    assert findings.sync(tx, "network:n", [again, second], NOW + HOUR) == ((), ())
    assert findings.current(tx)[0] == findings.Stored("network:n", again, NOW, NOW)
    assert findings.sync(tx, "network:other", [first], NOW + HOUR)[0][0].since == NOW + HOUR
    appeared, vanished = findings.sync(tx, "network:n", [], NOW + HOUR)
    assert appeared == ()
    assert {(one.finding, one.mailed) for one in vanished} == {(again, NOW), (second, None)}
    assert [one.identity for one in findings.current(tx)] == [("network:other", "a", "")]
    assert findings.current(tx, "network:n") == []


def test_the_audit_log_turns_its_pages(tx: Tx) -> None:
    for n in range(5):
        audit.write(
            tx,
            "shown" if n % 2 else "changed",
            NOW + n * HOUR,
            who="member",
            account=f"a{n % 3}",
            data={"n": n},
        )
    audit.write(tx, "accepted", NOW, who="it@example.com", location="k", network="n")
    assert [one.data.get("n") for one in audit.recent(tx, 3)] == [None, 4, 3]
    page = audit.recent(tx, 2, kind="shown")
    assert [one.data["n"] for one in page] == [3, 1]
    assert audit.recent(tx, 2, kind="shown", before=page[-1].seq) == []
    assert [one.data["n"] for one in audit.recent(tx, account="a0")] == [3, 0]
    (one,) = audit.recent(tx, who="it@example.com", location="k", network="n")
    assert (one.kind, one.at, one.account, one.data) == ("accepted", NOW, None, {})
    audit.purge(tx, NOW + HOUR)
    assert len(audit.recent(tx)) == 4


@pytest.mark.parametrize("name", sorted(audit.SECRETS))
def test_the_audit_log_takes_no_secret(tx: Tx, name: str) -> None:
    with pytest.raises(ValueError, match=name) as caught:
        audit.write(tx, "x", NOW, who="x", data={name: "canary"})
    assert "canary" not in str(caught.value)
    with pytest.raises(TypeError):
        audit.write(tx, "x", NOW, who="x", data={"value": Secret("canary")})


def test_settings_are_changed_by_who_has_seen_them(tx: Tx, vault: Vault) -> None:
    put: Callable[..., int] = settings.put
    assert put(tx, vault, "mail", "smtp", {"host": "a"}, NOW, "it", 0) == 1
    with pytest.raises(settings.Conflict):
        put(tx, vault, "mail", "smtp", {"host": "b"}, NOW, "it", 0)
    assert put(tx, vault, "mail", "smtp", {"host": "b"}, NOW + HOUR, "other", 1) == 2
    assert put(tx, vault, "mail", "smtp", {"host": "c"}, NOW + HOUR, "other") == 3
    found = settings.get(tx, vault, "mail", "smtp")
    assert found == settings.Setting("mail", "smtp", {"host": "c"}, 3, NOW + HOUR, "other")
    assert repr(found) == "<Setting mail smtp version 3>"
    put(tx, vault, "network", "n", {}, NOW, "it")
    assert settings.all(tx, vault) == {"mail": {"smtp": {"host": "c"}}, "network": {"n": {}}}
    with pytest.raises(settings.Conflict):
        settings.delete(tx, "mail", "smtp", 2)
    settings.delete(tx, "mail", "smtp", 3)
    settings.delete(tx, "network", "n")
    assert settings.get(tx, vault, "mail", "smtp") is None
    assert settings.all(tx, vault) == {}


def test_places_are_remembered(tx: Tx) -> None:
    told = [SourceLocation("1", "A", "Europe/Berlin"), SourceLocation("2", "B", "")]
    places.keep_told(tx, "hq", [SourceLocation("0", "old", "")])
    places.keep_told(tx, "hq", told)
    assert places.told(tx, "hq") == told
    assert places.told(tx, "other") == []
    one = places.Remembered("k", "hq", "1", "Europe/Berlin", "K", ("net", "guests"))
    places.remember(tx, [replace(one, name="Old"), one])
    assert places.remembered(tx) == [one]
    assert NOW.tzinfo is UTC
