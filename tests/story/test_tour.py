"""Does the whole story hold, over HTTP and SMTP, with the real program?"""

import socket
from pathlib import Path

import pytest

from cusna_core.demo import run


def free_pair() -> int:
    """A port whose neighbour is free as well."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port)


async def test_the_tour_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = await run.run(tmp_path / "demo", free_pair(), tour=True, empty=False)
    told = capsys.readouterr().out
    assert code == 0, told
    for vendor in ("UniFi", "Cisco Meraki", "RUCKUS One", "RUCKUS SmartZone"):
        assert f"({vendor}) it works at once, in her company's network: VLAN 1" in told
    assert "All 32 steps held." in told
