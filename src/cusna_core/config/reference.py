"""What does the reference in docs/ say of every option? It is written from the models, and never by hand."""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

from cusna_core.api import Options
from cusna_core.config.models import Controller, Integration, Location, Network, Sink
from cusna_core.config.plugins import Registry
from cusna_core.config.program import General, Mail, Metrics, Plugins
from cusna_core.config.references import is_secret
from cusna_core.config.schema import written_defaults

HEADER = "<!-- Written by script/docs from the models in the code. Change it there. -->"
FOLDER = Path("docs/reference")
SECTIONS: tuple[tuple[str, type[Options]], ...] = (
    ("The top of the file", General),
    ("[plugins]", Plugins),
    ("[mail]", Mail),
    ("[metrics]", Metrics),
    ("[integrations.NAME]", Integration),
    ("[controllers.NAME]", Controller),
    ("[networks.NAME]", Network),
    ("[locations.NAME]", Location),
    ("[sinks.NAME]", Sink),
)
INTRODUCTION = """\
One TOML file, found by `--config PATH` (on every command), else by the variable `CUSNA_CONFIG`, else
`./cusna.toml`, else `/etc/cusna/cusna.toml`. Relative paths are relative to the file.

A *secret* may stand in the file itself; better is a reference: `env:NAME` takes it from the environment,
`file:/path` from a file (its last line break does not count). With systemd's `LoadCredential=NAME:PATH` that
is `file:/run/credentials/cusna.service/NAME`. References work for secrets only, and in the file only.

Mistakes at the top, in `[plugins]`, `[mail]` or `[metrics]` refuse the start. A mistake in one integration,
controller, network or location switches off that one (and what cannot do without it), with a finding; keys
that exist keep their promised ends. `cusna check` tells all of it. Names are made of `a-z`, `0-9` and `-`.

What the plugins add to `[integrations.NAME]`, `[controllers.NAME]` and `[networks.NAME]` is on their own
pages in [plugins/](plugins/). `cusna schema` prints all of it as a JSON schema for your editor."""


def reference() -> str:
    """docs/reference/configuration.md: everything that is not a plugin's."""
    parts = [HEADER, "# The configuration file", INTRODUCTION]
    for title, model in SECTIONS:
        parts += [f"## {title}", *_section(model)]
    return "\n\n".join(parts) + "\n"


def plugin_reference(name: str, registry: Registry) -> str:
    """docs/reference/plugins/NAME.md: the options that one loaded plugin adds."""
    row = next(row for row in registry.installed if row.name == name)
    how = f'Package `{row.distribution}`; switched on by `enable = ["{name}"]` in `[plugins]`.'
    parts = [HEADER, f"# Options of the plugin {name}", how]
    tables = [("integrations", registry.sources[type_].options_class, type_) for type_ in row.sources]
    tables += [("controllers", registry.drivers[type_].options_class, type_) for type_ in row.drivers]
    tables += [("networks", registry.drivers[type_].network_options_class, type_) for type_ in row.drivers]
    tables += [("sinks", registry.sinks[type_].options_class, type_) for type_ in row.sinks]
    by_model: dict[tuple[str, type[Options]], list[str]] = {}
    for table, model, type_ in tables:
        by_model.setdefault((table, model), []).append(f'`type = "{type_}"`')
    for (table, model), types in by_model.items():
        whose = "on a controller with " if table == "networks" else "with "
        parts += [f"## [{table}.NAME] {whose}{' or '.join(types)}", *_section(model)]
    return "\n\n".join(parts) + "\n"


def pages(registry: Registry) -> dict[Path, str]:
    """All generated pages: path below docs/reference to text."""
    done = {Path("configuration.md"): reference()}
    for row in registry.installed:
        if row.enabled and not row.problem:
            done[Path("plugins") / f"{row.name}.md"] = plugin_reference(row.name, registry)
    return done


def write(folder: Path, registry: Registry) -> None:
    for path, text in pages(registry).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _section(model: type[Options]) -> Iterable[str]:
    yield cleandoc(model.__doc__ or "")
    rows = ["| option | value | default | what it does |", "| --- | --- | --- | --- |", *_rows(model, "")]
    yield "\n".join(rows)


def _rows(model: type[Options], prefix: str) -> Iterable[str]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    defaults = written_defaults(model)
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Options):
            yield from _rows(inner, f"{prefix}{name}.")
            continue
        shape = schema["properties"][name]
        kind = "secret" if is_secret(inner) else _kind(shape, definitions)
        what = " ".join(filter(None, (f"**{info.title}.**" if info.title else "", info.description)))
        example = "" if defaults.get(name) else _example(shape)
        default = "required" if info.is_required() else _default(defaults.get(name))
        yield f"| `{prefix}{name}` | {_cell(kind + example)} | {default} | {_cell(what)} |"


def _kind(shape: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in shape:
        return _kind(definitions[shape["$ref"].rpartition("/")[2]], definitions)
    if "const" in shape:
        return f"`{_literal(shape['const'])}`"
    if "enum" in shape:
        return ", ".join(f"`{_literal(one)}`" for one in shape["enum"])
    if "anyOf" in shape:
        arms = [_kind(arm, definitions) for arm in shape["anyOf"] if arm.get("type") != "null"]
        return " or ".join(dict.fromkeys(arms))
    match shape.get("type"):
        case "array":
            return f"list of {_kind(shape['items'], definitions)}" if "items" in shape else "list"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return "whole number" + _range(shape)
        case "number":
            return "number" + _range(shape)
        case "object":
            return "table"
        case _:
            return "text"


def _range(shape: Mapping[str, Any]) -> str:
    low = shape.get("minimum", shape.get("exclusiveMinimum"))
    high = shape.get("maximum", shape.get("exclusiveMaximum"))
    return (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")


def _default(default: Any) -> str:
    return "none" if default in (None, "", (), []) else f"`{_literal(default)}`"


def _literal(value: Any) -> str:
    """As it is written in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:g}"
        case list() | tuple():
            return f"[{', '.join(map(_literal, value))}]"
        case _:
            return f'"{value}"'


def _example(shape: Mapping[str, Any]) -> str:
    found = next((one["examples"] for one in _arms(shape) if one.get("examples")), None)
    return f", such as `{_literal(found[0])}`" if found else ""


def _arms(shape: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield shape
    yield from shape.get("anyOf", ())
    if "items" in shape:
        yield shape["items"]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
