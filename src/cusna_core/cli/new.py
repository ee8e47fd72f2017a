"""How does an integrator begin? With a folder that is a plugin already, and does nothing yet."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from cusna_core.cli.line import app
from cusna_core.cli.perform import Failed
from cusna_core.scaffold.names import BadName
from cusna_core.scaffold.plugin import Kind, Refused, write

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The vendor in small letters (acme). The package is cusna-NAME."),
]
To = Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder in which cusna-NAME is made.")]


@app.command("new-driver")
def new_driver(name: Name, to: To = Path()) -> None:
    """Begin a plugin for a WiFi vendor.

    It installs, is listed by `cusna plugins`, and its kit is red until it is written.
    """
    _new("driver", name, to)


@app.command("new-source")
def new_source(name: Name, to: To = Path()) -> None:
    """Begin a plugin for a membership system.

    It installs, is listed by `cusna plugins`, and its kit is red until it is written.
    """
    _new("source", name, to)


def _new(kind: Kind, name: str, to: Path) -> None:
    try:
        folder = write(kind, name, to)
    except (BadName, Refused) as error:
        raise Failed(str(error), 2) from None
    except OSError as error:
        raise Failed(f"{to} cannot be written to: {error.strerror}. Nothing was made.", 2) from None
    python = _python()
    typer.echo(f"The plugin {name} is begun in {folder}. Next:\n")
    typer.echo(f"  cd {shlex.quote(str(folder))}")
    typer.echo(f"  {python} -m pip install -e '.[testing]'")
    typer.echo(f"  {python} -m pytest -x\n")
    typer.echo("The kit is red until the plugin is written: its first failure says what to write next.")


def _python() -> str:
    """How to call the Python that runs this: short where that is the one the shell finds."""
    first = shutil.which("python")
    if first is not None and Path(first).parent == Path(sys.executable).parent:
        return "python"
    return shlex.quote(sys.executable)
