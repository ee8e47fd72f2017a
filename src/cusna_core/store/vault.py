"""How are secrets kept at rest?

AES-256-GCM with keys that live in a file outside the database. The row that a secret belongs to is
authenticated with it, so that a ciphertext moved to another row is refused.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE: Final = 12
_KEY: Final = 32


class Tampered(Exception):
    """A sealed value was changed, moved to another row, or sealed with a key that we do not have."""


class KeyFileMissing(Exception):
    """There is a database, but not the key file that opens its secrets."""


class KeyFileUnsafe(Exception):
    """The key file is readable by others, or is not a key file."""


def token_hash(token: str) -> str:
    """SHA-256 (hex) of a token of at least 128 random bits, which needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _decode(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(raw) != text:  # base64 has several spellings of the same bytes; only ours counts
        raise ValueError("not our spelling")
    return raw


@dataclass(frozen=True, repr=False)
class Ring:
    """The keys themselves; the last of `encryption` is the one that seals."""

    encryption: tuple[tuple[str, bytes], ...]
    index: bytes
    code: bytes

    @classmethod
    def new(cls) -> Self:
        return cls((_fresh(),), secrets.token_bytes(_KEY), secrets.token_bytes(_KEY))

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            raw = json.loads(text)
            ring = cls(
                tuple((str(one["id"]), _decode(one["key"])) for one in raw["encryption"]),
                _decode(raw["index"]),
                _decode(raw["code"]),
            )
        except (ValueError, KeyError, TypeError):
            raise ValueError("not a ring of keys") from None
        keys = [key for _, key in ring.encryption] + [ring.index, ring.code]
        names = [name for name, _ in ring.encryption]
        if not names or len(set(names)) != len(names) or any(len(key) != _KEY for key in keys):
            raise ValueError("not a ring of keys")
        if not all(re.fullmatch(r"[a-z0-9]{1,16}", name) for name in names):
            raise ValueError("not a ring of keys")
        return ring

    def text(self) -> str:
        return json.dumps(
            {
                "version": 1,
                "encryption": [{"id": name, "key": _encode(key)} for name, key in self.encryption],
                "index": _encode(self.index),
                "code": _encode(self.code),
            },
            indent=1,
        )


def _fresh() -> tuple[str, bytes]:
    return secrets.token_hex(4), secrets.token_bytes(_KEY)


class Vault:
    """Seals, unseals and fingerprints. Shows nothing of itself."""

    __slots__ = ("_ciphers", "_ring", "_sealing")

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._ciphers = {name: AESGCM(key) for name, key in ring.encryption}
        self._sealing = ring.encryption[-1][0]

    def __repr__(self) -> str:
        return "<Vault>"

    @classmethod
    def open(cls, path: Path, *, database: Path | None = None) -> Self:
        """Load the key file, or make one (0600).

        With `database` given, a missing key file beside an existing database is refused instead:
        a new key could open nothing in it, and every passphrase would have to change.
        """
        if not path.exists():
            if database is not None and database.exists() and database.stat().st_size:
                raise KeyFileMissing(
                    f"The key file {path} is missing, but the database {database} is there. Without the key "
                    "its passphrases cannot be read, so nothing was started and nothing was changed: "
                    "WiFi stays as it is. Put the key file back from where you keep it."
                )
            _write(path, Ring.new(), exclusive=True)
        return cls(_read(path))

    @classmethod
    def ephemeral(cls) -> Self:
        """One with new keys that are kept nowhere, for tests and dry runs."""
        return cls(Ring.new())

    @property
    def sealing(self) -> str:
        """The id of the key that seals now."""
        return self._sealing

    def seal(self, text: str, about: str) -> str:
        """`v1:key:nonce:ciphertext`; only `unseal` with the same `about` opens it again."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._sealing].encrypt(nonce, text.encode(), _aad(self._sealing, about))
        return f"v1:{self._sealing}:{_encode(nonce)}:{_encode(sealed)}"

    def unseal(self, token: str, about: str) -> str:
        try:
            version, key, nonce, sealed = token.split(":")
            if version != "v1":
                raise ValueError("another format")
            raw = self._ciphers[key].decrypt(_decode(nonce), _decode(sealed), _aad(key, about))
            return raw.decode()
        except (ValueError, KeyError, binascii.Error, InvalidTag):
            raise Tampered(
                f"A stored secret ({about}) cannot be read: it was changed, moved, or sealed with a key "
                "that is not in the key file."
            ) from None

    def fingerprint(self, text: str) -> str:
        """A keyed, one-way fingerprint (hex), the same for the installation's life."""
        return hmac.new(self._ring.index, text.encode(), hashlib.sha256).hexdigest()

    def code_hash(self, flow_id: str, code: str) -> str:
        """Keyed, because a code of eight digits could be guessed from a plain hash."""
        return hmac.new(self._ring.code, f"{flow_id}:{code}".encode(), hashlib.sha256).hexdigest()

    def token_hash(self, token: str) -> str:
        return token_hash(token)


def _aad(key: str, about: str) -> bytes:
    return f"v1:{key}:{about}".encode()


def add_key(path: Path) -> Vault:
    """Put a new sealing key into the key file; older ones stay for what they sealed."""
    ring = _read(path)
    _write(path, Ring((*ring.encryption, _fresh()), ring.index, ring.code))
    return Vault(_read(path))


def drop_old_keys(path: Path) -> Vault:
    """Leave only the sealing key. Only after `rotate` has nothing left to do, also in backups."""
    ring = _read(path)
    _write(path, Ring(ring.encryption[-1:], ring.index, ring.code))
    return Vault(_read(path))


def _read(path: Path) -> Ring:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & 0o077:
            raise KeyFileUnsafe(
                f"The key file {path} can be read by others (mode {mode:04o}). Run: chmod 600 {path}"
            )
        try:
            return Ring.parse(file.read())
        except ValueError:
            raise KeyFileUnsafe(
                f"{path} is not a key file of Cusna. Put the right one back; nothing was changed."
            ) from None


def _write(path: Path, ring: Ring, *, exclusive: bool = False) -> None:
    """Whole or not at all: a half-written key file would lose every passphrase."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(ring.text())
            file.flush()
            os.fsync(descriptor)
        if exclusive:
            os.link(part, path)  # fails where a second process was faster
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
