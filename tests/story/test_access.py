"""Who is on the WiFi, until when? Plans by themselves, bookings for today; accounts stay."""

from datetime import timedelta

import pytest

from cusna_core.demo.people import BAIXA, KREUZBERG

from .conftest import Eventually, Space

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)


async def test_plan_is_automatic(space: Space, eventually: Eventually) -> None:
    async def works() -> bool:
        return bool(await space.key_state("Priya Nair") == "working")

    assert await eventually(works), "the key waits for a visit to the portal"
    passphrase = await space.passphrase("Priya Nair")
    priya = space.visitor("Priya Nair")
    assert await priya.join("kreuzberg", passphrase, "Priya's laptop")
    assert (await space.explain("Priya Nair"))["visited"] is None
    assert await space.mails_to(priya.email) == []


async def test_plan_is_automatic_until_its_end(own: Space, eventually: Eventually) -> None:
    ben = await own.inside("Ben Okafor")
    passphrase = await ben.passphrase("kreuzberg") or ""
    page = await ben.wifi("kreuzberg")
    end = own.day_end(ahead=3)
    assert own.said(page) == end
    await own.jump(end - MINUTE)
    assert await ben.join("kreuzberg", passphrase, "Ben's laptop") == 0

    await own.jump(end + MINUTE)

    async def off() -> bool:
        return not await ben.online("Ben's laptop", "kreuzberg")

    assert await eventually(off)
    assert await ben.join("kreuzberg", passphrase, "Ben's laptop") is None
    page = await ben.wifi("kreuzberg")
    assert page.field("state") == "off"
    assert page.field("because") is not None


async def test_plan_without_wifi_and_plan_of_the_future(space: Space) -> None:
    for name in ("Vera Klein", "Yuki Tanaka", "Emil Krause"):
        visitor = space.visitor(name)
        location = space.stage.cast.find(name).spot.slug
        await visitor.sign_in(location)
        page = await visitor.wifi(location)
        assert page.status == 200
        assert page.field("ssid") is None, name
        assert page.field("because") is not None, name
        assert await space.key_state(name) in (None, "off", "ended", "absent"), name


async def test_booking_needs_the_portal(space: Space) -> None:
    """A booking alone makes no key: the member takes it by signing in, that day."""
    before = await space.explain("Paul Grün")
    assert [one["name"] for one in before["claimable"]] == ["Room Oberbaum"]
    assert before["keys"] == []
    paul = await space.inside("Paul Grün")
    page = await paul.wifi("kreuzberg")
    assert page.field("because") == "Room Oberbaum"
    assert space.said(page) == space.day_end()


async def test_booking_today_until_midnight(own: Space, eventually: Eventually) -> None:
    filipa = await own.inside("Filipa Sousa", "baixa")
    passphrase = await filipa.passphrase("baixa") or ""
    page = await filipa.wifi("baixa")
    midnight = own.day_end(BAIXA)
    assert own.said(page) == midnight, "the day ends at Lisbon's midnight"
    assert await filipa.join("baixa", passphrase, "Filipa's laptop") == 0
    await own.jump(midnight - MINUTE)
    assert await filipa.join("baixa", passphrase, "Filipa's laptop") == 0

    await own.jump(midnight + MINUTE)

    async def off() -> bool:
        return not await filipa.online("Filipa's laptop", "baixa")

    assert await eventually(off)
    assert await filipa.join("baixa", passphrase, "Filipa's laptop") is None


async def test_disabled_never_deleted(own: Space, eventually: Eventually) -> None:
    nina = own.visitor("Nina Rossi")
    somebody = own.stage.cast.find("Nina Rossi")
    own.stage.book_now(somebody, KREUZBERG, "Desk 12")
    await nina.sign_in("kreuzberg")
    await nina.until_working("kreuzberg")
    passphrase = await nina.passphrase("kreuzberg") or ""
    account = (await own.explain("Nina Rossi"))["id"]
    assert await nina.join("kreuzberg", passphrase, "Nina's tablet") == 0

    await own.jump(own.stage.midnight(KREUZBERG) + timedelta(hours=9))

    async def refused() -> bool:
        return await nina.join("kreuzberg", passphrase, "Nina's tablet") is None

    assert await eventually(refused)
    assert (await own.explain("Nina Rossi"))["id"] == account

    own.stage.book_now(somebody, KREUZBERG, "Desk 3")
    await nina.post("/portal/kreuzberg/again")
    page = await nina.until_working("kreuzberg")
    assert page.field("because") == "Desk 3"
    assert await nina.passphrase("kreuzberg") == passphrase
    assert await nina.join("kreuzberg", passphrase, "Nina's tablet") == 0, "the tablet comes back by itself"
    assert (await own.explain("Nina Rossi"))["id"] == account


async def test_why_not_and_when(space: Space) -> None:
    """Who has no WiFi reads why, and the next booking."""
    for name, told in (("Noor Aziz", "Desk 7"), ("Carl Voss", "")):
        visitor = space.visitor(name)
        await visitor.sign_in("kreuzberg")
        page = await visitor.wifi("kreuzberg")
        assert page.field("passphrase") is None
        assert page.field("because") is not None
        assert told in page.text, name
