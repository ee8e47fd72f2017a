"""Which commands are there?"""

import asyncio
import json
import logging
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

import cusna_core
from cusna_core.app import App, Layout
from cusna_core.cli import show
from cusna_core.cli.perform import REFUSALS, Failed, perform, read
from cusna_core.config import plugins as plugin_registry
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.schema import schema as json_schema
from cusna_core.store import backup as backups
from cusna_core.store.db import Database, lock
from cusna_core.store.migrations import Damaged

app = typer.Typer(
    name="cusna",
    help="A private WiFi passphrase for every member of a co-working space.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="The configuration file; else CUSNA_CONFIG, ./cusna.toml, /etc/cusna."
    ),
]
Email = Annotated[str, typer.Argument(help="The member's e-mail address.")]
LocationName = Annotated[str, typer.Argument(help="The location's name, as in [locations.NAME].")]


def _version(on: bool) -> None:
    if on:
        typer.echo(f"cusna-core {cusna_core.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command()
def serve(config: Config = None) -> None:
    """Run Cusna: the portal, the console, and everything that happens by itself."""
    file = read(config)
    logging.basicConfig(
        level=file.general.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    try:
        asyncio.run(_serve(file.path))
    except REFUSALS as error:
        raise Failed(str(error), 2) from None
    except ConfigFileError as error:
        raise Failed(str(error), 2) from None
    except OSError as error:
        listen = file.general.listen
        raise Failed(f"Cannot listen on {listen.host}:{listen.port}: {error.strerror}.", 2) from None


async def _serve(path: Path) -> None:
    running = await App.start(path)
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, ending.set)
    try:
        await ending.wait()
    finally:
        await running.stop()


@app.command()
def check(
    config: Config = None,
    mail: Annotated[
        str | None, typer.Option("--mail", metavar="ADDRESS", help="Send a test mail there.")
    ] = None,
) -> None:
    """Read the file, connect to everything, and say what needs attention, each with its fix."""
    result = perform(config, "check", {"mail": mail}, show.progress())
    show.check(result)
    raise typer.Exit(show.code(result))


@app.command()
def plan(config: Config = None) -> None:
    """Read everything and show what would be changed on each network, and because of what."""
    result = perform(config, "plan", {}, show.progress())
    show.plan(result)
    raise typer.Exit(show.code(result))


@app.command()
def apply(
    config: Config = None,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="DIGEST", help="Let exactly this held set pass.")
    ] = None,
) -> None:
    """Bring every network with apply = true to what it should be."""
    with show.Bar() as bar:
        result = perform(config, "apply", {"accept": accept}, bar.event)
    show.applied(result)
    raise typer.Exit(show.code(result))


@app.command()
def explain(email: Email, config: Config = None) -> None:
    """Why is this person on the WiFi, or not? Step by step."""
    result = perform(config, "explain", {"email": email}, show.progress())
    show.explained(result)


@app.command()
def disable(email: Email, config: Config = None) -> None:
    """Take somebody's access away until it is restored. The passphrase stays theirs."""
    show.explained(perform(config, "disable", {"email": email}, show.progress()))


@app.command("restore-access")
def restore_access(email: Email, config: Config = None) -> None:
    """Undo `disable`: the same passphrase comes back."""
    show.explained(perform(config, "restore-access", {"email": email}, show.progress()))


@app.command()
def rotate(email: Email, config: Config = None) -> None:
    """Give somebody a new passphrase. They are told by mail, and see it in the portal."""
    show.explained(perform(config, "rotate", {"email": email}, show.progress()))


@app.command("sign-in-code")
def sign_in_code(email: Email, location: LocationName, config: Config = None) -> None:
    """A code for the front desk to give to a member who gets no mail. Audited, and told to the member."""
    result = perform(config, "sign-in-code", {"email": email, "location": location}, show.progress())
    show.code_for_the_desk(result)


