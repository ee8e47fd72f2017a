"""A company is a group with a VLAN of its own; one passphrase works at every location with roaming."""

import pytest

from cusna_core.demo.stage import SSID

from .conftest import Space, Together

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def joined(space: Space, name: str, location: str = "kreuzberg") -> int | None:
    visitor = await space.inside(name, location)
    vlan: int | None = await visitor.join(
        location, await visitor.passphrase(location) or "", f"{name}'s laptop"
    )
    return vlan


async def test_company_has_its_own_vlan(space: Space, together: Together) -> None:
    names = ("Mara Lindqvist", "Jonas Weber", "Theo Brandt", "Sofia Marek")
    mara, jonas, theo, sofia = await together(*(joined(space, one) for one in names))
    assert mara == jonas, "two colleagues are on different networks"
    assert mara in range(100, 200)
    assert theo in range(100, 200)
    assert theo != mara, "two companies share a network"
    assert sofia == 0, "who has no company is on the shared network"


async def test_portal_names_the_company(space: Space) -> None:
    aylin = await space.inside("Aylin Demir")
    assert (await aylin.wifi("kreuzberg")).field("group") == "Nordlicht Studio"


async def test_roaming_one_passphrase(space: Space) -> None:
    lena = await space.inside("Lena Petersen", "hafen")
    passphrase = await lena.passphrase("hafen") or ""
    vendors = set()
    for location in ("hafen", "kreuzberg", "baixa", "jordaan", "kallio"):
        page = await lena.until_working(location)
        assert page.field("state") == "working", location
        assert await lena.passphrase(location) == passphrase
        assert await lena.join(location, passphrase, "Lena's laptop"), location
        vendors.add(type(space.stage.air[location]).type)
    assert vendors == {"unifi", "meraki", "ruckus_one", "smartzone"}


async def test_portal_names_the_wifi(space: Space) -> None:
    """The page and its QR code carry the SSID to the letter, whatever the network is called in the file."""
    omar = await space.inside("Omar Haddad", "hafen")
    assert (await omar.wifi("hafen")).field("ssid") == SSID
    rui = await space.inside("Rui Fontes", "baixa")
    assert (await rui.wifi("baixa")).field("ssid") == SSID
