"""How does the demo start, say where to click, and stop?"""

import asyncio
import shutil
import signal
import socket
from importlib.metadata import entry_points
from pathlib import Path

from aiohttp import web
from rich.console import Console
from rich.text import Text

from cusna_core.api import hooks
from cusna_core.config import plugins
from cusna_core.demo import panel
from cusna_core.demo.file import ADMIN
from cusna_core.demo.stage import NothingToPlay, Stage
from cusna_core.demo.tour import Tour

MARK = ".cusna-demo"
"""A folder is emptied at start only if this says that it is the demo's."""


async def run(folder: Path, port: int, *, tour: bool, empty: bool) -> int:
    """Run until interrupted, or until the tour is walked. Returns the exit code."""
    out = Console(highlight=False, soft_wrap=True)
    for one in (port, port + 1):
        if why := _in_the_way(one):
            out.print(
                f"Port {one} cannot be used: {why}. Name another with --port; the next one is needed too."
            )
            return 2
    if not _emptied(folder):
        out.print(f"{folder} is there and is not a demo's. Name another folder with --folder.")
        return 2
    if tour:
        out.print(
            Text("Cusna starts, and everything around it in a box. The tour takes half a minute.", "dim")
        )
    registry = plugins.load(_installed(), fakes=True)
    try:
        stage = await Stage.build(folder, registry, port, given=empty, hooks=not tour)
    except NothingToPlay as error:
        out.print(str(error))
        return 2
    portal, own = f"http://localhost:{port}", f"http://localhost:{port + 1}"
    runner = web.AppRunner(panel.build(stage, portal), access_log=None)
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port + 1).start()
        if tour:
            return 0 if await Tour(stage, portal, own, out).walk() else 1
        _say(out, portal, own)
        if empty:
            _say_settings(out, stage)
        await _interrupted()
    finally:
        await runner.cleanup()
        await stage.stop()
    return 0


def _installed() -> list[str]:
    return [point.name for point in entry_points(group=hooks.GROUP)]


def _in_the_way(port: int) -> str | None:
    """Asked before anything starts: that 8080 is taken is what happens most often here."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror
    return None


def _emptied(folder: Path) -> bool:
    """Start from nothing each time; never empty a folder that is not ours."""
    if folder.exists() and not folder.is_dir():
        return False
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            return False
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return True


def _say(out: Console, portal: str, own: str) -> None:
    out.print()
    out.print(Text("Cusna is running, with everything around it in a box.", style="bold"))
    out.print()
    for name, address, what in (
        ("Start here", own, "people, inbox, a WiFi to join, a clock to jump to midnight"),
        ("Portal", f"{portal}/portal", "what a member opens; try mara@nordlicht.example at Kreuzberg"),
        ("Inbox", f"{own}/inbox", "every mail that is sent"),
        ("Console", f"{portal}/console", f"sign in as {ADMIN}"),
    ):
        out.print(Text(f"  {name:<11}", style="dim").append(f"{address:<32}", style="bold cyan").append(what))
    out.print()
    out.print(Text("  Ctrl+C ends it. `script/demo --tour` walks the story by itself.", style="dim"))


def _say_settings(out: Console, stage: Stage) -> None:
    out.print()
    out.print(Text("Nothing is set up. In the console's Settings, type:", style="bold"))
    for title, options in stage.settings():
        out.print(Text(f"  {title}"))
        for name, value in options.items():
            out.print(Text(f"    {name:<18}", style="dim").append(value, style="cyan"))


async def _interrupted() -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ending.set)
    await ending.wait()
