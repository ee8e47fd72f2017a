"""M1 to M11, M14, M20 to M23, M34 and M37 of the requirements of a sign-in."""

import asyncio
from datetime import datetime, timedelta

import pytest

from cusna_core.store import accounts, limits, outbox, sign_in
from cusna_core.store.db import Database, Tx
from cusna_core.store.sign_in import LinkFate, LinkState
from cusna_core.store.vault import Vault

from .conftest import NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def member(tx: Tx, vault: Vault, n: int = 1) -> str:
    key = f"m{n}@example.com"
    return accounts.create(tx, vault, "hq", key, f"M{n}@Example.com", "M", [f"p{n}"], f"pass-{n}", NOW)


def ask(
    tx: Tx,
    vault: Vault,
    n: int,
    now: datetime = NOW,
    *,
    account: str | None = None,
    address: str = "m1@example.com",
    ip: str = "192.0.2.1",
    location: str = "kreuzberg",
    browser: str | None = None,
    code: str | None = None,
) -> None:
    """Flow n: browser-n, link-n, code-n; the worker finds the account at once."""
    sign_in.ask(
        tx,
        vault,
        browser or f"browser-{n}",
        location,
        address.upper(),
        address,
        ip,
        "en",
        f"link-{n}",
        code or f"code-{n}",
        now,
        make_id=lambda: f"flow-{n}",
    )
    if account:
        sign_in.resolve(tx, f"flow-{n}", account)


def type_code(tx: Tx, vault: Vault, browser: str, code: str, now: datetime = NOW) -> sign_in.Used | None:
    return sign_in.use_code(tx, vault, browser, code, now) if sign_in.attempt(tx, browser) else None


async def test_of_many_at_once_exactly_one_uses_a_link(db: Database, vault: Vault) -> None:
    account = await db.run(lambda tx: member(tx, vault))
    for n in range(3):
        at = NOW + n * MINUTE

        def begin(tx: Tx, n: int = n, at: datetime = at) -> None:
            ask(tx, vault, n, at, account=account)

        def use(tx: Tx, n: int = n, at: datetime = at) -> sign_in.Used | None:
            return sign_in.use_link(tx, vault, f"link-{n}", at)

        await db.run(begin)
        used = [one for one in await asyncio.gather(*(db.run(use) for _ in range(200))) if one is not None]
        assert used == [sign_in.Used(f"flow-{n}", account, None, "kreuzberg")]


async def test_after_a_hundred_wrong_codes_the_right_one_is_refused(db: Database, vault: Vault) -> None:
    account = await db.run(lambda tx: member(tx, vault))
    await db.run(lambda tx: ask(tx, vault, 1, account=account))

    async def typed(code: str) -> bool:
        if not await db.run(lambda tx: sign_in.attempt(tx, "browser-1")):
            return False
        return await db.run(lambda tx: sign_in.use_code(tx, vault, "browser-1", code, NOW)) is not None

    assert not any(await asyncio.gather(*(typed(f"{n:08}") for n in range(100))))
    assert not await typed("code-1")
    # Nor does it help to leave out the counting.
    assert await db.run(lambda tx: sign_in.use_code(tx, vault, "browser-1", "code-1", NOW)) is None


