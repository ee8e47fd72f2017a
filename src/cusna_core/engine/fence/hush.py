"""How do secrets stay out of the log, whoever writes it?

Every record of every logger passes here as it is made, with its traceback. Known secrets are kept as keyed
digests only, found by their first letters: a line costs the same whether ten are known or ten thousand.

What it can promise: a secret that Cusna itself handed to a plugin, was handed by one, or read from the
configuration is masked wherever it stands in a line, also in percent-encoding, JSON or Base64; so is
what looks like a bearer token or one of our passphrases. What it cannot: a secret that was cut or changed in
another way, one shorter than eight letters, and whatever does not go through `logging` (a `print`, a file).
"""

import base64
import hashlib
import json
import logging
import os
import re
import secrets
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

from cusna_core.api import Clock, Finding, Level

MASK: Final = "•••"
SHORTEST: Final = 8
"""Masking a shorter one would spoil ordinary words, and tell what it is."""
HEAD: Final = 6
TOLD_FOR: Final = timedelta(days=1)
"""So long after the last time an admin reads that a plugin wrote secrets to the log."""
LOOKS_SECRET: Final = re.compile(
    r"(?i:\b(?:bearer|basic)\s+)(?=\S*\d)[A-Za-z0-9._~+/=-]{12,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"
    r"|\b(?=[a-z-]*[2-9])[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b"
)


class Hush:
    """Knows secrets by digest, and masks them in every log record while it is installed."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._heads: dict[int, frozenset[tuple[int, bytes]]] = {}
        self._owners: dict[str, str] = {}
        self._leaks: dict[str, datetime | None] = {}
        self._lock = threading.Lock()
        self._before: Callable[..., logging.LogRecord] | None = None
        self.leaked: Callable[[], None] = lambda: None
        """Called (in whatever thread) when somebody is caught for the first time."""

    # What is secret

    def learn(self, *values: str) -> None:
        """These are secrets, in whatever way they are written."""
        for value in values:
            if len(value) >= SHORTEST and not self._knows(value):
                for form in _forms(value):
                    self._learn(form)

    def learn_options(self, options: BaseModel) -> None:
        """All that is marked as secret in a model."""
        self.learn(*_marked(options))

    def _learn(self, form: str) -> None:
        if len(form) >= SHORTEST:
            # Another thread may be looking: what it looks at is never changed, only replaced.
            head, one = hash(form[:HEAD]), (len(form), self._digest(form))
            with self._lock:
                self._heads[head] = self._heads.get(head, frozenset()) | {one}

    def _knows(self, value: str) -> bool:
        known = self._heads.get(hash(value[:HEAD]), frozenset())
        return bool(known) and (len(value), self._digest(value)) in known

    def _digest(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode(errors="replace"), key=self._key, digest_size=16).digest()

    def masked(self, text: str) -> str:
        """The text without its secrets; the very same object if it holds none."""
        found = text
        if self._heads and len(text) >= SHORTEST:
            found = self._without_known(text)
        return LOOKS_SECRET.sub(MASK, found) if LOOKS_SECRET.search(found) else found

    def _without_known(self, text: str) -> str:
        parts: list[str] = []
        done = at = 0
        last = len(text) - SHORTEST
        heads = self._heads
        while at <= last:
            known = heads.get(hash(text[at : at + HEAD]))
            length = self._longest(text, at, known) if known else 0
            if length:
                parts += [text[done:at], MASK]
                at = done = at + length
            else:
                at += 1
        return "".join([*parts, text[done:]]) if parts else text

    def _longest(self, text: str, at: int, known: Iterable[tuple[int, bytes]]) -> int:
        for length, digest in sorted(known, reverse=True):
            if at + length <= len(text) and self._digest(text[at : at + length]) == digest:
                return length
        return 0

    # Log records

    def install(self) -> None:
        """From now on every record of every logger in this process passes here."""
        if self._before is None:
            self._before = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._record)

    def uninstall(self) -> None:
        """Let go, if nobody has taken our place since; else stay, and hand records on."""
        if self._before is not None and logging.getLogRecordFactory() == self._record:
            logging.setLogRecordFactory(self._before)
            self._before = None

    def _record(self, *args: Any, **values: Any) -> logging.LogRecord:
        record = (self._before or logging.LogRecord)(*args, **values)
        try:
            caught = self._hush(record)
        except Exception:  # noqa: BLE001 - a line that cannot be looked at is not written as it is
            record.msg, record.args = "A line that could not be looked at for secrets was left out.", ()
            record.exc_info = record.exc_text = None
            return record
        if caught:
            self._caught(record)
        return record

    def _hush(self, record: logging.LogRecord) -> bool:
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 - a plugin's object or format that fails
            # `logging` itself would print it with all its arguments.
            said = self.masked(str(record.msg))
            record.msg, record.args = f"{said} (a line with a broken format)", ()
            return False
        clean, caught = self.masked(said), False
        if clean != said:
            record.msg, record.args, caught = clean, (), True
        if record.exc_info and record.exc_info[0] is not None:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            hushed = self.masked(told)
            if hushed != told:
                # Formatters write `exc_text` where there is one, and never look at the exception then.
                record.exc_text, record.exc_info, caught = hushed, None, True
        if record.stack_info:
            record.stack_info = self.masked(record.stack_info)
        return caught

    # Who wrote them

    def belongs(self, module: str, plugin: str) -> None:
        """Loggers and files of this top-level module are this plugin's."""
        self._owners[module] = plugin

    def _caught(self, record: logging.LogRecord) -> None:
        who = self._writer(record)
        with self._lock:
            first = who not in self._leaks
            self._leaks[who] = None  # the clock is asked when somebody looks
        if first:
            self.leaked()

    def _writer(self, record: logging.LogRecord) -> str:
        for module, plugin in self._owners.items():
            inside = record.name == module or record.name.startswith(f"{module}.")
            if inside or f"{os.sep}{module}{os.sep}" in record.pathname or record.module == module:
                return f"The plugin {plugin}"
        return f"The program's part {record.name}"

    def findings(self, clock: Clock) -> list[Finding]:
        """Who wrote secrets to the log within the last day."""
        now = clock.now()
        with self._lock:
            seen = {who: when or now for who, when in self._leaks.items()}
            self._leaks = {who: when for who, when in seen.items() if when > now - TOLD_FOR}
            return [_finding(who) for who in sorted(self._leaks)]


def _finding(who: str) -> Finding:
    return Finding(
        Level.WARNING,
        "plugins.secret-in-log",
        f"{who} wrote a secret to the log. It was masked there; whether it is written anywhere else as well "
        "is not known.",
        "Update it, or tell its author. If it keeps files of its own, look into them, and change the secret "
        "if it is there.",
        about=who,
    )


def _marked(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _marked(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _marked(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _marked(each)


def _forms(value: str) -> Iterator[str]:
    """A secret as it is, and as it is written into URLs, JSON and Base64 (at any place in it)."""
    yield from {value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], repr(value)[1:-1]}
    raw = value.encode(errors="replace")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw).decode()
        # The first and last letters depend on what stands beside it.
        yield coded[(0, 2, 3)[shift] : len(coded) - (0, 3, 2)[(shift + len(raw)) % 3]]
