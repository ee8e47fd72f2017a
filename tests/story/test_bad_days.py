"""Nothing is taken away on a guess, and one thing that is down holds up nothing else."""

from datetime import timedelta

import pytest

from cusna_core.demo.people import HAFEN, KREUZBERG
from cusna_core.demo.stage import PRINTER, SSID

from .conftest import Eventually, Space, Together

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_foreign_keys_untouched(own: Space, together: Together) -> None:
    mara, lena = await together(own.inside("Mara Lindqvist"), own.inside("Lena Petersen", "hafen"))
    await mara.change("kreuzberg")
    await mara.until_working("kreuzberg")
    for vendor in own.stage.vendors():
        assert vendor.foreign_keys(SSID) == {"printer": PRINTER}
    for visitor, spot in ((mara, KREUZBERG), (lena, HAFEN)):
        assert await visitor.join(spot.slug, PRINTER, "The printer") is not None
    assert PRINTER not in {await mara.passphrase("kreuzberg"), await lena.passphrase("hafen")}


async def test_nobody_answer(own: Space, together: Together) -> None:
    members = await together(own.inside("Mara Lindqvist"), own.inside("Sofia Marek"))
    known = [(one, await one.passphrase("kreuzberg") or "") for one in members]
    own.stage.let_nobody_be_told(True)
    await own.reads_of_the_source(5)
    for visitor, passphrase in known:
        assert await visitor.join("kreuzberg", passphrase, f"{visitor.email}'s laptop") is not None
        assert (await visitor.wifi("kreuzberg")).field("state") == "working"
    assert "brake.held" in await own.findings()


async def test_mail_server_down_mail_waits(own: Space, eventually: Eventually) -> None:
    waiting = [own.visitor(one) for one in ("Mara Lindqvist", "Theo Brandt", "Sofia Marek")]
    await own.stage.inbox.bad_day(True)
    for one in waiting:
        page = await one.ask("kreuzberg")
        assert page.status == 200, "the portal does not answer as ever"

    async def told() -> bool:
        return "mail.down" in await own.findings()

    assert await eventually(told), "admins are not told"
    assert own.stage.inbox.mails == []
    await own.stage.inbox.bad_day(False)
    await own.jump(own.now + timedelta(minutes=5))
    for one in waiting:
        mail = await one.mail()
        assert mail is not None, "a mail is lost"
        assert "Sign in" in mail["subject"]
    assert await eventually(own.no_mail_waits)
    assert "mail.down" not in await own.findings()


async def test_controller_down_delays_only_its_location(own: Space, eventually: Eventually) -> None:
    lena = await own.inside("Lena Petersen", "hafen")
    old = await lena.passphrase("hafen") or ""
    own.stage.break_down(HAFEN, True)
    await lena.change("hafen")
    new = await lena.passphrase("hafen") or ""

    async def delayed() -> bool:
        return (await lena.wifi("hafen")).field("state") == "delayed"

    assert await eventually(delayed), "the portal does not say that it takes longer"
    page = await lena.until_working("kreuzberg")
    assert page.field("state") == "working", "another location waits for the one that is down"
    assert await lena.join("kreuzberg", new, "Lena's laptop") is not None
    assert await lena.join("hafen", old, "Lena's phone") is not None, "what worked stops working"

    own.stage.break_down(HAFEN, False)
    await own.jump(own.now + timedelta(minutes=10))
    page = await lena.until_working("hafen")
    assert page.field("state") == "working"
    assert await lena.join("hafen", new, "Lena's phone") is not None
    assert await lena.join("hafen", old, "Lena's other phone") is None
