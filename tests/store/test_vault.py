"""What is sealed opens only as a whole, in its place, with its key."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.store import accounts, installation, outbox, settings, sign_in
from cusna_core.store.db import Database, Tx
from cusna_core.store.rotate import rotate, rotate_all
from cusna_core.store.vault import (
    KeyFileMissing,
    KeyFileUnsafe,
    Ring,
    Tampered,
    Vault,
    add_key,
    drop_old_keys,
)

from .conftest import NOW

VAULT = Vault.ephemeral()


@given(st.text(), st.text())
def test_what_is_sealed_is_unsealed(text: str, about: str) -> None:
    sealed = VAULT.seal(text, about)
    assert VAULT.unseal(sealed, about) == text
    assert VAULT.seal(text, about) != sealed


def test_every_flipped_bit_is_noticed() -> None:
    sealed = VAULT.seal("k7mq-wxyz", "account:1")
    for index in range(len(sealed)):
        for bit in range(7):
            other = chr(ord(sealed[index]) ^ (1 << bit))
            with pytest.raises(Tampered):
                VAULT.unseal(sealed[:index] + other + sealed[index + 1 :], "account:1")


@pytest.mark.parametrize("token", ["", "v1", "v1:a:b", "v2:a:b:c", "v1:a:b:c:d", "v1:none:AAAA:AAAA"])
def test_garbage_is_refused(token: str) -> None:
    with pytest.raises(Tampered):
        VAULT.unseal(token, "x")


def test_another_row_and_another_key_are_refused() -> None:
    sealed = VAULT.seal("kmq7-wxyz", "account:1")
    for vault, about in ((VAULT, "account:2"), (Vault.ephemeral(), "account:1")):
        with pytest.raises(Tampered) as caught:
            vault.unseal(sealed, about)
        assert caught.value.__suppress_context__
        assert "kmq7" not in str(caught.value)


def test_it_shows_nothing() -> None:
    ring = Ring.new()
    vault = Vault(ring)
    for key in (ring.index, ring.code, ring.encryption[0][1]):
        for shown in (repr(vault), str(vault), f"{vault!r}", repr(ring)):
            assert repr(key) not in shown
            assert key.hex() not in shown
    assert repr(vault) == "<Vault>"
    with pytest.raises(TypeError):
        pickle.dumps(vault)


def test_hashes_are_keyed_where_they_must_be() -> None:
    other = Vault.ephemeral()
    assert VAULT.fingerprint("a") == VAULT.fingerprint("a") != other.fingerprint("a")
    assert VAULT.code_hash("f", "12345678") != other.code_hash("f", "12345678")
    assert VAULT.code_hash("f", "12345678") != VAULT.code_hash("g", "12345678")
    assert VAULT.token_hash("t") == other.token_hash("t")


def test_the_key_file_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "cusna.key"
    first = Vault.open(path, database=tmp_path / "none.db")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert Vault.open(path).unseal(first.seal("x", "y"), "y") == "x"
    assert Vault.open(path).fingerprint("x") == first.fingerprint("x")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o601])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "cusna.key"
    Vault.open(path)
    path.chmod(mode)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        Vault.open(path)


def test_a_missing_key_file_beside_a_database_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "cusna.db"
    database.write_bytes(b"x")
    with pytest.raises(KeyFileMissing, match="nothing was changed"):
        Vault.open(tmp_path / "cusna.key", database=database)
    assert not (tmp_path / "cusna.key").exists()


def _rings() -> list[str]:
    good = json.loads(Ring.new().text())
    key = good["encryption"][0]
    return [
        "",
        "[]",
        "{}",
        json.dumps(good | {"encryption": []}),
        json.dumps(good | {"encryption": [key, key]}),
        json.dumps(good | {"encryption": [key | {"id": "a:b"}]}),
        json.dumps(good | {"index": "AAAA"}),
        json.dumps(good | {"code": key["key"] + "="}),
    ]


@pytest.mark.parametrize("text", _rings())
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cusna.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyFileUnsafe, match="not a key file"):
        Vault.open(path)
    assert path.read_text() == text


def test_two_that_make_the_key_file_at_once_do_not_overwrite_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cusna.key"
    first = Vault.open(path)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(FileExistsError):
        Vault.open(path)
    monkeypatch.undo()
    assert Vault.open(path).fingerprint("x") == first.fingerprint("x")
    assert list(tmp_path.iterdir()) == [path]


def test_the_key_file_of_another_database_is_refused(tx: Tx, vault: Vault) -> None:
    installation.prove(tx, vault)
    installation.prove(tx, vault)
    ring = Ring.new()
    other_index = Ring(vault._ring.encryption, ring.index, ring.code)
    for wrong in (Vault.ephemeral(), Vault(other_index)):
        with pytest.raises(installation.WrongKeyFile, match="Put the right key file back"):
            installation.prove(tx, wrong)


def test_the_installation_is_named_once(tx: Tx) -> None:
    name = installation.identity(tx)
    assert len(name) == 6
    assert name.isalnum()
    assert name == name.lower()
    assert installation.identity(tx) == name


def test_swapped_rows_are_refused_and_the_others_work(tx: Tx, vault: Vault) -> None:
    ids = [accounts.create(tx, vault, "hq", f"{n}@x.org", None, "", [], f"pass-{n}", NOW) for n in range(3)]
    first, second = (
        tx.execute("SELECT passphrase FROM accounts WHERE id = ?", (one,)).fetchone()[0] for one in ids[:2]
    )
    tx.execute("UPDATE accounts SET passphrase = ? WHERE id = ?", (second, ids[0]))
    tx.execute("UPDATE accounts SET passphrase = ? WHERE id = ?", (first, ids[1]))
    for one in ids[:2]:
        with pytest.raises(Tampered):
            accounts.passphrase(tx, vault, one)
    assert accounts.passphrase(tx, vault, ids[2]) == "pass-2"


async def test_rotation_seals_everything_anew_and_can_be_stopped(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "cusna.key"
    old = Vault.open(path)

    def fill(tx: Tx) -> list[str]:
        installation.prove(tx, old)
        ids = [accounts.create(tx, old, "hq", f"{n}@x.org", None, "", [], f"pass-{n}", NOW) for n in range(7)]
        outbox.put(tx, old, "notice", "k", {"a": 1}, NOW)
        settings.put(tx, old, "mail", "smtp", {"password": "p"}, NOW, "me")
        token = sign_in.open_session(tx, "member", ids[0], "hq", False, NOW)
        session = sign_in.session(tx, old, token, NOW)
        assert session is not None
        sign_in.offer(tx, old, session.id, ["one", "two"], NOW)
        return [*ids, session.id]

    *ids, session_id = await db.run(fill)
    new = add_key(path)
    assert await db.run(lambda tx: rotate(tx, new, 4)) == 4  # and then the power fails
    assert await rotate_all(db, new) == 7
    assert await rotate_all(db, new) == 0
    alone = drop_old_keys(path)

    def check(tx: Tx) -> None:
        installation.prove(tx, alone)
        assert [accounts.passphrase(tx, alone, one) for one in ids] == [f"pass-{n}" for n in range(7)]
        assert outbox.due(tx, alone, NOW)[0].payload == {"a": 1}
        assert settings.all(tx, alone) == {"mail": {"smtp": {"password": "p"}}}
        assert sign_in.offered(tx, alone, session_id) == ("one", "two")

    await db.read(check)
    assert alone.fingerprint("x") == old.fingerprint("x")
