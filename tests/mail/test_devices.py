"""A letter about a new device, and what happens when the whole world asks for sign-in mails (M14, M38)."""

import pytest

from cusna_core.mail import flood
from cusna_core.store import audit

from .test_worker import Office, office, running, text

__all__ = ["office"]


async def test_a_member_and_an_admin_hear_of_a_new_device(office: Office) -> None:
    account = await office.person("zoe@example.com")
    admin = office.admins[0]
    async with running(office):
        told = {"account": account, "location": "kreuzberg", "device": "iPhone", "language": "de"}
        await office.put("new-device", "member", **told)
        await office.put("new-device", "admin", to=admin, device="", ip="192.0.2.7", language="en")
        await office.put("new-device", "gone", to="left@example.com", device="", ip="", language="en")
        await office.idle()
    mails = {one["To"]: one for one in office.box.mails}
    assert set(mails) == {"zoe@example.com", admin}
    assert mails["zoe@example.com"]["Subject"] == "Neue Anmeldung in deinem WLAN von Kreuzberg"
    assert "iPhone" in text(mails["zoe@example.com"])
    said = " ".join(text(mails[admin]).split())
    assert "a device that did not say what it is" in said
    assert "192.0.2.7" in said


async def test_sign_in_mails_have_a_cap_and_admins_hear_of_it(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flood, "LEAST", 3)
    people = [f"p{n}@example.com" for n in range(6)]
    for one in people:
        await office.person(one)
    async with running(office):
        for n, one in enumerate(people):
            await office.ask(one, token=f"{n}" * 43, flow=f"{n}" * 43)
            await office.idle()
        assert office.box.recipients == people[:3]
        assert [one.code for one in office.told[-1]] == ["flood.sign-ins"]
        await office.put("admin-finding", code="x", summary="Off.", fix="On.", path="", to=office.admins[0])
        await office.ask(office.admins[0], token="a" * 43, flow="a" * 43, location="")
        await office.idle()
        assert office.box.recipients[3:].count(office.admins[0]) == 2, "all other letters go on"
        office.hand.pass_(3601)
        await office.ask(people[5], token="b" * 43, flow="b" * 43)
        await office.idle()
        assert office.box.recipients[-1] == people[5]
        assert office.told[-1] == (), "it is over"
    assert {row["dropped"] for row in await office.rows()} <= {None, "too-late"}


async def test_the_cap_grows_with_the_house(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "LEAST", 1)
    people = [f"p{n}@example.com" for n in range(3 * flood.SHARE)]
    for one in people:
        await office.person(one)
    async with running(office):
        for n, one in enumerate(people[:5]):
            await office.ask(one, token=f"{n}" * 43, flow=f"{n}" * 43)
            await office.idle()
    assert office.box.recipients == people[:3], "a quarter of its people"
    (found,) = office.told[-1]
    assert "More than 3 sign-in mails" in found.summary


async def test_refused_sign_ins_are_bounded(office: Office) -> None:
    async with running(office):
        for n in range(130):
            await office.ask(
                f"nobody{n}@example.com", token=f"{n:043}", flow=f"{n:043}", ip=f"198.51.100.{n}"
            )
        await office.ask("nobody1@example.com", token="z" * 43, flow="z" * 43)
        await office.idle()
        office.worker.nudge()
        await office.idle()
    log = await office.db.read(lambda tx: audit.recent(tx, 500, kind="sign-in-refused"))
    assert len(log) == 101, "a hundred an hour, and one that says there are more"
    assert sum(one.data["why"] == "many" for one in log) == 1
