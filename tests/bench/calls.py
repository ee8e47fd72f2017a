"""How many calls does a vendor get: for nothing new, for first keys, for one change, at midnight?

Counted in front of the vendors' fakes, through the real core: it reads the source, decides, plans, writes and
reads back. Time is moved by hand, so the figures are the same on every machine, and none is a duration.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from posixpath import commonpath
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cusna_core.config.plugins import Registry

from .minimum import Minimum, of_change, of_end
from .quiet import quiet
from .space import SSID, Calls, Space, midnight, space, vendors

SIZES = (0, 10, 1000)
MANY = 5000
"""First keys at Meraki, which counts our calls."""
GOAL = 1 / 20
"""Calls for each of them, at most."""
ROOM = ("max_keys", "max_group_keys")
"""What drivers call the number of keys that a network holds."""
HUNDRED = 100
"""Members of a network on which one changes the passphrase; day passes that end at midnight."""
STAYING = 20
COMPANIES = 10
GROUPWIDE = frozenset({"unifi"})
"""Vendors that do not tell whose device is whose: all of a VLAN are dropped, and the good ones come back."""
TITLES = {
    "unchanged": "Nothing new: what each look at a network costs",
    "companies": f"Nothing new, where {COMPANIES} companies have a VLAN each",
    "first": "First keys: everybody gets one",
    "change": "One member changes the passphrase in the portal",
    "midnight": f"Midnight: {HUNDRED} day passes end, a device on each; {STAYING} members stay",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """What one thing cost at one vendor."""

    what: str
    vendor: str
    keys: int
    """On the network, made or ended: as the thing is."""
    calls: Calls
    least: Minimum | None = None

    @property
    def total(self) -> int:
        return self.calls.total()

    def kinds(self, without: str = "") -> Iterator[tuple[str, int]]:
        """Writes first, each kind by its method and path (whose beginning may be left out)."""
        for method, path in sorted(self.calls, key=lambda one: (one[0] == "GET", one[1], one[0])):
            shown = f"…{path.removeprefix(without)}" if without else path
            yield f"{method} {shown}", self.calls[method, path]

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "what": self.what, "vendor": self.vendor, "keys": self.keys, "total": self.total,
            "calls": dict(self.kinds()),
        }  # fmt: skip
        if self.what == "first" and self.keys:
            told["per_key"] = self.total / self.keys
        if self.least is not None:
            told |= {"minimum": self.least.calls, "why": self.least.why}
        return told


async def first_and_unchanged(registry: Registry, vendor: str, keys: int) -> tuple[Figure, Figure]:
    """Everybody's first key, then a look that finds all as it should be."""
    async with staged(registry, vendor, keys) as here:
        here.members(keys)
        await here.read()
        first = await here.bring()
        unchanged = await here.bring()
    return Figure("first", vendor, keys, first), Figure("unchanged", vendor, keys, unchanged)


async def with_companies(
    registry: Registry, vendor: str, keys: int = HUNDRED, companies: int = COMPANIES
) -> Figure | None:
    """A look that finds all as it should be, at a vendor that can do VLANs."""
    async with staged(registry, vendor, keys, vlans=True) as here:
        (wifi,) = here.core.engine.estate.wifis.values()
        if not wifi.manages_vlans:
            return None
        here.members(keys, companies=companies)
        await here.read()
        await here.bring()
        calls = await here.bring()
        in_use = {one.vlan for one in await wifi.network.read()}
        if len(in_use) != companies:
            raise AssertionError(f"{vendor}: {companies} companies have {len(in_use)} VLANs.")
    return Figure("companies", vendor, keys, calls)


async def changed(registry: Registry, vendor: str, keys: int = HUNDRED) -> Figure:
    """One member of so many takes another passphrase in the portal."""
    async with staged(registry, vendor, keys) as here:
        here.members(keys)
        await here.read()
        await here.bring()
        reading = (await here.bring()).total()
        calls = await here.change("member-0")
        if (await here.bring()).total() != reading:
            raise AssertionError(f"{vendor}: the change was not finished, the next look wrote again.")
    return Figure("change", vendor, keys, calls, of_change(vendor, reading))


