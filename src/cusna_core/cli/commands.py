"""Which commands are there? Those that run Cusna stand here, the others beside."""

import asyncio
import errno
import signal
import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from cusna_core.cli import check as sheet_check
from cusna_core.cli import logs
from cusna_core.cli import plan as sheet_plan
from cusna_core.cli.codes import code
from cusna_core.cli.line import Config, LocationName, app
from cusna_core.cli.perform import REFUSALS, Failed, perform, read, refused, unusable
from cusna_core.cli.progress import Bar, progress
from cusna_core.config.problems import ConfigFileError

__all__ = ["app"]

NO_PORT = (errno.EADDRINUSE, errno.EADDRNOTAVAIL)


@app.command()
def serve(config: Config = None) -> None:
    """Run Cusna: the portal, the console, the keys."""
    file = read(config)
    logs.begin(file.general.log_level, file.general.log_format)
    try:
        asyncio.run(_serve(file.path))
    except (*REFUSALS, ConfigFileError) as error:
        raise refused(error) from None
    except sqlite3.DatabaseError as error:
        raise unusable(error, file.general.data_dir) from None
    except OSError as error:
        listen = file.general.listen
        where = f"{listen.host}:{listen.port}" if error.errno in NO_PORT else error.filename
        said = "listen on" if error.errno in NO_PORT or not where else "use"
        where = where or f"{listen.host}:{listen.port}"
        raise Failed(f"Cannot {said} {where}: {error.strerror}.", 2) from None


async def _serve(path: Path) -> None:
    # Portal and console are a third of what there is to import: no other command waits for it.
    from cusna_core.app import App

    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ending.set)
    asked = asyncio.create_task(ending.wait())
    starting = asyncio.create_task(App.start(path))
    await asyncio.wait((asked, starting), return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    running = await starting
    try:
        await asked
    finally:
        await running.stop()


@app.command()
def check(
    config: Config = None,
    mail: Annotated[
        str | None,
        typer.Option("--mail", metavar="ADDRESS", help="Send a test mail there, and say what became of it."),
    ] = None,
) -> None:
    """Try everything, and say what needs attention.

    Reads the file, connects to all it names, and tells each finding with its fix and its place in the file.
    """
    result = perform(config, "check", {"mail": mail}, progress())
    sheet_check.check(result)
    raise typer.Exit(code(result))


@app.command()
def plan(config: Config = None) -> None:
    """Show what would change on each network, and why."""
    result = perform(config, "plan", {}, progress())
    sheet_plan.plan(result)
    raise typer.Exit(code(result))


@app.command()
def apply(
    config: Config = None,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="DIGEST", help="Let exactly this held set pass.")
    ] = None,
) -> None:
    """Bring every network to what it should be.

    Those with apply = false are left as they are.
    """
    with Bar() as bar:
        result = perform(config, "apply", {"accept": accept}, bar.event)
    sheet_plan.applied(result)
    raise typer.Exit(code(result))


@app.command()
def leave(
    location: LocationName,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without, the plan is shown.")] = False,
) -> None:
    """Remove exactly our keys from a location's networks. Shows the plan first.

    The networks have apply = false then, or Cusna would make the keys again.
    """
    result = perform(config, "leave", {"location": location}, progress())
    sheet_plan.leaving(result)
    if not result["networks"]:
        return
    if not yes:
        typer.echo(
            "Nothing was changed. To do it: set apply = false in these networks, restart Cusna, and run this "
            "with --yes. Then take the location out of the file."
        )
        raise typer.Exit(code(result))
    digests = [one["digest"] for one in result["networks"] if "digest" in one]
    done = perform(config, "leave", {"location": location, "digests": digests}, progress())
    sheet_plan.left(done)
    bad = any("done" not in one and "skipped" not in one for one in done["networks"])
    raise typer.Exit(1 if bad else code(done))


# These register their commands, in the order in which the help lists them.
from cusna_core.cli import members, upkeep, new  # noqa: E402, F401, I001
