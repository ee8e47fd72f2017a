"""What is an unhappy answer taken for, and what of it is told?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    ConfigError,
    Create,
    Key,
    Missing,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Taken,
    Transient,
    Unreachable,
    Update,
)
from cusna_unifi.ppsk import Rules, canonical
from cusna_unifi.refusals import NotPermitted, StaleCsrf, meaning
from cusna_unifi.session import Session


def answer(status: int, body: Any) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer("PUT", "/x", status, CIMultiDictProxy(CIMultiDict()), text.encode())


def err(code: str, **meta: Any) -> dict[str, Any]:
    return {"meta": {"rc": "error", "msg": f"api.err.{code}", **meta}, "data": []}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"meta": {"rc": "ok"}, "data": []}, None),
        (200, [], None),
        (200, {"unique_id": "u1"}, None),
        (200, "<html>Server status</html>", BadAnswer),
        (200, "", BadAnswer),
        (200, err("InvalidPayload"), Rejected),
        (200, {"meta": {"rc": "error"}, "data": []}, Rejected),
        (400, err("VlanUsed", vlan=30), Taken),
        (400, err("IdInvalid"), Missing),
        (400, err("UnknownStation"), Missing),
        (400, err("NoSiteContext"), ConfigError),
        (401, err("NoSiteContext"), ConfigError),
        (401, err("LoginRequired"), AuthFailed),
        (401, err("SomethingElse"), AuthFailed),
        (401, {"error": {"code": 401, "message": "Unauthorized"}}, AuthFailed),
        (401, "<html>", AuthFailed),
        (403, {"message": "Invalid CSRF Token"}, StaleCsrf),
        (403, err("NoPermission"), NotPermitted),
        (403, "", NotPermitted),
        (403, {"meta": 7}, NotPermitted),
        (404, err("NotFound"), Missing),
        (404, "<html>", BadAnswer),
        (408, {"code": "TIMEOUT"}, Unreachable),
        (429, {"code": "LIMIT"}, RateLimited),
        (500, err("NoPermission"), Transient),
        (502, "<html>", Unreachable),
        (400, {"code": "api.err.X", "message": "…", "errorCode": 400}, Rejected),
        (400, {"code": "with a secret in it", "message": "…"}, Rejected),
        (400, {"code": 7}, Rejected),
        (302, "", BadAnswer),
        (400, {"message": ["of another type"]}, Rejected),
    ],
)
def test_the_meaning_of_an_answer(status: int, body: Any, kind: type[Exception] | None) -> None:
    found = meaning(answer(status, body))
    assert found is None if kind is None else type(found) is kind
    assert "secret" not in str(found)


@pytest.mark.parametrize("field", ["x_passphrase", "a secret in a field", None])
def test_the_field_is_told_if_it_is_one(field: str | None) -> None:
    detail = {"field": field, "pattern": "[0-9]" if field == "x_passphrase" else None}
    body = {"meta": {"rc": "error", "msg": "api.err.InvalidPayload"}, "data": [{"validationError": detail}]}
    text = str(meaning(answer(400, body)))
    assert "must match" not in str(
        meaning(answer(400, {**body, "data": [{"validationError": {"field": field}}]}))
    )
    assert ("x_passphrase must match [0-9]" in text) == (field == "x_passphrase")
    assert "secret" not in text


@pytest.mark.parametrize(
    ("headers", "csrf", "signed_in"),
    [
        ([("Set-Cookie", "TOKEN=a.eyJjc3JmVG9rZW4iOiAiand0In0.c; path=/")], "jwt", True),
        ([("Set-Cookie", "TOKEN=a.eyJjc3JmVG9rZW4iOiAiand0In0.c"), ("X-CSRF-Token", "head")], "head", True),
        ([("Set-Cookie", "TOKEN=x"), ("X-CSRF-Token", "old"), ("X-Updated-CSRF-Token", "new")], "new", True),
        ([("Set-Cookie", "TOKEN=x")], None, False),
        ([("Set-Cookie", "TOKEN=a.W10.c")], None, False),
        ([("Set-Cookie", "TOKEN=a.%.c")], None, False),
        ([("Set-Cookie", "unifises=s; Path=/"), ("Set-Cookie", "csrf_token=c")], "c", True),
        ([("X-CSRF-Token", "head")], "head", False),
        ([("Set-Cookie", "TOKEN=x; Partitioned; Odd Thing"), ("X-CSRF-Token", "head")], "head", True),
        ([("Set-Cookie", "nonsense")], None, False),
        ([("Set-Cookie", "TOKEN=x"), ("X-CSRF-Token", "t"), ("Set-Cookie", "TOKEN=; Max-Age=0")], "t", False),
    ],
)
def test_what_a_session_learns(headers: list[tuple[str, str]], csrf: str | None, signed_in: bool) -> None:
    session = Session()
    session.learn(CIMultiDictProxy(CIMultiDict(headers)))
    assert (session.csrf, session.signed_in) == (csrf, signed_in)


# The list: properties

words = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=8, max_size=20).filter(
    lambda word: len(set(word)) > 2
)
RULES = Rules(
    fingerprint=lambda text: f"fp:{text}",
    bind=lambda vlan: str(vlan or ""),
    base=None,
    most=1000,
    anchor="anchor-anchor",
)


@given(foreign=st.lists(words, unique=True), ours=st.lists(words, unique=True), data=st.data())
def test_foreign_entries_stay_first_and_verbatim(
    foreign: list[str], ours: list[str], data: st.DataObject
) -> None:
    ours = [one for one in ours if one not in foreign]
    others = [{"password": one, "networkconf_id": "n", "extra": one[:1]} for one in foreign]
    created = RULES.plan(others, [Create(Key("l", Secret(one))) for one in ours], set())
    assert created.target[: len(others)] == others or not (others or ours)
    leaving = data.draw(st.lists(st.sampled_from(ours), unique=True)) if ours else []
    revoked = RULES.plan(created.target, [Revoke(Ref(f"fp:{one}"), "l") for one in leaving], set())
    kept = [one["password"] for one in revoked.target]
    assert kept == [*foreign, *(one for one in ours if one not in leaving)] or kept == ["anchor-anchor"]
    assert RULES.missed(revoked, revoked.target) == []
    assert RULES.missed(revoked, created.target) == list(range(len(leaving)))


@given(st.lists(words, unique=True, min_size=1), st.randoms(use_true_random=False))
def test_the_order_makes_no_difference(passphrases: list[str], random: Any) -> None:
    entries = [{"password": one, "networkconf_id": ""} for one in passphrases]
    shuffled = [{"password": one["password"]} for one in entries]
    random.shuffle(shuffled)
    assert canonical(entries) == canonical(shuffled)
    plan = RULES.plan(
        shuffled, [Update(Ref(f"fp:{one}"), Key("l", Secret(one))) for one in passphrases], set()
    )
    assert not plan.writes
    assert RULES.missed(plan, entries) == []
