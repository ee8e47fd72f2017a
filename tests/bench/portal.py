"""How much of plain aiohttp's speed is left at the portal: the sign-in page, the member's page, a sign-in?

The real program serves a small house (`house.py`), and beside it, in the same process and on the same loop,
an aiohttp application that says hello. Both are asked in turn, so that a neighbour on the machine slows both:
what counts is the ratio. The processor's time of the serving process stands beside it, which a neighbour
hardly touches. The client is another process, as fast as Python is without a library.
"""

import argparse
import asyncio
import itertools
import json
import os
import re
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from aiohttp import web
from rich.console import Console
from rich.table import Table

from cusna_core.store import sign_in
from cusna_core.store.db import Tx

from . import console
from .quiet import quiet

PEOPLE, PLACES = 200, 3
AT_ONCE = 32
GOALS: Mapping[str, float] = {"sign-in page": 0.75, "member's page": 0.30, "sign-in": 0.30}
"""Of hello, in the same run."""
STATUS: Mapping[str, bytes] = {
    "hello": b"200",
    "sign-in page": b"200",
    "member's page": b"200",
    "sign-in": b"303",
}
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


# The server, in a process of its own


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


async def spent(_: web.Request) -> web.Response:
    """Seconds of the processor that this process has used."""
    return web.json_response(process_time())


