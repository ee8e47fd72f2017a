"""How does a command get its work done: by the program that runs, or by itself?

Either way it is the same operation, and it reads the same.
"""

import asyncio
import getpass
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

from cusna_core.admin import control
from cusna_core.config import file as config_file
from cusna_core.config.file import ConfigFile
from cusna_core.config.problems import ConfigFileError
from cusna_core.core import Core
from cusna_core.store.db import AlreadyRunning
from cusna_core.store.installation import WrongKeyFile
from cusna_core.store.migrations import Downgrade, NotCusna
from cusna_core.store.vault import KeyFileMissing

Json = dict[str, Any]
Show = Callable[[Json], None]

REFUSALS = (AlreadyRunning, KeyFileMissing, WrongKeyFile, Downgrade, NotCusna)
"""What may keep the data directory from being opened: sentences all."""
PATIENCE: Final = 10.0
"""Seconds that another process has to start listening, or to end."""


class Failed(Exception):
    """The command ends here: a sentence, and the exit code."""

    def __init__(self, sentence: str, code: int) -> None:
        super().__init__(sentence)
        self.code = code


def refused(error: Exception) -> Failed:
    """Wrong use, or a file or folder that cannot be used: all that is wrong, each with its path."""
    if not isinstance(error, ConfigFileError):
        return Failed(str(error), 2)
    whole = [one.text for one in error.problems if not one.path]
    parts = [f"  {one}" for one in error.problems if one.path]
    head = [f"{error.file} cannot be used:"] if parts else []
    return Failed("\n".join([*whole, *head, *parts]), 2)


def found(config: Path | None) -> Path:
    """The configuration file, or exit 2 with where it was looked for."""
    try:
        return config_file.find(config, os.environ, Path.cwd())
    except ConfigFileError as error:
        raise refused(error) from None


def read(config: Path | None) -> ConfigFile:
    """The configuration, or exit 2 with everything that is wrong in it."""
    path = found(config)
    try:
        return config_file.read(path, os.environ)
    except ConfigFileError as error:
        raise refused(error) from None


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
    async with aclosing(_events(file, operation, values)) as events:
        async for event in events:
            if "refused" in event:
                raise Failed(str(event["refused"]), int(event.get("code", 1)))
            if "bug" in event:
                raise Failed(f"The running program met a bug ({event['bug']}). Its log says where.", 3)
            if "result" in event:
                result = event["result"]
            else:
                show(event)
    if result is None:
        raise Failed("The running program went away in the middle. Try again.", 1)
    return result


async def _events(file: ConfigFile, operation: str, values: Json) -> AsyncGenerator[Json, None]:
    """From the program that runs; else from the operation itself, with the data directory in our hands."""
    data_dir = file.general.data_dir
    end = time.monotonic() + PATIENCE
    core: Core | None = None
    while core is None:
        try:
            async with aclosing(control.ask(data_dir, operation, values, who())) as events:
                async for event in events:
                    yield event
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            core = await _opened(file, last=time.monotonic() > end)
        except PermissionError:
            raise _others(data_dir) from None
        else:
            return
    try:
        await core.prepare()
        async with aclosing(core.operations.run(operation, values, who())) as own:
            async for event in own:
                yield event
    finally:
        await core.engine.stop()
        await core.close()


async def _opened(file: ConfigFile, *, last: bool) -> Core | None:
    """The data directory in our hands; None, unless it is the last try, where another starts or stops."""
    data_dir = file.general.data_dir
    try:
        return await Core.open(file.path)
    except AlreadyRunning as error:
        if last:
            raise refused(error) from None
        await asyncio.sleep(0.2)
        return None
    except (*REFUSALS, ConfigFileError) as error:
        raise refused(error) from None
    except PermissionError:
        raise _others(data_dir) from None
    except OSError as error:
        raise Failed(f"{error.filename or data_dir} cannot be used: {error.strerror}.", 2) from None
    except sqlite3.DatabaseError as error:
        raise unusable(error, data_dir) from None


def unusable(error: sqlite3.DatabaseError, data_dir: Path) -> Failed:
    """A database that cannot be opened."""
    return Failed(
        f"The database in {data_dir} cannot be used ({type(error).__name__}). Is the disk full? "
        "If the file is damaged, put a backup in its place: cusna restore FILE.",
        2,
    )


def _others(data_dir: Path) -> Failed:
    return Failed(
        f"{data_dir} belongs to another user. Run this as the user that runs Cusna (for example: "
        "sudo -u cusna cusna …).",
        2,
    )
