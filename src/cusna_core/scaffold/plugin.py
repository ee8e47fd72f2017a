"""How does a plugin's folder come to be? All of it, or nothing of it."""

import shutil
import tempfile
from importlib.metadata import distributions, entry_points
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from packaging.version import Version

import cusna_core
from cusna_core.api.hooks import GROUP
from cusna_core.scaffold.names import Names, named

Kind = Literal["driver", "source"]

SUFFIX: Final = ".jinja"
PORT: Final = 8099
"""Where the new plugin's fake listens when it is run by hand."""
DOTTED: Final = {"gitignore": ".gitignore"}
"""Hidden files have plain names among the templates, so that nothing takes them for its own."""
PRIVATE: Final = ("cusna.toml",)
"""A file with a token in it is its owner's, even if the token is a fake's."""


class Refused(ValueError):
    """Nothing was written: a sentence with the reason."""


def write(kind: Kind, name: str, to: Path) -> Path:
    """Write the plugin's folder into `to`. Raises BadName or Refused, and OSError; nothing is left then."""
    names = named(name, _installed())
    folder = to / names.folder
    if not to.is_dir():
        raise Refused(f"There is no folder {to}. Make it, or name another with --to.")
    if folder.exists() or folder.is_symlink():
        raise Refused(f"{folder} is there already, and is left as it is. Take another name, or --to DIR.")
    files = rendered(kind, names)
    # Beside its place and under another name, until it is whole.
    draft = Path(tempfile.mkdtemp(prefix=f".{names.folder}-", dir=to))
    try:
        inner = draft / names.folder
        for path, text in files.items():
            target = inner / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            if path in PRIVATE:
                target.chmod(0o600)
        inner.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def rendered(kind: Kind, names: Names) -> dict[str, str]:
    """The files of a new plugin: path below its folder to text."""
    environment = Environment(
        loader=PackageLoader("cusna_core.scaffold"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - it writes Python and TOML, of a name of small letters
    )
    values = {
        "name": names.name,
        "dashed": names.dashed,
        "camel": names.camel,
        "title": names.title,
        "core": minor(cusna_core.__version__),
        "port": PORT,
    }
    files = {}
    for template in environment.list_templates():
        part, _, rest = template.partition("/")
        if part in ("both", kind) and rest.endswith(SUFFIX):
            path = rest.removesuffix(SUFFIX).replace("NAME", names.name)
            files[DOTTED.get(path, path)] = environment.get_template(template).render(values)
    return files


def minor(version: str) -> str:
    """The requirement that means this minor version: an interface may change with the next."""
    major, second = Version(version).release[:2]
    return f">={major}.{second},<{major}.{second + 1}"


def _installed() -> set[str]:
    """Names of plugins, and of packages, that are there."""
    return {one.name for one in entry_points(group=GROUP)} | {one.name for one in distributions()}