@app.command()
def leave(
    location: LocationName,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only show the plan.")] = False,
) -> None:
    """Remove exactly our keys from a location's networks. Shows the plan first."""
    result = perform(config, "leave", {"location": location}, show.progress())
    show.leaving(result)
    if not yes:
        typer.echo(
            "Nothing was changed. Set apply = false on its networks and restart, or the keys come back; "
            "then run this with --yes."
        )
        return
    digests = [one.get("digest") for one in result["networks"]]
    done = perform(config, "leave", {"location": location, "digests": digests}, show.progress())
    show.left(done)
    raise typer.Exit(show.code(done))


@app.command("admin-link")
def admin_link(
    config: Config = None,
    email: Annotated[
        str | None, typer.Option("--as", help="Which admin; else the first in the file.")
    ] = None,
) -> None:
    """A link that signs an admin in to the console, for when mail does not work yet."""
    result = perform(config, "admin-link", {"email": email}, show.progress())
    typer.echo(result["url"])
    typer.echo(f"It signs in {result['admin']}, once, within 30 minutes.", err=True)


@app.command()
def plugins(config: Config = None) -> None:
    """Which plugins are installed and enabled, and what each brings."""
    file = read(config)
    show.plugins(plugin_registry.load(file.plugins.enable))


@app.command()
def schema(config: Config = None) -> None:
    """The configuration file as a JSON schema, with the options of the enabled plugins."""
    file = read(config)
    typer.echo(json.dumps(json_schema(plugin_registry.load(file.plugins.enable)), indent=2))


@app.command()
def backup(target: Annotated[Path, typer.Argument(help="The file to write.")], config: Config = None) -> None:
    """Copy the database, also while Cusna runs. The key file is not in it: keep a copy of that apart."""
    layout = Layout(read(config).general.data_dir)
    if not layout.database.exists():
        raise Failed(f"There is no database {layout.database} yet.", 1)
    if target.exists():
        raise Failed(f"{target} is there already. Name another file.", 2)
    asyncio.run(_backup(layout, target))
    typer.echo(f"The database is in {target}.")
    typer.echo(
        f"The key file {layout.key_file} is not in it, so that nobody who finds the copy reads a passphrase. "
        "Keep a copy of it somewhere else: without it the backup is worthless."
    )


async def _backup(layout: Layout, target: Path) -> None:
    db = await Database.open(layout.database, layout.backups)
    try:
        await backups.backup(db, target)
    finally:
        await db.close()


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A file that `cusna backup` wrote.")], config: Config = None
) -> None:
    """Put a backup in the database's place. Cusna must not run; what was there is kept beside it."""
    layout = Layout(read(config).general.data_dir)
    if not source.is_file():
        raise Failed(f"There is no file {source}.", 2)
    try:
        with lock(layout.data_dir):
            before = backups.restore(source, layout.database)
    except (*REFUSALS, Damaged) as error:
        raise Failed(str(error), 2) from None
    typer.echo(f"The database is {source}'s now." + (f" The old one is {before}." if before else ""))
    if not layout.key_file.exists():
        typer.echo(f"Put the key file of that time to {layout.key_file} before you start Cusna.")


@app.command()
def demo(
    tour: Annotated[
        bool, typer.Option("--tour", help="Walk the story by itself, and say what it sees.")
    ] = False,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data; emptied at start.")] = Path(
        "demo-data"
    ),
    port: Annotated[
        int, typer.Option(help="The portal's port; the demo's own page is on the next one.")
    ] = 8080,
    empty: Annotated[
        bool, typer.Option("--empty", help="Start unconfigured, to walk the Settings path.")
    ] = False,
) -> None:
    """Run everything on this laptop: the real program, with vendors, mails and midnights in a box."""
    try:
        from cusna_core.demo.run import run
    except ImportError as error:
        raise Failed(
            f"The demo needs more packages ({error.name}): pip install 'cusna-core[demo]'. "
            "script/demo sees to that by itself.",
            2,
        ) from None
    logging.basicConfig(level=os.environ.get("CUSNA_DEMO_LOG", "WARNING"))
    with suppress(KeyboardInterrupt):
        raise typer.Exit(asyncio.run(run(folder, port, tour=tour, empty=empty)))