async def ended(registry: Registry, vendor: str, keys: int = HUNDRED, staying: int = STAYING) -> Figure:
    """So many day passes end at once, each with a device on; some members stay, with theirs."""
    async with staged(registry, vendor, keys + staying) as here:
        here.members(staying)
        here.members(keys, ends=midnight(), name="guest")
        await here.read()
        await here.bring()
        reading = (await here.bring()).total()
        await _come(here)
        before = len(here.wifi.online(SSID))
        calls = await here.end_of_day()
        dropped = before if vendor in GROUPWIDE else before - len(here.wifi.online(SSID))
    return Figure("midnight", vendor, keys, calls, of_end(vendor, reading, keys, dropped))


async def _come(here: Space) -> None:
    for number, passphrase in enumerate(await here.passphrases()):
        mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        if await here.wifi.join(SSID, passphrase, mac) is None:
            raise AssertionError("A member's device was refused.")


@asynccontextmanager
async def staged(registry: Registry, vendor: str, keys: int, *, vlans: bool = False) -> AsyncIterator[Space]:
    """A space whose network has room for so many keys; `vlans`: each company has one there."""
    options = registry.drivers[vendor].network_options_class.model_fields
    room = {name: max(keys, 10) + 10 for name in ROOM if name in options}
    with tempfile.TemporaryDirectory() as folder:
        async with space(Path(folder), registry, vendor, room, vlans=vlans) as here:
            yield here


async def figures(
    registry: Registry, chosen: Sequence[str], sizes: Sequence[int] = SIZES, many: int = MANY
) -> list[Figure]:
    """All of them."""
    found: list[Figure] = []
    for vendor in chosen:
        for keys in (*sizes, many) if vendor == "meraki" else sizes:
            found += await first_and_unchanged(registry, vendor, keys)
        apart = await with_companies(registry, vendor)
        found += [] if apart is None else [apart]
        found.append(await changed(registry, vendor))
        found.append(await ended(registry, vendor))
    order = list(TITLES)
    return sorted(
        (one for one in found if one.what != "first" or one.keys), key=lambda one: order.index(one.what)
    )


def beginnings(found: Sequence[Figure]) -> dict[str, str]:
    """What all paths of a vendor begin with."""
    paths: dict[str, list[str]] = {}
    for one in found:
        paths.setdefault(one.vendor, []).extend(path for _, path in one.calls)
    return {vendor: commonpath(some) for vendor, some in paths.items()}


def tables(found: Sequence[Figure]) -> Iterator[Table]:
    before = beginnings(found)
    for what, title in TITLES.items():
        some = [one for one in found if one.what == what]
        if not some:
            continue
        table = Table(title=title, title_justify="left", title_style="bold")
        table.add_column("vendor")
        table.add_column("keys", justify="right")
        table.add_column("calls", justify="right", style="bold")
        if what == "first":
            table.add_column("per key", justify="right")
        elif some[0].least is not None:
            table.add_column("at least", justify="right")
        table.add_column("which")
        for one in some:
            row: list[str | Text] = [one.vendor, f"{one.keys:,}", f"{one.total:,}"]
            if what == "first":
                row.append(_per_key(one))
            elif some[0].least is not None:
                row.append(str(one.least.calls) if one.least else "?")
            which = "\n".join(f"{count:>5,} x {kind}" for kind, count in one.kinds(before[one.vendor]))
            why = f"\n      at least: {one.least.why}" if one.least else ""
            table.add_row(*row, Text(which).append(why, style="dim"), end_section=True)
        yield table


def _per_key(one: Figure) -> Text:
    """Judged by the goal where it stands: many keys at Meraki."""
    share = one.total / one.keys
    if one.vendor != "meraki" or one.keys < HUNDRED:
        return Text(f"{share:.3f}")
    return Text(f"{share:.3f}", style="green" if share <= GOAL else "red")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("script/bench calls", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--vendor", action="append", help="one vendor only; may be given again")
    asked = parser.parse_args(arguments)
    registry, found = vendors()
    unknown = sorted(set(asked.vendor or ()) - set(found))
    if unknown:
        parser.error(f"there is no fake of {', '.join(unknown)}; there are {', '.join(found)}")
    # What is set up here has no mail server and no portal; nobody needs to hear of it.
    with quiet(), Console(stderr=True).status("Counting calls (a few minutes for 5,000 people)"):
        told = asyncio.run(figures(registry, asked.vendor or found))
    if asked.json:
        json.dump([one.as_json() for one in told], sys.stdout, indent=2)
        sys.stdout.write("\n")
        return 0
    out = Console(highlight=False)
    for table in tables(told):
        out.print(table)
        out.print()
    for vendor, path in beginnings(told).items():
        out.print(f"[bold]…[/bold] at {vendor} is {path}")
    return 0
