"""How can a driver be wrong? Each of these is the healthy Orchard driver with one bug."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
from pydantic import field_validator
from tests.kit.orchard import (
    KeyRow,
    Orchard,
    OrchardApi,
    OrchardNetwork,
    OrchardNetworkOptions,
    OrchardOptions,
    Page,
    Row,
)
from yarl import URL

from cusna_core.api import (
    Answer,
    AuthFailed,
    Change,
    Client,
    Context,
    Create,
    Feature,
    Finding,
    Gauge,
    Key,
    KeyState,
    Missing,
    NetworkChoice,
    Outcome,
    PluginError,
    RateLimited,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Segment,
    SegmentState,
    Transient,
    Unreachable,
    Unsupported,
    Update,
    parse,
)

log = logging.getLogger(__name__)
_NUMBERS = itertools.count(1)


def on(network: type[OrchardNetwork]) -> type[Orchard]:
    """A driver whose networks have the bug."""
    return type(f"On{network.__name__}", (Orchard,), {"network_class": network, "__module__": __name__})


def calling(api: Callable[[OrchardOptions, Context], OrchardApi]) -> type[Orchard]:
    """A driver whose client has it."""
    name = f"Calling{getattr(api, '__name__', 'Api')}"
    return type(name, (Orchard,), {"api_class": staticmethod(api), "__module__": __name__})


# What it reads


class Swallows(OrchardNetwork):
    """An error reads as nobody."""

    async def read(self) -> Sequence[KeyState]:
        try:
            return await super().read()
        except PluginError:
            return []


class MissingIsEmpty(OrchardNetwork):
    async def read(self) -> Sequence[KeyState]:
        try:
            return await super().read()
        except Missing:
            return []


class PageOneApi(OrchardApi):
    async def all(self, path: str) -> list[Row]:
        return parse(Page, await self.get(path), "The list").items


def page_one_of(end: str) -> type[Orchard]:
    """A driver that follows the pages of every list but this one."""

    class FirstPageApi(OrchardApi):
        async def all(self, path: str) -> list[Row]:
            if path.endswith(end):
                return parse(Page, await self.get(path), "The list").items
            return await super().all(path)

    return calling(FirstPageApi)


class HalfApi(OrchardApi):
    """A later page that fails is left out."""

    async def all(self, path: str) -> list[Row]:
        rows: list[Row] = []
        page: int | None = 1
        while page is not None:
            try:
                found = parse(Page, await self.get(path, query={"page": page}), "The list")
            except PluginError:
                if page == 1:
                    raise
                break
            rows += found.items
            page = found.next
        return rows


class BelievesAnythingApi(OrchardApi):
    """`{}` is an empty list."""

    async def all(self, path: str) -> list[Row]:
        found = await self.get(path)
        items = found.get("items", []) if isinstance(found, dict) else []
        return [one for one in items if "id" in one or "name" in one or "number" in one or "mac" in one]


class BelievesNullApi(OrchardApi):
    async def all(self, path: str) -> list[Row]:
        if await self.get(path) is None:
            return []
        return await super().all(path)


def believes(good: Callable[[Answer], bool]) -> type[Orchard]:
    """A driver to whom such an answer to a list is an empty list."""

    class GullibleApi(OrchardApi):
        async def all(self, path: str) -> list[Row]:
            try:
                return await super().all(path)
            except PluginError:
                if good(self.last):
                    return []
                raise

        def seen(self, answer: Answer) -> None:
            self.last = answer

    return calling(GullibleApi)


class BelievesPagesApi(OrchardApi):
    """A page of HTML with 200 is an empty list."""

    async def all(self, path: str) -> list[Row]:
        answer = await self.request("GET", path)
        if b"<html" in answer.body.lower() or b"<!doctype" in answer.body.lower():
            return []
        return await super().all(path)


class Remembers(OrchardNetwork):
    """Keys are read once."""

    async def read(self) -> Sequence[KeyState]:
        kept: Sequence[KeyState] | None = getattr(self, "kept", None)
        self.kept = await super().read() if kept is None else kept
        return self.kept


class HidesForeign(OrchardNetwork):
    async def read(self) -> Sequence[KeyState]:
        return [one for one in await super().read() if (one.label or "").startswith("cusna-")]


class PositionRefs(OrchardNetwork):
    """A reference is the place in the list."""

    async def read(self) -> Sequence[KeyState]:
        found = sorted(await super().read(), key=lambda one: str(one.label), reverse=True)
        return [replace(one, ref=Ref(str(number))) for number, one in enumerate(found)]


class Raises(OrchardNetwork):
    """Where the answer is not as expected, a KeyError."""

    async def read(self) -> Sequence[KeyState]:
        found = await self.api.get(f"{self.path}/keys")
        return [self.state(KeyRow.model_validate(row)) for row in found["items"]]


# What it writes


class NoVlan(OrchardNetwork):
    def fields(self, key: Key) -> Row:
        return {**super().fields(key), "vlan": None}


class NoEnd(OrchardNetwork):
    def fields(self, key: Key) -> Row:
        return {**super().fields(key), "until": None}


class AlwaysEnds(OrchardNetwork):
    """A key without an end gets one in a year, to be safe."""

    def fields(self, key: Key) -> Row:
        fields = super().fields(key)
        year = int(self.controller.context.clock.now().timestamp()) + 365 * 86400
        return {**fields, "until": fields["until"] or year}


class KeepsEnds(OrchardNetwork):
    """An end that was taken away is not told."""

    async def update(self, ref: Ref, key: Key) -> Ref:
        fields = {name: one for name, one in self.fields(key).items() if name != "until" or one is not None}
        await self.api.send("PUT", f"{self.path}/keys/{ref}", fields)
        return ref


class HidesEnds(AlwaysEnds):
    """The same, and nobody is told."""

    def state(self, row: KeyRow) -> KeyState:
        found = super().state(row)
        late = self.controller.context.clock.now() + timedelta(days=300)
        return found if found.ends is None or found.ends < late else replace(found, ends=None)


class EndsRead(OrchardNetwork):
    """What was written reads back as something else."""

    def state(self, row: KeyRow) -> KeyState:
        found = super().state(row)
        return replace(found, ends=found.ends.replace(hour=0, minute=0, second=0) if found.ends else None)


class NoLabel(OrchardNetwork):
    _count = itertools.count(1)

    def fields(self, key: Key) -> Row:
        return {**super().fields(key), "label": f"key {next(self._count)}"}


class Cuts(OrchardNetwork):
    """Passphrases are cut to what once was enough."""

    def fields(self, key: Key) -> Row:
        fields = super().fields(key)
        return {**fields, "passphrase": fields["passphrase"][:32]}


class CutsLabels(OrchardNetwork):
    def fields(self, key: Key) -> Row:
        fields = super().fields(key)
        return {**fields, "label": fields["label"][:48]}


class Retries(OrchardNetwork):
    """A create whose answer was lost is sent again, with another name."""

    async def create(self, key: Key) -> Ref:
        for number in range(3):
            try:
                tried = replace(key, label=f"{key.label}-{number}") if number else key
                secret = key.passphrase.get_secret_value() + (f"-{number}" if number else "")
                return await super().create(replace(tried, passphrase=Secret(secret)))
            except Unreachable:
                if number == 2:
                    raise
        raise AssertionError


class TwoSteps(OrchardNetwork):
    """A key is made under any name, and gets ours afterwards: cut in between, it is nobody's."""

    async def create(self, key: Key) -> Ref:
        ref = await super().create(replace(key, label=f"new {next(_NUMBERS)}"))
        await self.api.send("PUT", f"{self.path}/keys/{ref}", {"label": key.label})
        return ref


