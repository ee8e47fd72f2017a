"""How small is a complete driver? This one is the reference: a WiFi over HTTP, without VLANs.

Its vendor (`MemoryFake`) is stricter than real ones. Controllers share a WiFi by having the same url.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, RootModel

from cusna_core.api import (
    Address,
    Answer,
    AuthFailed,
    Client,
    ConfigError,
    Context,
    Controller,
    Fake,
    Feature,
    Finding,
    Full,
    JsonApi,
    Key,
    KeyState,
    Level,
    Limits,
    Missing,
    Network,
    NetworkChoice,
    Options,
    PluginError,
    Ref,
    Rejected,
    Secret,
    Taken,
    Unsupported,
    by_status,
    hookimpl,
    parse,
)

ERRORS: Mapping[int, PluginError] = {
    401: AuthFailed("The memory WiFi refuses the token."),
    404: Missing("The memory WiFi has no such key."),
    409: Taken("Another key of this network has that label or passphrase."),
    410: ConfigError("The memory WiFi has no such network.", path="ssid"),
    422: Rejected("The memory WiFi refuses this key as it is."),
    507: Full("The network holds as many keys as it can."),
}


class MemoryOptions(Options):
    url: Address = Field(title="Address", description="Where the memory WiFi listens.")
    token: Secret = Field(title="Token", description="What it was told to ask for.")


class MemoryNetworkOptions(Options):
    ssid: str = Field(pattern=r"^[^/]{1,32}$", title="SSID", description="The network's name.")
    max_keys: int = Field(default=100, ge=1, title="Most keys", description="How many it can hold.")


class KeyShape(BaseModel):
    id: Ref
    label: str
    passphrase: Secret


class Device(BaseModel):
    mac: str
    key: Ref


class Api(JsonApi):
    def __init__(self, options: MemoryOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self._token = options.token

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"

    def failure(self, answer: Answer) -> PluginError | None:
        known = ERRORS.get(answer.status)
        if known is None:
            return by_status(answer)
        path = {"path": known.path} if isinstance(known, ConfigError) else {}
        return type(known)(str(known), **path)


class Memory(Controller[MemoryOptions, MemoryNetworkOptions]):
    type = "memory"
    title = "Memory (for trying and testing)"
    options_class = MemoryOptions
    network_options_class = MemoryNetworkOptions

    def __init__(self, options: MemoryOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = Api(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def ssids(self) -> Sequence[str]:
        return parse(RootModel[list[str]], await self.api.get("/networks"), "The list of networks").root

    async def check(self) -> Sequence[Finding]:
        await self.ssids()
        return []

    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(ssid, ssid, {"ssid": ssid}) for ssid in await self.ssids()]

    def network(self, options: MemoryNetworkOptions) -> "MemoryNetwork":
        return MemoryNetwork(self, options)


class MemoryNetwork(Network[MemoryNetworkOptions]):
    def __init__(self, controller: Memory, options: MemoryNetworkOptions) -> None:
        self.ssid = options.ssid
        self.features = (
            Feature.LABEL
            | Feature.READ_PASSPHRASE
            | Feature.CHOOSE_PASSPHRASE
            | Feature.UPDATE
            | Feature.CLIENTS
            | Feature.DISCONNECT
        )
        self.limits = Limits(keys=options.max_keys)
        self._controller = controller
        self._api = controller.api
        self._path = f"/networks/{options.ssid}"

    def identity(self) -> str:
        return f"{self._controller.options.url}{self._path}"

    def segment_domain(self) -> str:
        return self._controller.options.url

    async def check(self) -> Sequence[Finding]:
        if self.ssid in await self._controller.ssids():
            return []
        summary = f'The memory WiFi has no network "{self.ssid}": no key can be made.'
        return [Finding(Level.ERROR, "memory.no-network", summary, "Correct the name.", path="ssid")]

    async def read(self) -> Sequence[KeyState]:
        keys = parse(
            RootModel[list[KeyShape]], await self._api.get(f"{self._path}/keys"), "The list of keys"
        ).root
        return [KeyState(key.id, key.label, key.passphrase) for key in keys]

    async def create(self, key: Key) -> Ref:
        made = await self._api.send("POST", f"{self._path}/keys", _fields(key))
        return parse(KeyShape, made, "The new key").id

    async def update(self, ref: Ref, key: Key) -> Ref:
        await self._api.send("PUT", f"{self._path}/keys/{ref}", _fields(key))
        return ref

    async def revoke(self, ref: Ref) -> None:
        try:
            await self._api.send("DELETE", f"{self._path}/keys/{ref}")
        except Missing:
            return  # gone already

    async def clients(self) -> Sequence[Client]:
        devices = parse(
            RootModel[list[Device]], await self._api.get(f"{self._path}/clients"), "The devices"
        ).root
        return [Client(device.mac, ref=device.key) for device in devices]

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        refs = {state.ref for state in ended}
        devices = [client.mac for client in await self.clients() if client.ref in refs]
        for mac in devices:
            await self._api.send("DELETE", f"{self._path}/clients/{mac}")
        return len(devices)


def _fields(key: Key) -> dict[str, Any]:
    if key.vlan is not None:
        raise Unsupported("The memory WiFi knows no VLANs.")
    return {"label": key.label, "passphrase": key.passphrase.get_secret_value()}


@hookimpl
def cusna_drivers() -> Sequence[type[Controller[Any, Any]]]:
    return [Memory]


@hookimpl
def cusna_fakes() -> Sequence[type[Fake]]:
    from cusna_core.testing.memory_fake import MemoryFake

    return [MemoryFake]
