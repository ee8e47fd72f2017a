"""How do Cusna's nouns map to Acme's? A key has a name there, which is ours to choose: our label."""

from collections.abc import Sequence
from contextlib import suppress

from cusna_core.api import (
    Context,
    Controller,
    Feature,
    Key,
    KeyState,
    Limits,
    Missing,
    Network,
    NetworkChoice,
    Ref,
    parse,
)
from pydantic import RootModel

from cusna_acme.client import AcmeApi, Keys
from cusna_acme.options import AcmeNetworkOptions, AcmeOptions


class AcmeController(Controller[AcmeOptions, AcmeNetworkOptions]):
    type, title = "acme", "Acme"
    options_class, network_options_class = AcmeOptions, AcmeNetworkOptions

    def __init__(self, options: AcmeOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = AcmeApi(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def networks(self) -> Sequence[NetworkChoice]:
        found = parse(RootModel[list[str]], await self.api.get("/wlans"), "The list of SSIDs")
        return [NetworkChoice(ssid, ssid, {"ssid": ssid}) for ssid in found.root]

    def network(self, options: AcmeNetworkOptions) -> "AcmeNetwork":
        return AcmeNetwork(options, self.api)


class AcmeNetwork(Network[AcmeNetworkOptions]):
    features = Feature.LABEL | Feature.READ_PASSPHRASE | Feature.CHOOSE_PASSPHRASE
    limits = Limits()

    def __init__(self, options: AcmeNetworkOptions, api: AcmeApi) -> None:
        self.ssid, self._api, self._keys = options.ssid, api, f"/wlans/{options.ssid}/keys"

    def identity(self) -> str:
        return f"{self._api.base}/{self.ssid}"

    def segment_domain(self) -> str:
        return str(self._api.base)

    async def read(self) -> Sequence[KeyState]:
        found = parse(Keys, await self._api.get(self._keys), "The list of keys")
        return [KeyState(Ref(name), name, passphrase) for name, passphrase in found.keys.items()]

    async def create(self, key: Key) -> Ref:
        wanted = {"name": key.label, "passphrase": key.passphrase.get_secret_value()}
        await self._api.send("POST", self._keys, wanted)
        return Ref(key.label)

    async def revoke(self, ref: Ref) -> None:
        with suppress(Missing):
            await self._api.send("DELETE", f"{self._keys}/{ref}")
