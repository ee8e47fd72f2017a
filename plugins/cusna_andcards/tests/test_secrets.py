"""Do credentials, addresses and answers stay out of logs and errors, at the lowest level too?"""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.options import AndcardsOptions
from cusna_core.api import PluginError, Section, Window

SECRET = "hush-hush-very-secret"
ANN = "ann.secretive@example.com"


@pytest.mark.parametrize("bearer", [False, True])
@pytest.mark.parametrize(
    "bad", ["nothing", "401", "403", "503", "html", "truncated", "drop", "shape", "throttle"]
)
async def test_nothing_leaks(
    fake: AndcardsFake,
    connect: Any,
    berlin: str,
    day: Window,
    caplog: pytest.LogCaptureFixture,
    bearer: bool,
    bad: str,
) -> None:
    fake.client_id = "hush-client"
    fake.client_secret = SECRET
    fake.knobs.bearer = bearer
    fake.knobs.unauthorized_body = SECRET.encode()
    source = await connect()
    ann = fake.add_person(berlin, "Ann", ANN)
    plan = fake.subscribe(berlin, ann, "Flex", starts=day.starts)
    if bearer:
        await source.check()
    match bad:
        case "401" | "403" | "503":
            fake.faults.fail("v1", int(bad))
            fake.faults.planned[0].body = SECRET.encode()
        case "html":
            fake.faults.answer("v1", f"<p>{SECRET}".encode())
        case "truncated":
            fake.faults.truncated = "v1"
        case "drop":
            fake.faults.drop("v1")
        case "shape":
            fake.faults.answer("v1", f'{{"{SECRET}": "{SECRET}"}}'.encode())
        case "throttle":
            fake.faults.throttle("v1", retry_after=SECRET, times=99)
    said: list[str] = []
    with caplog.at_level(logging.DEBUG):
        asks: list[Callable[[], Awaitable[Any]]] = [
            source.check,
            partial(source.snapshot, [berlin], day),
            partial(source.find, ANN, [berlin], day),
            partial(source.again, [(Section.SUBSCRIPTIONS, plan)]),
        ]
        for ask in asks:
            try:
                said += getattr(await ask(), "failures", ())
            except PluginError as error:
                said += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
    assert bool(said) is (bad != "nothing")
    token = next(iter(fake._bearers), SECRET)
    for text in (*said, caplog.text, repr(source.options), repr(source.api), repr(list(fake.calls))):
        for secret in (SECRET, "hush-client", token, "Basic ", "Bearer ", "hush"):
            assert secret not in text
    for text in (*said, caplog.text):
        assert ANN not in text


async def test_the_logs_do_say_what_was_called(
    source: Any, fake: AndcardsFake, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await source.check()
    assert "GET /networks/v1: 200" in caplog.text


def test_options_hide_what_they_refuse() -> None:
    with pytest.raises(ValueError) as caught:
        AndcardsOptions.model_validate({"client_id": "a", "client_secret": [SECRET], "base_url": SECRET})
    assert SECRET not in str(caught.value)
    options = AndcardsOptions.model_validate({"client_id": "hush-client", "client_secret": SECRET})
    assert "hush" not in repr(options) + str(options.model_dump()) + options.model_dump_json()
