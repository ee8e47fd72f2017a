"""Does the whole story hold? Walked by itself, over HTTP and SMTP, as a person would.

Each step prints what it saw. A step that does not hold ends the tour.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from cusna_core.demo.file import ADMIN
from cusna_core.demo.people import KREUZBERG
from cusna_core.demo.stage import PRINTER, SSID, Stage, until
from cusna_core.demo.visitor import LINK, Page, Visitor


class Broken(Exception):
    """A step did not hold."""


class Tour:
    """The story, chapter by chapter."""

    def __init__(self, stage: Stage, portal: str, panel: str, out: Console) -> None:
        self._stage = stage
        self._portal = portal
        self._panel = panel
        self._out = out
        self._visitors: list[Visitor] = []
        self._steps = 0

    async def walk(self) -> bool:
        """Whether all of it held."""
        try:
            await self._first_time()
            await self._change()
            await self._neighbours()
            await self._booked_a_minute_ago()
            await self._other_vendor()
            await self._midnight()
            await self._next_booking()
            await self._nobody()
        except Broken:
            return False
        finally:
            for one in self._visitors:
                await one.session.close()
        self._out.print()
        self._out.print(Text(f"All {self._steps} steps held.", style="bold green"))
        return True

    # Telling

    def _chapter(self, title: str) -> None:
        self._out.print()
        self._out.print(Text(title, style="bold"))

    def _saw(self, what: str) -> None:
        self._steps += 1
        self._out.print(Text("  ✓ ", style="green").append(what, style="default"))

    def _broken(self, what: str) -> NoReturn:
        self._out.print(Text("  ✗ ", style="bold red").append(what, style="default"))
        raise Broken(what)

    def _must(self, held: bool, saw: str, otherwise: str) -> None:
        if not held:
            self._broken(otherwise)
        self._saw(saw)

    def _visitor(self, name: str) -> Visitor:
        visitor = Visitor(self._portal, self._panel, self._stage.cast.find(name).email)
        self._visitors.append(visitor)
        return visitor

    def _reader(self, address: str) -> Visitor:
        """Somebody who reads their mail."""
        visitor = Visitor(self._portal, self._panel, address)
        self._visitors.append(visitor)
        return visitor

    # Chapters

    async def _first_time(self) -> None:
        self._chapter("Mara opens the portal at Kreuzberg for the first time")
        self.mara = mara = self._visitor("Mara Lindqvist")
        sent = await mara.ask("kreuzberg")
        self._must(
            "/sent" in sent.url,
            "she types her address, and the page says that a mail is on its way",
            f"the portal answered {sent.status} at {sent.url}",
        )
        mail = await mara.mail()
        self._must(mail is not None, f"a mail comes: “{(mail or {}).get('subject')}”", "no mail came")
        await self._open(mara, str((mail or {}).get("text")))
        page = await mara.until_working("kreuzberg")
        self._must(
            page.field("state") == "working",
            f"she is signed in: “{page.field('ssid')}” works until {_until(page)}, "
            f"because of {page.field('because')}, "
            f"in {page.field('group')}'s own network",
            f"her passphrase does not work: {page.field('state')}",
        )
        self._must(
            page.field("passphrase") is None, "the page does not hold the passphrase yet", "it is in the page"
        )
        shown = await mara.passphrase("kreuzberg")
        if shown is None:
            self._broken("Show shows nothing")
        self.passphrase: str = shown
        self._saw(f"she presses Show: {shown}")
        vlan = await mara.join("kreuzberg", shown, "Mara's laptop")
        self._must(bool(vlan), f"her laptop joins “{SSID}” and is in VLAN {vlan}", "her laptop is refused")
        self.vlan: int = vlan or 0

    async def _open(self, visitor: Visitor, text: str) -> None:
        found = LINK.search(text)
        if found is None:
            self._broken("the mail has no link")
        path = found.group().removeprefix(self._portal)
        looked = await visitor.get(path)
        self._must(looked.status == 200, "its link opens a page with one button", "the link does not open")
        await visitor.open(path)

    async def _change(self) -> None:
        self._chapter("She changes it while a colleague is in a call")
        self.jonas = jonas = self._visitor("Jonas Weber")
        await jonas.sign_in("kreuzberg")
        await jonas.until_working("kreuzberg")
        colleague = await jonas.passphrase("kreuzberg")
        vlan = await jonas.join("kreuzberg", colleague or "", "Jonas's laptop")
        self._must(
            vlan == self.vlan,
            f"Jonas joins with his own passphrase, in the same VLAN {vlan}",
            f"Jonas is in {vlan}, not in {self.vlan}",
        )
        old = self.passphrase
        await self.mara.change("kreuzberg")
        new = await self.mara.passphrase("kreuzberg")
        self._must(bool(new) and new != old, f"Mara has a new passphrase: {new}", "it did not change")
        self.passphrase = new or ""
        page = await self.mara.until_working("kreuzberg")
        self._must(page.field("state") == "working", "it works", f"it is {page.field('state')}")
        refused = await self.mara.join("kreuzberg", old, "Mara's old phone")
        self._must(refused is None, "the old one is refused", "the old one still joins")
        again = await self.mara.join("kreuzberg", self.passphrase, "Mara's laptop")
        self._must(again == self.vlan, f"her laptop joins with the new one, VLAN {again}", "it is refused")
        self._must(
            await jonas.online("Jonas's laptop", "kreuzberg"),
            "Jonas's call has survived it",
            "Jonas was thrown off",
        )

    async def _neighbours(self) -> None:
        self._chapter("Companies are apart")
        theo = self._visitor("Theo Brandt")
        await theo.sign_in("kreuzberg")
        await theo.until_working("kreuzberg")
        vlan = await theo.join("kreuzberg", await theo.passphrase("kreuzberg") or "", "Theo's laptop")
        self._must(
            bool(vlan) and vlan != self.vlan,
            f"Theo of Kiez Robotics is in VLAN {vlan}, Mara and Jonas in {self.vlan}",
            f"Theo is in {vlan}",
        )

    async def _booked_a_minute_ago(self) -> None:
        self._chapter("Nina has no plan, and books a desk a minute ago")
        self.nina = nina = self._visitor("Nina Rossi")
        await nina.sign_in("kreuzberg")
        page = await nina.wifi("kreuzberg")
        self._must(
            page.field("ssid") is None and page.field("because") is not None,
            "before it, the page says why she has no WiFi, and when her next booking is",
            "she has WiFi without a reason",
        )
        await nina.do("/book", person=nina.email, location="kreuzberg", resource="Desk 12")
        await nina.post("/portal/kreuzberg/again")
        page = await nina.until_working("kreuzberg")
        self._must(
            page.field("state") == "working",
            f"she presses Check again: works until {_until(page)}, because of {page.field('because')}",
            f"her booking is not seen: {page.field('because')}",
        )
        self.ninas = await nina.passphrase("kreuzberg") or ""
        vlan = await nina.join("kreuzberg", self.ninas, "Nina's tablet")
        self._must(vlan == 0, "her tablet joins, in the shared network", f"her tablet got {vlan}")

    async def _other_vendor(self) -> None:
        spots = [one for one in self._stage.cast.spots if one is not KREUZBERG]
        titles = {self._stage.vendor(one): one.title for one in self._stage.cast.spots}
        self._chapter(f"Mara travels: one passphrase at {len(spots) + 1} locations, on {_listed(titles)}")
        for spot in spots:
            page = await self.mara.until_working(spot.slug)
            title = self._stage.vendor(spot)
            vlan = await self.mara.join(spot.slug, self.passphrase, "Mara's laptop")
            self._must(
                page.field("state") == "working" and bool(vlan),
                f"at {spot.title} ({title}) it works at once, in her company's network: VLAN {vlan}",
                f"at {spot.title} ({title}) it does not: {page.field('state')}",
            )

    async def _midnight(self) -> None:
        self._chapter("Midnight comes to Berlin")
        await self.nina.do("/clock", location="kreuzberg", to="midnight")

        async def gone() -> bool:
            return not await self.nina.online("Nina's tablet", "kreuzberg")

        self._must(await until(gone), "Nina's tablet is off the WiFi", "Nina is still online")
        vlan = await self.nina.join("kreuzberg", self.ninas, "Nina's tablet")
        self._must(vlan is None, "and is refused when it tries again", f"it joins again: {vlan}")
        page = await self.nina.wifi("kreuzberg")
        self._must(
            "/wifi" in page.url and page.field("passphrase") is None,
            "she is still signed in, reads why, and the passphrase is hidden",
            f"the portal is at {page.url}",
        )
        vlan = await self.mara.join("kreuzberg", self.passphrase, "Mara's laptop")
        self._must(vlan == self.vlan, "Mara's plan goes on: she joins as before", f"Mara got {vlan}")

    async def _next_booking(self) -> None:
        self._chapter("Nina comes back")
        await self.nina.do("/book", person=self.nina.email, location="kreuzberg", resource="Desk 3")
        await self.nina.post("/portal/kreuzberg/again")
        page = await self.nina.until_working("kreuzberg")
        self._must(page.field("state") == "working", "she books again, and it works", "it does not work")
        vlan = await self.nina.join("kreuzberg", self.ninas, "Nina's tablet")
        self._must(vlan is not None, "with the same passphrase: her tablet joins by itself", "it is refused")

    async def _nobody(self) -> None:
        self._chapter("Andcards has a bad day and answers with nobody")
        await self.mara.do("/days", what="nobody", on="1")
        before = await self.mara.devices()
        admin = self._reader(ADMIN)
        held = await self._until_held(admin)
        self._must(
            held is not None,
            f"it goes on saying so, and the admins have a mail: “{(held or {}).get('subject')}”",
            "nobody was told that so many rights are held",
        )
        for name, visitor, passphrase, of in (
            ("Mara", self.mara, self.passphrase, self.vlan),
            ("Nina", self.nina, self.ninas, 0),
        ):
            vlan = await visitor.join("kreuzberg", passphrase, f"{name}'s laptop")
            where = "is refused" if vlan is None else f"is in {vlan}, not in {of}"
            self._must(vlan == of, f"{name} still joins, in the same network", f"{name} {where}")
        page = await self.jonas.wifi("kreuzberg")
        self._must(page.field("state") == "working", "the portal goes on working", f"it is {page.status}")
        after = await self.mara.devices()
        self._must(
            before <= after and all(PRINTER in one.values() for one in self._foreign()),
            f"nobody was thrown off: {', '.join(sorted(before))} are online; the printer's key is untouched",
            f"thrown off: {', '.join(sorted(before - after))}",
        )
        await self.mara.do("/days", what="nobody", on="0")

    async def _until_held(self, admin: Visitor) -> dict[str, Any] | None:
        """Let time pass, in which the program reads again and again, until the brake's mail comes."""
        for _ in range(40):
            await admin.do("/clock", location="kreuzberg", to="soon")
            while mail := await admin.mail(1.0):
                if "--accept" in mail["text"]:
                    return mail
        return None

    def _foreign(self) -> list[dict[str, str]]:
        return [one.foreign_keys(SSID) for one in self._stage.vendors()]


def _until(page: Page) -> str:
    """As somebody at Kreuzberg says it."""
    told = page.field("until")
    if not told:
        return "further notice"
    return f"{datetime.fromisoformat(told).astimezone(ZoneInfo(KREUZBERG.zone)):%A, %-d %B, %H:%M} there"


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
