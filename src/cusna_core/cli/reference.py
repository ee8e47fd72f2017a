"""What does the reference of the commands say? Written from the commands themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from cusna_core.cli.commands import app

PAGE: Final = Path("docs/reference/commands.md")

TOP = """\
<!-- Written by script/docs from the commands in the code. Change it there. -->

# Commands

`cusna COMMAND --help` says the same in a terminal. Every command but `demo`, `new-driver` and `new-source`
takes `--config PATH`; without it the file is found as [the configuration](configuration.md) says. While Cusna
runs, commands ask the running program, through the socket in its data folder; else they open the database
themselves, and read the same.

On a server that `script/install` set up, type `sudo cusna COMMAND`: it runs as the service's user, with its
secrets.

Exit codes: 0 done (warnings and pending changes too), 1 an error finding, a held set or a change that failed,
2 wrong use or a configuration that cannot be used, 3 a bug.
"""


def page() -> str:
    """The whole page, as Markdown."""
    group: Any = typer.main.get_command(app)
    return "\n".join([TOP, *(line for name in group.commands for line in _command(group.commands[name]))])


def _command(command: Any) -> Iterator[str]:
    named = [one for one in command.params if one.param_type_name == "argument"]
    others = [one for one in command.params if one.param_type_name == "option"]
    options = [one for one in others if "--config" not in one.opts]
    usage = " ".join(["cusna", command.name, *(_called(one) for one in named)])
    yield from (f"## cusna {command.name}", "", f"`{usage}`", "", " ".join((command.help or "").split()), "")
    if named or options:
        yield from ("| argument or option | what |", "| --- | --- |")
        for one in named:
            yield f"| `{_called(one)}` | {one.help} |"
        for one in options:
            yield f"| `{', '.join(one.opts)}`{_value(one)} | {one.help}{_default(one)} |"
        yield ""


def _called(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _value(option: Any) -> str:
    return "" if option.is_flag else f" {option.metavar or option.name.upper()}"


def _default(option: Any) -> str:
    return "" if option.is_flag or option.default is None else f" Default: `{option.default}`."


def write(root: Path) -> None:
    (root / PAGE).write_text(page(), encoding="utf-8")
