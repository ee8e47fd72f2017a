"""Which device is it, and how does one join a WiFi there?"""

from collections.abc import Mapping
from typing import Final

DEVICES: Final = ("iphone", "android", "windows", "mac")

_SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "iphone": ("iphone", "ipad", "ipod"),
    "android": ("android",),
    "windows": ("windows",),
    "mac": ("macintosh", "mac os x", "captivenetworksupport"),
}


def detected(user_agent: str) -> str:
    """One of DEVICES, or nothing. Only the order on the page depends on it."""
    agent = user_agent.lower()
    return next((name for name in DEVICES if any(sign in agent for sign in _SIGNS[name])), "")


def ordered(user_agent: str) -> tuple[tuple[str, bool], ...]:
    """All devices, this one first and open."""
    mine = detected(user_agent)
    return tuple(sorted(((name, name == mine) for name in DEVICES), key=lambda one: not one[1]))
