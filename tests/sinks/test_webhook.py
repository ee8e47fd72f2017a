"""Is what is sent a Standard Webhook? Checked by that standard's own implementation."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    Event,
    PluginError,
    RateLimited,
    Unreachable,
)
from cusna_core.sinks.webhook import Webhook, WebhookOptions

from .conftest import NOON, Receiver

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
FORMER = "whsec_" + base64.b64encode(b"f" * 24).decode()
EVENT = Event(
    "evt_1", "access.started", NOON, "hq", "kreuzberg", None, "a1", None, {"until": None, "because": "plan"}
)


async def send(receiver: Receiver, context: Context, event: Event = EVENT, **options: Any) -> None:
    given = {"url": f"{receiver.url}/hook/?key=c%2Fd&key=2", "secret": SECRET, **options}
    sink = Webhook(WebhookOptions.model_validate(given), context)
    await sink.open()
    try:
        await sink.deliver(event)
    finally:
        await sink.close()
        await sink.close()


async def test_another_implementation_verifies_it(receiver: Receiver, context: Context) -> None:
    await send(receiver, context, former_secret=FORMER)
    ((headers, body),) = receiver.got
    with time_machine.travel(NOON, tick=False):
        for secret in (SECRET, FORMER):
            told = Verifier(secret).verify(body.decode(), headers)
            assert told == {
                "id": "evt_1",
                "type": "access.started",
                "timestamp": "2026-11-23T11:00:00.000Z",
                "data": {
                    "integration": "hq", "location": "kreuzberg", "network": None, "account": "a1",
                    "until": None, "because": "plan",
                },
            }  # fmt: skip
        with pytest.raises(WebhookVerificationError):
            Verifier(SECRET).verify(body.decode() + " ", headers)
        with pytest.raises(WebhookVerificationError):
            Verifier("whsec_" + base64.b64encode(b"x" * 32).decode()).verify(body.decode(), headers)
    assert headers["webhook-id"] == "evt_1"
    assert headers["content-type"] == "application/json"


async def test_the_address_is_called_to_the_letter(receiver: Receiver, context: Context) -> None:
    await send(receiver, context)
    assert receiver.paths == ["/hook/?key=c%2Fd&key=2"]


def test_what_people_read_of_the_address(context: Context) -> None:
    given = {"url": "https://example.com:8443/hook/sesame", "secret": SECRET}
    assert Webhook(WebhookOptions.model_validate(given), context).target == "example.com:8443"


async def test_the_address_of_a_person_only_where_it_was_given(receiver: Receiver, context: Context) -> None:
    await send(receiver, context, Event("evt_2", "access.ended", NOON, account="a1", email="ann@example.com"))
    told = json.loads(receiver.got[0][1])
    assert told["data"]["email"] == "ann@example.com"
    await send(receiver, context)
    assert "email" not in json.loads(receiver.got[1][1])["data"]


@pytest.mark.parametrize(
    ("status", "headers", "error", "after"),
    [
        (301, {"Location": "/elsewhere"}, ConfigError, None),
        (307, {"Location": "http://169.254.169.254/"}, ConfigError, None),
        (400, {}, BadAnswer, None),
        (401, {}, AuthFailed, None),
        (403, {}, AuthFailed, None),
        (404, {}, BadAnswer, None),
        (410, {}, AuthFailed, None),
        (429, {"Retry-After": "30"}, RateLimited, 30.0),
        (429, {"Retry-After": "Mon, 23 Nov 2026 11:01:00 GMT"}, RateLimited, 60.0),
        (429, {"Retry-After": "soon"}, RateLimited, None),
        (503, {}, RateLimited, None),
        (500, {}, BadAnswer, None),
    ],
)
async def test_what_an_answer_means(
    receiver: Receiver,
    context: Context,
    status: int,
    headers: dict[str, str],
    error: type[PluginError],
    after: float | None,
) -> None:
    receiver.status, receiver.headers = status, headers
    with pytest.raises(error) as caught:
        await send(receiver, context)
    assert len(receiver.got) == 1, "a redirect was followed"
    assert "key" not in str(caught.value), "the address may hold a secret"
    assert getattr(caught.value, "after", None) == after


async def test_nobody_there(receiver: Receiver, context: Context) -> None:
    with pytest.raises(Unreachable) as caught:
        await send(receiver, context, url="http://127.0.0.1:9/hook/sesame")
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None
    closed = Webhook(WebhookOptions.model_validate({"url": receiver.url, "secret": SECRET}), context)
    with pytest.raises(Unreachable, match="not open"):
        await closed.deliver(EVENT)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/hook", "this machine only"),
        ("http://192.168.1.5/hook", "this machine only"),
        ("ftp://example.com", "must be a URL"),
        ("example.org/hook", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://exa mple.com/", "must be a URL"),
        ("https://a:b@example.com/", "without user"),
        ("https://example.com/#part", "without user and fragment"),
        ("https://[::1/", "must be a URL"),
    ],
)
def test_an_address_that_is_refused(url: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        WebhookOptions.model_validate({"url": url, "secret": SECRET})
    assert len(url) < 9 or url not in str(caught.value)


@pytest.mark.parametrize("url", ["https://10.0.0.5/hook", "https://example.com", "http://localhost:9/x?y=z"])
def test_an_address_that_is_good(url: str) -> None:
    options = WebhookOptions.model_validate({"url": url, "secret": SECRET})
    assert url not in repr(options)
    assert SECRET not in repr(options)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_AAAA", "k" * 40, "whsec_" + base64.b64encode(b"k" * 65).decode(), "whsec_ü"],
)
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValidationError, match="24 to 64 random bytes"):
        WebhookOptions.model_validate({"url": "https://example.com", "secret": secret})


def test_plain_time_is_utc() -> None:
    event = Event("evt_1", "test", datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert event.plain()["timestamp"] == "2026-01-01T12:00:00.000Z"
