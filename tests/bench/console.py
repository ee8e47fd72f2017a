"""How fast does each page of the console answer in a house of 100,000 people and 200 locations?

The real program serves a house that was made up (`house.py`): its own source, controllers in memory, people
with accounts, rights and keys, companies with VLANs. Pages are found by the routes and by the links on other
pages, so a new page is measured from the day it is made. Wall time says little on a machine with other work:
the time of the processor stands beside it.
"""

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from cusna_core.app import App
from cusna_core.core import Core
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, settings, sign_in
from cusna_core.store.db import Tx
from cusna_core.web.routes import Route, Who
from cusna_core.web.site import SITE

from ..ports import free
from . import house
from .quiet import quiet

GOAL = 200.0
"""Milliseconds."""
ADMIN = "admin@space.example"
CONTROLLERS = 20
KEPT = Path(__file__).parents[2] / "artefacts"
PARAMETER = re.compile(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}")
LINK = re.compile(r'(?:href|src|action)="(/console[^"#]*)')
SEARCHES = (
    "/console?q=house+1",
    "/console/people?q=chiara",
    "/console/people?q=person99",
    "/console/companies?q=company+1",
    "/console/changes?q=members",
)
"""What admins type, besides the plain pages."""
KINDS = ("granted", "ended", "key-create", "sign-in", "setting-changed", "key-revoke")
ABSENT = frozenset({"/console/settings/retired/{name}", "/console/settings/mail/remove"})
"""Pages of what this house does not have: nothing is being emptied, and mail is set in the file."""
PATIENCE = 900.0


@dataclass(frozen=True, slots=True)
class Timing:
    """One page, asked several times. Milliseconds."""

    route: str
    address: str
    status: int
    median: float
    worst: float
    cpu: float
    """Of the whole process for one request: the client is in it as well."""
    bytes: int

    @property
    def good(self) -> bool:
        return self.status < 400 and self.worst < GOAL


# The house


async def make(folder: Path, people: int, places: int) -> None:
    """Everything that the program would have after some days, made by the program's own parts."""
    core = await Core.open(written(folder, 0), env={})
    try:
        await core.db.run(lambda tx: _set_up(tx, core, folder, people, places))
        await core.prepare()
        if len(core.engine.estate.wifis) != places:
            raise AssertionError(f"Not everything is at work: {core.engine.estate.findings[:3]}")
        (integration,) = core.engine.estate.integrations.values()
        await core.engine.sync.read(integration)
        await core.engine.decide([integration.id])
        for wifi in core.engine.estate.wifis.values():
            await core.engine.bring(wifi)
    finally:
        await core.close()


def _set_up(tx: Tx, core: Core, folder: Path, people: int, places: int) -> None:
    now, vault = core.clock.now(), core.vault

    def put(kind: settings.SettingKind, name: str, values: Mapping[str, Any]) -> None:
        settings.put(tx, vault, kind, name, values, now, ADMIN)

    put("integration", "hq", {"type": "house", "people": people, "places": places, "manage_vlans": True})
    racks = min(CONTROLLERS, places)
    for number in range(racks):
        put("controller", f"rack-{number}", {"type": "rack", "folder": str(folder)})
    for number in range(places):
        of = {"controller": f"rack-{number % racks}", "ssid": f"Members {number:03}", "vlan_pool": "100-299"}
        put("network", f"members-{number:03}", of)
        where = {
            "integration": "hq",
            "source_location": house.place(number),
            "networks": [f"members-{number:03}"],
        }
        put("location", f"house-{number:03}", where)


async def happened(core: Core, many: int) -> None:
    """So many lines of what happened, over two years, up to what is there."""

    def missing(tx: Tx) -> int:
        return many - int(tx.execute("SELECT count(*) FROM audit").fetchone()[0])

    left = await core.db.read(missing)
    if left <= 0:
        return
    accounts = await core.db.read(lambda tx: [one.id for one in account_rows.rows(tx)])
    places, networks = list(core.engine.estate.locations), list(core.engine.estate.wifis)
    dice, now = random.Random(1), core.clock.now()

    def lines(many: int) -> Iterator[audit.Line]:
        for _ in range(many):
            kind = dice.choice(KINDS)
            yield audit.Line(
                kind,
                ADMIN if kind.startswith("setting") else "cusna",
                dice.choice(accounts),
                dice.choice(places),
                dice.choice(networks),
                {"because": "plan", "name": "Hot desk", "until": None} if kind == "granted" else {},
            )

    for start in range(0, left, 50_000):
        at = now - timedelta(days=700) * (1 - start / left)
        await core.db.run(partial(audit.write_many, lines=list(lines(min(50_000, left - start))), now=at))


