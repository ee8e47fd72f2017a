"""Where is the configuration file, and what stands in it?

What is wrong at the top, in `[plugins]`, `[mail]` or `[metrics]` refuses the start. The named tables are only
gathered here; `setup` judges each for itself.
"""

import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from cusna_core.api import Options
from cusna_core.config import problems
from cusna_core.config.models import KINDS
from cusna_core.config.problems import ConfigFileError, Problem
from cusna_core.config.program import General, Mail, Metrics, Plugins
from cusna_core.config.references import Ground

PLACES = ("cusna.toml", "/etc/cusna/cusna.toml")
VARIABLE = "CUSNA_CONFIG"
TABLES = {f"{kind}s": kind for kind in (*KINDS, "sink")}

ModelT = TypeVar("ModelT", bound=Options)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The file, with its named tables still raw: kind ("integration") to name to values."""

    path: Path
    general: General
    plugins: Plugins
    mail: Mail | None
    tables: Mapping[str, Mapping[str, Any]]
    readable: bool = False
    """Everybody on this machine may read the file."""
    literals: tuple[str, ...] = ()
    """Paths of secrets that stand in the file itself, outside the named tables."""
    env: Mapping[str, str] = field(default_factory=dict)
    metrics: Metrics | None = None

    @property
    def base(self) -> Path:
        return self.path.parent

    def __repr__(self) -> str:
        return f"ConfigFile({str(self.path)!r})"


def find(given: Path | None, env: Mapping[str, str], cwd: Path) -> Path:
    """The file to read: the one given, else CUSNA_CONFIG, ./cusna.toml, /etc/cusna/cusna.toml."""
    named = given if given is not None else Path(env[VARIABLE]) if env.get(VARIABLE) else None
    if named is not None:
        path = cwd / named
        if not path.is_file():
            by = "--config" if given is not None else VARIABLE
            raise ConfigFileError(
                Problem("", f"There is no file {path}, which {by} names. Correct the path, or write it.")
            )
        return path
    for place in PLACES:
        path = cwd / place
        if path.is_file():
            return path
    looked = " and ".join(str(cwd / place) for place in PLACES)
    raise ConfigFileError(
        Problem(
            "",
            f"There is no configuration file: looked for {looked}. Write one "
            "(docs/reference/sample.toml is a beginning), or name it with --config.",
        )
    )


def read(path: Path, env: Mapping[str, str]) -> ConfigFile:
    """The file's content. Raises ConfigFileError with everything that is wrong above the named tables."""
    data = _toml(path)
    ground = Ground(path.parent, env)
    wrong: list[Problem] = []
    tables: dict[str, Mapping[str, Any]] = {}
    for table, kind in TABLES.items():
        value = data.pop(table, {})
        if not isinstance(value, dict):
            wrong.append(Problem(table, f"should be tables with names, such as [{table}.NAME]"))
            value = {}
        tables[kind] = value
    parts = {name: data.pop(name, None) for name in ("plugins", "mail", "metrics")}
    data.setdefault("data_dir", str(General.model_fields["data_dir"].default))
    known = (*General.model_fields, *TABLES, *parts)
    general = _judged(General, data, "", ground, wrong, known)
    plugins = _judged(Plugins, parts["plugins"] or {}, "plugins", ground, wrong)
    mail = None if parts["mail"] is None else _judged(Mail, parts["mail"], "mail", ground, wrong)
    metrics = None
    if parts["metrics"] is not None:
        metrics = _judged(Metrics, parts["metrics"], "metrics", ground, wrong)
    wrong += ground.problems
    if wrong or general is None or plugins is None:
        raise ConfigFileError(*wrong, file=path)
    return ConfigFile(
        path, general, plugins, mail, tables, _readable(path), tuple(ground.literals), env, metrics
    )


def _toml(path: Path) -> dict[str, Any]:
    text = ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text)
    except OSError as error:
        sentence = f"{path} cannot be read ({error.strerror})."
    except UnicodeDecodeError:
        sentence = f"{path} is not UTF-8 text. Save it as UTF-8."
    except tomllib.TOMLDecodeError as error:
        what, line, column = _syntax(str(error), text)
        sentence = f"{path} is not valid TOML in line {line}, column {column}: {what}."
    raise ConfigFileError(Problem("", sentence), file=path)


def _syntax(message: str, text: str) -> tuple[str, int, int]:
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if match is None:
        return message, 1, 1
    lines = text.splitlines() or [""]
    what = match[1][:1].lower() + match[1][1:]
    return what, int(match[2] or len(lines)), int(match[3] or len(lines[-1]) + 1)


def _judged(
    model: type[ModelT],
    raw: Any,
    path: str,
    ground: Ground,
    wrong: list[Problem],
    known: tuple[str, ...] = (),
) -> ModelT | None:
    if not isinstance(raw, dict):
        wrong.append(Problem(path, f"should be a table: [{path}]"))
        return None
    try:
        return model.model_validate(ground.resolve(model, raw, path))
    except ValidationError as error:
        top = () if known else tuple(General.model_fields)
        wrong += problems.of(error, raw, path, known or tuple(model.model_fields), top)
        return None


def _readable(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)
