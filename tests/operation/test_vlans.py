"""VLANs are managed where the driver can; elsewhere nobody gets a new key, and everybody is told why."""

from collections.abc import Awaitable, Callable

from cusna_core.admin import control
from cusna_core.app import App
from cusna_core.demo.stage import until
from cusna_core.store import findings

from .house import ADMIN, SSID, House
from .people import Member

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]


async def works(member: Member, house: House, name: str, mac: str) -> int | None:
    await member.sign_in(name)
    page = await member.until_working(name)
    assert page.field("state") == "working", page.fields
    return await house.wifis[name].join(SSID, await member.passphrase(name) or "", mac)


async def test_managed_where_the_driver_can_and_told_where_it_cannot(build: Build, serve: Serve) -> None:
    house = await build(("hall", "attic"), kinds={"attic": "unifi"})
    house.tables["networks.attic"]["vlan_pool"] = "100-199"
    house.tables[""]["sync_every"] = "1 min"
    company = house.source.add_company(house.places["attic"], "Nordlicht Studio")
    person = house.source.add_person(house.places["attic"], "Theo", "theo@example.com", company=company)
    house.source.subscribe(house.places["attic"], person, "Desk", starts=house.clock.now())
    house.member("hall", "mara")
    app = await serve(house)
    before = Member.of(house.url, "mara@example.com", house.inbox)
    theo = Member.of(house.url, "theo@example.com", house.inbox)
    late = Member.of(house.url, "late@example.com", house.inbox)
    admin = Member.of(house.url, ADMIN, house.inbox)
    try:
        assert await works(before, house, "hall", "02:00:00:00:00:01") == 0
        await app.stop()
        house.tables["integrations.hq"]["manage_vlans"] = True
        house.member("hall", "late")
        app = await serve(house)

        assert (await works(theo, house, "attic", "02:00:00:00:00:02") or 0) in range(100, 200)
        stored = await app.core.db.read(findings.current)
        (told,) = [one.finding for one in stored if one.finding.code == "network.cannot-vlan"]
        assert (told.level, told.path) == ("error", "networks.hall")
        assert "gets no new keys" in told.summary
        assert "manage_vlans off" in told.fix

        await late.sign_in("hall")

        async def waits() -> bool:
            return (await late.wifi("hall")).field("state") == "waiting"

        assert await until(waits), (await late.wifi("hall")).fields
        assert len(house.keys("hall")) == 1, "a new key, or one less"
        kept = await before.passphrase("hall") or ""
        assert await house.wifis["hall"].join(SSID, kept, "02:00:00:00:00:01") == 0, "one that exists is lost"

        events = [one async for one in control.ask(house.data, "admin-link", {"email": ADMIN}, "tester")]
        path = str(events[-1]["result"]["url"]).removeprefix(house.url)
        await admin.get(path)
        await admin.post(path)
        page = "/console/settings/integrations/hq"
        english = " ".join((await admin.get(page)).text.split())
        assert "On at Attic. Not at Hall: this controller cannot do VLANs." in english
        assert "nobody gets a new key where it cannot be" in english
        admin.session.headers["Accept-Language"] = "de"
        german = " ".join((await admin.get(page)).text.split())
        assert "Nicht in Hall: Dieser Controller kann keine VLANs." in german
    finally:
        for one in (before, theo, late, admin):
            await one.session.close()


async def test_the_switch_is_grey_where_no_driver_can(build: Build, serve: Serve) -> None:
    house = await build(("hall",))
    await serve(house)
    admin = Member.of(house.url, ADMIN, house.inbox)
    try:
        events = [one async for one in control.ask(house.data, "admin-link", {"email": ADMIN}, "tester")]
        path = str(events[-1]["result"]["url"]).removeprefix(house.url)
        await admin.get(path)
        await admin.post(path)
        async with admin.session.get(f"{house.url}/console/settings/integrations/hq") as answer:
            html = await answer.text()
        assert "disabled" in html.partition('name="manage_vlans"')[2].partition(">")[0]
        assert "Not at Hall: this controller cannot do VLANs." in html
    finally:
        await admin.session.close()
