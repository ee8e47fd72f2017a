"""Do admins see each company with its VLANs, pin one to a number, and join those that are one firm?"""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import SSID, Stage, until
from cusna_core.flow.firms import Company
from cusna_core.store import audit, companies, groups

from .admin import Admin, Answer, needs_plugins

pytestmark = needs_plugins
HERE = "/console/companies"
NETWORK = "members-unifi"


@pytest.fixture
def configured() -> bool:
    return True


def plain(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def row(answer: Answer, company: Company) -> str:
    found = re.search(rf'data-company="{re.escape(company[1])}">(.*?)</tr>', answer.text, re.DOTALL)
    assert found, company
    return plain(found.group(1))


def at(company: Company, below: str = "") -> str:
    return f"{HERE}/{company[0]}/{quote(company[1], safe='')}{below}"


def called(stage: Stage, name: str) -> list[Company]:
    decisions = stage.app.core.engine.decisions
    return [
        (integration, one.id)
        for integration in decisions.integrations()
        if (latest := decisions.latest(integration)) is not None
        for one in latest.facts.companies.values()
        if one.name == name
    ]


async def vlans(stage: Stage) -> dict[tuple[Company, str], int]:
    found = await stage.app.core.db.read(groups.groups)
    return {(one.company, one.network_id): one.vlan for one in found}


async def settled(stage: Stage, company: Company, wanted: int | None = None) -> int:
    """The company's number on the UniFi network, when it has one (or just this one)."""

    async def there() -> bool:
        now = (await vlans(stage)).get((company, NETWORK))
        return now is not None and wanted in (None, now)

    assert await until(there), (wanted, await vlans(stage))
    return (await vlans(stage))[company, NETWORK]


@pytest.fixture
async def space(admin: Admin) -> Admin:
    """With the companies read, and their numbers given."""
    assert await until(lambda: called(admin.stage, "Kiez Robotics"))
    for name in ("Nordlicht Studio", "Kiez Robotics"):
        await settled(admin.stage, called(admin.stage, name)[0])
    return admin


async def test_the_list_and_a_company(space: Admin) -> None:
    stage = space.stage
    nordlicht = called(stage, "Nordlicht Studio")[0]
    number = await settled(stage, nordlicht)
    listed = await space.get(HERE)
    assert f"{number}" in row(listed, nordlicht)
    assert "Kreuzberg" in row(listed, nordlicht)
    assert f'href="{HERE}" aria-current="page"' in listed.text
    found = await space.get(f"{HERE}?q=NÖRD%20stud")
    assert "1 company" in plain(found.text)
    assert row(found, nordlicht)
    assert "No company fits" in (await space.get(f"{HERE}?q=nobody")).text
    assert "1 company" not in plain((await space.get(f"{HERE}?show=vlan")).text)
    assert "No company fits" in (await space.get(f"{HERE}?show=pinned&page=9999999999")).text

    page = await space.get(at(nordlicht))
    assert "mara@nordlicht.example" in page.text
    account = re.search(r'href="/console/people/([^"]+)">Mara Lindqvist', page.text)
    assert account
    assert f"Got VLAN {number} on" in plain(page.text)
    assert "With access" in page.text
    # Ends are told in the days of the place, though the console's first location is in another zone.
    kiez = plain((await space.get(at(called(stage, "Kiez Robotics")[0]))).text)
    assert "end of the day" in kiez
    assert "23:00" not in kiez
    assert (await space.get(at(("andcards", "no/such")))).status == 404
    assert (await space.get(at(nordlicht, "/pin/no-such"))).status == 404


async def test_a_pin_moves_the_company_and_keeps_others_out(space: Admin) -> None:
    stage = space.stage
    nordlicht, kiez = called(stage, "Nordlicht Studio")[0], called(stage, "Kiez Robotics")[0]
    first, other = await settled(stage, nordlicht), await settled(stage, kiez)
    db = stage.app.core.db
    assert await until(lambda: db.read(lambda tx: companies.on_vlan(tx, [nordlicht], NETWORK, first)))
    pin = at(nordlicht, f"/pin/{NETWORK}")
    assert "Please enter a number" in (await space.send(pin, vlan="many")).text
    refused = await space.send(pin, vlan=str(other))
    assert refused.status == 422
    assert f"VLAN {other} belongs to Kiez Robotics. Two companies never share one." in plain(refused.text)
    assert "can have VLAN" in plain((await space.send(pin, vlan="9999")).text)
    stage.air["kreuzberg"].add_foreign_segment(SSID, "Cameras", 666)
    await stage.jump(stage.clock.now() + timedelta(seconds=10))  # what was read counts for a moment
    refused = await space.send(pin, vlan="666")
    assert refused.status == 422
    assert "VLAN 666 is in use on the controller, by “Cameras”" in plain(refused.text)

    shown = await space.send(pin, vlan="777")
    assert (shown.status, f"from VLAN {first} to 777" in plain(shown.text)) == (200, True)
    assert "people's devices join again" in plain(shown.text)
    assert (await vlans(stage))[nordlicht, NETWORK] == first, "looking moves nobody"
    form = shown.form(pin)
    stale = await space.post(pin, form | {"digest": "0" * 16})
    assert (stale.status, "Something changed meanwhile" in stale.text) == (409, True)
    done = await space.post(pin, form)
    assert done.path.startswith(at(nordlicht)), done.text
    assert await settled(stage, nordlicht, 777) == 777
    page = plain((await space.get(at(nordlicht))).text)
    assert f"Moved from VLAN {first} to 777" in page
    assert "Pinned to 777" in page
    assert row(await space.get(f"{HERE}?show=pinned"), nordlicht)
    # What it left rests, and what it has is nobody else's.
    for number, why in ((first, "It rests for 30 days"), (777, "belongs to Nordlicht Studio")):
        answer = await space.send(at(kiez, f"/pin/{NETWORK}"), vlan=str(number))
        assert why in plain(answer.text)
    assert (await space.post(at(nordlicht, f"/unpin/{NETWORK}"))).path == at(nordlicht) + "?unpinned"
    page = plain((await space.get(at(nordlicht))).text)
    assert "Unpinned" in page
    assert "Pinned to 777" not in page.partition("History")[0]
    assert (await vlans(stage))[nordlicht, NETWORK] == 777, "unpinned it keeps its number"
    entries = await stage.app.core.db.read(lambda tx: audit.recent(tx, kind="company-pinned"))
    assert [(one.who, one.data["vlan"], one.network) for one in entries] == [(ADMIN, 777, NETWORK)]


async def confirmed(space: Admin, url: str, shown: Answer) -> Answer:
    """As somebody does who is shown it anew where the engine has just changed what was shown."""
    answer = await space.post(url, shown.form(url))
    for _ in range(5):
        if answer.status != 409:
            break
        answer = await space.post(url, answer.form(url))
    return answer


async def test_two_companies_become_one_firm_and_two_again(space: Admin) -> None:
    stage = space.stage
    nordlicht, kiez = called(stage, "Nordlicht Studio")[0], called(stage, "Kiez Robotics")[0]
    first, other = await settled(stage, nordlicht), await settled(stage, kiez)
    join = at(nordlicht, "/join")
    found = await space.get(f"{join}?q=kiez")
    link = re.search(rf'href="({re.escape(join)}\?with=[^"]+)"', found.text)
    assert link, found.text
    shown = await space.get(link.group(1))
    assert f"from VLAN {other} to {first}" in plain(shown.text)
    assert (await space.post(join, shown.form(join) | {"digest": "x"})).status == 409
    assert (await confirmed(space, join, shown)).path == at(nordlicht) + "?joined"
    assert await until(lambda: _gone(stage, kiez))
    assert (await vlans(stage))[nordlicht, NETWORK] == first
    listed = await space.get(f"{HERE}?show=firm")
    assert "One firm with Nordlicht Studio" in row(listed, kiez)
    assert f"{first}" in row(listed, kiez)
    page = plain((await space.get(at(kiez))).text)
    assert "Became one firm with Nordlicht Studio" in page
    assert f"Joined by {ADMIN}" in page
    assert (await space.get(f"{join}?with=%5B%22{kiez[0]}%22%2C%22{kiez[1]}%22%5D")).status == 404
    assert (await space.get(f"{join}?with=%5B1%5D")).status == 200, "nonsense is no company"
    assert (await space.post(join, {"with": '["a","b"]', "digest": "x"})).status == 404

    part = at(kiez, "/part")
    shown = await space.get(part)
    assert f"from VLAN {first} to {other}" in plain(shown.text), "its old number rests, for it alone"
    assert (await space.post(part, {"digest": "x"})).status == 409
    assert (await confirmed(space, part, shown)).path == at(kiez) + "?parted"
    assert await settled(stage, kiez, other) == other
    assert (await vlans(stage))[nordlicht, NETWORK] == first
    assert (await space.get(part)).path == at(kiez), "it is in no firm"


async def _gone(stage: Stage, company: Company) -> bool:
    return (company, NETWORK) not in await vlans(stage)


async def test_equal_names_are_only_suggested(space: Admin) -> None:
    stage = space.stage
    source: Any = stage.source
    new = source.add_company(stage.cast.locations["hafen"], "nordlicht  STUDIO")
    stage.app.core.engine.nudge()
    assert await until(lambda: called(stage, "nordlicht  STUDIO"))
    (nordlicht,), (twin,) = called(stage, "Nordlicht Studio"), called(stage, "nordlicht  STUDIO")
    assert twin[1] == new
    listed = await space.get(HERE)
    assert "2 companies are called like another one" in plain(listed.text)
    assert "Perhaps one firm?" in row(listed, nordlicht)
    alike = await space.get(f"{HERE}?show=alike")
    assert row(alike, twin)
    assert "Kiez Robotics" not in alike.text
    page = await space.get(at(nordlicht))
    link = re.search(rf'href="({re.escape(at(nordlicht, "/join"))}\?with=[^"]+)"', page.text)
    assert link
    shown = await space.get(link.group(1))
    assert "Nobody's VLAN changes" in plain(shown.text)
    assert not await stage.app.core.db.read(companies.links)
    join = at(nordlicht, "/join")
    await confirmed(space, join, shown)
    assert await stage.app.core.db.read(companies.links) == {twin: nordlicht}
    assert "Perhaps one firm?" not in (await space.get(HERE)).text.partition("<table")[2]
