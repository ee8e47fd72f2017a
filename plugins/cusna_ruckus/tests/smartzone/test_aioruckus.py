"""Does somebody else's client find the fake to be a SmartZone? An independent check, as far as it reaches.

`aioruckus` knows a SmartZone by its port 8443 and speaks https only. It logs in, and reads WLANs and devices;
of DPSKs it knows nothing.
"""

import errno
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from cusna_core.testing import HandClock
from cusna_ruckus.smartzone.fake import PASSWORD, USERNAME, SmartZoneFake

aioruckus = pytest.importorskip(
    "aioruckus", reason="aioruckus is a development dependency: pip install aioruckus"
)
PORT = 8443
HOSTS = [f"127.0.0.{number}" for number in range(2, 30)]
MAC = "02:00:00:00:00:01"


async def started() -> SmartZoneFake:
    """On an address of this machine on which nobody else has the port."""
    for host in HOSTS:
        fake = SmartZoneFake(HandClock(), tls=True, host=host)
        try:
            await fake.start(PORT)
        except OSError as error:
            await fake.stop()
            if error.errno not in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                raise
            continue
        return fake
    pytest.skip(f"No loopback address has port {PORT} free; macOS needs `ifconfig lo0 alias 127.0.0.2`.")


@pytest.fixture
async def box() -> AsyncIterator[SmartZoneFake]:
    fake = await started()
    fake.wlan("Members")
    yield fake
    await fake.stop()


@pytest.fixture
async def session(box: SmartZoneFake) -> AsyncIterator[aiohttp.ClientSession]:
    """One that trusts the fake's certificate; the library's own trusts anybody."""
    assert box.certificate is not None
    pinned = aiohttp.Fingerprint(bytes.fromhex(box.certificate.fingerprint))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=pinned)) as made:
        yield made


async def test_it_logs_in_reads_and_logs_off(box: SmartZoneFake, session: Any) -> None:
    box.cluster.add_dpsk(box.wlan("Members"), "cusna-ab12cd-mia", "mia-has-a-passphrase", vlan=120)
    assert await box.join("Members", "mia-has-a-passphrase", MAC) == 120
    ruckus = aioruckus.AjaxSession(session, f"https://{box.host}:{PORT}", USERNAME, PASSWORD)
    async with ruckus:
        assert type(ruckus.api).__name__ == "SmartZoneAjaxApi"
        info = await ruckus.api.get_system_info()
        assert info["sysinfo"]["version"] == "7.1.1.0.551"
        assert [one["ssid"] for one in await ruckus.api.get_wlans()] == ["Members"]
        (client,) = await ruckus.api.get_active_clients()
        assert (client["mac"], client["vlan"], client["userName"]) == (MAC, 120, "cusna-ab12cd-mia")
        low = ruckus.api._SmartZoneAjaxApi__session
        zones = await low.get("rkszones")
        assert [one["name"] for one in zones["list"]] == ["House"]
        assert len(box.gate.tickets) == 1
    assert box.gate.tickets == {}
    assert {one.version for one in box.journal if one.path != "/apiInfo"} == {"v13_1"}


async def test_it_turns_pages_as_we_do(box: SmartZoneFake, session: Any) -> None:
    for number in range(7):
        box.wlan(f"WLAN {number}")
    box.pages(3)
    ruckus = aioruckus.AjaxSession(session, f"https://{box.host}:{PORT}", USERNAME, PASSWORD)
    async with ruckus:
        low = ruckus.api._SmartZoneAjaxApi__session
        assert len(await low.query("query/wlan", page_size=3)) == 8


async def test_it_renews_a_ticket_after_a_401(box: SmartZoneFake, session: Any) -> None:
    ruckus = aioruckus.AjaxSession(session, f"https://{box.host}:{PORT}", USERNAME, PASSWORD)
    async with ruckus:
        box.gate.tickets.clear()
        assert len(await ruckus.api.get_wlans()) == 1
    assert len(box.gate.issued) == 2


async def test_it_understands_a_refused_login(box: SmartZoneFake, session: Any) -> None:
    ruckus = aioruckus.AjaxSession(session, f"https://{box.host}:{PORT}", USERNAME, "wrong")
    with pytest.raises(aioruckus.exceptions.AuthenticationError):
        await ruckus.login()


async def test_it_understands_missing_objects_and_rights(box: SmartZoneFake, session: Any) -> None:
    ruckus = aioruckus.AjaxSession(session, f"https://{box.host}:{PORT}", USERNAME, PASSWORD)
    async with ruckus:
        low = ruckus.api._SmartZoneAjaxApi__session
        with pytest.raises(aioruckus.exceptions.AuthorizationError):
            await low.get("rkszones/unknown/wlans")
        with pytest.raises(aioruckus.exceptions.BusinessRuleError):
            await low.post("clients/bulkDisconnect", {"clientList": []})
