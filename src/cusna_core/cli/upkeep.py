"""What else does whoever runs Cusna need? Ways in, copies, what is installed, and the demo."""

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cusna_core.cli import check as sheet_check
from cusna_core.cli.line import Config, app
from cusna_core.cli.perform import REFUSALS, Failed, perform, read, refused
from cusna_core.cli.progress import progress
from cusna_core.config import file as config_file
from cusna_core.config import plugins as plugin_registry
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.schema import schema as json_schema
from cusna_core.core import Layout
from cusna_core.store import backup as backups
from cusna_core.store.db import lock
from cusna_core.store.migrations import Damaged


@app.command("admin-link")
def admin_link(
    config: Config = None,
    email: Annotated[
        str | None, typer.Option("--as", metavar="EMAIL", help="Which admin; else the first in the file.")
    ] = None,
) -> None:
    """Print a link that signs an admin in to the console.

    For when mail does not work yet.
    """
    result = perform(config, "admin-link", {"email": email}, progress())
    typer.echo(result["url"])
    typer.echo(f"It signs in {result['admin']}, once, within 30 minutes.", err=True)


@app.command()
def plugins(config: Config = None) -> None:
    """List plugins: installed, enabled, and what each brings."""
    registry = plugin_registry.load(_enabled(config))
    sheet_check.plugins(registry)
    raise typer.Exit(int(any(one.level.value == "error" for one in registry.findings)))


def _enabled(config: Path | None) -> Sequence[str]:
    """None of them where there is no file yet: who begins looks here for what to write into one."""
    try:
        config_file.find(config, os.environ, Path.cwd())
    except ConfigFileError as error:
        if config is not None or os.environ.get(config_file.VARIABLE):
            raise refused(error) from None
        typer.echo("There is no configuration file yet, so none of them is enabled.", err=True)
        return ()
    return read(config).plugins.enable


@app.command()
def schema(config: Config = None) -> None:
    """Print the configuration file's JSON schema.

    With the options of the enabled plugins.
    """
    file = read(config)
    typer.echo(json.dumps(json_schema(plugin_registry.load(file.plugins.enable)), indent=2))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")], config: Config = None
) -> None:
    """Copy the database, also while Cusna runs. The key file is not in it: keep a copy of that apart."""
    layout = Layout(read(config).general.data_dir)
    if not layout.database.exists():
        raise Failed(f"There is no database {layout.database} yet.", 1)
    if target.exists():
        raise Failed(f"{target} is there already. Name another file.", 2)
    # It holds people's names and addresses.
    before = os.umask(0o077)
    try:
        backups.copy(layout.database, target)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Failed(f"{target} could not be written: {why}.", 2) from None
    finally:
        os.umask(before)
    typer.echo(f"The database is in {target}.")
    typer.echo(
        f"The key file {layout.key_file} is not in it, so that nobody who finds the copy reads a passphrase. "
        "Keep a copy of it somewhere else: without it the backup is worthless."
    )


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `cusna backup` wrote.")],
    config: Config = None,
) -> None:
    """Put a backup in the database's place. Cusna must not run; what was there is kept beside it."""
    layout = Layout(read(config).general.data_dir)
    if not source.is_file():
        raise Failed(f"There is no file {source}.", 2)
    try:
        with lock(layout.data_dir):
            before = backups.restore(source, layout.database)
    except REFUSALS as error:
        raise refused(error) from None
    except (Damaged, sqlite3.DatabaseError) as error:
        known = isinstance(error, Damaged)
        said = str(error) if known else f"{source} is no copy of a database. Nothing was changed."
        raise Failed(said, 2) from None
    except OSError as error:
        where = error.filename or layout.data_dir
        raise Failed(f"{where} cannot be used: {error.strerror}. Nothing was restored.", 2) from None
    typer.echo(f"The database is that of {source} now." + (f" The old one is {before}." if before else ""))
    if not layout.key_file.exists():
        typer.echo(f"Put the key file of that time to {layout.key_file} before you start Cusna.")


@app.command()
def demo(
    tour: Annotated[
        bool, typer.Option("--tour", help="Walk the story by itself, and say what it sees.")
    ] = False,
    folder: Annotated[
        Path, typer.Option(metavar="PATH", help="Where the demo keeps its data; emptied at start.")
    ] = Path("demo-data"),
    port: Annotated[
        int,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65534,
            help="The portal's port; the demo's own page is on the next one.",
        ),
    ] = 8080,
    empty: Annotated[
        bool, typer.Option("--empty", help="Start unconfigured, to walk the Settings path.")
    ] = False,
) -> None:
    """Run everything on this laptop, with vendors in a box.

    It is the real program; vendors, mails and midnights are played.
    """
    try:
        from cusna_core.demo.run import run
    except ImportError as error:
        raise Failed(
            f"The demo needs more packages ({error.name}). In a checkout, script/demo brings them; elsewhere "
            "install cusna-core with its extra [demo].",
            2,
        ) from None
    # A tour tells what it sees by itself; its bad days are meant.
    logging.basicConfig(level=os.environ.get("CUSNA_DEMO_LOG", "CRITICAL" if tour else "WARNING"))
    with suppress(KeyboardInterrupt):
        raise typer.Exit(asyncio.run(run(folder, port, tour=tour, empty=empty)))
