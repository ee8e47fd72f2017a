"""Is one table good, and what does it say?

Used for the file's tables at start, and by the console for what an admin has just typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from cusna_core.api import Options
from cusna_core.config import problems
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import Problem, join, names
from cusna_core.config.program import General
from cusna_core.config.references import Ground
from cusna_core.config.setup import Kind
from cusna_core.config.values import did_you_mean

T = TypeVar("T", bound=Options)


@dataclass(frozen=True, slots=True)
class Judged(Generic[T]):
    """Core's own part and the plugin's part of a table; None where it is not good."""

    core: T | None
    own: Options | None
    problems: tuple[Problem, ...]


def judge(core: type[T], own: type[Options] | None, raw: Any, ground: Ground, path: str) -> Judged[T]:
    """Both parts of a table. Without `own` the options that are not core's stay unjudged."""
    if not isinstance(raw, Mapping):
        return Judged(None, None, (Problem(path, f"should be a table: [{path}]"),))
    ours = {name: value for name, value in raw.items() if name in core.model_fields}
    theirs = {name: value for name, value in raw.items() if name not in core.model_fields}
    known = names(core, own)
    wrong: list[Problem] = []
    good = _part(core, ours, known, ground, path, wrong)
    other = None if own is None else _part(own, theirs, known, ground, path, wrong)
    return Judged(good, other, tuple(wrong))


def _part(
    model: type[T],
    raw: Mapping[str, Any],
    known: tuple[str, ...],
    ground: Ground,
    path: str,
    wrong: list[Problem],
) -> T | None:
    before = len(ground.problems)
    values = ground.resolve(model, raw, path)
    unread = ground.problems[before:]
    wrong += unread
    try:
        good = model.model_validate(values)
    except ValidationError as error:
        told = {problem.path for problem in unread}
        found = problems.of(error, raw, path, known, tuple(General.model_fields))
        wrong += [problem for problem in found if problem.path not in told]
        return None
    return None if unread else good


def type_problem(raw: Any, kinds: Mapping[str, Any], registry: Registry, path: str) -> Problem | None:
    """Why the `type` of an integration or controller is none that an enabled plugin brings."""
    kind = raw.get("type") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind in kinds:
        return None
    where = join(path, "type")
    for plugin in registry.installed:
        mine = kind == plugin.name or kind.startswith(f"{plugin.name}_")
        if mine and not plugin.enabled:
            return Problem(
                where, f'the plugin {plugin.name} is not enabled: add "{plugin.name}" to [plugins] enable'
            )
        if (
            plugin.enabled
            and plugin.problem
            and (mine or kind in (*plugin.sources, *plugin.drivers, *plugin.sinks))
        ):
            return Problem(where, f"its plugin does not work. {plugin.problem}")
    near = did_you_mean(kind, kinds)
    if near:
        return Problem(where, f"no plugin brings this type. Did you mean {near}?")
    known = f" Known: {', '.join(sorted(kinds))}." if kinds else ""
    return Problem(where, f"no enabled plugin brings this type.{known}")


def own_options(kind: Kind, raw: Any, registry: Registry) -> type[Options] | None:
    """The options that a plugin adds to a table, by the `type` in `raw`; None if no plugin brings it.

    For a network `raw` is its controller's table.
    """
    type_ = str(raw.get("type")) if isinstance(raw, Mapping) else ""
    match kind:
        case "integration":
            return registry.sources[type_].options_class if type_ in registry.sources else None
        case "controller":
            return registry.drivers[type_].options_class if type_ in registry.drivers else None
        case "network":
            return registry.drivers[type_].network_options_class if type_ in registry.drivers else None
        case "location":
            return Options
