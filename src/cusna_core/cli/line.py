"""What do all commands share? The program's name, its options, and where its commands are put."""

from pathlib import Path
from typing import Annotated

import typer

import cusna_core

app = typer.Typer(
    name="cusna",
    help="A private WiFi passphrase for every member of a co-working space.",
    epilog="Exit codes: 0 done, 1 something needs attention or is not done, 2 wrong use or a file that "
    "cannot be used, 3 a bug.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help reads well in every terminal, and in a pipe.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="PATH",
        help="The configuration file. Without it: CUSNA_CONFIG, ./cusna.toml, /etc/cusna/cusna.toml.",
    ),
]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The member's e-mail address.")]
LocationName = Annotated[
    str, typer.Argument(metavar="LOCATION", help="The location's name, as in [locations.NAME].")
]


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
