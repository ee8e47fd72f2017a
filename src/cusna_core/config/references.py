"""What do `env:NAME`, `file:/path` and relative paths stand for?

Only fields that hold a secret take references, and only in the file: whoever may use the console should
not be able to have this machine's files sent to an address of their choice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from cusna_core.api.options import LOCAL
from cusna_core.config.problems import Problem, join

LONGEST = 64 * 1024
"""Bytes of a secret's file: more is surely another file."""


@dataclass(slots=True)
class Ground:
    """Where values come from: what paths are relative to, and which environment references name."""

    base: Path
    env: Mapping[str, str] | None
    """None: references are refused (the console)."""
    problems: list[Problem] = field(default_factory=list)
    literals: list[str] = field(default_factory=list)
    """Paths of secrets that stand in the file themselves."""

    def resolve(self, model: type[BaseModel], raw: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The values with references replaced; what cannot be is left out and becomes a problem."""
        done: dict[str, Any] = {}
        for name, value in raw.items():
            info = model.model_fields.get(name)
            if info is None:
                done[name] = value
                continue
            kind = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            done[name] = self._value(kind, value, join(path, name))
        return done

    def _value(self, kind: Any, value: Any, path: str) -> Any:
        for arm in _arms(kind):
            origin, args = get_origin(arm), get_args(arm)
            if isinstance(value, str) and arm is SecretStr:
                return self._secret(value, path)
            if isinstance(value, str) and origin is Annotated and LOCAL in args:
                return str(self.base / value) if value else value
            if isinstance(value, Mapping) and isinstance(arm, type) and issubclass(arm, BaseModel):
                return self.resolve(arm, value, path)
            if isinstance(value, list) and origin in (tuple, list, set, frozenset):
                return [self._value(args[0], one, path) for one in value]
            if isinstance(value, Mapping) and origin is dict:
                return {name: self._value(args[1], one, join(path, name)) for name, one in value.items()}
        return value

    def _secret(self, value: str, path: str) -> Any:
        scheme, colon, name = value.partition(":")
        if not colon or scheme not in ("env", "file"):
            self.literals.append(path)
            return value
        if self.env is None:
            self._wrong(path, "references such as env:NAME work in the file only: put the secret itself here")
            return UNKNOWN
        text = self._environment(name, path) if scheme == "env" else self._file(name, path)
        return UNKNOWN if text is None else text

    def _environment(self, name: str, path: str) -> str | None:
        assert self.env is not None
        text = self.env.get(name.strip())
        if text:
            return text
        state = "is not set" if text is None else "is empty"
        self._wrong(path, f"the environment variable {name.strip()} {state}: set it for this program")
        return None

    def _file(self, name: str, path: str) -> str | None:
        where = self.base / name.strip()
        try:
            with where.open("rb") as file:
                content = file.read(LONGEST + 1)
            text = content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            self._wrong(path, f"the file {where} is not text")
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "no such path"
            self._wrong(path, f"the file {where} cannot be read ({why})")
            return None
        if not text or len(content) > LONGEST:
            self._wrong(
                path, f"the file {where} {'is empty' if not text else 'is far too long for a secret'}"
            )
            return None
        return text

    def _wrong(self, path: str, text: str) -> None:
        self.problems.append(Problem(path, text))


UNKNOWN = SecretStr("?")
"""Stands in for a secret that could not be read, so that it is not called missing as well."""


def is_secret(kind: Any) -> bool:
    """Whether a field of this type holds a secret (and must never be shown)."""
    return any(
        arm is SecretStr or (get_origin(arm) in (tuple, list, set, frozenset) and is_secret(get_args(arm)[0]))
        for arm in _arms(kind)
    )


def _arms(kind: Any) -> Iterator[Any]:
    """The types that a value may have. A local path stays marked; other annotations are peeled off."""
    origin = get_origin(kind)
    if origin is Annotated and LOCAL not in get_args(kind):
        yield from _arms(get_args(kind)[0])
    elif origin in (Union, UnionType):
        for arm in get_args(kind):
            yield from _arms(arm)
    else:
        yield kind
