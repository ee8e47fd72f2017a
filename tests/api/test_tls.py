"""Whom does a client trust, and what does it say of whom it does not?"""

import hashlib
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from cusna_core.api import BadAnswer, ConfigError, Context, HttpApi, JsonApi, Tls, Unreachable

Serve = Callable[..., Awaitable[Any]]
Opened = Callable[[HttpApi], Awaitable[Any]]
CA = trustme.CA()
CERT = CA.issue_cert("127.0.0.1")


def fingerprint(cert: trustme.LeafCert) -> str:
    der = ssl.PEM_cert_to_DER_cert(cert.cert_chain_pems[0].bytes().decode())
    return hashlib.sha256(der).hexdigest()


def served(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


@pytest.fixture
async def vendor(serve: Serve) -> Any:
    return await serve(ssl=served(CERT))


@pytest.fixture
def ca(tmp_path: Path) -> str:
    CA.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


async def refused(api: JsonApi, vendor: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        await api.get("/keys", query={"ticket": "query-secret"})
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
    assert vendor.calls == []
    return caught.value


async def test_whom_nobody_signed_is_not_trusted(vendor: Any, opened: Opened, context: Context) -> None:
    error = await refused(await opened(JsonApi(vendor.address, context)), vendor)
    assert error.path == "tls"
    assert "tls.fingerprint" in str(error)
    assert "tls.ca" in str(error)


async def test_the_own_authority_is_trusted(vendor: Any, opened: Opened, context: Context, ca: str) -> None:
    api = await opened(JsonApi(vendor.address, context, tls=Tls(ca=ca)))
    assert await api.get("/keys") == {}


async def test_the_certificate_itself_is_trusted_without_its_authority(
    vendor: Any, opened: Opened, context: Context, tmp_path: Path
) -> None:
    CERT.cert_chain_pems[0].write_to_path(tmp_path / "server.pem")
    api = await opened(JsonApi(vendor.address, context, tls=Tls(ca=str(tmp_path / "server.pem"))))
    assert await api.get("/keys") == {}


async def test_another_authority_is_not_trusted(
    vendor: Any, opened: Opened, context: Context, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    api = await opened(JsonApi(vendor.address, context, tls=Tls(ca=str(tmp_path / "other.pem"))))
    assert (await refused(api, vendor)).path == "tls"


async def test_a_certificate_for_another_name_says_so(
    serve: Serve, opened: Opened, context: Context, ca: str
) -> None:
    vendor = await serve(ssl=served(CA.issue_cert("unifi.example.com")))
    error = await refused(await opened(JsonApi(vendor.address, context, tls=Tls(ca=ca))), vendor)
    assert "another name" in str(error)


async def test_a_certificate_that_has_run_out_says_so(
    serve: Serve, opened: Opened, context: Context, ca: str
) -> None:
    old = CA.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    vendor = await serve(ssl=served(old))
    error = await refused(await opened(JsonApi(vendor.address, context, tls=Tls(ca=ca))), vendor)
    assert "has run out" in str(error)


@pytest.mark.parametrize(
    "form",
    [
        str,
        str.upper,
        lambda text: ":".join(text[n : n + 2] for n in range(0, 64, 2)),
        lambda text: f" {text}\n",
    ],
    ids=["plain", "capitals", "colons", "spaces"],
)
async def test_the_pinned_certificate_is_trusted(
    vendor: Any, opened: Opened, context: Context, form: Callable[[str], str]
) -> None:
    api = await opened(JsonApi(vendor.address, context, tls=Tls(fingerprint=form(fingerprint(CERT)))))
    assert await api.get("/keys") == {}


async def test_another_certificate_than_the_pinned_one_is_not(
    vendor: Any, opened: Opened, context: Context, ca: str
) -> None:
    other = fingerprint(CA.issue_cert("127.0.0.1"))
    # The authority makes it no better: the pin is what was asked for.
    api = await opened(JsonApi(vendor.address, context, tls=Tls(ca=ca, fingerprint=other)))
    assert (await refused(api, vendor)).path == "tls.fingerprint"


@pytest.mark.parametrize("pin", ["no hex", "abcd", "ab" * 20, "ab" * 16, "ab" * 33, "a" * 63, ":"])
async def test_a_fingerprint_that_is_none_is_a_wrong_option(context: Context, pin: str) -> None:
    with pytest.raises(ConfigError, match="64 digits") as caught:
        await JsonApi("https://127.0.0.1", context, tls=Tls(fingerprint=pin)).open()
    assert caught.value.path == "tls.fingerprint"


@pytest.mark.parametrize("content", [None, b"", b"not a certificate", b"\x00\xff", b"folder"], ids=repr)
async def test_an_authority_that_cannot_be_read_is_a_wrong_option(
    context: Context, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "ca.pem"
    if content == b"folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="PEM") as caught:
        await JsonApi("https://127.0.0.1", context, tls=Tls(ca=str(path))).open()
    assert caught.value.path == "tls.ca"


async def test_a_server_without_tls_is_unreachable(serve: Serve, opened: Opened, context: Context) -> None:
    plain = await serve()
    api = await opened(JsonApi(plain.address.replace("http", "https"), context))
    with pytest.raises(Unreachable):
        await api.get("/keys")


async def test_a_redirect_never_leaves_tls_whatever_the_rule_says(
    serve: Serve, opened: Opened, context: Context, ca: str
) -> None:
    plain = await serve()
    vendor = await serve(
        lambda _: web.Response(status=307, headers={"Location": plain.address + "/keys"}), ssl=served(CERT)
    )

    class Trusting(JsonApi):
        def may_follow(self, url: Any) -> bool:
            return True

    api = await opened(Trusting(vendor.address, context, tls=Tls(ca=ca)))
    with pytest.raises(BadAnswer, match="without TLS"):
        await api.get("/keys")
    assert plain.calls == []
