"""Who is told that phones on mobile data cannot open the portal?"""

import asyncio
import socket
from typing import Any

import pytest

from cusna_core.engine import reach


def answered(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def look_up(host: str, port: int, **_: Any) -> list[Any]:
        if not addresses:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (one, port)) for one in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (["192.168.1.5"], True),
        (["10.0.0.9", "fd00::1"], True),
        (["8.8.8.8"], False),
        (["192.168.1.5", "8.8.8.8"], False),
        ([], False),
    ],
)
async def test_a_private_address_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], told: bool
) -> None:
    answered(monkeypatch, *addresses)
    found = await reach.look("https://wifi.example.com")
    assert [one.code for one in found] == (["portal.private-address"] if told else [])


async def test_this_machine_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered(monkeypatch, "127.0.0.1")
    assert await reach.look("http://localhost:8080") == ()
