"""Does a secret ever leave where it belongs? Certificates, redirects, the cloud, logs and errors."""

import hashlib
import logging
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from cusna_core.api import BadAnswer, ConfigError, PluginError, Unreachable
from cusna_unifi.fake import BASE
from cusna_unifi.options import UnifiOptions

ANNA, BERT, PRINTER = "anna-anna-anna-anna", "bert-bert-bert-bert", "printer on 3rd floor"


class Console:
    """A fake console behind a certificate of its own."""

    def __init__(self, rack: Any, authority: trustme.CA, leaf: trustme.LeafCert) -> None:
        self.rack = rack
        self.authority = authority
        der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
        self.fingerprint = hashlib.sha256(der).hexdigest()

    def options(self, **tls: str) -> dict[str, Any]:
        return {**self.rack.fake.options(), "tls": tls}


@pytest.fixture
async def console(make_rack: Any) -> Console:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return Console(await make_rack(tls=context), authority, leaf)


async def test_a_certificate_by_its_authority(console: Console, tmp_path: Path) -> None:
    pem = tmp_path / "console.pem"
    console.authority.cert_pem.write_to_path(str(pem))
    controller = await console.rack.controller(**console.options(ca=str(pem)))
    assert await controller.check() == []


@pytest.mark.parametrize("colons", [False, True])
async def test_a_certificate_by_its_fingerprint(console: Console, colons: bool) -> None:
    digits = console.fingerprint
    if colons:
        digits = ":".join(digits[place : place + 2].upper() for place in range(0, 64, 2))
    network = await console.rack.network(await console.rack.controller(**console.options(fingerprint=digits)))
    assert await console.rack.apply(network, console.rack.new(ANNA)) == [None]


@pytest.mark.parametrize("tls", [{}, {"fingerprint": "ab" * 32}])
async def test_another_certificate_gets_no_call_at_all(console: Console, tls: dict[str, str]) -> None:
    controller = await console.rack.controller(**console.options(**tls))
    with pytest.raises(ConfigError) as caught:
        await controller.check()
    assert caught.value.path.startswith("tls")
    assert console.rack.fake.journal == []


@pytest.mark.parametrize("signed", ["key", "session", "cloud"])
async def test_no_redirect_carries_a_credential(rack: Any, make_rack: Any, signed: str) -> None:
    elsewhere = await make_rack()
    options = {
        "key": rack.fake.options, "session": rack.fake.session_options, "cloud": rack.fake.cloud_options,
    }[signed]()  # fmt: skip
    network = await rack.network(await rack.controller(**options))
    rack.fake.knobs.redirect = elsewhere.fake.url
    with pytest.raises(BadAnswer):
        await network.read()
    assert elsewhere.fake.journal == []


async def test_through_the_cloud_connector(rack: Any) -> None:
    controller = await rack.controller(**rack.fake.cloud_options())
    network = await rack.network(controller)
    assert await controller.check() == []
    assert await rack.apply(network, rack.new(ANNA)) == [None]
    assert {one.auth for one in rack.fake.journal} == {"cloud"}
    assert set(rack.keys) == {ANNA}
    assert rack.fake.server.console_id in network.segment_domain()
    rack.fake.knobs.fail = 408
    with pytest.raises(Unreachable, match="cloud"):
        await network.read()
    rack.fake.knobs.fail = None
    lost = await rack.controller(**rack.fake.cloud_options() | {"console_id": "ANOTHER0:1"})
    with pytest.raises(ConfigError, match="no such console") as caught:
        await lost.check()
    assert caught.value.path == "console_id"


async def test_no_secret_reaches_a_log_an_error_or_a_repr(
    rack: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    rack.fake.edit("Members", {"password": PRINTER, "networkconf_id": ""})
    seen: list[object] = []
    for options in (rack.fake.options(), rack.fake.session_options(), rack.fake.cloud_options()):
        controller = await rack.controller(**options)
        network = await rack.network(controller)
        seen += [controller.options, network, *await controller.check(), *await network.check()]
        seen += await rack.apply(
            network, rack.new(ANNA), rack.new(PRINTER), rack.new("short"), rack.end(BERT)
        )
        seen += await network.read()
        rack.fake.knobs.drop_puts = ["before"] * 4
        seen += await rack.apply(network, rack.change(ANNA, BERT))
        rack.fake.knobs.max_keys = 1
        seen += await rack.apply(network, rack.change(ANNA, BERT))
        rack.fake.knobs.max_keys, rack.fake.knobs.swallow = None, 2
        seen += await rack.apply(network, rack.end(ANNA))
        rack.fake.knobs.hide, rack.fake.knobs.hide_from_all = "mask", True
        seen += await rack.apply(network, rack.end(ANNA))
        rack.fake.knobs.hide, rack.fake.knobs.fail = "", 500
        seen += await rack.apply(network, rack.end(ANNA))
        rack.fake.knobs.fail = None
        await rack.apply(network, rack.end(ANNA), rack.end(BERT))
        seen += [network._api, *await network._api.wlans(), await network._view(), network._api._session_of]
    assert sum(isinstance(one, PluginError) for one in seen) > 12
    text = caplog.text + " ".join(f"{one!r} {one!s}" for one in seen)
    assert "PUT /proxy/network/api/s/default/rest/wlanconf/" in caplog.text
    gate = rack.fake.server.gate
    secrets = {
        ANNA,
        BERT,
        PRINTER,
        BASE,
        *gate.api_keys,
        *gate.cloud_keys,
        *gate.users.values(),
        *gate.sessions,
    }
    secrets |= {one.csrf for one in gate.sessions.values()} | set(rack.keys)
    assert not [one for one in secrets if one in text]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "give url"),
        ({"url": "https://10.0.0.1"}, "give api_key, or username"),
        ({"url": "https://10.0.0.1", "username": "x"}, "give api_key, or username"),
        ({"url": "https://10.0.0.1", "api_key": "secret1", "password": "secret2"}, "not both"),
        ({"url": "https://10.0.0.1", "api_key": "secret1\nsecret2"}, "line breaks"),
        ({"url": "https://10.0.0.1", "api_key": "secret1", "flavour": "network_app"}, "takes no API keys"),
        ({"url": "http://10.0.0.1", "api_key": "secret1"}, "must be https"),
        ({"console_id": "A" * 20}, "belong together"),
        ({"console_id": "../../evil/", "cloud_key": "secret1"}, "console's id"),
        ({"console_id": "A" * 20, "cloud_key": "secret1", "url": "https://10.0.0.1"}, "one way in"),
        ({"console_id": "A" * 20, "cloud_key": "secret1", "api_key": "secret2"}, "only cloud_key"),
        ({"console_id": "A" * 20, "cloud_key": "secret1", "flavour": "network_app"}, "UniFi OS only"),
    ],
)
def test_options_that_do_not_fit_are_told_without_the_secret(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        UnifiOptions.model_validate(options)
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)


def test_options_do_not_show_their_secrets() -> None:
    options = {"url": "https://10.0.0.1", "username": "cusna", "password": "secret-secret"}
    assert "secret" not in repr(UnifiOptions.model_validate(options))
