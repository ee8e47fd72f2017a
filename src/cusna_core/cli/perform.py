"""How does a command get its work done: by the program that runs, or by itself?

Either way it is the same operation, and it reads the same.
"""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from cusna_core.app import Core
from cusna_core.config import file as config_file
from cusna_core.config.file import ConfigFile
from cusna_core.config.problems import ConfigFileError
from cusna_core.engine import control
from cusna_core.store.db import AlreadyRunning
from cusna_core.store.installation import WrongKeyFile
from cusna_core.store.migrations import Downgrade, NotCusna
from cusna_core.store.vault import KeyFileMissing

Json = dict[str, Any]
Show = Callable[[Json], None]

REFUSALS = (AlreadyRunning, KeyFileMissing, WrongKeyFile, Downgrade, NotCusna)
"""What may keep the data directory from being opened: sentences all."""


class Failed(Exception):
    """The command ends here: a sentence, and the exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def found(config: Path | None) -> Path:
    """The configuration file, or exit 2 with where it was looked for."""
    try:
        return config_file.find(config, os.environ, Path.cwd())
    except ConfigFileError as error:
        raise Failed(str(error), 2) from None


def read(config: Path | None) -> ConfigFile:
    """The configuration, or exit 2 with everything that is wrong in it."""
    path = found(config)
    try:
        return config_file.read(path, os.environ)
    except ConfigFileError as error:
        raise Failed(str(error), 2) from None


def who() -> str:
    """Who is at the keyboard, for the audit log."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):
        return "command line"


def perform(config: Path | None, operation: str, values: Json, show: Show) -> Json:
    """Run an operation and return its result; events on the way go to `show`."""
    return asyncio.run(_perform(config, operation, values, show))


async def _perform(config: Path | None, operation: str, values: Json, show: Show) -> Json:
    file = read(config)
    result: Json | None = None
    async for event in _events(file, operation, values):
        if "refused" in event:
            raise Failed(str(event["refused"]), 1)
        if "bug" in event:
            raise Failed(f"The running program met a bug ({event['bug']}). Its log says more.", 3)
        if "result" in event:
            result = event["result"]
        else:
            show(event)
    if result is None:
        raise Failed("The running program went away in the middle. Try again.", 1)
    return result


async def _events(file: ConfigFile, operation: str, values: Json) -> AsyncIterator[Json]:
    try:
        async for event in control.ask(file.general.data_dir, operation, values, who()):
            yield event
    except (FileNotFoundError, ConnectionRefusedError):
        pass
    except PermissionError:
        raise Failed(
            f"{file.general.data_dir} belongs to another user. Run this as the user that runs Cusna "
            "(for example: sudo -u cusna cusna …).",
            2,
        ) from None
    else:
        return
    try:
        core = await Core.open(file.path)
    except REFUSALS as error:
        raise Failed(str(error), 2) from None
    try:
        await core.prepare()
        async for event in core.operations.run(operation, values, who()):
            yield event
    finally:
        await core.engine.stop()
        await core.close()
