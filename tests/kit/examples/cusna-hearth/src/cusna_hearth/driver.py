"""How do Cusna's nouns map to Hearth's? Its keys live in one profile, which is written as a whole.

They have neither name nor id, so a key's reference is the keyed fingerprint of its passphrase.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from cusna_core.api import (
    Change,
    Context,
    Controller,
    Create,
    Feature,
    Full,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    NetworkChoice,
    Outcome,
    PluginError,
    Ref,
    Rejected,
    Revoke,
    Secret,
    Taken,
    Unsupported,
    Update,
)

from cusna_hearth.client import HearthApi, Profile
from cusna_hearth.options import HearthNetworkOptions, HearthOptions


class HearthController(Controller[HearthOptions, HearthNetworkOptions]):
    """One login, and one budget of calls for all its networks."""

    type = "hearth"
    title = "Hearth"
    options_class = HearthOptions
    network_options_class = HearthNetworkOptions

    def __init__(self, options: HearthOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = HearthApi(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(ssid, ssid, {"ssid": ssid}) for ssid in await self.api.profiles()]

    def network(self, options: HearthNetworkOptions) -> "HearthNetwork":
        return HearthNetwork(options, self.api)


class HearthNetwork(Network[HearthNetworkOptions]):
    """One profile. There is no LABEL to claim: memory alone tells which keys are ours."""

    features = Feature.READ_PASSPHRASE | Feature.CHOOSE_PASSPHRASE | Feature.UPDATE

    def __init__(self, options: HearthNetworkOptions, api: HearthApi) -> None:
        self.ssid = options.ssid
        self.limits = Limits(keys=options.max_keys)
        self._most = options.max_keys
        self._api = api
        self._fingerprint = api.context.fingerprint
        self._writing = asyncio.Lock()

    def identity(self) -> str:
        return f"{self._api.base}/{self.ssid}"

    def segment_domain(self) -> str:
        return str(self._api.base)

    async def read(self) -> Sequence[KeyState]:
        profile = await self._api.profile(self.ssid)
        return [
            KeyState(Ref(self._fingerprint(one["secret"])), passphrase=Secret(one["secret"]))
            for one in profile["passphrases"]
        ]

    async def create(self, key: Key) -> Ref:
        return await self._alone(Create(key))

    async def update(self, ref: Ref, key: Key) -> Ref:
        return await self._alone(Update(ref, key))

    async def revoke(self, ref: Ref) -> None:
        await self._alone(Revoke(ref, label=""))

    async def apply(self, changes: Sequence[Change]) -> AsyncIterator[Outcome]:
        """All changes with one write. Where Hearth refuses it, one by one: the key to blame is found."""
        refused = False
        try:
            outcomes = await self._write(changes)
        except PluginError as error:
            # An answer that was lost may mean all of them: each is told so, and the next read decides.
            outcomes = [Outcome(change, error=error) for change in changes]
            refused = isinstance(error, Rejected) and len(changes) > 1
        if refused:
            outcomes = [outcome for change in changes async for outcome in self.apply([change])]
        for outcome in outcomes:
            yield outcome

    async def _alone(self, change: Change) -> Ref:
        [outcome] = [one async for one in self.apply([change])]
        if outcome.error is not None:
            raise outcome.error
        assert outcome.ref is not None
        return outcome.ref

    async def _write(self, changes: Sequence[Change]) -> list[Outcome]:
        async with self._writing:
            profile = await self._api.profile(self.ssid)
            keys = {self._fingerprint(one["secret"]): one for one in profile["passphrases"]}
            outcomes = [self._changed(keys, change) for change in changes]
            after = list(keys.values())
            if after != profile["passphrases"]:
                await self._api.save(self.ssid, {**profile, "passphrases": after})
            return outcomes

    def _changed(self, keys: dict[str, Profile], change: Change) -> Outcome:
        """Make one change to the keys at hand, or say why it cannot be made."""
        match change:
            case Revoke(ref):
                keys.pop(ref, None)
                return Outcome(change, ref)
            case Update(old, key):
                if old not in keys:
                    return Outcome(change, error=Missing("The key that was to be changed is not there."))
            case Create(key):
                old = Ref("")
                if len(keys) >= self._most:
                    return Outcome(change, error=Full(f"The profile holds {self._most} keys and no more."))
            case _:
                return Outcome(change, error=Unsupported("Hearth knows no VLANs."))
        if key.vlan is not None:
            return Outcome(change, error=Unsupported("Hearth knows no VLANs."))
        passphrase = key.passphrase.get_secret_value()
        new = Ref(self._fingerprint(passphrase))
        if new in keys and new != old:
            return Outcome(change, error=Taken("Another key of this WiFi has this passphrase already."))
        keys[new] = {**keys.pop(old, {}), "secret": passphrase}
        return Outcome(change, new)