@asynccontextmanager
async def served(folder: Path, people: int = PEOPLE, places: int = PLACES) -> AsyncIterator[dict[str, Any]]:
    """The program and hello; yields what the client has to know."""
    plain = web.Application()
    plain.add_routes([web.get("/", hello), web.get("/spent", spent)])
    runner = web.AppRunner(plain, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with console.site(folder, people, places) as here:
            # What is done after the answer is not the request's: the letters stay where they are.
            await here.app._loops.end("mail")
            core = here.app.core
            now = core.clock.now()

            def member(tx: Tx) -> tuple[str, str]:
                row = tx.execute(
                    "SELECT account_id, location_id FROM ledger JOIN key_states USING (account_id) "
                    "WHERE state = 'working' LIMIT 1"
                ).fetchone()
                return row[1], sign_in.open_session(tx, "member", row[0], row[1], True, now)

            location, token = await core.db.run(member)
            port = int(here.base.rpartition(":")[2])
            yield {
                "plain": runner.addresses[0][1],
                "port": port,
                "location": location,
                "cookie": f"cusna_member={token}",
            }
    finally:
        await runner.cleanup()


async def serve(folder: Path) -> None:
    """Until the standard input ends."""
    async with served(folder) as told:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


# The client


def requests(told: Mapping[str, Any]) -> dict[str, tuple[int, Iterator[bytes]]]:
    """The port and the requests of each thing that is measured, as browsers make them."""
    host = f"localhost:{told['port']}"
    common = (
        f"Host: {host}\r\nUser-Agent: {AGENT}\r\nAccept: text/html\r\nAccept-Language: en\r\n"
        "Accept-Encoding: gzip, deflate, br\r\n"
    )
    portal = f"/portal/{told['location']}"

    def get(path: str, more: str = "") -> Iterator[bytes]:
        return itertools.repeat(f"GET {path} HTTP/1.1\r\n{common}{more}\r\n".encode())

    def posts() -> Iterator[bytes]:
        for number in itertools.count():
            body = f"email=somebody{number:08}%40example.com"
            yield (
                f"POST {portal} HTTP/1.1\r\n{common}Origin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n"
                f"X-Forwarded-For: 10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode()

    return {
        "hello": (told["plain"], get("/")),
        "sign-in page": (told["port"], get(portal)),
        "member's page": (told["port"], get(f"{portal}/wifi", f"Cookie: {told['cookie']}\r\n")),
        "sign-in": (told["port"], posts()),
    }


class Asking(asyncio.Protocol):
    """One connection that asks again as soon as it has its answer."""

    def __init__(self, asks: Iterator[bytes], status: bytes) -> None:
        self._asks, self._status = asks, status
        self._got = bytearray()
        self.answered = 0
        self.wrong = b""
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(next(self._asks))

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self._got, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._got) < whole:
            return
        if self._got[9:12] != self._status:
            self.wrong = bytes(self._got[:whole])
            self._transport.close()
            return
        del self._got[:whole]
        self.answered += 1
        self._transport.write(next(self._asks))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    def close(self) -> None:
        self._transport.abort()


@dataclass(frozen=True, slots=True)
class Pace:
    """Of one go."""

    rate: float
    """Answers in a second."""
    cpu: float
    """Microseconds of the server's processor for one."""


async def pace(told: Mapping[str, Any], what: str, port: int, asks: Iterator[bytes], seconds: float) -> Pace:
    loop = asyncio.get_running_loop()
    some: list[Asking] = []
    before, began = await _spent(told), perf_counter()
    for _ in range(AT_ONCE):
        _, one = await loop.create_connection(lambda: Asking(asks, STATUS[what]), "127.0.0.1", port)
        some.append(one)
    await asyncio.wait([one.lost for one in some], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    took, after = perf_counter() - began, await _spent(told)
    wrong = [one.wrong[:200].decode(errors="replace") for one in some if one.lost.done()]
    for one in some:
        one.close()
    if wrong:
        raise AssertionError(f"{what} was answered: {wrong[0] or 'with nothing'}")
    many = sum(one.answered for one in some)
    return Pace(many / took, (after - before) * 1e6 / many)


async def _spent(told: Mapping[str, Any]) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", told["plain"])
    writer.write(b"GET /spent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return float(said.rpartition(b"\r\n\r\n")[2])


@dataclass(frozen=True, slots=True)
class Share:
    """One thing beside hello: a ratio for each pair of goes."""

    what: str
    ratios: tuple[float, ...]
    cpu_ratios: tuple[float, ...]
    rate: float
    cpu: float
    hello: float

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def good(self) -> bool:
        return self.median >= GOALS[self.what]


async def measured(told: Mapping[str, Any], rounds: int, seconds: float) -> list[Share]:
    asks = requests(told)

    async def go(what: str) -> Pace:
        return await pace(told, what, *asks[what], seconds)

    for what in asks:
        await go(what)  # to warm up
    found = []
    for what in GOALS:
        pairs = [(await go("hello"), await go(what)) for _ in range(rounds)]
        found.append(
            Share(
                what,
                tuple(one.rate / plain.rate for plain, one in pairs),
                tuple(plain.cpu / one.cpu for plain, one in pairs),
                statistics.median(one.rate for _, one in pairs),
                statistics.median(one.cpu for _, one in pairs),
                statistics.median(plain.rate for plain, _ in pairs),
            )
        )
    return found


async def run(folder: Path, rounds: int, seconds: float) -> list[Share]:
    """Start the server in a process of its own, and ask it."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", "portal", "--serve", str(folder)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    assert child.stdin is not None
    try:
        line = await child.stdout.readline()
        if not line:
            raise AssertionError("The server did not start.")
        return await measured(json.loads(line), rounds, seconds)
    finally:
        child.stdin.close()
        await child.wait()


def table(some: Sequence[Share]) -> Table:
    load = os.getloadavg()[0]
    hello = statistics.median(one.hello for one in some)
    shown = Table(
        title=f"Share of plain aiohttp, which says hello {hello:,.0f} times a second "
        f"(load {load:.1f} on {os.cpu_count()} cores)",
        title_justify="left",
    )
    shown.add_column("what")
    for name in ("share", "from", "to", "goal", "by processor", "a second", "processor, µs"):
        shown.add_column(name, justify="right")
    for one in some:
        shown.add_row(
            one.what, f"{one.median:.2f}", f"{min(one.ratios):.2f}", f"{max(one.ratios):.2f}",
            f"{GOALS[one.what]:.2f}", f"{statistics.median(one.cpu_ratios):.2f}", f"{one.rate:,.0f}",
            f"{one.cpu:.0f}", style="" if one.good else "red",
        )  # fmt: skip
    return shown


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("script/bench portal", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="pairs of goes for each")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long one go lasts")
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)  # what is measured, by itself
    asked = parser.parse_args(arguments)
    if asked.serve is not None:
        with quiet():
            asyncio.run(serve(asked.serve))
        return 0
    with tempfile.TemporaryDirectory() as folder, Console(stderr=True).status("Measuring (about a minute)"):
        found = asyncio.run(run(Path(folder), asked.rounds, asked.seconds))
    if asked.json:
        told = [{"what": one.what, "share": one.median, "shares": one.ratios, "goal": GOALS[one.what],
                 "by_processor": one.cpu_ratios, "rate": one.rate, "cpu": one.cpu, "hello": one.hello}
                for one in found]  # fmt: skip
        json.dump({"load": os.getloadavg(), "cores": os.cpu_count(), "shares": told}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        Console(highlight=False).print(table(found))
    return 0 if all(one.good for one in found) else 1
