"""What do the commands do at their edges: wrong use, bugs, terminals, copies, a program that runs?"""

import asyncio
import os
import pty
import socket
import sys

import pytest

from cusna_core.cli import perform

from .conftest import ESCAPE, Space, run


async def test_what_is_no_command_is_wrong_use(space: Space) -> None:
    said = await space.child("dance")
    assert (said.code, said.out) == (2, "")
    assert "dance" in said.err
    assert run("plan", "--no-such-option").code == 2
    assert run("explain").code == 2


async def test_a_bug_is_told_as_one_without_its_text(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("hunter2-in-the-text")

    monkeypatch.setattr(perform, "_perform", broken)
    said = await space.cusna("plan")
    assert (said.code, said.out) == (3, "")
    assert "This is a bug in Cusna (RuntimeError)." in said.err
    assert "test_terminal.py" in said.err
    assert "hunter2" not in said.err


@pytest.mark.parametrize("command", ["plan", "explain", "apply"])
async def test_a_command_reads_the_same_whether_cusna_runs_or_not(space: Space, command: str) -> None:
    space.member("Mara")
    await space.cusna("apply")
    args = [command, *(["mara@example.com"] if command == "explain" else [])]
    alone = await space.cusna(*args)
    async with space.served():
        running = await space.cusna(*args)
    assert alone.code == 0
    assert running == alone


async def test_a_backup_comes_back_and_the_key_file_is_apart(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    copy = space.folder / "copy.db"
    made = await space.cusna("backup", str(copy))
    assert made.code == 0
    assert f"The key file {space.data / 'cusna.key'} is not in it" in made.out
    assert (space.data / "cusna.key").read_bytes().strip() not in copy.read_bytes()
    assert copy.stat().st_mode & 0o077 == 0
    assert (await space.cusna("backup", str(copy))).code == 2
    await space.cusna("disable", "mara@example.com")
    back = await space.cusna("restore", str(copy))
    assert back.code == 0
    assert "The old one is " in back.out
    said = await space.cusna("explain", "mara@example.com")
    assert "Disabled" not in said.out
    (space.data / "cusna.key").unlink()
    keyless = await space.cusna("restore", str(copy))
    assert f"Put the key file of that time to {space.data / 'cusna.key'}" in keyless.out


async def test_what_is_no_backup_is_not_restored(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    before = (space.data / "cusna.db").read_bytes()
    (space.folder / "text.db").write_text("no database at all, but a text that is long enough" * 9)
    said = await space.cusna("restore", str(space.folder / "text.db"))
    assert (said.code, said.out) == (2, "")
    assert "Nothing was changed." in said.err
    assert (space.data / "cusna.db").read_bytes() == before
    assert (await space.cusna("restore", str(space.folder / "none.db"))).code == 2


async def test_serve_on_a_port_that_is_taken_is_wrong_use(space: Space) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", space.port))
        other.listen()
        said = await space.child("serve", "--config", str(space.file))
    assert said.code == 2
    assert f"Cannot listen on 127.0.0.1:{space.port}: " in said.err


async def test_a_damaged_database_is_no_bug(space: Space) -> None:
    await space.cusna("plan")
    database = space.data / "cusna.db"
    whole = database.read_bytes()
    database.write_bytes(whole[:100] + b"?" * (len(whole) - 100))
    for command in ("serve", "plan"):
        said = await space.child(command, "--config", str(space.file))
        assert said.code == 2
        assert "Nothing was changed." in said.err


async def test_the_demo_says_what_it_takes() -> None:
    said = await asyncio.to_thread(run, "demo", "--help")
    assert said.code == 0
    for option in ("--tour", "--folder", "--port", "--empty"):
        assert option in said.out


async def test_a_terminal_without_the_signs_gets_others_for_them(space: Space) -> None:
    said = await space.child("check", "--config", str(space.file), env={"PYTHONIOENCODING": "ascii"})
    assert (said.code, said.out) == (0, "? Everything answers, and nothing needs attention.\n")


@pytest.mark.parametrize(("colour", "escaped"), [({}, True), ({"NO_COLOR": "1"}, False)])
async def test_no_color_means_no_escape_codes(space: Space, colour: dict[str, str], escaped: bool) -> None:
    space.member("Mara")
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from cusna_core.cli import main; main()", "plan", "--config", str(space.file),
        env={**os.environ, "TERM": "xterm-256color", **colour}, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    code = await process.wait()
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert code == 0
    assert "Mara" in told
    assert (ESCAPE in told) is escaped


async def test_half_an_answer_is_none(space: Space) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"progress": "Reading"}\n{"resu')
        writer.close()

    space.data.mkdir()
    async with await asyncio.start_unix_server(die, space.data / "cusna.sock"):
        said = await space.cusna("plan")
    assert (said.code, said.out) == (1, "")
    assert "The running program went away in the middle. Try again." in said.err
