"""What does the reference for plugins say? Written from the interface itself, and never by hand."""

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from cusna_core.api import (
    Controller,
    Fake,
    FakeSource,
    FakeWifi,
    Feature,
    Limits,
    Network,
    Sink,
    Source,
    errors,
    hooks,
)
from cusna_core.cli.declared import declared, field_docs, signature, tree
from cusna_core.cli.plugin_words import ERRORS, FEATURES, HOOKS, LIMITS, MEMBERS
from cusna_core.engine import job
from cusna_core.engine.fence.calls import SECONDS

FOLDER: Final = Path("docs/reference")
HEADER: Final = "<!-- Written by script/docs from the code. Change it there. -->"
INTERFACES: Final = (Source, Controller, Network, Sink, Fake, FakeSource, FakeWifi)
MISSING: Final = "(Not explained yet.)"
"""A test finds it."""
ORDER: Final = """\
```mermaid
sequenceDiagram
    participant C as Cusna
    participant P as your plugin
    C->>P: import the module (only if enabled)
    C->>P: cusna_sources(), cusna_drivers(), cusna_sinks()
    Note over C,P: tests and the demo also: cusna_fakes()
    P-->>C: classes
    C->>P: for each table of the configuration: Source(options, context), Controller(options, context)
    C->>P: open(), then source.locations(), controller.network(options)
    loop until Cusna stops
        C->>P: source.snapshot() and again(), network.read()
        C->>P: network.apply(), network.read(), network.disconnect()
        C->>P: check() of all of them, once an hour, and every five minutes while one does not answer
    end
    C->>P: close()
```"""


def pages() -> dict[Path, str]:
    """Path below docs/reference to text."""
    made = {
        "hooks.md": _hooks(),
        "interfaces.md": _interfaces(),
        "errors.md": _errors(),
        "features-and-limits.md": _features_and_limits(),
    }
    return {Path(name): "\n\n".join([HEADER, *map(filled, parts)]) + "\n" for name, parts in made.items()}


def write(root: Path) -> None:
    for path, text in pages().items():
        (root / FOLDER / path).write_text(text, encoding="utf-8")


def specs() -> dict[str, Any]:
    """The hook specifications, in the order in which they are called."""
    return {name: one for name, one in vars(hooks).items() if name.startswith("cusna_")}


def members(one: type) -> list[str]:
    """What a class itself declares: fields and methods, without what is private."""
    return [name for name in declared(one) if name == "__init__" or not name.startswith("_")]


def error_classes() -> list[type[errors.PluginError]]:
    return [
        one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.PluginError)
    ]


def _hooks() -> Iterator[str]:
    yield "# Hooks"
    yield (
        "*Hooks declare, interfaces do.* A plugin is a module named by an entry point in the group "
        "`cusna`. Its hooks are plain functions marked with `@hookimpl`, without arguments. Each is called "
        "once, at start, and returns a list of classes. Any error in one is a finding, and everything else "
        "goes on: see [errors](errors.md) and [what happens to a plugin that is "
        "broken](../how-to/write-a-plugin.md#what-happens-to-a-plugin-that-is-broken)."
    )
    for name, hook in specs().items():
        yield f"## {name}"
        yield f"```python\n{signature(tree(hook))}\n```"
        yield f"{_doc(hook)} {HOOKS.get(name, MISSING)}"
    yield "## The order"
    yield ORDER
    yield "What each method must return and how often it is asked: [interfaces](interfaces.md)."


def _interfaces() -> Iterator[str]:
    yield "# Interfaces"
    yield (
        "All of it is in `cusna_core.api`. Everything is typed and asynchronous, except what makes no "
        "call. Whatever a method does, it is fenced: it runs in a task of its own, has its time, its "
        "answer is looked at, and secrets are taken out of its words. One that is late is cancelled, and "
        "counts as `Unreachable`; another exception than those of [errors](errors.md), or an answer of "
        "another shape, is a bug of the plugin: a finding, and no reason for anybody to lose access."
    )
    limits = [f"| `{name}` | {_time(seconds)} |" for name, seconds in SECONDS.items()]
    yield "\n".join(
        [
            "| method | may take |",
            "| --- | --- |",
            *limits,
            "| `apply` | 2 minutes, and 2 seconds more for each change |",
        ]
    )
    for one in INTERFACES:
        bases = ", ".join(base.__name__ for base in one.__bases__ if base in INTERFACES)
        yield f"## {one.__name__}" + (f" ({bases})" if bases else "")
        yield _doc(one)
        for name in members(one):
            yield f"### {one.__name__}.{name.strip('_')}"
            yield from _member(one, name)


