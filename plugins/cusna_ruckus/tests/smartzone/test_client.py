"""Does the client find its version, keep one ticket, trust whom it should, and understand every answer?"""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Missing,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
)
from cusna_ruckus.smartzone.client import newest
from cusna_ruckus.smartzone.fake import PASSWORD, Fault
from cusna_ruckus.smartzone.options import SmartZoneNetworkOptions, SmartZoneOptions

LISTING = r"^GET /rkszones$"


def logins(house: Any) -> int:
    return [one.call for one in house.fake.journal].count("POST /serviceTicket")


# Versions


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        (["v11_0", "v11_1", "v12_0", "v13_0", "v13_1"], "v13_1"),
        (["v9_1", "v10_0"], "v10_0"),  # as texts v9 would be the newer
        (["v13_1", "v9_0", "v13_0"], "v13_1"),
        (["v13_0", "v13_1", "v14_0"], "v13_1"),
        (["v9_0", "v9_1"], "v9_1"),
        (["nonsense", "v11_1"], "v11_1"),
    ],
)
def test_the_newest_version_in_common(versions: list[str], chosen: str) -> None:
    assert newest(versions) == chosen


@pytest.mark.parametrize("versions", [[], ["v5_0", "v9_0"], ["v14_0"], ["v11_1; rm"]])
def test_no_version_in_common(versions: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        newest(versions)
    assert caught.value.path == "api_version"


async def test_the_version_is_asked_for_once_and_used(house: Any) -> None:
    house.knobs.versions = ["v9_1", "v10_0"]
    network = await house.network()
    await network.read()
    await network.read()
    calls = [one.call for one in house.fake.journal]
    assert calls.count("GET /apiInfo") == 1
    assert {one.version for one in house.fake.journal if one.path != "/apiInfo"} == {"v10_0"}


async def test_a_chosen_version_is_not_asked_for(house: Any) -> None:
    network = await house.network(await house.controller(api_version="v12_0"))
    await network.read()
    assert {one.version for one in house.fake.journal} == {"v12_0"}


async def test_after_an_upgrade_the_version_is_asked_for_again(house: Any) -> None:
    house.knobs.versions = ["v9_1"]
    network = await house.network()
    await network.read()
    house.knobs.versions = ["v13_1"]
    house.fake.gate.tickets.clear()
    for _ in range(2):
        try:
            await network.read()
            break
        except ConfigError:
            continue  # once: nobody can tell a version that is gone from a WLAN that is gone
    assert house.fake.journal[-1].version == "v13_1"


# Tickets


async def test_one_login_for_all_and_one_logoff(house: Any) -> None:
    controller = await house.controller()
    networks = [await house.network(controller) for _ in range(8)]
    await asyncio.gather(*(one.read() for one in networks))
    assert logins(house) == 1
    await controller.close()
    await controller.close()
    assert house.fake.gate.tickets == {}
    assert [one.call for one in house.fake.journal].count("DELETE /serviceTicket") == 1
    with pytest.raises(Unreachable):
        await networks[0].read()
    await controller.open()
    assert await networks[0].read() == []


async def test_nobody_logs_in_again_while_the_ticket_is_given_back(house: Any) -> None:
    network = await house.network()
    await network.read()
    house.fake.faults.append(Fault("slow", "^DELETE /serviceTicket", seconds=1))
    sleep = house.clock.sleep
    heard: list[object] = []

    async def meanwhile(seconds: float) -> None:
        heard.extend(await asyncio.gather(network.read(), return_exceptions=True))
        await sleep(seconds)

    house.clock.sleep = meanwhile
    await house.opened[0].close()
    assert [type(one) for one in heard] == [Unreachable]
    assert logins(house) == 1


async def test_a_ticket_that_ran_out_is_renewed_once_for_all(house: Any) -> None:
    network = await house.network()
    await network.read()
    house.clock.advance(24 * 3600)
    await asyncio.gather(*(network.read() for _ in range(6)))
    assert logins(house) == 2


async def test_a_write_is_repeated_after_a_renewed_ticket_and_made_once(house: Any) -> None:
    network = await house.network()
    await network.read()
    house.fake.gate.tickets.clear()
    assert await house.errors(network, house.new()) == [None]
    assert len(house.labels()) == 1


async def test_a_ticket_that_is_never_taken(house: Any) -> None:
    network = await house.network()
    house.fake.faults.append(Fault("status", LISTING, status=401, times=9))
    with pytest.raises(AuthFailed):
        await network.read()
    assert logins(house) == 2


@pytest.mark.parametrize("answer", [(401, 202), (403, 299), (400, 200), (422, 250)])
async def test_a_refused_password_is_not_tried_again_and_again(house: Any, answer: tuple[int, int]) -> None:
    house.knobs.bad_login = answer
    controller = await house.controller(password="wrong")
    network = await house.network(controller)
    for _ in range(3):
        results = await asyncio.gather(*(network.read() for _ in range(3)), return_exceptions=True)
        assert all(isinstance(one, AuthFailed) for one in results)
    assert logins(house) == 1
    house.clock.advance(61)
    house.fake.gate.users["cusna"] = "wrong"
    assert await network.read() == []


@pytest.mark.parametrize(("status", "code"), [(401, 0), (403, 211)])
async def test_a_refusal_that_does_not_blame_the_password_locks_nothing(
    house: Any, status: int, code: int
) -> None:
    network = await house.network()
    body = f'{{"errorCode": {code}, "message": "no"}}'
    house.fake.faults.append(Fault("body", "^POST /serviceTicket", status=status, body=body))
    with pytest.raises(AuthFailed):
        await network.read()
    assert await network.read() == []


async def test_a_login_that_is_busy_is_no_wrong_password(house: Any) -> None:
    house.knobs.max_tickets = 1
    first = await house.network()
    await first.read()
    second = await house.network(await house.controller())
    with pytest.raises(Unreachable):
        await second.read()
    await house.opened[0].close()
    assert await second.read() == []


@pytest.mark.parametrize("body", ["{}", "null", "<html>", '{"serviceTicket": ""}', '{"serviceTicket": 7}'])
async def test_a_login_without_a_ticket(house: Any, body: str) -> None:
    network = await house.network()
    house.fake.faults.append(Fault("body", "^POST /serviceTicket", status=200, body=body))
    with pytest.raises(BadAnswer):
        await network.read()


async def test_a_controller_that_is_down_does_not_hold_up_the_end(house: Any) -> None:
    network = await house.network()
    await network.read()
    house.fake.break_down(True)
    await house.opened[0].close()
    house.fake.gate.tickets.clear()


# Answers


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", LISTING, status=400), Rejected),
        (Fault("status", LISTING, status=403), AuthFailed),
        (Fault("status", LISTING, status=404), Missing),
        (Fault("body", LISTING, status=403, body='{"errorCode": 211, "message": "x"}'), Missing),
        (Fault("body", LISTING, status=403, body='{"errorCode": "211x"}'), AuthFailed),
        (Fault("body", LISTING, status=403, body="[]"), AuthFailed),
        (Fault("status", LISTING, status=405), Rejected),
        (Fault("status", LISTING, status=422), Rejected),
        (Fault("status", LISTING, status=423), Transient),
        (Fault("status", LISTING, status=429), RateLimited),
        (Fault("status", LISTING, status=500), Transient),
        (Fault("body", LISTING, status=500, body='{"message": "For input string: \\"\\""}'), Rejected),
        (Fault("status", LISTING, status=502), Unreachable),
        (Fault("status", LISTING, status=503), Unreachable),
        (Fault("status", LISTING, status=302), BadAnswer),
        (Fault("drop", LISTING, times=2), Unreachable),  # aiohttp asks a second time by itself
        (Fault("body", LISTING, status=200, body="<html>", content_type="text/html"), BadAnswer),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
async def test_what_an_answer_means(house: Any, fault: Fault, error: type[Exception], plain: bool) -> None:
    house.knobs.plain_errors = plain
    controller = await house.controller()
    house.fake.faults.append(replace(fault))
    with pytest.raises(error) as caught:
        await controller.networks()
    if error is Transient:
        assert not isinstance(caught.value, (BadAnswer, RateLimited, Unreachable))
    await controller.networks()


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"RateLimit-Reset": "7"}, 7.0),
        ({"RateLimit-Reset": "100000"}, 60.0),
        ({"RateLimit-Reset": "-3"}, 0.0),
        ({"RateLimit-Reset": "soon", "Retry-After": "4"}, 4.0),
        ({"RateLimit-Reset": "nan"}, None),
        ({"Retry-After": "9"}, 9.0),
        ({}, None),
    ],
)
async def test_how_long_to_wait(house: Any, headers: dict[str, str], after: float | None) -> None:
    controller = await house.controller()
    house.fake.faults.append(Fault("status", LISTING, status=429, headers=headers))
    with pytest.raises(RateLimited) as caught:
        await controller.networks()
    assert caught.value.after == after