def written(folder: Path, port: int) -> Path:
    path = folder / "cusna.toml"
    path.write_text(
        f'base_url = "http://localhost:{port or 8080}"\nlisten = "127.0.0.1:{port or 8080}"\n'
        f'data_dir = "data"\nadmins = ["{ADMIN}"]\nsync_every = "24 h"\nverify_every = "24 h"\n\n'
        '[plugins]\nenable = ["house"]\n\n'
        '[mail]\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\nsender = "wifi@space.example"\n'
    )
    path.chmod(0o600)
    return path


@dataclass(slots=True)
class Site:
    """The program, with an admin in front of it."""

    app: App
    http: aiohttp.ClientSession
    base: str
    names: Mapping[str, str]

    async def get(self, address: str) -> tuple[int, str, bytes]:
        async with self.http.get(self.base + address, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", ""), await answer.read()

    async def quiet(self) -> None:
        """Until every network was looked at, and nothing is under way: only pages are to be measured."""
        engine = self.app.core.engine
        async with asyncio.timeout(PATIENCE):
            while engine.watch.busy() or any(
                engine.standing(one).plan is None or engine.standing(one).left
                for one in engine.estate.wifis.values()
            ):
                await asyncio.sleep(0.2)


@asynccontextmanager
async def site(folder: Path, people: int, places: int, lines: int = 0) -> AsyncIterator[Site]:
    """The house at work; it is made if the folder holds none."""
    folder.mkdir(parents=True, exist_ok=True)
    plugins = folder / "plugins"
    house.install(plugins)
    sys.path.append(str(plugins))
    try:
        if not (folder / "made").exists():
            await make(folder, people, places)
            (folder / "made").touch()
        port = free()
        app = await App.start(written(folder, port), env={})
        try:
            await happened(app.core, lines)
            core = app.core
            now = core.clock.now()
            token = await core.db.run(lambda tx: sign_in.open_session(tx, "admin", ADMIN, None, True, now))
            names = await core.db.read(_names)
            jar = aiohttp.DummyCookieJar()
            async with aiohttp.ClientSession(
                cookie_jar=jar, headers={"Cookie": f"cusna_admin={token}"}
            ) as http:
                made = Site(app, http, f"http://localhost:{port}", names)
                await made.quiet()
                yield made
        finally:
            await app.stop()
    finally:
        sys.path.remove(str(plugins))


def _names(tx: Tx) -> dict[str, str]:
    """What stands for a parameter for which no page had a link, by its name or by what stands before it."""
    account = tx.execute("SELECT account_id FROM ledger LIMIT 1").fetchone()
    company = tx.execute("SELECT company, network FROM groups ORDER BY company LIMIT 1").fetchone()
    return {
        "integrations": "hq",
        "integration": "hq",
        "held": "hq",
        "controllers": "rack-0",
        "new-controller": "rack",
        "new-integration": "house",
        "controller": "rack-0",
        "networks": "members-000",
        "locations": "house-000",
        "account": account[0] if account else "",
        "company": company[0] if company else "",
        "network": company[1] if company else "members-000",
    }


# The pages


def parameters(path: str, names: Mapping[str, str]) -> str:
    """A route's path with what there is in place of its parameters; empty where nobody knows."""
    done: list[str] = []
    for part in path.split("/"):
        found = PARAMETER.fullmatch(part)
        if found is None:
            done.append(part)
            continue
        known = names.get(done[-1]) or names.get(found[1])
        if known is None:
            return ""
        done.append(known)
    return "/".join(done)


def pattern(path: str) -> re.Pattern[str]:
    parts = [r"[^/]+" if PARAMETER.fullmatch(one) else re.escape(one) for one in PATH_PARTS.findall(path)]
    return re.compile("/" + "/".join(parts))


PATH_PARTS = re.compile(r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|[^/{}])+")


async def addresses(here: Site, routes: Iterable[Route]) -> dict[str, str]:
    """One address for each page: a link on another page, or put together from what there is."""
    pages = [
        one.path
        for one in routes
        if one.path not in ABSENT
        and one.method == "GET"
        and one.who is Who.ADMIN
        and one.path.startswith("/console")
        and not one.quiet
    ]
    found = {one: one for one in pages if "{" not in one}
    plain = set(found)
    asked: set[str] = set()
    while left := [one for one in found.values() if one not in asked]:
        for address in left:
            asked.add(address)
            _, _, body = await here.get(address)
            links = [unescape(one) for one in LINK.findall(body.decode(errors="replace"))]
            for route in pages:
                if route not in found:
                    of = pattern(route)
                    some = [one for one in links if one not in plain and of.fullmatch(one.partition("?")[0])]
                    if some:
                        found[route] = some[0]
        for route in pages:
            if route not in found and all(one in asked for one in found.values()):
                address = parameters(route, here.names)
                if address:
                    found[route] = address
    lost = sorted(set(pages) - set(found))
    if lost:
        raise AssertionError(
            f"Nobody knows an address of {', '.join(lost)}: say in _names what stands for it."
        )
    return found


async def measured(here: Site, times: int, only: Collection[str] = ()) -> list[Timing]:
    runner = here.app._runner
    assert runner is not None
    found = await addresses(here, runner.app[SITE].routes)
    asks = sorted(found.items()) + [(one, one) for one in SEARCHES]
    return [
        await _timed(here, route, address, times)
        for route, address in asks
        if not only or any(each in address for each in only)
    ]


async def _timed(here: Site, route: str, address: str, times: int) -> Timing:
    """Once to warm up, as templates are compiled when they are first used; then as often as wanted."""
    status, _, body = await here.get(address)
    took, before = [], time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        await here.get(address)
        took.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - before) * 1000 / times
    return Timing(route, address, status, statistics.median(took), max(took), cpu, len(body))


