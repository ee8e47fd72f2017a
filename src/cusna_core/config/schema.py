"""What is the JSON schema of the file, with the options that the enabled plugins add?

For editors that complete and check TOML, and for `cusna schema`.
"""

from collections.abc import Iterable
from typing import Any

from cusna_core.api import Options
from cusna_core.config.models import Controller, Integration, Location, Network, Sink
from cusna_core.config.plugins import Registry
from cusna_core.config.program import General, Mail, Metrics, Plugins
from cusna_core.config.values import SLUG

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(registry: Registry) -> Schema:
    """One JSON schema for the whole file."""
    definitions: Schema = {}
    whole = _part(General, "general", definitions)
    sources = [
        _typed(Integration, one.options_class, type_, one.title, definitions)
        for type_, one in sorted(registry.sources.items())
    ]
    drivers = [
        _typed(Controller, one.options_class, type_, one.title, definitions)
        for type_, one in sorted(registry.drivers.items())
    ]
    networks = [
        _merged(Network, one.network_options_class, f"{type_}_network", definitions)
        | {"title": f"A network on {one.title}"}
        for type_, one in sorted(registry.drivers.items())
    ]
    sinks = [
        _typed(Sink, one.options_class, type_, one.title, definitions)
        for type_, one in sorted(registry.sinks.items())
    ]
    whole["properties"] |= {
        "plugins": _part(Plugins, "plugins", definitions),
        "mail": _part(Mail, "mail", definitions),
        "metrics": _part(Metrics, "metrics", definitions),
        "integrations": _named(Integration, sources, definitions),
        "controllers": _named(Controller, drivers, definitions),
        "networks": _named(Network, networks, definitions),
        "locations": _named(Location, [_part(Location, "location", definitions)], definitions),
        "sinks": _named(Sink, sinks, definitions),
    }
    return {"$schema": DIALECT, **whole, "title": "cusna.toml", "$defs": definitions}


def written_defaults(model: type[Options]) -> dict[str, Any]:
    """The defaults as they would stand in the file ("10 min", not a number of microseconds)."""
    return model.model_construct().model_dump(mode="json", exclude=_required(model))


def _required(model: type[Options]) -> set[str]:
    return {name for name, info in model.model_fields.items() if info.is_required()}


def _part(model: type[Options], prefix: str, definitions: Schema) -> Schema:
    """One model; what it refers to goes to the common definitions, under a name of its own."""
    part = model.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
    for name, default in written_defaults(model).items():
        if "default" in part["properties"][name]:
            part["properties"][name]["default"] = default
    for name, definition in part.pop("$defs", {}).items():
        definitions[f"{prefix}.{name}"] = definition
    return part


def _merged(core: type[Options], own: type[Options], prefix: str, definitions: Schema) -> Schema:
    ours, theirs = (_part(model, prefix, definitions) for model in (core, own))
    return ours | {
        "properties": ours.get("properties", {}) | theirs.get("properties", {}),
        "required": [*ours.get("required", ()), *theirs.get("required", ())],
    }


def _typed(core: type[Options], own: type[Options], type_: str, title: str, definitions: Schema) -> Schema:
    part = _merged(core, own, type_, definitions)
    part["properties"]["type"] = {"const": type_, "title": "Type", "description": title}
    return part | {"title": title}


def _named(core: type[Options], choices: Iterable[Schema], definitions: Schema) -> Schema:
    """Tables by name. Where no plugin is enabled, the plugins' options are not known."""
    known = list(choices)
    if not known:
        known = [_part(core, core.__name__.lower(), definitions) | {"additionalProperties": True}]
    return {
        "type": "object",
        "description": core.__doc__,
        "propertyNames": {"pattern": SLUG},
        "additionalProperties": known[0] if len(known) == 1 else {"anyOf": known},
    }
