"""Does the client log in as RUCKUS One wants it, and believe nothing else?"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from cusna_core.api import (
    AuthFailed,
    BadAnswer,
    Context,
    Key,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
)
from cusna_core.testing import HandClock
from cusna_ruckus.one.activities import Failed, settled
from cusna_ruckus.one.driver import RuckusOne
from cusna_ruckus.one.fake import CLIENT_SECRET, TENANT, Fault, RuckusOneFake
from cusna_ruckus.one.options import RuckusOneNetworkOptions, RuckusOneOptions

SSID = "Members"
TOKEN = f"POST /oauth2/token/{TENANT}"
Make = Callable[..., Any]
Tell = Callable[[BaseException], str]


def logins(fake: RuckusOneFake) -> int:
    return sum(one.call == TOKEN for one in fake.journal)


class TestLogin:
    async def test_one_for_all(self, controller: RuckusOne, fake: RuckusOneFake) -> None:
        await controller.check()
        await controller.networks()
        assert logins(fake) == 1
        assert "grant_type=client_credentials" in fake.journal[0].body
        assert "Authorization" not in fake.journal[0].headers
        assert fake.journal[1].headers["Authorization"].startswith("Bearer ")

    async def test_renewed_before_its_end(
        self, controller: RuckusOne, fake: RuckusOneFake, clock: HandClock
    ) -> None:
        await controller.check()
        clock.advance(3600 - 61)
        await controller.check()
        assert logins(fake) == 1
        clock.advance(2)
        await controller.check()
        assert logins(fake) == 2
        assert not [one for one in fake.journal if one.status == 401]

    @pytest.mark.parametrize("lives", [3600, None])
    async def test_renewed_when_it_is_refused(
        self, controller: RuckusOne, fake: RuckusOneFake, lives: int | None
    ) -> None:
        fake.knobs.token_s = lives
        await controller.check()
        fake.gate.forget_tokens()
        await controller.check()
        assert logins(fake) == 2

    async def test_wrong_secret(self, make_controller: Make, fake: RuckusOneFake, told: Tell) -> None:
        controller = await make_controller(client_secret="wrong-secret-4711")
        with pytest.raises(AuthFailed) as refused:
            await controller.check()
        assert "wrong-secret-4711" not in told(refused.value)
        assert logins(fake) == 1

    @pytest.mark.parametrize("how", ["secret", "tenant", "redirect"])
    async def test_a_web_page_for_a_login(self, make_controller: Make, fake: RuckusOneFake, how: str) -> None:
        """It is no token, and no finding that one could overlook: a set-up with it must not succeed."""
        fake.knobs.html_login = True
        wrong = {"secret": {"client_secret": "wrong"}, "tenant": {"tenant_id": "0" * 32}, "redirect": {}}[how]
        controller = await make_controller(**wrong)
        if how == "redirect":
            fake.faults.append(Fault("redirect", TOKEN, body="https://ruckus.cloud/login", times=9))
        for look in (controller.networks, controller.check):
            with pytest.raises(BadAnswer, match="compare tenant id and region"):
                await look()

    @pytest.mark.parametrize("body", ["{}", "[]", "null", '{"access_token": ""}', '{"access_token": null}'])
    async def test_no_token_in_it(self, controller: RuckusOne, fake: RuckusOneFake, body: str) -> None:
        fake.faults.append(Fault("json", TOKEN, 200, body))
        with pytest.raises(BadAnswer):
            await controller.networks()

    async def test_in_a_customer_s_name(self, make_controller: Make, fake: RuckusOneFake) -> None:
        customer = fake.add_customer()
        customer.add_pool("Theirs")
        controller = await make_controller(delegated_tenant_id=customer.name)
        assert [one.title for one in await controller.networks()] == ["Theirs"]
        assert fake.journal[-1].headers["x-rks-tenantid"] == customer.name
        network = controller.network(RuckusOneNetworkOptions(pool="Theirs"))
        assert network.segment_domain() == f"ruckus_one/{customer.name}"
        stranger = await make_controller(delegated_tenant_id="1" * 32)
        with pytest.raises(AuthFailed):
            await stranger.networks()


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (400, Rejected),
            (403, AuthFailed),
            (422, Rejected),
            (429, RateLimited),
            (500, Transient),
            (502, Unreachable),
            (503, Unreachable),
        ],
    )
    async def test_what_a_status_means(
        self, controller: RuckusOne, fake: RuckusOneFake, status: int, error: type[PluginError]
    ) -> None:
        fake.faults.append(Fault("status", "POST /dpskServices/query", status))
        with pytest.raises(error):
            await controller.networks()

    @pytest.mark.parametrize(("header", "after"), [(None, None), ("7", 7.0)])
    async def test_the_vendor_s_limit(
        self, controller: RuckusOne, fake: RuckusOneFake, header: str | None, after: float | None
    ) -> None:
        await controller.check()
        fake.knobs.rate = 0.0
        fake.knobs.retry_after = header
        with pytest.raises(RateLimited) as refused:
            await controller.check()
        assert refused.value.after == after

    async def test_our_own_limit_is_one_for_all_networks(
        self, make_controller: Make, fake: RuckusOneFake, clock: HandClock
    ) -> None:
        controller = await make_controller(calls_per_minute=60)
        for ssid in ("Members", "Guests"):
            network = controller.network(RuckusOneNetworkOptions.model_validate(fake.network_options(ssid)))
            for _ in range(20):
                await network.read()
        # 45 calls, of which 20 go at once and then one a second.
        assert len(fake.journal) == 45
        assert 24 <= clock.passed <= 26

    async def test_a_redirect_is_never_followed(self, controller: RuckusOne, fake: RuckusOneFake) -> None:
        await controller.check()
        fake.faults.append(Fault("redirect", "dpskServices", body="http://127.0.0.1:9/"))
        with pytest.raises(BadAnswer):
            await controller.networks()


FORMS = [
    {"error": '{"requestId":"1","errors":["{\\"code\\":\\"WIFI-10126\\",\\"value\\":\\"my-secret\\"}"]}'},
    {
        "errors": [
            {
                "code": "DPSK-10032",
                "message": '{"message":"Validation Error","subErrors":[{"field":"passphrase",'
                '"rejectedValue":"my-secret","message":"Size must be between 8 and 63"}]}',
            }
        ]
    },
    {"error": "my-secret already exists"},
    {"errors": [{"code": "my-secret", "message": "my-secret"}]},
    {"error": {"code": ["my-secret"], "errors": "[[[[" * 40}},
    {"errors": [{"rejectedValue": '{"code":"SECRET-4711"}'}]},
    {},
]


@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_failure_never_tells_what_was_rejected(
    controller: RuckusOne, fake: RuckusOneFake, form: dict[str, Any], told: Tell, caplog: Any
) -> None:
    await controller.check()
    fake.faults.append(Fault("json", "GET /activities", 200, json.dumps({"status": "FAIL"} | form)))
    with pytest.raises(Failed) as failed:
        await settled(controller.cloud, "1234")
    assert "my-secret" not in told(failed.value)
    assert "SECRET-4711" not in told(failed.value)
    assert "my-secret" not in caplog.text
    assert failed.value.taken is ("already exists" in str(form))
    assert ("10126" in str(failed.value)) is ("10126" in str(form))


async def test_a_secret_is_in_no_error_of_a_key(
    controller: RuckusOne, fake: RuckusOneFake, key: Callable[..., Key], told: Tell
) -> None:
    network = controller.network(RuckusOneNetworkOptions.model_validate(fake.network_options(SSID)))
    await network.read()
    network.limits = type(network.limits)(passphrase_max=100)
    with pytest.raises(Rejected, match="DPSK-10032") as refused:
        await network._writes.create(key(passphrase="q" * 64))
    assert "q" * 64 not in told(refused.value)


class TestOptions:
    @pytest.mark.parametrize(
        ("given", "address"),
        [
            ({"region": "eu"}, "https://api.eu.ruckus.cloud"),
            ({"region": "na"}, "https://api.ruckus.cloud"),
            ({"region": "asia"}, "https://api.asia.ruckus.cloud"),
            ({"base_url": "https://api.xx.ruckus.cloud/"}, "https://api.xx.ruckus.cloud"),
        ],
    )
    def test_where(self, given: dict[str, Any], address: str) -> None:
        options = RuckusOneOptions.model_validate(
            {"tenant_id": "1", "client_id": "2", "client_secret": "3"} | given
        )
        assert options.address == address
        assert options.usual

    @pytest.mark.parametrize(
        "wrong",
        [
            {"region": None},
            {"base_url": "https://api.ruckus.cloud"},
            {"region": None, "base_url": "http://api.ruckus.cloud"},
            {"region": "mars"},
            {"tenant_id": "../1"},
            {"delegated_tenant_id": "a b"},
            {"calls_per_minute": 2001},
            {"surprise": 1},
        ],
    )
    def test_what_is_refused(self, wrong: dict[str, Any]) -> None:
        good = {"region": "eu", "tenant_id": "1", "client_id": "2", "client_secret": CLIENT_SECRET}
        RuckusOneOptions.model_validate(good)
        with pytest.raises(ValidationError) as refused:
            RuckusOneOptions.model_validate(good | wrong)
        assert CLIENT_SECRET not in str(refused.value)

    def test_it_opens_without_a_call(self, context: Context) -> None:
        good = {"region": "eu", "tenant_id": "1", "client_id": "2", "client_secret": CLIENT_SECRET}
        controller = RuckusOne(RuckusOneOptions.model_validate(good), context)
        assert CLIENT_SECRET not in repr(vars(controller.cloud))
