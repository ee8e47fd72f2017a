"""Is what a plugin's hooks return fit for use?"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cusna_core.api import Controller, Fake, Options, Sink, Source
from cusna_core.config.models import Controller as ControllerTable
from cusna_core.config.models import Integration, Network
from cusna_core.config.models import Sink as SinkTable
from cusna_core.config.problems import names

BASES: Mapping[str, type] = {"sources": Source, "drivers": Controller, "sinks": Sink, "fakes": Fake}
TABLES: Mapping[str, type[Options]] = {
    "sources": Integration,
    "drivers": ControllerTable,
    "sinks": SinkTable,
}


class Unfit(Exception):
    """A plugin that cannot be used, as the parts of a finding."""

    def __init__(self, code: str, summary: str, fix: str) -> None:
        super().__init__(summary)
        self.code = code
        self.summary = summary
        self.fix = fix


@dataclass(slots=True)
class Brought:
    """What one plugin brings, by type."""

    sources: dict[str, type[Source[Any]]] = field(default_factory=dict)
    drivers: dict[str, type[Controller[Any, Any]]] = field(default_factory=dict)
    sinks: dict[str, type[Sink[Any]]] = field(default_factory=dict)
    fakes: dict[str, type[Fake]] = field(default_factory=dict)


def checked(name: str, answers: Mapping[str, list[object]]) -> Brought:
    """`answers` are the results of each hook's implementations in this plugin."""
    brought = Brought()
    for kind, results in answers.items():
        target: dict[str, Any] = getattr(brought, kind)
        for result in results:
            for one in _classes(name, kind, result):
                _check_class(name, kind, one)
                if one.type in target:
                    raise _unfit(name, f'brings the type "{one.type}" twice')
                target[one.type] = one
    if not (brought.sources or brought.drivers or brought.sinks or brought.fakes):
        raise _unfit(name, "brings neither a source nor a driver (are its hooks marked with @hookimpl?)")
    return brought


def _classes(name: str, kind: str, result: object) -> list[Any]:
    if inspect.iscoroutine(result):
        result.close()
        raise _unfit(name, f"has an async cusna_{kind}; hooks are plain functions")
    if not isinstance(result, list | tuple):
        raise _unfit(name, f"returns {type(result).__name__} from cusna_{kind} instead of a list of classes")
    return list(result)


def _check_class(name: str, kind: str, one: Any) -> None:
    base = BASES[kind]
    if not (isinstance(one, type) and issubclass(one, base)):
        what = one.__name__ if isinstance(one, type) else f"an object of {type(one).__name__}"
        raise _unfit(name, f"returns {what} from cusna_{kind}, which is no subclass of {base.__name__}")
    missing: list[str] = sorted(getattr(one, "__abstractmethods__", ()))
    if missing:
        raise _unfit(name, f"has an unfinished {one.__name__}: {', '.join(missing)} is missing")
    type_ = getattr(one, "type", None)
    if not (isinstance(type_, str) and re.fullmatch(r"[a-z][a-z0-9_]*", type_)):
        raise _unfit(name, f'has no good `type` in {one.__name__}: one word such as "unifi" is needed')
    if issubclass(one, Fake):
        return
    title = getattr(one, "title", None)
    if not (isinstance(title, str) and title):
        raise _unfit(name, f"has no `title` in {one.__name__}")
    _check_options(name, one, "options_class", TABLES[kind])
    if kind == "drivers":
        _check_options(name, one, "network_options_class", Network)


def _check_options(name: str, one: type, attribute: str, ours: type[Options]) -> None:
    options = getattr(one, attribute, None)
    if not (isinstance(options, type) and issubclass(options, Options)):
        raise _unfit(name, f"has no `{attribute}` derived from Options in {one.__name__}")
    both = sorted(set(names(options)) & set(names(ours)))
    if both:
        raise _unfit(name, f"has an option {both[0]} in {options.__name__}, a name that belongs to Cusna")


def _unfit(name: str, what: str) -> Unfit:
    return Unfit(
        "plugins.answer",
        f"The plugin {name} {what}; nothing of it works.",
        "Ask its author for a version that is mended, or take it out of [plugins] enable.",
    )
