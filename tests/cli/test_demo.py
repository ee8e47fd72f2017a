"""Does the demo say what is in its way, before it begins?"""

import socket
from pathlib import Path

import pytest

from ..ports import free
from .conftest import run


@pytest.mark.parametrize("next_one", [False, True])
def test_a_port_that_is_taken_is_no_bug(tmp_path: Path, next_one: bool) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        said = run("demo", "--folder", str(tmp_path / "demo"), "--port", str(port - next_one))
    assert said.code == 2
    # Where two are in a row the lower one may be somebody else's.
    assert f"Port {port} cannot be used: Address already in use." in said.out or next_one
    assert "--port" in said.out
    assert not (tmp_path / "demo").exists()


def test_a_port_that_cannot_be_is_wrong_use(tmp_path: Path) -> None:
    said = run("demo", "--folder", str(tmp_path / "demo"), "--port", "99999")
    assert said.code == 2
    assert "'--port'" in said.err


def test_what_is_not_a_demos_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("years of it")
    port = free(2)
    for folder in (tmp_path, tmp_path / "work"):
        said = run("demo", "--folder", str(folder), "--port", str(port))
        assert said.code == 2
        assert "is not a demo's" in said.out
    assert (tmp_path / "work").read_text() == "years of it"


def test_without_plugins_there_is_nothing_to_play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cusna_core.demo.run._installed", list)
    said = run("demo", "--folder", str(tmp_path / "demo"), "--port", str(free(2)))
    assert (said.code, said.err) == (2, "")
    assert "No plugin that is installed here brings a vendor in a box." in said.out
