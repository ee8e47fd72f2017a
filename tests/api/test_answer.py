"""What does an answer mean, and how long is a vendor's pause?"""

from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from pydantic import BaseModel

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
    by_status,
    parse,
)

DATE = "Mon, 23 Nov 2026 09:00:00 GMT"


def answer(status: int = 200, body: bytes = b"{}", headers: dict[str, str] | None = None) -> Answer:
    return Answer("GET", "/keys", status, CIMultiDictProxy(CIMultiDict(headers or {})), body)


PAUSES = [
    ({}, None),
    ({"Retry-After": ""}, None),
    ({"Retry-After": "0"}, 0),
    ({"Retry-After": "7"}, 7),
    ({"Retry-After": " 7 "}, 7),
    ({"Retry-After": "1.5"}, 1.5),
    ({"Retry-After": "-3"}, 0),
    ({"Retry-After": "86400"}, 60),
    ({"Retry-After": "1e400"}, 60),
    ({"Retry-After": "inf"}, 60),
    ({"Retry-After": "-inf"}, 0),
    ({"Retry-After": "nan"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "9" * 5000}, 60),
    ({"Retry-After": "Mon, 23 Nov 2026 09:00:30 GMT", "Date": DATE}, 30),
    ({"Retry-After": "Mon, 23 Nov 2026 08:59:00 GMT", "Date": DATE}, 0),
    ({"Retry-After": "Tue, 24 Nov 2026 09:00:00 GMT", "Date": DATE}, 60),
    ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": DATE}, 60),
    ({"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT", "Date": DATE}, None),
    (
        {"Retry-After": "Mon, 23 Nov 2026 09:00:30 GMT"},
        None,
    ),  # without a Date nobody knows the vendor's clock
    ({"Retry-After": "Mon, 23 Nov 2026 09:00:30 GMT", "Date": "yesterday"}, None),
    ({"Retry-After": "Mon, 23 Nov 2026 09:00:30 -0000", "Date": DATE}, None),  # a time of no known zone
]


@pytest.mark.parametrize(("headers", "pause"), PAUSES, ids=str)
def test_how_long_a_vendor_asks_to_wait(headers: dict[str, str], pause: float | None) -> None:
    assert answer(429, headers=headers).retry_after == pause


STATUS = [
    (200, None), (201, None), (204, None), (206, None),
    (300, BadAnswer), (304, BadAnswer), (306, BadAnswer), (100, BadAnswer),
    (400, Rejected), (401, AuthFailed), (403, AuthFailed), (404, Missing), (405, Rejected), (409, Rejected),
    (422, Rejected), (429, RateLimited), (499, Rejected),
    (500, Transient), (501, Transient), (502, Unreachable), (503, Unreachable), (504, Unreachable),
    (599, Transient),
]  # fmt: skip


@pytest.mark.parametrize(("status", "error"), STATUS)
def test_what_a_status_means(status: int, error: type[PluginError] | None) -> None:
    found = by_status(answer(status, b"secret-body", {"Retry-After": "9"}))
    assert type(found) is (error or type(None))
    if found is not None:
        assert f"GET /keys answered {status}" in str(found)
        assert "secret" not in str(found)
    if type(found) in (RateLimited, Transient, Unreachable):
        assert isinstance(found, Transient)
        assert found.after == 9


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>secret-body</html>",
        b'{"keys": [1, 2',
        b'{"secret-body"',
        b"\xff\xfe\xfd",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_not_json_is_not_believed_nor_shown(body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        answer(body=body).json()
    assert str(caught.value) == "GET /keys answered something that is not JSON."
    assert caught.value.__context__ is None  # which holds the whole body


@pytest.mark.parametrize(("body", "data"), [(b"null", None), (b"[]", []), (b'{"a": 1}', {"a": 1}), (b"0", 0)])
def test_what_is_json_is_given_as_it_is(body: bytes, data: Any) -> None:
    assert answer(body=body).json() == data


def test_an_answers_repr_shows_no_more_than_its_status() -> None:
    shown = repr(answer(200, b"secret-body", {"Set-Cookie": "secret-cookie"}))
    assert shown == "<GET /keys: 200>"


class Site(BaseModel):
    id: str
    keys: list[int]
    more: dict[str, int] = {}


def test_data_of_the_right_shape_is_given_as_the_model() -> None:
    assert parse(Site, {"id": "a", "keys": [1]}, "The site") == Site(id="a", keys=[1])


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ({"id": 7_123, "keys": ["secret-key"]}, "id, keys.0"),
        ({}, "id, keys"),
        (None, "it"),
        ([], "it"),
        ("secret-key", "it"),
    ],
)
def test_another_shape_is_named_by_its_places_only(data: Any, places: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        parse(Site, data, "The site")
    assert str(caught.value) == f"The site has another shape than expected: {places}."
    assert caught.value.__context__ is None  # pydantic's error holds the values


def test_a_thousand_wrong_places_are_a_few_and_a_number() -> None:
    with pytest.raises(BadAnswer) as caught:
        parse(Site, {"id": "a", "keys": ["x"] * 1000}, "The site")
    assert "keys.0, keys.1," in str(caught.value)
    assert str(caught.value).endswith("and 995 more.")
