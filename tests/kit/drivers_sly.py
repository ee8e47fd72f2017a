"""How can a driver be wrong where nobody looks? Each is the healthy Orchard driver with one rarer bug."""

import asyncio
import hashlib
import threading
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import aiohttp
from tests.kit.orchard import KeyRow, Orchard, OrchardApi, OrchardNetwork, Row

from cusna_core.api import (
    Finding,
    Key,
    KeyState,
    Level,
    PluginError,
    Ref,
    Secret,
    Transient,
    Unreachable,
)


class StripsHyphens(OrchardNetwork):
    """They look like somebody's typing aid; and belong to the passphrase."""

    def fields(self, key: Key) -> Row:
        fields = super().fields(key)
        return {**fields, "passphrase": fields["passphrase"].replace("-", "")}


class BelievesAnybodyApi(OrchardApi):
    """Controllers have certificates of their own making, so it looks at none."""

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=False), cookie_jar=aiohttp.DummyCookieJar()
        )


class TellsInFinding(Orchard):
    """An admin is to see with which password it was tried."""

    async def check(self) -> Sequence[Finding]:
        try:
            return await super().check()
        except PluginError as error:
            said = f"Orchard refused {self.options.password.get_secret_value()}: {error}"
            return [Finding(Level.ERROR, "orchard.refused", said, "Correct it.")]


class Prints(OrchardNetwork):
    async def create(self, key: Key) -> Ref:
        print("making", self.fields(key))  # noqa: T201 - the bug
        return await super().create(key)


class Warns(OrchardNetwork):
    async def create(self, key: Key) -> Ref:
        warnings.warn(f"{key.passphrase.get_secret_value()} is weak", stacklevel=1)
        return await super().create(key)


class HoldsLock(OrchardNetwork):
    """Who is called off in the middle leaves the door locked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.lock = asyncio.Lock()

    async def create(self, key: Key) -> Ref:
        await self.lock.acquire()
        try:
            ref = await super().create(key)
        except PluginError:
            self.lock.release()
            raise
        self.lock.release()
        return ref


class Stubborn(OrchardNetwork):
    """Nobody tells it when to stop."""

    async def create(self, key: Key) -> Ref:
        try:
            return await super().create(key)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.sleep(1.0))
            return Ref("o0")


class SharedTokenApi(OrchardApi):
    """One login for the whole process, whoever it was."""

    _known: ClassVar[dict[str, Secret]] = {}

    @property
    def _token(self) -> Secret | None:
        return self._known.get(str(self.base))

    @_token.setter
    def _token(self, value: Secret | None) -> None:
        if value is not None:
            self._known[str(self.base)] = value


class Insists(OrchardNetwork):
    """A busy vendor is asked once more, and once more."""

    async def create(self, key: Key) -> Ref:
        for _ in range(4):
            try:
                return await super().create(key)
            except Unreachable:
                raise
            except Transient as error:
                last = error
        raise last


class OneAtATime(OrchardNetwork):
    """What is being written is kept where the next one finds it."""

    async def create(self, key: Key) -> Ref:
        self.controller.key = key  # type: ignore[attr-defined]  # the bug
        await self.segments()
        return await super().create(self.controller.key)  # type: ignore[attr-defined]


class LocalEnds(OrchardNetwork):
    """Right wherever the machine's own time is UTC."""

    def state(self, row: KeyRow) -> KeyState:
        ends = None if row.until is None else datetime.fromtimestamp(row.until).replace(tzinfo=UTC)  # noqa: DTZ006
        return replace(super().state(row), ends=ends)


class LowersForeign(OrchardNetwork):
    """Our passphrases are in small letters, so all are."""

    def state(self, row: KeyRow) -> KeyState:
        return replace(super().state(row), passphrase=Secret(row.passphrase.get_secret_value().lower()))


class PlainLabels(OrchardNetwork):
    """What others call their keys is letters, it thinks."""

    def state(self, row: KeyRow) -> KeyState:
        row.label.encode("ascii")
        return super().state(row)


class PlainPaths(OrchardNetwork):
    """What comes after a # is nobody's business."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.path = self.path.partition("#")[0]


class LeavesThread(Orchard):
    async def open(self) -> None:
        await super().open()
        self.stop = threading.Event()
        threading.Thread(target=self.stop.wait, args=(30,), daemon=True, name="orchard-watch").start()


class ChecksByTrying(OrchardNetwork):
    """Whether keys can be made is seen best by making one."""

    async def check(self) -> Sequence[Finding]:
        found = await super().check()
        ref = await self.create(Key("cusna-check", Secret("a-passphrase-to-try")))
        await self.revoke(ref)
        return found


class AsksEach(OrchardNetwork):
    async def read(self) -> Sequence[KeyState]:
        found = await super().read()
        for _ in found:
            await self.api.get(f"{self.path}/keys")
        return found


class Ponders(OrchardNetwork):
    """Long arithmetic on the loop blocks it as well as any sleep."""

    done: ClassVar[bool] = False

    async def create(self, key: Key) -> Ref:
        until = time.thread_time() + 0.7
        while not self.done and time.thread_time() < until:
            hashlib.pbkdf2_hmac("sha256", key.passphrase.get_secret_value().encode(), b"salt", 20_000)
        type(self).done = True
        return await super().create(key)