def test_the_fifth_code_may_be_the_right_one(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    assert sign_in.left(tx, "browser-1") == 5
    for n in range(4):
        assert type_code(tx, vault, "browser-1", f"wrong-{n}") is None
    assert sign_in.left(tx, "browser-1") == 1
    assert type_code(tx, vault, "browser-1", "code-1") is not None
    assert sign_in.left(tx, "no such browser") == 0


def test_a_comparison_without_a_counted_attempt_has_no_answer(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    assert sign_in.use_code(tx, vault, "browser-1", "code-1", NOW) is None
    assert sign_in.attempt(tx, "browser-1")
    assert sign_in.use_code(tx, vault, "browser-1", "wrong", NOW) is None
    assert sign_in.use_code(tx, vault, "browser-1", "code-1", NOW) is None


def test_a_code_is_good_once(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    assert type_code(tx, vault, "browser-1", "code-1") is not None
    assert type_code(tx, vault, "browser-1", "code-1") is None


def test_the_guess_chance_stays_below_the_goal() -> None:
    per_hour = next(count for count, within in sign_in.BY_ADDRESS if within == timedelta(hours=1))
    per_day = next(count for count, within in sign_in.BY_ADDRESS if within == timedelta(days=1))
    flows = min(per_hour * 24, per_day) * 30
    assert sign_in.ATTEMPTS * flows / 10**8 <= 2e-4


def test_a_code_works_in_the_browser_that_asked_and_nowhere_else(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    for n in range(3):
        ask(tx, vault, n, NOW + n * MINUTE, account=account)
    at = NOW + 3 * MINUTE
    for browser in range(3):
        for code in range(3):
            if browser != code:
                assert type_code(tx, vault, f"browser-{browser}", f"code-{code}", at) is None
    for n in range(3):
        used = type_code(tx, vault, f"browser-{n}", f"code-{n}", at)
        assert used is not None
        assert used.flow_id == f"flow-{n}"


def test_sending_again_too_early_does_not_kill_the_code_on_its_way(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    ask(tx, vault, 1, account=account, browser="b")
    ask(tx, vault, 2, NOW + 20 * SECOND, account=account, browser="b")
    assert type_code(tx, vault, "b", "code-2") is None  # never mailed
    assert type_code(tx, vault, "b", "code-1") is not None


def test_after_sending_again_the_newest_code_counts(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    ask(tx, vault, 1, account=account, browser="b")
    ask(tx, vault, 2, NOW + 61 * SECOND, account=account, browser="b")
    assert type_code(tx, vault, "b", "code-1", NOW + 2 * MINUTE) is None
    assert type_code(tx, vault, "b", "code-2", NOW + 2 * MINUTE) is not None


@pytest.mark.parametrize(("age", "good"), [(10 * MINUTE - SECOND, True), (10 * MINUTE, False)])
def test_the_life_of_a_code(tx: Tx, vault: Vault, age: timedelta, good: bool) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    assert (type_code(tx, vault, "browser-1", "code-1", NOW + age) is not None) is good


@pytest.mark.parametrize(("age", "good"), [(30 * MINUTE - SECOND, True), (30 * MINUTE, False)])
def test_the_life_of_a_link(tx: Tx, vault: Vault, age: timedelta, good: bool) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    state = LinkFate.FRESH if good else LinkFate.EXPIRED
    assert sign_in.by_link(tx, vault, "link-1", NOW + age) == LinkState(state, "kreuzberg")
    assert (sign_in.use_link(tx, vault, "link-1", NOW + age) is not None) is good


def test_looking_at_a_link_changes_nothing(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    before = tx.total_changes
    for _ in range(20):
        assert sign_in.by_link(tx, vault, "link-1", NOW).state is LinkFate.FRESH
    assert tx.total_changes == before
    assert sign_in.use_link(tx, vault, "link-1", NOW) is not None
    assert sign_in.by_link(tx, vault, "link-1", NOW) == LinkState(LinkFate.USED, "kreuzberg")
    assert sign_in.by_link(tx, vault, "link-9", NOW) == LinkState(LinkFate.UNKNOWN)


def test_a_link_that_a_scanner_pressed_leaves_the_code(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1, account=member(tx, vault))
    assert sign_in.use_link(tx, vault, "link-1", NOW) is not None
    assert type_code(tx, vault, "browser-1", "code-1") is not None


def test_nobody_s_flow_opens_nothing(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1)
    assert sign_in.by_link(tx, vault, "link-1", NOW) == LinkState(LinkFate.UNKNOWN)
    assert sign_in.use_link(tx, vault, "link-1", NOW) is None
    assert type_code(tx, vault, "browser-1", "code-1") is None


def test_three_unused_links_stay_good(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    for n in range(5):
        ask(tx, vault, n, NOW + n * MINUTE, account=account)
    at = NOW + 5 * MINUTE
    states = [sign_in.by_link(tx, vault, f"link-{n}", at).state for n in range(5)]
    assert states == [LinkFate.UNKNOWN] * 2 + [LinkFate.FRESH] * 3
    assert sign_in.use_link(tx, vault, "link-3", at) is not None
    assert sign_in.by_link(tx, vault, "link-2", at).state is LinkFate.FRESH


def test_known_and_unknown_run_the_same_statements(tx: Tx, vault: Vault) -> None:
    member(tx, vault)
    seen: list[list[str]] = []
    for n, address in enumerate(
        ("m1@example.com", "nobody@example.com", "m1@example.com", "nobody@example.com")
    ):
        said: list[str] = []
        tx.set_trace_callback(said.append)
        sign_in.ask(tx, vault, f"b{n}", "k", address, address, "192.0.2.1", "en", f"l{n}", f"c{n}", NOW)
        tx.set_trace_callback(None)
        seen.append([one.split("VALUES")[0].split("WHERE")[0][:30] for one in said])
    assert seen[0] == seen[1] == seen[2] == seen[3]  # the last two ask too often


def test_a_letter_says_what_the_worker_needs_and_dies_with_its_link(tx: Tx, vault: Vault) -> None:
    ask(tx, vault, 1)
    (letter,) = outbox.due(tx, vault, NOW)
    assert (letter.kind, letter.key) == ("sign-in", "sign-in:flow-1")
    assert letter.payload == {
        "flow_id": "flow-1",
        "location": "kreuzberg",
        "typed": "M1@EXAMPLE.COM",
        "language": "en",
        "link_token": "link-1",
        "code": "code-1",
        "by_ip": True,
    }
    assert letter.expires == NOW + 30 * MINUTE
    assert "link-1" not in repr(letter)


def test_an_address_that_asks_too_often_gets_no_letter(tx: Tx, vault: Vault) -> None:
    sent = []
    for second in range(0, 24 * 3600, 30):
        at = NOW + second * SECOND
        ask(tx, vault, second, at, ip=f"192.0.2.{second % 250}")
        for letter in outbox.due(tx, vault, at):
            sent.append(second)
            outbox.done(tx, letter.id, at)
    assert len(sent) == 15
    assert sent[:6] == [0, 60, 120, 180, 240, 3600]
    at = NOW + timedelta(hours=24, seconds=1)
    ask(tx, vault, 99999, at)  # it never locks: the oldest is a day old
    assert len(outbox.due(tx, vault, at)) == 1


def test_an_ip_has_room_for_a_house(tx: Tx, vault: Vault) -> None:
    for n in range(31):
        ask(tx, vault, n, address=f"a{n}@example.com")
    letters = outbox.due(tx, vault, NOW, 100)
    assert [letter.payload["by_ip"] for letter in letters] == [True] * 30 + [False]
    assert limits.allowed(tx, "ask:ip", limits.ip_key(vault, "192.0.2.2"), NOW, limits.BY_IP)


def test_what_counts_as_one_ip(vault: Vault) -> None:
    def same(one: str, other: str) -> bool:
        return limits.ip_key(vault, one) == limits.ip_key(vault, other)

    assert same("2001:db8::1", "2001:db8::ffff:1")
    assert not same("2001:db8::1", "2001:db8:0:1::1")
    assert same("::ffff:192.0.2.1", "192.0.2.1")
    assert not same("192.0.2.1", "192.0.2.2")
    assert same("fe80::1%eth0", "fe80::2")
    assert not same("unknown", "192.0.2.1")


def test_a_window_rolls(tx: Tx) -> None:
    rules = ((2, MINUTE),)
    answers = [limits.allowed(tx, "verify", "k", NOW + n * 20 * SECOND, rules) for n in range(7)]
    assert answers == [True, True, False, True, True, False, True]


def test_a_desk_code_lets_in_whose_mail_does_not_come(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    for n in range(6):
        ask(tx, vault, n)  # the worker never came, and most were throttled
    assert sign_in.desk_code(tx, vault, account, "11112222", NOW, "it@example.com")
    used = type_code(tx, vault, "browser-5", "11112222")
    assert used == sign_in.Used("flow-5", account, None, "kreuzberg")
    assert type_code(tx, vault, "browser-4", "11112222") is None


def test_a_desk_code_is_of_one_address(tx: Tx, vault: Vault) -> None:
    account, other = member(tx, vault), member(tx, vault, 2)
    ask(tx, vault, 1, address="m2@example.com", account=other)
    ask(tx, vault, 2, address="m1@example.com", account=other, ip="192.0.2.9")
    sign_in.desk_code(tx, vault, account, "11112222", NOW, "desk")
    assert type_code(tx, vault, "browser-1", "11112222") is None
    assert type_code(tx, vault, "browser-2", "11112222") is None


def test_a_desk_code_ends(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    ask(tx, vault, 1)
    sign_in.desk_code(tx, vault, account, "11112222", NOW, "desk")
    assert type_code(tx, vault, "browser-1", "11112222", NOW + 10 * MINUTE) is None
    sign_in.desk_code(tx, vault, account, "33334444", NOW, "desk")
    assert type_code(tx, vault, "browser-1", "11112222") is None
    for n in range(2, 5):
        ask(tx, vault, n)
        for _ in range(5):
            type_code(tx, vault, f"browser-{n}", "00000000")
    ask(tx, vault, 9)
    assert type_code(tx, vault, "browser-9", "33334444") is None  # ten were tried


def test_without_an_address_there_is_no_desk_code(tx: Tx, vault: Vault) -> None:
    nobody = accounts.create(tx, vault, "hq", None, None, "", ["p"], "pass", NOW)
    assert not sign_in.desk_code(tx, vault, nobody, "1", NOW, "desk")
    assert not sign_in.desk_code(tx, vault, "missing", "1", NOW, "desk")


def test_the_console_has_flows_of_its_own(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    ask(tx, vault, 1, location="", address="it@example.com")
    sign_in.resolve_admin(tx, "flow-1", "it@example.com")
    used = sign_in.use_link(tx, vault, "link-1", NOW)
    assert used == sign_in.Used("flow-1", None, "it@example.com", "")
    assert type_code(tx, vault, "browser-1", "code-1") is not None
    ask(tx, vault, 2)
    sign_in.resolve_admin(tx, "flow-2", "it@example.com")  # a portal's flow makes nobody an admin
    assert sign_in.use_link(tx, vault, "link-2", NOW) is None
    sign_in.desk_code(tx, vault, account, "11112222", NOW, "desk")
    ask(tx, vault, 3, NOW + 2 * MINUTE, location="")
    assert type_code(tx, vault, "browser-3", "11112222", NOW + 2 * MINUTE) is None
    sign_in.admin_link(tx, vault, "it@example.com", "shown", NOW)
    assert sign_in.by_link(tx, vault, "shown", NOW) == LinkState(LinkFate.FRESH, "")
    shown = sign_in.use_link(tx, vault, "shown", NOW)
    assert shown is not None
    assert shown.admin == "it@example.com"


def session_at(tx: Tx, vault: Vault, token: str, now: datetime) -> sign_in.Session | None:
    return sign_in.session(tx, vault, token, now)


def test_a_session_ends_when_idle(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    token = sign_in.open_session(tx, "member", account, "kreuzberg", False, NOW, "iPhone")
    session = session_at(tx, vault, token, NOW + 29 * MINUTE)
    assert session is not None
    assert (session.kind, session.account_id, session.admin) == ("member", account, None)
    assert (session.location_id, session.signed_in, session.stay) == ("kreuzberg", NOW, False)
    assert session_at(tx, vault, token, NOW + 58 * MINUTE) is not None
    assert session_at(tx, vault, token, NOW + 88 * MINUTE) is None


def test_a_session_ends_after_twelve_hours_however_busy(tx: Tx, vault: Vault) -> None:
    token = sign_in.open_session(tx, "member", member(tx, vault), "k", False, NOW)
    for n in range(1, 48):
        assert session_at(tx, vault, token, NOW + n * 15 * MINUTE) is not None
    assert session_at(tx, vault, token, NOW + timedelta(hours=12)) is None


def test_who_stays_signed_in_is_for_thirty_days(tx: Tx, vault: Vault) -> None:
    token = sign_in.open_session(tx, "member", member(tx, vault), "k", True, NOW)
    assert session_at(tx, vault, token, NOW + timedelta(days=29)) is not None
    assert session_at(tx, vault, token, NOW + timedelta(days=30)) is None


async def test_looking_a_session_up_writes_once_a_minute(db: Database, vault: Vault) -> None:
    account = await db.run(lambda tx: member(tx, vault))
    token = await db.run(lambda tx: sign_in.open_session(tx, "member", account, "k", False, NOW))
    count = "SELECT last_seen FROM sessions"
    seen = set()
    for second in range(0, 120, 10):
        at = NOW + second * SECOND
        assert await db.read(lambda tx, at=at: sign_in.session(tx, vault, token, at)) is not None  # type: ignore[misc]
        seen.add(await db.read(lambda tx: tx.execute(count).fetchone()[0]))
    assert len(seen) == 2


def test_a_new_session_has_a_new_token_and_a_foreign_one_is_nothing(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    tokens = {sign_in.open_session(tx, "member", account, "k", False, NOW) for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 43 for token in tokens)
    assert session_at(tx, vault, "set by somebody", NOW) is None
    dump = "\n".join(tx.iterdump())
    assert not any(token in dump for token in tokens)


def test_sessions_are_closed_by_one_by_all_but_one_and_by_all(tx: Tx, vault: Vault) -> None:
    account, other = member(tx, vault), member(tx, vault, 2)
    tokens = [sign_in.open_session(tx, "member", account, "k", False, NOW) for _ in range(4)]
    stranger = sign_in.open_session(tx, "member", other, "k", False, NOW)
    admin = sign_in.open_session(tx, "admin", "it@example.com", None, False, NOW)
    first = session_at(tx, vault, tokens[0], NOW)
    assert first is not None
    sign_in.close_session(tx, first.id)
    assert [session_at(tx, vault, one, NOW) is not None for one in tokens] == [False, True, True, True]
    second = session_at(tx, vault, tokens[1], NOW)
    assert second is not None
    assert sign_in.close_others(tx, account, second.id) == 2
    assert [session_at(tx, vault, one, NOW) is not None for one in tokens] == [False, True, False, False]
    assert sign_in.close_account(tx, account) == 1
    assert session_at(tx, vault, stranger, NOW) is not None
    found = session_at(tx, vault, admin, NOW)
    assert found is not None
    assert (found.kind, found.admin, found.account_id, found.location_id) == (
        "admin",
        "it@example.com",
        None,
        None,
    )
    assert sign_in.close_admin(tx, "it@example.com") == 1


def test_suspending_and_a_changed_address_end_everything(tx: Tx, vault: Vault) -> None:
    def suspend(account: str) -> None:
        accounts.suspend(tx, account, True)

    def move(account: str) -> None:
        accounts.relink(tx, account, "new@example.com", "new@example.com", "M", ["p1"])

    for n, end in enumerate((suspend, move)):
        account = member(tx, vault, n + 5)
        address = f"m{n + 5}@example.com"
        ask(tx, vault, n, account=account, address=address)
        sign_in.desk_code(tx, vault, account, "11112222", NOW, "desk")
        token = sign_in.open_session(tx, "member", account, "k", True, NOW)
        end(account)
        assert session_at(tx, vault, token, NOW) is None
        assert sign_in.use_link(tx, vault, f"link-{n}", NOW) is None
        assert type_code(tx, vault, f"browser-{n}", f"code-{n}") is None
        assert type_code(tx, vault, f"browser-{n}", "11112222") is None


def test_a_session_is_fresh_for_ten_minutes(tx: Tx, vault: Vault) -> None:
    token = sign_in.open_session(tx, "member", member(tx, vault), "k", True, NOW)
    session = session_at(tx, vault, token, NOW)
    assert session is not None
    assert sign_in.fresh(session, NOW + 10 * MINUTE)
    assert not sign_in.fresh(session, NOW + 10 * MINUTE + SECOND)


def test_offered_passphrases_are_kept_until_chosen(tx: Tx, vault: Vault) -> None:
    token = sign_in.open_session(tx, "member", member(tx, vault), "k", True, NOW)
    session = session_at(tx, vault, token, NOW)
    assert session is not None
    assert sign_in.offered(tx, vault, session.id) == ()
    sign_in.offer(tx, vault, session.id, ["aaaa-bbbb", "cccc-dddd"], NOW)
    assert sign_in.offered(tx, vault, session.id) == ("aaaa-bbbb", "cccc-dddd")
    assert "aaaa-bbbb" not in "\n".join(tx.iterdump())
    sign_in.offer(tx, vault, session.id, [], NOW)
    assert sign_in.offered(tx, vault, session.id) == ()
    assert sign_in.offered(tx, vault, "missing") == ()


def test_what_has_expired_is_purged_and_nothing_else(tx: Tx, vault: Vault) -> None:
    account = member(tx, vault)
    for n, age in enumerate((timedelta(0), timedelta(hours=25))):
        at = NOW - age
        ask(tx, vault, n, at, account=account)
        sign_in.open_session(tx, "member", account, "k", False, at)
    sign_in.open_session(tx, "member", account, "k", True, NOW - timedelta(days=20))
    sign_in.open_session(tx, "member", account, "k", True, NOW - timedelta(days=31))
    sign_in.desk_code(tx, vault, account, "1", NOW - timedelta(hours=1), "desk")

    def rows() -> list[int]:
        tables = ("flows", "sessions", "hits", "desk_codes")
        return [tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    assert rows() == [2, 4, 4, 1]
    sign_in.purge(tx, NOW)
    assert rows() == [1, 2, 2, 0]
    sign_in.purge(tx, NOW + timedelta(days=31))
    assert rows() == [0, 0, 0, 0]