class LostIsRejected(OrchardNetwork):
    """Nobody knows what happened, and it says no."""

    async def create(self, key: Key) -> Ref:
        try:
            return await super().create(key)
        except Unreachable:
            raise Missing("It did not work.") from None


class SaysYes(OrchardNetwork):
    async def create(self, key: Key) -> Ref:
        try:
            return await super().create(key)
        except Transient:
            return Ref("o0")


class MakesNothing(OrchardNetwork):
    """Yes, without asking the vendor."""

    async def create(self, key: Key) -> Ref:
        return Ref("o0")


class TwinLabels(OrchardNetwork):
    """A second key of somebody takes the place of the first, which stays under another name."""

    async def create(self, key: Key) -> Ref:
        for one in await self.read():
            if one.label == key.label:
                await self.api.send("PUT", f"{self.path}/keys/{one.ref}", {"label": f"{one.label}-old"})
        return await super().create(key)


class TooQuick(OrchardNetwork):
    """Of many changes at once, only so many are sent."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for number, change in enumerate(changes):
            if number < 30:
                yield Outcome(change, ref=await self._one(change))
            else:
                yield Outcome(change, ref=Ref(f"o{number}"))


class Replaces(OrchardNetwork):
    """A passphrase that somebody has is taken from them."""

    async def create(self, key: Key) -> Ref:
        for one in await self.read():
            if one.passphrase == key.passphrase:
                await self.revoke(one.ref)
        return await super().create(key)


class UpdatesByMaking(OrchardNetwork):
    """An update that makes another key and leaves the old one."""

    async def update(self, ref: Ref, key: Key) -> Ref:
        return await super().create(replace(key, label=f"{key.label}-new"[:48]))


class UpdatesHalf(OrchardNetwork):
    """The VLAN is not changed."""

    async def update(self, ref: Ref, key: Key) -> Ref:
        fields = {name: one for name, one in self.fields(key).items() if name != "vlan"}
        await self.api.send("PUT", f"{self.path}/keys/{ref}", fields)
        return ref


class AnotherRef(OrchardNetwork):
    async def update(self, ref: Ref, key: Key) -> Ref:
        return Ref(f"{await super().update(ref, key)}-2")


# What it ends


class RevokesAll(OrchardNetwork):
    async def revoke(self, ref: Ref) -> None:
        for one in await self.read():
            if (one.label or "").startswith("cusna-"):
                await super().revoke(one.ref)


class RevokesOthers(OrchardNetwork):
    """What has no label of ours looks like litter."""

    async def revoke(self, ref: Ref) -> None:
        await super().revoke(ref)
        for one in await self.read():
            if not (one.label or "").startswith("cusna-"):
                await super().revoke(one.ref)


class RevokesNothing(OrchardNetwork):
    async def revoke(self, ref: Ref) -> None:
        await self.read()


class OnlyOnce(OrchardNetwork):
    """What is gone already is an error."""

    async def revoke(self, ref: Ref) -> None:
        await self.api.send("DELETE", f"{self.path}/keys/{ref}")


class Remembers404(OrchardNetwork):
    """Whoever was revoked once does not come back."""

    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        super().__init__(controller, options)
        self.gone: set[str] = set()

    async def revoke(self, ref: Ref) -> None:
        self.gone |= {one.label or "" for one in await self.read() if one.ref == ref}
        await super().revoke(ref)

    async def create(self, key: Key) -> Ref:
        if key.label in self.gone:
            raise Missing("That one has left.")
        return await super().create(key)


class Tidies(OrchardNetwork):
    """VLANs that nobody of ours uses are deleted."""

    async def ensure_segment(self, segment: Segment) -> None:
        for one in await self.segments():
            if not one.name.startswith("cusna-"):
                await self.api.send("DELETE", f"/vlans/{one.vlan}")
        await super().ensure_segment(segment)


class Touches(OrchardNetwork):
    """Foreign keys get a note."""

    async def create(self, key: Key) -> Ref:
        for one in await self.read():
            if not (one.label or "").startswith("cusna-"):
                await self.api.send("PUT", f"{self.path}/keys/{one.ref}", {"note": "not Cusna's"})
        return await super().create(key)


# What it claims


class ClaimsGroupwide(OrchardNetwork):
    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        super().__init__(controller, options)
        self.features |= Feature.DISCONNECT_IS_GROUPWIDE


class DropsTheVlan(OrchardNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        vlans = {one.vlan for one in ended}
        macs = [one.mac for one in await self.clients() if one.vlan in vlans]
        for mac in macs:
            await self.api.send("DELETE", f"{self.path}/clients/{mac}")
        return len(macs)


class DropsNobody(OrchardNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        return len(ended)


class CountsNobody(OrchardNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        await super().disconnect(ended)
        return 0


class MixesUpVlans(OrchardNetwork):
    async def clients(self) -> Sequence[Client]:
        return [replace(one, vlan=1) for one in await super().clients()]


class SeesNobody(OrchardNetwork):
    async def clients(self) -> Sequence[Client]:
        return []


def without(feature: Feature) -> type[Orchard]:
    """A driver that can, and does not say so."""

    class Shy(OrchardNetwork):
        def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
            super().__init__(controller, options)
            self.features &= ~feature

    return on(Shy)


class ClaimsUpdate(OrchardNetwork):
    async def update(self, ref: Ref, key: Key) -> Ref:
        return ref


class ClaimsReading(OrchardNetwork):
    def state(self, row: KeyRow) -> KeyState:
        return replace(super().state(row), passphrase=None)


class ClaimsLabel(OrchardNetwork):
    def state(self, row: KeyRow) -> KeyState:
        return replace(super().state(row), label=None)


class ClaimsChoice(OrchardNetwork):
    """The passphrase is the vendor's own, whatever was asked for."""

    def fields(self, key: Key) -> Row:
        return {**super().fields(key), "passphrase": f"vendor-{next(_NUMBERS):012d}"}


