"""How does an options model become a form, and what was typed its values again?

Drawn from the model's JSON schema, so a plugin's options need nothing but their titles and descriptions.
A secret goes one way: a form never holds one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cusna_core.api import Options
from cusna_core.config.problems import Problem
from cusna_core.words import Language

Shown = Literal["text", "secret", "number", "switch", "select", "lines", "group"]
YES, NO = "yes", "no"
LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; `name` has dots where it is within a group."""

    name: str
    label: str
    hint: str
    shown: Shown
    required: bool
    default: str
    """As it would be typed."""
    choices: tuple[Choice, ...] = ()
    fields: tuple["Field", ...] = ()
    number: str = ""
    """The step of a number field."""
    least: str = ""
    most: str = ""
    example: str = ""

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-").replace("_", "-")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one page, with what stands in them and what is wrong with it."""

    first: tuple[Field, ...]
    more: tuple[Field, ...]
    typed: Mapping[str, str]
    given: frozenset[str]
    """Secrets that are there already."""
    problems: Mapping[str, str]
    """By field; '' is about the whole."""

    @property
    def unfolded(self) -> bool:
        """Whether something below "More options" is wrong."""
        return any(one.name in self.problems for one in flat(self.more))

    def value(self, field: Field) -> str:
        return self.typed.get(field.name, field.default)


def flat(fields: Sequence[Field]) -> Iterator[Field]:
    for one in fields:
        yield from flat(one.fields) if one.shown == "group" else (one,)


def draw(models: Sequence[type[Options]], language: Language, skip: Collection[str] = ()) -> list[Field]:
    """The fields of some models together."""
    found: list[Field] = []
    for model in models:
        schema = model.model_json_schema(mode="validation")
        for name, it in schema.get("properties", {}).items():
            # A field whose values are an enum's loses its title on the way into the schema.
            it.setdefault("title", model.model_fields[name].title or name)
        found += _fields(schema, schema.get("$defs", {}), language, skip, "")
    return found


def labels(models: Sequence[type[Options]], language: Language) -> dict[str, str]:
    """What each option is called, by its dotted name."""
    return {one.name: one.label for one in flat(draw(models, language))}


def split(fields: Sequence[Field]) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """What is asked for at once, and what stands below "More options".

    Where nothing is required by itself (one of several ways in is), everything that has no default is asked.
    """
    first = tuple(one for one in fields if one.required)
    if not first:
        first = tuple(
            one
            for one in fields
            if one.shown in ("secret", "group") or (one.shown == "text" and not one.default)
        )
    return first, tuple(one for one in fields if one not in first)


def _fields(
    schema: Mapping[str, Any],
    shared: Mapping[str, Any],
    language: Language,
    skip: Collection[str],
    prefix: str,
) -> list[Field]:
    required = schema.get("required", ())
    return [
        _field(prefix + name, it, shared, language, name in required)
        for name, it in schema.get("properties", {}).items()
        if prefix + name not in skip
    ]


def _field(
    name: str, it: Mapping[str, Any], shared: Mapping[str, Any], language: Language, required: bool
) -> Field:
    arms = [_looked_up(one, shared) for one in it.get("anyOf", [it])]
    arms = [one for one in arms if one.get("type") != "null"]
    kind = arms[0] if len(arms) == 1 else {}
    label = language.text(str(it.get("title", name)))
    hint = language.text(str(it["description"])) if it.get("description") else ""
    plain = _typed(it.get("default"))
    example = _example(it.get("examples"))
    match kind.get("type"):
        case "object":
            below = _fields(kind, shared, language, (), f"{name}.")
            return Field(name, label, hint, "group", required, "", fields=tuple(below))
        case "boolean":
            return Field(name, label, hint, "switch", False, plain)
        case "integer" | "number" as number:
            least = _typed(kind.get("minimum", kind.get("exclusiveMinimum")))
            step = "1" if number == "integer" else "any"
            most = _typed(kind.get("maximum"))
            return Field(name, label, hint, "number", required, plain, number=step, least=least, most=most)
        case "array":
            return Field(name, label, hint, "lines", required, plain, example=example)
    if kind.get("format") == "password":
        return Field(name, label, hint, "secret", required, "")
    options = _choices(arms, language)
    if options:
        if not required and it.get("default") is None:
            options = (Choice("", language.text("Not set")), *options)
        return Field(name, label, hint, "select", required, plain, options)
    return Field(name, label, hint, "text", required, plain, example=example)


