"""Which words must nobody see, and where could they show?"""

import io
import logging
import re
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from pydantic import BaseModel, SecretStr

from cusna_core.testing.ground import PRINTER_PASSPHRASE, Ground

CREDENTIAL = re.compile(r"auth|cookie|token|key|session|csrf|secret|password", re.IGNORECASE)
NO_CREDENTIAL = re.compile(r"sec-websocket", re.IGNORECASE)
SERVERS = ("aiohttp.access", "aiohttp.server", "aiohttp.web")
"""Loggers of the fake itself."""
SHORTEST = 6
"""Letters of a word that is looked for; shorter ones stand in any text."""


class Ear(logging.Handler):
    """Hears every record, down to DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(SERVERS):
            return
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        if record.exc_info:
            text += "".join(traceback.format_exception(*record.exc_info))
        self.heard.append((record.name, f"{text} {vars(record)!r}"))


@contextmanager
def listening() -> Iterator[Ear]:
    """To every logger, and to what is said past them: a service's output is kept as its log is."""
    ear, root = Ear(), logging.getLogger()
    level, out = root.level, io.StringIO()
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(record=True) as warned, redirect_stdout(out), redirect_stderr(out):
            warnings.simplefilter("always")
            yield ear
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
    ear.heard += [("of Python's warnings", str(one.message)) for one in warned]
    ear.heard += [("called print", line) for line in out.getvalue().splitlines()]


def is_credential(name: str) -> bool:
    return bool(CREDENTIAL.search(name)) and not NO_CREDENTIAL.search(name)


def told(error: BaseException | None, seen: frozenset[int] = frozenset()) -> str:
    """Everything that an exception could tell a log, and everything it came from."""
    if error is None or id(error) in seen:
        return ""
    seen |= {id(error)}
    text = f"{error!s} {error!r} {error.args!r} {getattr(error, '__dict__', {})!r}"
    text += "".join(told(one, seen) for one in getattr(error, "exceptions", ()))
    return text + told(error.__cause__, seen) + told(error.__context__, seen)


def words(lab: Ground, *, tokens: bool = True) -> set[str]:
    """Passphrases, credentials of the options, and what calls and answers carried of tokens so far."""
    found = {*lab.passphrases, PRINTER_PASSPHRASE, *_credentials(lab.vendor.options())}
    found |= {*_hidden(lab.options), *_hidden(lab.network_options)}
    if tokens:
        found |= lab.vendor.secrets
    return {one for one in found if len(one) >= SHORTEST}


def _credentials(options: Mapping[str, Any]) -> Iterator[str]:
    """Values that are secret by their name, whatever type the driver gave them."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _credentials(value)
        elif isinstance(value, str) and re.search(r"key|token|secret|password|passphrase", name):
            yield value


def _hidden(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _hidden(value)


def hint(lab: Ground, word: str) -> str:
    if word in {*_credentials(lab.vendor.options()), *_hidden(lab.options)}:
        return "a credential of the options"
    return "a passphrase" if word in {*lab.passphrases, PRINTER_PASSPHRASE} else "a token or cookie"


def without(secrets: set[str], text: str) -> str:
    for one in secrets:
        text = text.replace(one, "•••")
    return text
