"""Which small languages does the file speak: names, durations, VLAN pools, addresses?

Each type takes what a person writes, says in a sentence what is wrong with it, and hands on a value.
A message never repeats what was written where that may be a secret.
"""

import difflib
import ipaddress
import re
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr, parseaddr
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema
from yarl import URL

from cusna_core.api import email_key

SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]
"""A name of something configured: it stands in addresses and labels."""
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


def is_slug(text: str) -> bool:
    return re.fullmatch(SLUG, text) is not None


VLAN_MIN, VLAN_MAX = 2, 4094
SECONDS = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def did_you_mean(word: str, known: Collection[str]) -> str:
    """The one known word that is nearest, or nothing."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else ""


def vlan_pool(text: str) -> tuple[int, ...]:
    """The numbers of "100-199,300", each once and in order."""
    numbers: set[int] = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", part)
        if match is None:
            raise ValueError(f'"{part[:20]}" is no VLAN number and no range: write it like "100-199,300"')
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last:
            raise ValueError(f"the range {part} runs backwards: write {last}-{first}")
        if first < VLAN_MIN or last > VLAN_MAX:
            raise ValueError(
                f"{part} is not between {VLAN_MIN} and {VLAN_MAX}: no other VLAN can be given out"
            )
        numbers.update(range(first, last + 1))
    return tuple(sorted(numbers))


def _vlan_pool(value: Any) -> Any:
    match value:
        case tuple():
            return value
        case str() | int() if not isinstance(value, bool):
            return vlan_pool(str(value))
        case _:
            raise ValueError('should be text such as "100-199,300"')


def pool_text(numbers: Collection[int]) -> str:
    """The shortest way to write a pool: "100-199,300"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


VlanPool = Annotated[
    tuple[int, ...],
    BeforeValidator(_vlan_pool),
    PlainSerializer(pool_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9 ,-]*$", "examples": ["100-199,300"]}),
]


def duration(value: Any) -> timedelta:
    """600, "600 s", "10 min", "1 h" or "1 d"."""
    if isinstance(value, timedelta):
        return value
    match = None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)", str(value).strip().lower())
    if match is None or match[2] not in SECONDS:
        raise ValueError('should be a number of seconds, or text such as "90 s", "10 min" or "1 h"')
    return timedelta(seconds=float(match[1]) * SECONDS[match[2]])


def duration_text(value: timedelta) -> str:
    seconds = value.total_seconds()
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _interval(value: Any) -> timedelta:
    span = duration(value)
    if not timedelta(seconds=10) <= span <= timedelta(days=1):
        raise ValueError("should be between 10 seconds and one day")
    return span


Interval = Annotated[
    timedelta,
    BeforeValidator(_interval),
    PlainSerializer(duration_text, return_type=str),
    WithJsonSchema({"type": ["string", "number"], "examples": ["10 min", 600]}),
]
"""How often something is done."""


@dataclass(frozen=True, slots=True)
class Listen:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _listen(value: Any) -> Listen:
    if isinstance(value, Listen):
        return value
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]/]+):(\d{1,5})", str(value))
    if match is None or int(match[2]) > 65535:
        raise ValueError('should be an address and a port, such as "127.0.0.1:8080" or "[::1]:8080"')
    return Listen(match[1].strip("[]"), int(match[2]))


ListenAddress = Annotated[
    Listen,
    BeforeValidator(_listen),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1:8080", "[::1]:8080"]}),
]

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def _proxy(value: Any) -> IpNetwork:
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise ValueError('should be an IP address or a network such as "10.0.0.0/8"') from None


def _proxy_text(value: IpNetwork) -> str:
    return str(value.network_address if value.num_addresses == 1 else value)


Proxy = Annotated[
    IpNetwork,
    BeforeValidator(_proxy),
    PlainSerializer(_proxy_text, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1", "10.0.0.0/8"]}),
]


def _email(value: str) -> str:
    if email_key(value) is None:
        raise ValueError('should be an e-mail address such as "it@example.com"')
    return value.strip()


def _sender(value: str) -> str:
    name, address = parseaddr(value)
    if email_key(address) is None or not name.isprintable() or "\n" in value or "\r" in value:
        raise ValueError('should be an e-mail address, with or without a name: "WiFi <wifi@example.com>"')
    return formataddr((name, address)) if name else address


def _text(check: Any) -> BeforeValidator:
    """A check of text that lets pydantic tell what is not text."""
    return BeforeValidator(lambda value: check(value) if isinstance(value, str) else value)


Email = Annotated[str, _text(_email), WithJsonSchema({"type": "string", "format": "email"})]
Sender = Annotated[str, _text(_sender), WithJsonSchema({"type": "string"})]


def _timezone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(value, zoneinfo.available_timezones())
        hint = f" Did you mean {near}?" if near else ""
        raise ValueError(f'is no time zone such as "Europe/Berlin".{hint}') from None
    return value


Timezone = Annotated[str, _text(_timezone), WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]})]
"""An IANA name."""


def _web_page(value: str) -> str:
    try:
        url = URL(value)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
        raise ValueError("should be the address of a page, such as https://example.com/privacy")
    return value


WebPage = Annotated[str, _text(_web_page), WithJsonSchema({"type": "string", "format": "uri"})]
