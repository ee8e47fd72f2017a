"""What does somebody see while a command works?

Steps and a bar on standard error, so that results can be piped.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cusna_core.cli.sheet import Json, Sheet, colours


def progress() -> Callable[[Json], None]:
    """Steps for whoever looks; trouble for everybody."""
    sheet = Sheet(error=True)

    def show(event: Json) -> None:
        if "trouble" in event:
            sheet.row("!", event["trouble"], "yellow", column=2, label_style="yellow")
        elif "done" not in event and sheet.shown:
            sheet.row("·", event["progress"], "dim", column=2)

    return show


class Bar:
    """A progress bar for `apply`, one line for each network."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False, color_system=colours())
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}
        self._say = progress()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def event(self, event: Json) -> None:
        if "done" not in event:
            self._say(event)
            return
        name = str(event["progress"])
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=event["of"])
        self._progress.update(self._tasks[name], completed=event["done"], total=event["of"])