def table(some: Sequence[Timing]) -> Table:
    load = os.getloadavg()[0]
    shown = Table(
        title=f"Pages of the console, slowest first (ms; load {load:.1f} on {os.cpu_count()} cores)",
        title_justify="left",
    )
    shown.add_column("page", overflow="fold")
    for name in ("status", "median", "worst", "processor", "bytes"):
        shown.add_column(name, justify="right")
    for one in sorted(some, key=lambda one: -one.median):
        style = "" if one.good else "red"
        shown.add_row(
            one.address if one.address == one.route else PARAMETER.sub(r"{\1}", one.route),
            str(one.status),
            f"{one.median:.0f}",
            f"{one.worst:.0f}",
            f"{one.cpu:.0f}",
            f"{one.bytes:,}",
            style=style,
        )
    return shown


async def run(
    folder: Path, people: int, places: int, lines: int, times: int, only: Collection[str] = ()
) -> list[Timing]:
    async with site(folder, people, places, lines) as here:
        return await measured(here, times, only)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("script/bench console", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--locations", type=int, default=200)
    parser.add_argument(
        "--lines", type=int, default=0, help="of what happened, at least (1000000: two years)"
    )
    parser.add_argument("--times", type=int, default=7, help="how often each page is asked")
    parser.add_argument("--only", action="append", default=[], help="pages whose address holds this")
    parser.add_argument("--new", action="store_true", help="make the house anew, and keep none")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    asked = parser.parse_args(arguments)
    with quiet(), tempfile.TemporaryDirectory() as scratch:
        kept = KEPT / f"house-{asked.people}-{asked.locations}"
        folder = Path(scratch) if asked.new else kept
        with Console(stderr=True).status(
            "Measuring pages (making a house of 100,000 takes many minutes, once)"
        ):
            found = asyncio.run(
                run(folder, asked.people, asked.locations, asked.lines, asked.times, asked.only)
            )
    if asked.json:
        told = {
            "goal": GOAL,
            "load": os.getloadavg(),
            "cores": os.cpu_count(),
            "pages": list(map(asdict, found)),
        }
        json.dump(told, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        Console(highlight=False).print(table(found))
    return 0 if all(one.good for one in found) else 1
