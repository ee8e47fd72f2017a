"""What may a plugin's options be, and what do they never show?"""

import pytest
from pydantic import BaseModel, Field, ValidationError

from cusna_core.api import Address, LocalFile, Options, Secret, Tls, is_loopback
from cusna_core.api.options import LOCAL


class Vendor(Options):
    url: Address
    token: Secret = Field(default=Secret("none"), min_length=3)
    tls: Tls = Tls()


GOOD = [
    ("https://192.168.1.1", "https://192.168.1.1"),
    ("https://unifi.example.com/", "https://unifi.example.com"),
    ("https://unifi.example.com:8443/base//", "https://unifi.example.com:8443/base"),
    ("HTTPS://Unifi.Example.com", "HTTPS://Unifi.Example.com"),
    ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://127.8.9.10", "http://127.8.9.10"),
    ("http://[::1]:8080/", "http://[::1]:8080"),
    (" https://unifi/\n", "https://unifi"),
    ("http://localhost", "http://localhost"),
    ("http://LOCALHOST:1", "http://LOCALHOST:1"),
]


@pytest.mark.parametrize(("given", "kept"), GOOD)
def test_an_address_loses_its_last_slash_and_nothing_else(given: str, kept: str) -> None:
    assert Vendor(url=given).url == kept


SECRET = "s3cr3t"
BAD = [
    "", "unifi", "192.168.1.1", "unifi:8443", "//unifi", "/unifi", "ftp://unifi", "file:///etc/passwd",
    "https://", "https:///path", "https://:8443", "https://unifi:port", "https://[::1", "https://unifi:99999",
    f"https://admin:{SECRET}@unifi", f"https://{SECRET}@unifi", f"https://:{SECRET}@unifi", "https://@unifi",
    f"https://unifi?key={SECRET}", f"https://unifi/?{SECRET}", f"https://unifi#{SECRET}", "https://unifi?",
    "https://unifi/#", "https://unifi\\@evil.example", "https://uni fi", "https://unifi/ /",
    "https://uni\nfi", "https://unifi/a\tb", "https://unifi/\x00",
    "http://unifi", "http://192.168.1.1", "http://0.0.0.0", "http://[::]", "http://[fe80::1]",
    "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://127.0.0.1@evil.example",
    "http://2130706433", "http://127.1",
]  # fmt: skip


@pytest.mark.parametrize("given", BAD, ids=ascii)
def test_a_bad_address_is_refused_without_being_shown(given: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Vendor(url=given)
    assert SECRET not in str(caught.value)
    assert "must be" in str(caught.value)


HOSTS = [
    ("localhost", True), ("portal.localhost", True), ("127.0.0.1", True), ("127.255.255.254", True),
    ("::1", True), ("", False), (None, False), ("example.com", False), ("localhost.example.com", False),
    ("notlocalhost", False), ("0.0.0.0", False), ("::", False), ("192.168.1.1", False), ("128.0.0.1", False),
]  # fmt: skip


@pytest.mark.parametrize(("host", "loopback"), HOSTS)
def test_what_is_this_machine(host: str | None, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_an_unknown_name_is_refused_and_no_input_is_shown() -> None:
    with pytest.raises(ValidationError) as caught:
        Vendor.model_validate(
            {"url": "https://unifi", "tokn": "passphrase-1", "token": 77123, "tls": {"pin": "passphrase-2"}}
        )
    text = str(caught.value)
    assert "tokn" in text
    assert "tls.pin" in text
    assert "Extra inputs are not permitted" in text
    assert not any(secret in text for secret in ("passphrase-1", "passphrase-2", "77123"))


def test_options_neither_change_nor_show_their_secrets() -> None:
    options = Vendor(url="https://unifi", token=Secret("very-secret"))
    assert "very-secret" not in repr(options)
    assert "very-secret" not in str(options)
    assert "very-secret" not in options.model_dump_json()
    assert options.token.get_secret_value() == "very-secret"
    with pytest.raises(ValidationError):
        options.url = "https://other"


def test_a_local_file_says_so_to_whoever_resolves_paths() -> None:
    class Model(BaseModel):
        one: LocalFile
        two: str

    assert LOCAL in Model.model_fields["one"].metadata
    assert LOCAL not in Model.model_fields["two"].metadata
    assert Tls().ca is None
    assert Tls().fingerprint is None
