"""One member, four vendors: the same passphrase works at all of them, in the company's network of each."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from cusna_core.config import plugins
from cusna_core.config.plugins import Registry
from cusna_core.demo.people import HAFEN, JORDAAN, KALLIO, KREUZBERG, SPOTS, Spot
from cusna_core.demo.stage import PRINTER, SSID
from cusna_core.demo.visitor import Visitor

from .conftest import Eventually, Space, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOUR = (KREUZBERG, HAFEN, JORDAAN, KALLIO)
"""UniFi, Meraki, RUCKUS One, SmartZone."""


async def working_at(own: Space, visitor: Visitor, spots: Iterable[Spot]) -> None:
    for spot in spots:
        await own.working_at(visitor, spot.slug)


async def vlans(visitor: Visitor, passphrase: str, name: str) -> dict[str, int | None]:
    return {spot.title: await visitor.join(spot.slug, passphrase, name) for spot in FOUR}


async def test_one_passphrase_at_four_vendors_and_a_change_reaches_all(
    own: Space, eventually: Eventually
) -> None:
    assert [own.stage.air[spot.slug].type for spot in FOUR] == ["unifi", "meraki", "ruckus_one", "smartzone"]
    saskia, daan, theo = await asyncio.gather(
        own.inside("Saskia de Vries", "jordaan"),
        own.inside("Daan Bakker", "jordaan"),
        own.inside("Theo Brandt"),
    )
    for one in (saskia, daan, theo):
        await working_at(own, one, FOUR)
    shown = {await saskia.passphrase(spot.slug) for spot in FOUR}
    assert len(shown) == 1, "another passphrase elsewhere"
    (passphrase,) = shown
    hers = await vlans(saskia, passphrase or "", "Saskia's laptop")
    assert all(one in range(100, 200) for one in hers.values()), hers
    colleagues = await vlans(daan, await daan.passphrase("jordaan") or "", "Daan's laptop")
    assert hers == colleagues, "colleagues are apart"
    others = await vlans(theo, await theo.passphrase("kreuzberg") or "", "Theo's laptop")
    assert all(others[name] != vlan for name, vlan in hers.items()), "two companies share a network"
    for spot in FOUR:
        assert (await saskia.wifi(spot.slug)).field("group") == "Gracht & Co"

    await saskia.change("jordaan")
    new = await saskia.passphrase("jordaan") or ""
    assert new != passphrase
    await working_at(own, saskia, FOUR)
    assert await vlans(saskia, passphrase or "", "Saskia's phone") == dict.fromkeys(hers)
    assert await vlans(saskia, new, "Saskia's phone") == hers, "the change moved her"
    for vendor in own.stage.vendors():
        assert vendor.foreign_keys(SSID) == {"printer": PRINTER}


async def test_midnight_ends_at_all_four(own: Space, eventually: Eventually) -> None:
    """A booking in Amsterdam ends at Amsterdam's midnight, also on the other three."""
    joris = await own.inside("Joris Visser", "jordaan")
    await working_at(own, joris, FOUR)
    passphrase = await joris.passphrase("jordaan") or ""
    assert await vlans(joris, passphrase, "Joris's laptop") == {spot.title: 0 for spot in FOUR}
    midnight = own.day_end(JORDAAN)
    await own.jump(midnight - timedelta(minutes=1))
    assert await vlans(joris, passphrase, "Joris's laptop") == {spot.title: 0 for spot in FOUR}

    await own.jump(midnight + timedelta(minutes=1))

    async def refused() -> bool:
        return set((await vlans(joris, passphrase, "Joris's phone")).values()) == {None}

    assert await eventually(refused)
    for vendor in own.stage.vendors():
        assert vendor.foreign_keys(SSID) == {"printer": PRINTER}


@pytest.mark.parametrize("down", FOUR, ids=lambda spot: spot.vendor)
async def test_one_that_is_down_delays_only_its_own_location(
    own: Space, eventually: Eventually, down: Spot
) -> None:
    aino = await own.inside("Aino Virtanen", "kallio")
    await working_at(own, aino, FOUR)
    old = await aino.passphrase("kallio") or ""
    own.stage.break_down(down, True)
    await aino.change("kallio")
    new = await aino.passphrase("kallio") or ""
    assert new != old

    async def delayed() -> bool:
        return (await aino.wifi(down.slug)).field("state") == "delayed"

    assert await eventually(delayed), "the portal does not say so"
    assert "longer" in (await aino.wifi(down.slug)).text
    await working_at(own, aino, [spot for spot in FOUR if spot is not down])
    for spot in FOUR:
        if spot is not down:
            assert await aino.join(spot.slug, new, "Aino's laptop"), spot.title
    assert await aino.join(down.slug, old, "Aino's phone"), "what worked stops working"

    own.stage.break_down(down, False)
    await own.jump(own.now + timedelta(minutes=10))
    await working_at(own, aino, [down])
    assert await aino.join(down.slug, new, "Aino's laptop")
    assert await aino.join(down.slug, old, "Aino's other phone") is None
    assert own.stage.air[down.slug].foreign_keys(SSID) == {"printer": PRINTER}


async def test_the_demo_works_with_only_some_plugins(tmp_path: Path, registry: Registry) -> None:
    """Locations stand where their vendor is installed; the first three always."""
    some = plugins.load(["andcards", "memory", "meraki"], fakes=True)
    async with opened(tmp_path / "space", some, hurried=True) as space:
        assert [one.title for one in space.stage.cast.spots] == ["Kreuzberg", "Hafen", "Baixa"]
        assert {one.type for one in space.stage.vendors()} == {"memory", "meraki"}
        sofia = await space.inside("Sofia Marek")
        assert await sofia.join("kreuzberg", await sofia.passphrase("kreuzberg") or "", "A laptop") == 0
    assert len(SPOTS) == 5