class ClaimsVlans(OrchardNetwork):
    async def ensure_segment(self, segment: Segment) -> None:
        raise Unsupported("It cannot, after all.")


class ClaimsClients(OrchardNetwork):
    async def clients(self) -> Sequence[Client]:
        raise Unsupported("It cannot, after all.")


class ClaimsDisconnect(OrchardNetwork):
    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        raise Unsupported("It cannot, after all.")


class ClaimsExpiry(OrchardNetwork):
    def fields(self, key: Key) -> Row:
        return {**super().fields(key), "until": None}

    def state(self, row: KeyRow) -> KeyState:
        return super().state(row)


class NoLimit(OrchardNetwork):
    """One key beyond the limit is taken without a word, by forgetting an old one."""

    async def create(self, key: Key) -> Ref:
        there = await self.read()
        if len(there) >= (self.limits.keys or 0):
            await self.revoke(there[-1].ref)
        return await super().create(key)


class OneTooMany(OrchardNetwork):
    """The last key that the limit promises does not fit."""

    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        super().__init__(controller, options)
        self.limits = replace(self.limits, keys=options.max_keys + 1, segments=21, vlan_max=4094)

    async def ensure_segment(self, segment: Segment) -> None:
        if segment.vlan > 3999:
            raise Rejected(f"Orchard has no VLAN {segment.vlan}.")
        await super().ensure_segment(segment)


