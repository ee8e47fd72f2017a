"""Does the whole story hold, over HTTP and SMTP, with the real program?"""

from pathlib import Path

import pytest

from cusna_core.demo import run

from ..ports import free


async def test_the_tour_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = await run.run(tmp_path / "demo", free(2), tour=True, empty=False)
    told = capsys.readouterr().out
    assert code == 0, told
    for vendor in ("UniFi", "Cisco Meraki", "RUCKUS One", "RUCKUS SmartZone"):
        assert f"({vendor}) it works at once, in her company's network: VLAN 1" in told
    assert "All 32 steps held." in told