# Trust


async def test_the_pinned_certificate_and_no_other(make_house: Any) -> None:
    house = await make_house(tls=True)
    assert house.fake.address.startswith("https://")
    assert await (await house.network()).read() == []
    stranger = await house.controller(tls={"fingerprint": "ab" * 32})
    with pytest.raises(ConfigError) as caught:
        await stranger.networks()
    assert caught.value.path == "tls.fingerprint"


async def test_an_unknown_certificate_is_never_believed(make_house: Any) -> None:
    house = await make_house(tls=True)
    with pytest.raises(ConfigError, match="nobody known here signed") as caught:
        await (await house.controller(tls={})).networks()
    assert caught.value.path == "tls"
    assert house.fake.journal == []


async def test_the_certificate_itself_as_authority(make_house: Any, tmp_path: Any) -> None:
    house = await make_house(tls=True)
    path = tmp_path / "controller.pem"
    path.write_bytes(house.fake.certificate.pem)
    controller = await house.controller(tls={"ca": str(path)})
    assert [one.ssid for one in await controller.networks()] == ["Members"]


async def test_no_ticket_goes_to_another_host(house: Any) -> None:
    heard: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(str(request.url) + str(request.headers))
        return web.json_response({"totalCount": 0, "hasMore": False, "list": []})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    to = f"http://127.0.0.1:{runner.addresses[0][1]}"
    for path in (LISTING, "^POST /serviceTicket$", "^GET /apiInfo$"):
        house.fake.faults.append(Fault("redirect", path, status=307, to=to))
        with pytest.raises(BadAnswer, match="redirects"):
            await (await house.controller()).networks()
    await runner.cleanup()
    assert heard == []