class HighVlans(OrchardNetwork):
    """VLANs that the limits rule out are made."""

    async def ensure_segment(self, segment: Segment) -> None:
        with suppress(PluginError):
            await self.api.send("POST", "/vlans", {"number": segment.vlan, "name": segment.name})


class WrongLimit(OrchardNetwork):
    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        super().__init__(controller, options)
        self.limits = replace(self.limits, passphrase_max=63, passphrase_min=12)


class NoSense(OrchardNetwork):
    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        super().__init__(controller, options)
        self.limits = replace(self.limits, passphrase_min=4)


class ManySegments(OrchardNetwork):
    """One VLAN beyond the limit is made where another one was."""

    async def ensure_segment(self, segment: Segment) -> None:
        there = await self.segments()
        if len(there) >= (self.limits.segments or 0):
            await self.api.send("DELETE", f"/vlans/{there[-1].vlan}")
        await super().ensure_segment(segment)


# How it fails


class WeakLoginApi(OrchardApi):
    """Refused credentials pass by themselves, it hopes."""

    def failure(self, answer: Answer) -> PluginError | None:
        error = super().failure(answer)
        return Transient(str(error)) if isinstance(error, AuthFailed) else error


def failing(status: int, make: Callable[[Answer], PluginError]) -> type[Orchard]:
    """A driver that makes something else of a status."""

    class WrongApi(OrchardApi):
        def failure(self, answer: Answer) -> PluginError | None:
            return make(answer) if answer.status == status else super().failure(answer)

    return calling(WrongApi)


