"""Which sources, drivers and fakes do the enabled plugins bring?

The only module that knows pluggy's manager. Each plugin is judged, imported and asked by itself, so that
one bad plugin is a finding and the others go on. What is not enabled is never imported.
"""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any

import pluggy
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

import cusna_core
from cusna_core.api import Controller, Fake, Finding, Level, Sink, Source, hooks
from cusna_core.config.apart import Late, Raised, apart
from cusna_core.config.brought import Brought, Unfit, checked
from cusna_core.config.values import did_you_mean

CORE = "cusna-core"
PATH = "plugins.enable"
HOOKS = {
    "cusna_sources": "sources",
    "cusna_drivers": "drivers",
    "cusna_sinks": "sinks",
    "cusna_fakes": "fakes",
}
PATIENCE = 20.0
"""Seconds that a plugin has to be imported, and again to be asked what it brings."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin on this machine, whether enabled or not; types are known of loaded ones only."""

    name: str
    distribution: str
    version: str
    enabled: bool = False
    summary: str = ""
    """What its package says it is; empty for the core's own."""
    sources: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()
    fakes: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    problem: str = ""
    """Why it does not work, in a sentence."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What the enabled plugins bring, by `type`."""

    sources: Mapping[str, type[Source[Any]]] = field(default_factory=dict)
    drivers: Mapping[str, type[Controller[Any, Any]]] = field(default_factory=dict)
    fakes: Mapping[str, type[Fake]] = field(default_factory=dict)
    installed: tuple[Installed, ...] = ()
    findings: tuple[Finding, ...] = ()
    sinks: Mapping[str, type[Sink[Any]]] = field(default_factory=dict)


def load(enable: Sequence[str], *, fakes: bool = False, version: str = cusna_core.__version__) -> Registry:
    """Import and ask the enabled plugins. Fakes are asked for by tests and the demo only."""
    found = _found()
    findings: list[Finding] = []
    brought: dict[str, Brought] = {}
    problems: dict[str, str] = {}
    for name in dict.fromkeys(enable):
        try:
            brought[name] = _load(name, found, version, fakes)
        except Unfit as unfit:
            problems[name] = unfit.summary
            findings.append(Finding(Level.ERROR, unfit.code, unfit.summary, unfit.fix, PATH, name))
    for kind in HOOKS.values():
        for name, finding in _clashes(kind, brought):
            findings.append(finding)
            problems[name] = finding.summary
    return Registry(
        {type_: one for each in brought.values() for type_, one in each.sources.items()},
        {type_: one for each in brought.values() for type_, one in each.drivers.items()},
        {type_: one for each in brought.values() for type_, one in each.fakes.items()},
        tuple(_installed(name, points, enable, brought, problems) for name, points in sorted(found.items())),
        tuple(findings),
        {type_: one for each in brought.values() for type_, one in each.sinks.items()},
    )


def _found() -> dict[str, list[EntryPoint]]:
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=hooks.GROUP):
        found.setdefault(point.name, []).append(point)
    return found


def _load(name: str, found: Mapping[str, list[EntryPoint]], version: str, fakes: bool) -> Brought:
    points = found.get(name, [])
    if not points:
        raise _not_installed(name, found)
    if len(points) > 1:
        owners = " and ".join(sorted(_label(point.dist) for point in points))
        raise Unfit(
            "plugins.clash",
            f"Two installed packages call themselves the plugin {name}: {owners}. Neither is used.",
            "Uninstall the one that you do not want with `pip uninstall`.",
        )
    (point,) = points
    _check_core(name, point.dist, version)
    try:
        plugin = apart(point.load, PATIENCE)
        return apart(lambda: _ask(name, plugin, fakes), PATIENCE)
    except Late:
        raise _hangs(name, point) from None
    except Raised as raised:
        # A plugin may raise anything while it is imported, and must not take the others along.
        if isinstance(raised.error, Unfit):
            raise raised.error from None
        raise _broken(name, point, raised.error) from None


def _not_installed(name: str, found: Mapping[str, Any]) -> Unfit:
    near = did_you_mean(name.lower().replace("_", "-").removeprefix("cusna-"), found)
    if near:
        return Unfit(
            "plugins.misspelt",
            f"There is no plugin {name}; nothing of it works.",
            f"Did you mean {near}? Correct the name in [plugins] enable.",
        )
    return Unfit(
        "plugins.absent",
        f"The plugin {name} is enabled, but not installed; nothing of it works.",
        f"Install its package, cusna-{canonicalize_name(name)}, from where its author says (`script/install` "
        "brings Cusna's own), or take it out of [plugins] enable.",
    )


def _check_core(name: str, dist: Distribution | None, version: str) -> None:
    """Whether the plugin's package was made for this core; asked before anything of it runs."""
    for text in (dist.requires or []) if dist is not None else []:
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(need.name) != CORE or (need.marker is not None and not need.marker.evaluate()):
            continue
        if not need.specifier.contains(version, prereleases=True):
            raise Unfit(
                "plugins.version",
                f"The plugin {name} ({_label(dist)}) is made for {CORE} {need.specifier}, and this is "
                f"{version}. It is not used.",
                f"Install versions of {CORE} and {_distribution(dist)} that go together.",
            )


