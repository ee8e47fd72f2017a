"""What is wrong in the configuration, in a sentence with the place where it stands?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cusna_core.config.values import did_you_mean

A_NAME = "should be a name of small letters, digits and hyphens"


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` in dots ("networks.members.vlan_pool"); empty for the file as a whole."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class ConfigFileError(Exception):
    """The file cannot be used at all: the start is refused. Its text holds no value of the file."""

    def __init__(self, *problems: Problem, file: object = "") -> None:
        self.problems = problems
        self.file = str(file)
        super().__init__("\n".join(map(str, problems)))


def sentence(text: object) -> str:
    """With a full stop, unless it ends one already."""
    said = str(text)
    return said if said.endswith((".", "?", "!")) else f"{said}."


def join(*parts: str) -> str:
    return ".".join(filter(None, parts))


def of(
    error: ValidationError, raw: Any, path: str, known: Collection[str], elsewhere: Collection[str] = ()
) -> list[Problem]:
    """A pydantic error as sentences. `known` are all names that may stand at `path` itself.

    `elsewhere` are names that belong to the top of the file.
    """
    said: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        place, entry, below = _place(one, raw)
        if one["type"] == "extra_forbidden":
            text = unknown(str(one["loc"][-1]), () if below else known, () if below else elsewhere)
        else:
            text = _sentence(one)
        texts = said.setdefault(join(path, place), [])
        if entry + text not in texts:
            texts.append(entry + text)
    return [Problem(where, ", or ".join(texts)) for where, texts in said.items()]


def unknown(name: str, known: Collection[str], elsewhere: Collection[str] = ()) -> str:
    """The sentence for a name that means nothing where it stands."""
    if name in elsewhere:
        return "does not belong here: move it to the top of the file, before the first [table]."
    near = did_you_mean(name, known)
    if near:
        return f"is not known here. Did you mean {near}?"
    return f"is not known here. Known: {', '.join(sorted(known))}." if known else "is not known here."


def _place(one: ErrorDetails, raw: Any) -> tuple[str, str, bool]:
    """Where it stands in the file, which entry of a list there, and whether below the first level.

    pydantic adds steps of its own (the arms of a union) behind what stands in the file.
    """
    steps: list[str] = []
    entry = ""
    for step in one["loc"]:
        if isinstance(raw, Mapping) and isinstance(step, str) and (step in raw or one["type"] == "missing"):
            steps.append(step)
            raw = raw.get(step)
        elif isinstance(raw, list | tuple) and isinstance(step, int) and step < len(raw):
            entry += f"entry {step + 1} "
            raw = raw[step]
        else:
            break
    return ".".join(steps), entry, len(steps) > 1


def _sentence(one: ErrorDetails) -> str:
    context = one.get("ctx", {})
    match one["type"]:
        case "missing":
            return "is missing"
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "literal_error" | "enum":
            return f"should be {context['expected']}"
        case "string_pattern_mismatch":
            return A_NAME if _is_name(context) else _shape(one)
        case "string_type":
            return "should be text in quotes"
        case "int_type" | "int_parsing" | "int_from_float":
            return "should be a whole number"
        case "float_type" | "float_parsing":
            return "should be a number"
        case "bool_type" | "bool_parsing":
            return "should be true or false"
        case "tuple_type" | "list_type" | "set_type" | "frozen_set_type":
            return 'should be a list, such as ["one", "two"]'
        case "model_type" | "model_attributes_type" | "dict_type":
            return "should be a table"
        case "too_short" | "string_too_short":
            return "should not be empty" if context.get("min_length") == 1 else _shape(one)
        case _:
            return _shape(one)


def _is_name(context: Mapping[str, Any]) -> bool:
    return str(context.get("pattern", "")).startswith("^[a-z0-9]")


def _shape(one: ErrorDetails) -> str:
    """pydantic's own words, which never hold the value."""
    text = one["msg"]
    for start in ("Input ", "Value ", "String ", "Tuple "):
        text = text.removeprefix(start)
    return text


def names(*models: type[BaseModel] | None) -> tuple[str, ...]:
    """The option names of some models together."""
    return tuple(name for model in models if model is not None for name in model.model_fields)
