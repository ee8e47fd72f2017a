"""Is what `cusna new-driver` and `new-source` write a plugin from its first minute, or nothing at all?"""

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import cusna_core
from cusna_core.scaffold import plugin
from cusna_core.scaffold.names import BadName, Names, named
from cusna_core.scaffold.plugin import minor, rendered, write

from .conftest import Said, run

ROOT = Path(__file__).parents[2]
KINDS: tuple[plugin.Kind, ...] = ("driver", "source")
LONGEST = "abc_abc_abc_abc_ab"
INSTALLED = ("memory", "unifi", "cusna-core", "Cusna_Zephyr", "aiohttp")

GOOD = [
    ("acme", "Acme", "cusna-acme"),
    ("a", "A", "cusna-a"),
    ("blue_sky2", "BlueSky2", "cusna-blue-sky2"),
    (LONGEST, "AbcAbcAbcAbcAb", "cusna-abc-abc-abc-abc-ab"),
]
BAD = [
    ("Acme", "acme would do"),
    ("acme-wifi", "acme_wifi would do"),
    ("acme wifi!", "acme_wifi would do"),
    ("acme_", "acme would do"),
    ("ac__me", "ac_me would do"),
    ("2wire", "begins with a small letter"),
    ("", "Take one such as acme"),
    ("größe", "grosse would do"),
    ("été", "ete would do"),
    ("test", "Put something before it, such as the_test"),
    ("testo_wifi_systems", "such as the_testo_wifi_sys"),
    ("../acme", "acme would do"),
    ("a" * 19, "at most 18"),
    ("cusna", "only the vendor's name"),
    ("cusna-acme", "say acme instead of cusna-acme"),
    ("cusna_acme", "say acme instead of cusna_acme"),
    ("Cusna-Acme", "say acme instead of Cusna-Acme"),
    ("core", "a word of Cusna or Python itself. Add something, such as core_wifi"),
    ("json", "a word of Cusna or Python itself"),
    ("none", "a word of Cusna or Python itself"),
    ("memory", "installed here already"),
    ("unifi", "installed here already"),
    ("zephyr", "installed here already"),
]


@pytest.mark.parametrize(("name", "camel", "folder"), GOOD)
def test_a_good_name(name: str, camel: str, folder: str) -> None:
    names = named(name, INSTALLED)
    assert (names.camel, names.folder) == (camel, folder)


@pytest.mark.parametrize(("name", "sentence"), BAD)
def test_a_bad_name_is_refused_with_what_would_do(name: str, sentence: str) -> None:
    with pytest.raises(BadName) as caught:
        named(name, INSTALLED)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", [name for name, _ in BAD if "would do" in _])
def test_what_is_said_to_do_does(name: str) -> None:
    with pytest.raises(BadName) as caught:
        named(name, INSTALLED)
    named(str(caught.value).split()[-3], INSTALLED)


def test_every_name_of_a_plugin_that_is_there_is_taken(tmp_path: Path) -> None:
    """Not only in the table above: what this machine really has."""
    said = run("new-driver", "memory", "--to", str(tmp_path))
    assert said.code == 2
    assert "installed here already" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_says_at_the_end(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    said = run(f"new-{kind}", "acme", "--to", str(tmp_path))
    assert (said.code, said.err) == (0, "")
    commands = [line.strip() for line in said.out.splitlines() if line.startswith("  ")]
    assert commands == [
        f"cd {tmp_path / 'cusna-acme'}",
        "python -m pip install -e '.[testing]'",
        "python -m pytest -x",
    ]


def test_outside_of_its_environment_python_is_named_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"{sys.executable} -m pytest" in run("new-driver", "acme", "--to", str(tmp_path)).out


def _refused(said: Said, sentence: str) -> None:
    assert said.code == 2
    assert sentence in said.err
    assert "bug" not in said.err
    assert said.out == ""


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "cusna-acme"
    mine.mkdir()
    (mine / "work.py").write_text("years of it")
    _refused(run("new-driver", "acme", "--to", str(tmp_path)), "is there already, and is left as it is")
    assert [one.name for one in tmp_path.rglob("*")] == ["cusna-acme", "work.py"]
    (tmp_path / "cusna-bolt").symlink_to(tmp_path / "nowhere")
    _refused(run("new-driver", "bolt", "--to", str(tmp_path)), "is there already")


def test_a_folder_to_write_into_must_be_there(tmp_path: Path) -> None:
    _refused(run("new-source", "acme", "--to", str(tmp_path / "nowhere")), "There is no folder")
    (tmp_path / "file").write_text("")
    _refused(run("new-source", "acme", "--to", str(tmp_path / "file")), "There is no folder")


def test_a_disk_that_fills_up_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "chmod", full)
    _refused(run("new-driver", "acme", "--to", str(tmp_path)), "No space left on device. Nothing was made.")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_readable_by_others_but_its_token_is_not(tmp_path: Path) -> None:
    folder = write("driver", "acme", tmp_path)
    assert folder.stat().st_mode & 0o777 == 0o777 & ~_umask()
    assert (folder / "cusna.toml").stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["cusna-acme"]


def _umask() -> int:
    import os

    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("kind", KINDS)
def test_every_gap_says_what_to_write(kind: plugin.Kind) -> None:
    files = rendered(kind, Names("acme"))
    gaps = []
    for path, text in files.items():
        assert "{{" not in text, path
        assert "{%" not in text, path
        if path.endswith(".py"):
            gaps += [
                ast.unparse(node.exc.args[0])
                for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            ]
    assert len(gaps) >= 10
    for gap in gaps:
        assert re.fullmatch(r"'Write \w+\.\w+: .{15,}\.'", gap.replace('"', "'")), gap


def test_it_asks_for_this_minor_version() -> None:
    files = rendered("driver", Names("acme"))
    assert f'"cusna-core{minor(cusna_core.__version__)}"' in files["pyproject.toml"]
    for version, fits in (("0.1.0", "0.1.7"), ("1.9.3", "1.9.0"), ("2.0.0rc1", "2.0.1")):
        need = Requirement(f"cusna-core{minor(version)}").specifier
        assert need.contains(fits)
    assert not Requirement(f"cusna-core{minor('0.1.0')}").specifier.contains("0.2.0")
    assert not Requirement(f"cusna-core{minor('1.9.3')}").specifier.contains("1.10.0")


@pytest.mark.parametrize("name", ["a", "acme", LONGEST])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_in_good_style(kind: plugin.Kind, name: str, tmp_path: Path) -> None:
    folder = write(kind, name, tmp_path)
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        _runs(folder, "ruff", *command, ".")


@pytest.mark.parametrize("kind", KINDS)
def test_its_types_are_right(kind: plugin.Kind, tmp_path: Path) -> None:
    folder = write(kind, "acme", tmp_path)
    _runs(folder, "mypy", "--cache-dir", str(ROOT / ".mypy_cache"))


def _runs(folder: Path, module: str, *args: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, *args], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_brings_the_templates(tmp_path: Path) -> None:
    if shutil.which("hatchling", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("hatchling is not installed here: run script/setup")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    [wheel] = tmp_path.glob("*.whl")
    below = ROOT / "src"
    templates = {
        str(one.relative_to(below)) for one in below.glob("cusna_core/scaffold/templates/**/*.jinja")
    }
    assert len(templates) >= 15
    with zipfile.ZipFile(wheel) as packed:
        assert templates <= set(packed.namelist())