def _broken(name: str, point: EntryPoint, error: BaseException) -> Unfit:
    """Only the class of the error is told: its text is the plugin's own and may hold anything."""
    what = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        what += f", {error.name}"
    return Unfit(
        "plugins.broken",
        f"The plugin {name} ({_label(point.dist)}) cannot be imported ({what}); nothing of it works.",
        f"Install {_distribution(point.dist)} again, from where it came; "
        f'`python -c "import {point.module}"` shows its error.',
    )


def _hangs(name: str, point: EntryPoint) -> Unfit:
    return Unfit(
        "plugins.hangs",
        f"The plugin {name} ({_label(point.dist)}) did not finish being imported within "
        f"{PATIENCE:.0f} seconds; "
        "nothing of it works.",
        "Ask its author, or take it out of [plugins] enable; then start Cusna again.",
    )


def _ask(name: str, plugin: object, fakes: bool) -> Brought:
    """What the hooks of one plugin return. A manager of its own: an error hides nobody else's answer."""
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    try:
        manager.register(plugin, name)
    except pluggy.PluginValidationError:
        raise Unfit(
            "plugins.hooks",
            f"A hook of the plugin {name} takes other arguments than Cusna gives; nothing of it works.",
            "Ask its author for a version that fits, or take it out of [plugins] enable.",
        ) from None
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        raise _unknown_hook(name, plugin, manager) from None
    answers: dict[str, list[object]] = {}
    for hook, kind in HOOKS.items():
        if kind == "fakes" and not fakes:
            continue
        try:
            answers[kind] = getattr(manager.hook, hook)()
        # See above: whatever a plugin does, the others go on.
        except BaseException as error:  # noqa: BLE001
            raise Unfit(
                "plugins.broken",
                f"The plugin {name} fails in {hook} ({type(error).__name__}); nothing of it works.",
                "Ask its author, or take it out of [plugins] enable.",
            ) from None
    return checked(name, answers)


def _unknown_hook(name: str, plugin: object, manager: pluggy.PluginManager) -> Unfit:
    known = [hook for hook, _ in inspect.getmembers(hooks, inspect.isfunction) if hook.startswith("cusna_")]
    callers = manager.get_hookcallers(plugin) or []
    odd = min(caller.name for caller in callers if not caller.has_spec())
    near = did_you_mean(odd, known)
    return Unfit(
        "plugins.hooks",
        f"The plugin {name} has a hook {odd}, which Cusna does not know; nothing of it works.",
        f"Did its author mean {near}?" if near else f"Hooks are {', '.join(known)}.",
    )


def _clashes(kind: str, brought: Mapping[str, Brought]) -> Iterator[tuple[str, Finding]]:
    """Types that two plugins bring. Neither gets them: a guess could hand credentials to the wrong one."""
    owners: dict[str, list[str]] = {}
    for name, each in brought.items():
        for type_ in getattr(each, kind):
            owners.setdefault(type_, []).append(name)
    for type_, names in owners.items():
        if len(names) < 2:
            continue
        for name in names:
            del getattr(brought[name], kind)[type_]
            others = " and ".join(other for other in names if other != name)
            yield (
                name,
                Finding(
                    Level.ERROR,
                    "plugins.clash",
                    f'The plugins {name} and {others} both bring the type "{type_}". Neither is used for it.',
                    "Take one of them out of [plugins] enable.",
                    PATH,
                    f"{name} {type_}",
                ),
            )


def _installed(
    name: str,
    points: Sequence[EntryPoint],
    enable: Sequence[str],
    brought: Mapping[str, Brought],
    problems: Mapping[str, str],
) -> Installed:
    dist = points[0].dist
    row = Installed(
        name,
        _distribution(dist),
        _version(dist),
        name in enable,
        _summary(dist),
        problem=problems.get(name, ""),
    )
    each = brought.get(name)
    if each is None:
        return row
    return replace(
        row,
        sources=tuple(each.sources),
        drivers=tuple(each.drivers),
        fakes=tuple(each.fakes),
        sinks=tuple(each.sinks),
    )


def _distribution(dist: Distribution | None) -> str:
    return dist.name if dist is not None else "unknown package"


def _version(dist: Distribution | None) -> str:
    return dist.version if dist is not None else ""


def _summary(dist: Distribution | None) -> str:
    """One line of the package's own; it is not imported for it."""
    if dist is None or canonicalize_name(dist.name) == CORE or "Summary" not in dist.metadata:
        return ""
    return dist.metadata["Summary"].partition("\n")[0][:200]


def _label(dist: Distribution | None) -> str:
    return f"{_distribution(dist)} {_version(dist)}".strip()