async def test_nothing_secret_is_told(house: Any, told: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The ticket is in every URL, so every way on which a URL could be told is tried."""
    caplog.set_level(logging.DEBUG)
    network = await house.network()
    await network.read()
    texts = []
    for fault in (
        Fault("drop", "/dpsk$", times=2),
        Fault("redirect", "/dpsk$", status=302, to="http://127.0.0.2"),
        Fault("redirect", "/dpsk$", status=302, to="not a url"),
        Fault("status", "/dpsk$", status=500),
        Fault("body", "/dpsk$", status=200, body=f'{{"list": "{PASSWORD}"}}'),
        Fault("body", "/dpsk$", status=422, body=f'{{"message": "{PASSWORD}"}}'),
    ):
        house.fake.faults.append(fault)
        with pytest.raises((Transient, Rejected)) as caught:
            await network.read()
        texts.append(told(caught.value))
    (ticket,) = house.fake.gate.issued
    controller = house.opened[0]
    await controller.close()
    with pytest.raises(Unreachable) as closed:
        await network.read()
    texts += [told(closed.value), caplog.text, repr(controller), repr(controller.options)]
    assert not [one for one in texts if ticket in one or PASSWORD in one or "serviceTicket=" in one]


# Options


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://192.168.1.2", "https://192.168.1.2:8443/wsg/api/public"),
        ("https://SZ.example.com/", "https://sz.example.com:8443/wsg/api/public"),
        ("https://sz.example.com:7443", "https://sz.example.com:7443/wsg/api/public"),
        ("https://sz.example.com:443", "https://sz.example.com/wsg/api/public"),
        ("https://sz.example.com/wsg/", "https://sz.example.com:8443/wsg/api/public"),
        (
            "https://proxy.example.com:8443/sz/wsg/api/public",
            "https://proxy.example.com:8443/sz/wsg/api/public",
        ),
        ("http://127.0.0.1:4711", "http://127.0.0.1:4711/wsg/api/public"),
    ],
)
def test_the_address_may_be_short(given: str, url: str) -> None:
    options = {"url": given, "username": "cusna", "password": "x"}
    assert SmartZoneOptions.model_validate(options).url.lower() == url


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://sz.example.com"},
        {"url": "https://cusna:secret@sz.example.com"},
        {"username": ""},
        {"api_version": "11.1"},
        {"api_version": "v11_1/../v9_1"},
        {"verify": False},
    ],
)
def test_wrong_options_are_refused_without_repeating_the_password(wrong: dict[str, Any]) -> None:
    options = {"url": "https://192.168.1.2", "username": "cusna", "password": PASSWORD, **wrong}
    with pytest.raises(ValidationError) as caught:
        SmartZoneOptions.model_validate(options)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"zone": ""}, {"wlan": ""}, {"max_group_keys": 0}, {"ssid": "x"}])
def test_wrong_options_of_a_network(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SmartZoneNetworkOptions.model_validate({"zone": "House", "wlan": "Members", **wrong})