def only_seconds(answer: Answer) -> PluginError:
    """A date in Retry-After is not known to it."""
    said = answer.headers.get("Retry-After", "")
    return RateLimited("Too many.", after=float(said) if said.isdigit() else None)


def always_seconds(answer: Answer) -> PluginError:
    """There is always a Retry-After, it thinks."""
    return RateLimited("Too many.", after=float(answer.headers["Retry-After"]))


class NoWaitApi(OrchardApi):
    def failure(self, answer: Answer) -> PluginError | None:
        error = super().failure(answer)
        return RateLimited(str(error)) if isinstance(error, RateLimited) else error


class GatewayIsNoApi(OrchardApi):
    """A gateway's 502 refuses the key."""

    def failure(self, answer: Answer) -> PluginError | None:
        if answer.status == 502:
            return Missing("It is not there.")
        return super().failure(answer)


class GoesOn(OrchardNetwork):
    """Whatever is wrong, the next change is tried."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for change in changes:
            try:
                yield Outcome(change, ref=await self._one(change))
            except PluginError as error:
                yield Outcome(change, error=error)


class StopsAtOnce(OrchardNetwork):
    """One refused key ends it for the others."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for change in changes:
            try:
                yield Outcome(change, ref=await self._one(change))
            except PluginError as error:
                yield Outcome(change, error=error)
                return