def _example(some: Any) -> str:
    """The first, on one line."""
    first = some[0] if isinstance(some, list | tuple) and some else some if isinstance(some, str) else ""
    return _typed(first).replace("\n", ", ")


def _looked_up(it: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    found = shared.get(str(it.get("$ref", "")).rpartition("/")[2])
    return found if found is not None else it


def _choices(arms: Sequence[Mapping[str, Any]], language: Language) -> tuple[Choice, ...]:
    """All values, where each arm names its own; nothing otherwise."""
    found: list[Choice] = []
    for one in arms:
        if one.get("type") == "boolean":
            found += [
                Choice(YES, language.text("Yes (true)")),
                Choice(NO, language.text("No (false)")),
            ]
        elif "enum" in one or "const" in one:
            found += [Choice(str(each), str(each)) for each in one.get("enum", [one.get("const")])]
        else:
            return ()
    return tuple(found)


def _typed(value: Any) -> str:
    """A value as it would be typed."""
    match value:
        case None:
            return ""
        case bool():
            return YES if value else NO
        case float():
            return f"{value:g}"
        case list() | tuple():
            return "\n".join(str(one) for one in value)
    return str(value)


def typed(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Stored values as they would be typed, by dotted name."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= typed(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = _typed(value)
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What a form said. `values` may hold secrets; `typed` never does, so that it can be shown again."""

    values: dict[str, Any]
    typed: dict[str, str]
    keep: tuple[str, ...]
    """Secrets that were left as they are."""


def read(fields: Sequence[Field], form: Mapping[str, str], given: Collection[str] = ()) -> Answer:
    """What was typed, in the types of the model. What is as by default is left out."""
    answer = Answer({}, {}, tuple(one for one in given if not form.get(one) and f"{one}!" not in form))
    for one in flat(fields):
        said = form.get(one.name, "").replace("\r\n", "\n").strip()[:LONGEST]
        if one.shown == "switch":
            said = YES if one.name in form else NO
        if one.shown != "secret":
            answer.typed[one.name] = said
        if said == one.default:
            continue
        value = _value(one, said)
        if value is not None:
            _put(answer.values, one.name, value)
    return answer


def _value(field: Field, said: str) -> Any:
    match field.shown:
        case "switch":
            return said == YES
        case "lines":
            return [line.strip() for line in said.splitlines() if line.strip()]
        case "number":
            return _number(said)
        case "select" if said in (YES, NO):
            return said == YES
    return said or None


def _number(said: str) -> Any:
    """What is no number stays text, so that the model says what is wrong with it."""
    for kind in (int, float):
        try:
            return kind(said.replace(",", "."))
        except ValueError:
            continue
    return said or None


def _put(values: dict[str, Any], dotted: str, value: Any) -> None:
    first, _, rest = dotted.partition(".")
    if rest:
        _put(values.setdefault(first, {}), rest, value)
    else:
        values[first] = value


def wrong(problems: Sequence[Problem], fields: Sequence[Field], language: Language) -> dict[str, str]:
    """The problems as sentences, by field; what has no field here is about the whole."""
    called = {"slug": language.text("Name")} | {one.name: one.label for one in flat(fields)}
    found: dict[str, str] = {}
    for one in problems:
        name = one.path if one.path in called else ""
        text = told(one.text, called.get(name, ""), language)
        found[name] = f"{found[name]} {text}" if name in found else text
    return found


def told(text: str, label: str, language: Language) -> str:
    """A problem's text as a sentence about its field."""
    if text in ("is missing", "should not be empty"):
        return language.text("Please fill in “%(field)s”.", field=label)
    said = language.retold(text)
    said = said if said.endswith((".", "?", "!")) else f"{said}."
    if not label or text[:1].isupper():
        return said[:1].upper() + said[1:]
    return f"{label} {said}" if language.code == "en" else f"{label}: {said}"