def _member(one: type, name: str) -> Iterator[str]:
    node, said = declared(one)[name]
    yield f"```python\n{node}\n```"
    needed = getattr(getattr(one, name, None), "__isabstractmethod__", False)
    yield from filter(
        None, ("**Must be written.** " * needed + said, MEMBERS.get(f"{one.__name__}.{name}", MISSING))
    )


def _errors() -> Iterator[str]:
    yield "# Errors"
    yield (
        "The class of an error is an instruction to the core. Its text is a sentence for an admin: what "
        "happened and what it means, without a secret and without a piece of the vendor's answer (the core "
        "masks secrets that it knows, and cuts what is too long). Keys that exist go on working whatever "
        "is raised, and a source that fails withdraws nobody."
    )
    rows = []
    for one in error_classes():
        whose, then = ERRORS.get(one.__name__, (MISSING, ""))
        base = one.__bases__[0].__name__
        kind = "" if base == "Exception" else f", a `{base}`"
        told = then.format(first=1, longest=job.LONGEST_PAUSE)
        rows.append(f"| `{one.__name__}`{kind} | {_cell(_doc(one))} | {whose} | {_cell(told)} |")
    yield "\n".join(
        ["| class | raise it for | concerns | what the core does next |", "| --- | --- | --- | --- |", *rows]
    )
    yield (
        "That is for changes. From `read`, `segments` and `check` every error concerns the whole network: "
        "the transient ones wait, all others stop like `AuthFailed`."
    )
    yield "## Fields"
    yield (
        "- `Transient(message, after=seconds)` and its subclasses: how long the vendor asked us to wait. "
        'Believed up to an hour.\n- `ConfigError(message, path="tls.ca")`: which option is wrong, in '
        "dots below the plugin's own options."
    )
    yield "## While members wait"
    yield (
        f"A controller in trouble is tried once every {job.PROBE:.0f} seconds for all members who wait "
        "in the portal together, and not at all while it refuses our credentials. A network that does not "
        f"show what it was given is looked at again after {job.AGAIN:.0f} seconds. One controller's "
        "trouble delays no other's work."
    )
    yield "## Sources"
    yield (
        "From `snapshot` every error freezes: what is stored goes on to count, and promised ends still "
        "come. The next try comes in 30 seconds, then twice as late each time, up to `sync_every`. "
        "`AuthFailed` is a finding at once, the others from the second time. From `find` every error "
        "means: no fresh answer, the portal uses what is stored."
    )


def _features_and_limits() -> Iterator[str]:
    yield "# Features and limits"
    yield (
        "A network says what its vendor can do. What is claimed must hold, what is not claimed is never "
        "asked for, and every limit must be one that the kit can meet. What the vendors that come with "
        "Cusna claim: [support matrix](support-matrix.md)."
    )
    yield "## Feature"
    docs = field_docs(Feature)
    rows = [
        f"| `{name}` | {_cell(docs[name])} | {_cell(FEATURES.get(name, MISSING))} |"
        for name in Feature.__members__
        if name != "NONE"
    ]
    yield "\n".join(["| feature | the vendor | what the core does |", "| --- | --- | --- |", *rows])
    yield "## Limits"
    docs = field_docs(Limits)
    rows = []
    for field in fields(Limits):
        default = "none known" if field.default is None else f"{field.default:g}"
        text = " ".join(filter(None, (docs.get(field.name, ""), LIMITS.get(field.name, MISSING))))
        rows.append(f"| `{field.name}` | {default} | {_cell(text)} |")
    yield "\n".join(
        ["| limit | default | what it means, and what the core does |", "| --- | --- | --- |", *rows]
    )


def _doc(one: Any) -> str:
    return " ".join((inspect.getdoc(one) or "").split())


def _time(seconds: float) -> str:
    if seconds >= 60:
        return "1 minute" if seconds == 60 else f"{seconds / 60:.0f} minutes"
    return f"{seconds:.0f} seconds"


def filled(part: str) -> str:
    """Prose in lines that are good to read; tables, lists and code as they are."""
    if "\n" in part or part.startswith(("#", "|", "-")):
        return part
    return textwrap.fill(part, 118, break_long_words=False, break_on_hyphens=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