class Forgets(OrchardNetwork):
    """The last change has no outcome."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for change in changes:
            outcome = Outcome(change, ref=await self._one(change))
            if change is not changes[-1] or len(changes) == 1:
                yield outcome


class Reorders(OrchardNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for change in sorted(changes, key=lambda one: isinstance(one, Revoke)):
            async for outcome in super().apply([change]):
                yield outcome


class Copies(OrchardNetwork):
    """Outcomes are of copies, in which the core does not find its changes."""

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        async for outcome in super().apply(changes):
            match outcome.change:
                case Create(key):
                    yield replace(outcome, change=Create(key))
                case Update(ref, key):
                    yield replace(outcome, change=Update(ref, key))
                case _:
                    yield outcome


class RaisesInApply(OrchardNetwork):
    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        for change in changes:
            yield Outcome(change, ref=await self._one(change))


class Sticks(OrchardNetwork):
    """After one error it is down for good."""

    async def read(self) -> Sequence[KeyState]:
        if getattr(self, "stuck", None):
            raise Unreachable("It was down.")
        try:
            return await super().read()
        except PluginError:
            self.stuck = True
            raise


# What it tells


class LogsPassphrase(OrchardNetwork):
    async def create(self, key: Key) -> Ref:
        log.debug("new key %s", self.fields(key))
        return await super().create(key)


class LogsHeadersApi(OrchardApi):
    def seen(self, answer: Answer) -> None:
        log.debug("%s %s", answer, dict(answer.headers))

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        super().sign(headers, query)
        log.debug("asking with %s", headers)


class TellsPassphrase(OrchardNetwork):
    async def create(self, key: Key) -> Ref:
        try:
            return await super().create(key)
        except PluginError as error:
            raise type(error)(f"{error} ({key.passphrase.get_secret_value()})") from None


class TellsBodyApi(OrchardApi):
    def failure(self, answer: Answer) -> PluginError | None:
        error = super().failure(answer)
        return None if error is None else type(error)(f"{error} {answer.body.decode(errors='replace')}")


class CauseApi(OrchardApi):
    """The error is clean, and hangs on one that is not."""

    async def get(self, path: str, *, query: Any = None) -> Any:
        answer = await self.request("GET", path, query=query)
        try:
            return answer.json()
        except PluginError:
            raise Transient("It is no JSON.") from ValueError(answer.body.decode(errors="replace"))


class PlainOptions(OrchardOptions):
    password: str  # type: ignore[assignment]  # the bug


class ShowsOptions(Orchard):
    """Credentials that are plain text show wherever options are shown."""

    options_class = PlainOptions  # type: ignore[assignment]  # the bug

    def __init__(self, options: PlainOptions, context: Context) -> None:
        given = OrchardOptions(url=options.url, user=options.user, password=Secret(options.password))
        super().__init__(given, context)
        self.given = options


class LooseOptions(OrchardOptions):
    @field_validator("password", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no password")  # noqa: TRY004 - pydantic wants it so
        return value


class ComplainsWithIt(Orchard):
    options_class = LooseOptions


class ShowsInRepr(Orchard):
    def __repr__(self) -> str:
        return f"Orchard({self.options.password.get_secret_value()})"


class FollowsApi(OrchardApi):
    def may_follow(self, url: URL) -> bool:
        return True


# How it behaves


class Blocks(OrchardNetwork):
    async def read(self) -> Sequence[KeyState]:
        time.sleep(0.001)
        return await super().read()


class LeavesSession(Orchard):
    async def open(self) -> None:
        await super().open()
        self.other = aiohttp.ClientSession()


class LeavesTask(Orchard):
    async def open(self) -> None:
        await super().open()
        self.task = asyncio.create_task(asyncio.Event().wait())


class NeverAgain(Orchard):
    """Closed is closed, for ever."""

    closed = False

    async def open(self) -> None:
        if not self.closed:
            await super().open()

    async def close(self) -> None:
        self.closed = True
        await super().close()


class WaitsForever(OrchardNetwork):
    async def read(self) -> Sequence[KeyState]:
        try:
            return await super().read()
        except Unreachable:
            await asyncio.Event().wait()
            raise


class ClosesOnce(Orchard):
    async def close(self) -> None:
        await super().close()
        del self.api


class CallsAtStart(Orchard):
    async def open(self) -> None:
        await super().open()
        await self.ssids()


class IdentityOfInstance(OrchardNetwork):
    def identity(self) -> str:
        return f"{super().identity()}#{id(self)}"


class OneIdentity(OrchardNetwork):
    def identity(self) -> str:
        return str(self.api.base)


class OneSsid(Orchard):
    """Every network is the first one that was asked for."""

    path = ""

    def network(self, options: OrchardNetworkOptions) -> OrchardNetwork:
        made = OrchardNetwork(self, options)
        type(self).path = made.path = type(self).path or made.path
        return made


class Cries(Orchard):
    async def check(self) -> Sequence[Finding]:
        from cusna_core.api import Level

        return [Finding(Level.ERROR, "orchard.wolf", "Something is wrong.", "Look.")]


class TwoOfAKind(Orchard):
    def gauges(self) -> Sequence[Gauge]:
        return [Gauge("calls", 1), Gauge("calls", 2)]


class OffersNothing(Orchard):
    async def networks(self) -> Sequence[NetworkChoice]:
        return []


class OffersWrong(Orchard):
    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(ssid, ssid, {"name": ssid}) for ssid in await self.ssids()]


class OffersAnother(Orchard):
    """Each name with the options of the next one."""

    async def networks(self) -> Sequence[NetworkChoice]:
        names = await self.ssids()
        after = [*names[1:], *names[:1]]
        return [NetworkChoice(one, one, {"ssid": two}) for one, two in zip(names, after, strict=True)]


class OffersNowhere(Orchard):
    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(one, one, {"ssid": f"{one} 2"}) for one in await self.ssids()]


class Untitled(Orchard):
    class Bare(OrchardNetworkOptions):
        colour: str = "red"

    network_options_class = Bare


class SegmentsForget(OrchardNetwork):
    async def segments(self) -> Sequence[SegmentState]:
        return [one for one in await super().segments() if not one.name.startswith("cusna-")]


class ChecksNothing(Orchard):
    async def check(self) -> Sequence[Finding]:
        return []
