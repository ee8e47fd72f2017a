"""The small languages of the file, as tables."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cusna_core.config import values
from cusna_core.config.base_url import base_url
from cusna_core.config.values import Listen, duration, duration_text, pool_text, vlan_pool


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("100", (100,)),
        ("100-103,300", (100, 101, 102, 103, 300)),
        (" 300 , 100 - 101 ,", (100, 101, 300)),
        ("100-102,101-103", (100, 101, 102, 103)),
        ("2,4094", (2, 4094)),
    ],
)
def test_a_pool(text: str, numbers: tuple[int, ...]) -> None:
    assert vlan_pool(text) == numbers


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("100-90", "runs backwards: write 90-100"),
        ("1", "not between 2 and 4094"),
        ("4000-4095", "not between 2 and 4094"),
        ("ten", "no VLAN number"),
        ("10-20-30", "no VLAN number"),
        ("-5", "no VLAN number"),
        ("10;20", "no VLAN number"),
    ],
)
def test_a_bad_pool_says_why(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        vlan_pool(text)


@given(st.sets(st.integers(2, 4094), max_size=60))
def test_a_pool_survives_being_written(numbers: set[int]) -> None:
    assert vlan_pool(pool_text(numbers)) == tuple(sorted(numbers))


def test_a_pool_is_text_or_one_number() -> None:
    pool: TypeAdapter[Any] = TypeAdapter(values.VlanPool)
    assert pool.validate_python(300) == (300,)
    assert pool.validate_python((2, 3)) == (2, 3)
    assert pool.dump_python((100, 101, 300)) == "100-101,300"
    for wrong in (True, 1.5, None, {"a": 1}):
        with pytest.raises(ValidationError, match="should be text such as"):
            pool.validate_python(wrong)


@pytest.mark.parametrize(
    ("written", "seconds", "shortest"),
    [
        (600, 600, "10 min"),
        ("600", 600, "10 min"),
        ("90 s", 90, "90 s"),
        ("1.5 h", 5400, "90 min"),
        ("10min", 600, "10 min"),
        ("2 H", 7200, "2 h"),
        ("1 d", 86400, "24 h"),
        (timedelta(seconds=5), 5, "5 s"),
    ],
)
def test_a_duration(written: object, seconds: float, shortest: str) -> None:
    assert duration(written) == timedelta(seconds=seconds)
    assert duration_text(duration(written)) == shortest


@pytest.mark.parametrize("written", ["soon", "10 weeks", "", None, True, -5, [10]])
def test_a_bad_duration(written: object) -> None:
    with pytest.raises(ValueError, match="10 min"):
        duration(written)


CASES: list[tuple[Any, object, object]] = [
    (values.ListenAddress, "127.0.0.1:8080", Listen("127.0.0.1", 8080)),
    (values.ListenAddress, "[::1]:80", Listen("::1", 80)),
    (values.ListenAddress, Listen("a", 1), Listen("a", 1)),
    (values.Email, " It@example.com ", "It@example.com"),
    (values.Sender, "WiFi <wifi@example.com>", "WiFi <wifi@example.com>"),
    (values.Sender, "wifi@example.com", "wifi@example.com"),
    (values.Timezone, "Europe/Berlin", "Europe/Berlin"),
    (values.WebPage, "https://example.com/privacy?lang=de", "https://example.com/privacy?lang=de"),
    (values.Slug, "members-2", "members-2"),
    (values.Interval, "1 h", timedelta(hours=1)),
]


@pytest.mark.parametrize(("kind", "written", "value"), CASES)
def test_a_good_value(kind: Any, written: object, value: object) -> None:
    assert TypeAdapter(kind).validate_python(written) == value


BAD: list[tuple[Any, object, str]] = [
    (values.ListenAddress, "8080", "address and a port"),
    (values.ListenAddress, "127.0.0.1:99999", "address and a port"),
    (values.ListenAddress, 8080, "address and a port"),
    (values.Proxy, "localhost", "IP address or a network"),
    (values.Proxy, "10.0.0.1/8", "IP address or a network"),
    (values.Email, "it@", "e-mail address"),
    (values.Email, 5, "valid string"),
    (values.Sender, "WiFi", "with or without a name"),
    (values.Sender, "WiFi <wifi@example.com>\r\nBcc: all@example.com", "with or without a name"),
    (values.Timezone, "Europe/Berln", "Did you mean Europe/Berlin"),
    (values.Timezone, "../../etc/passwd", "no time zone"),
    (values.Timezone, "Zzzzz", r"no time zone such as \"Europe/Berlin\"\.$"),
    (values.WebPage, "example.com", "address of a page"),
    (values.WebPage, "javascript:alert(1)", "address of a page"),
    (values.WebPage, "https://[broken", "address of a page"),
    (values.WebPage, "https://user@example.com", "address of a page"),
    (values.Slug, "Members", "pattern"),
    (values.Slug, "-a", "pattern"),
    (values.Slug, "a_b", "pattern"),
    (values.Slug, "a" * 41, "pattern"),
    (values.Interval, "1 s", "between 10 seconds and one day"),
    (values.Interval, "2 d", "between 10 seconds and one day"),
]


@pytest.mark.parametrize(("kind", "written", "sentence"), BAD)
def test_a_bad_value_says_why(kind: Any, written: object, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(written)
    message = caught.value.errors()[0]["msg"]
    assert re.search(sentence, message), message


def test_a_listen_address_is_written_as_it_is_read() -> None:
    assert str(Listen("::1", 80)) == "[::1]:80"
    assert str(Listen("127.0.0.1", 80)) == "127.0.0.1:80"


HERE = Listen("127.0.0.1", 9000)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://wifi.example.com", "https://wifi.example.com"),
        ("https://wifi.example.com/", "https://wifi.example.com"),
        ("https://wifi.example.com:8443", "https://wifi.example.com:8443"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_base_url(written: str, kept: str) -> None:
    assert base_url(written, HERE) == kept


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("wifi.example.com", "such as"),
        ("ftp://wifi.example.com", "such as"),
        ("https://[x", "such as"),
        ("https://wifi.example.com/wifi", "end after the host"),
        ("https://me@wifi.example.com", "end after the host"),
        ("https://wifi.example.com?a=1", "end after the host"),
        ("http://localhost.example.com", "plain http"),
        ("http://192.168.1.5:8080", "plain http"),
    ],
)
def test_a_bad_base_url(written: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        base_url(written, HERE)


def test_plain_http_gets_the_proxy_lines_to_paste() -> None:
    with pytest.raises(ValueError, match="plain http") as caught:
        base_url("http://wifi.example.com", HERE)
    text = str(caught.value)
    assert 'base_url = "https://wifi.example.com"' in text
    assert "wifi.example.com {\n        reverse_proxy 127.0.0.1:9000\n" in text
    assert "proxy_pass http://127.0.0.1:9000;" in text
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
