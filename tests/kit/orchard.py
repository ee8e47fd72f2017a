"""How does a healthy driver with every feature look, of which every broken one is a small change?"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from cusna_core.api import (
    Address,
    Answer,
    Client,
    Context,
    Controller,
    Feature,
    Finding,
    Full,
    Gauge,
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
    Segment,
    SegmentState,
    Taken,
    by_status,
    parse,
)

Row = dict[str, Any]


class OrchardOptions(Options):
    url: Address = Field(title="Address", description="Where Orchard listens.")
    user: str = Field(title="User", description="A user who may write.")
    password: Secret = Field(title="Password", description="Of that user.")


class OrchardNetworkOptions(Options):
    ssid: str = Field(title="SSID", description="The network's name.")
    max_keys: int = Field(default=500, title="Most keys", description="How many it holds.")


class Token(BaseModel):
    token: Secret


class Page(BaseModel):
    items: list[Row]
    next: int | None


class KeyRow(BaseModel):
    id: str
    label: str
    passphrase: Secret
    vlan: int | None
    until: int | None


class VlanRow(BaseModel):
    number: int
    name: str


class DeviceRow(BaseModel):
    mac: str
    key: str
    vlan: int | None


class SsidRow(BaseModel):
    name: str


class OrchardApi(JsonApi):
    def __init__(self, options: OrchardOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self._options = options
        self._token: Secret | None = None
        self.logins = 0

    def needs_login(self) -> bool:
        return self._token is None

    async def log_in(self) -> None:
        self._token = None
        who = {"user": self._options.user, "password": self._options.password.get_secret_value()}
        answer = await self.request("POST", "/login", json=who, login=False)
        self.logins += 1
        self._token = parse(Token, answer.json(), "The login").token

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._token is not None:
            headers["X-Orchard-Token"] = self._token.get_secret_value()

    def failure(self, answer: Answer) -> PluginError | None:
        match answer.status:
            case 409:
                return Taken("Another key has this label or passphrase.")
            case 507:
                return Full("There is no room for one more.")
        return by_status(answer)

    async def all(self, path: str) -> list[Row]:
        """Every page of a list."""
        rows: list[Row] = []
        page: int | None = 1
        while page is not None:
            found = parse(Page, await self.get(path, query={"page": page}), f"The list {path}")
            rows += found.items
            page = found.next
        return rows


class Orchard(Controller[OrchardOptions, OrchardNetworkOptions]):
    type = "orchard"
    title = "Orchard"
    options_class = OrchardOptions
    network_options_class = OrchardNetworkOptions
    api_class: "ClassVar[Callable[[OrchardOptions, Context], OrchardApi]]" = OrchardApi
    network_class: "ClassVar[Callable[[Orchard, OrchardNetworkOptions], OrchardNetwork]]"

    def __init__(self, options: OrchardOptions, context: Context) -> None:
        super().__init__(options, context)
        self.api = type(self).api_class(options, context)

    async def open(self) -> None:
        await self.api.open()

    async def close(self) -> None:
        await self.api.close()

    async def check(self) -> Sequence[Finding]:
        await self.ssids()
        return []

    async def ssids(self) -> list[str]:
        return [parse(SsidRow, row, "An SSID").name for row in await self.api.all("/ssids")]

    async def networks(self) -> Sequence[NetworkChoice]:
        return [NetworkChoice(ssid, ssid, {"ssid": ssid}) for ssid in await self.ssids()]

    def gauges(self) -> Sequence[Gauge]:
        return [Gauge("logins", self.api.logins, 100)]

    def network(self, options: OrchardNetworkOptions) -> "OrchardNetwork":
        return type(self).network_class(self, options)


class OrchardNetwork(Network[OrchardNetworkOptions]):
    def __init__(self, controller: Orchard, options: OrchardNetworkOptions) -> None:
        self.features = (
            Feature.VLAN
            | Feature.LABEL
            | Feature.READ_PASSPHRASE
            | Feature.CHOOSE_PASSPHRASE
            | Feature.UPDATE
            | Feature.EXPIRY
            | Feature.CLIENTS
            | Feature.DISCONNECT
        )
        self.limits = Limits(keys=options.max_keys, segments=20, label_max=48, vlan_max=3999)
        self.ssid = options.ssid
        self.controller = controller
        self.api = controller.api
        self.path = f"/ssids/{options.ssid}"

    def identity(self) -> str:
        return f"{self.api.base}{self.path}"

    def segment_domain(self) -> str:
        return str(self.api.base)

    async def check(self) -> Sequence[Finding]:
        if self.ssid in await self.controller.ssids():
            return []
        return [Finding(Level.ERROR, "orchard.no-ssid", "There is no such SSID.", "Correct it.", "ssid")]

    async def read(self) -> Sequence[KeyState]:
        return [self.state(parse(KeyRow, row, "A key")) for row in await self.api.all(f"{self.path}/keys")]

    def state(self, row: KeyRow) -> KeyState:
        ends = None if row.until is None else datetime.fromtimestamp(row.until, UTC)
        return KeyState(Ref(row.id), row.label, row.passphrase, row.vlan, ends)

    async def segments(self) -> Sequence[SegmentState]:
        rows = [parse(VlanRow, row, "A VLAN") for row in await self.api.all("/vlans")]
        return [SegmentState(row.number, row.name) for row in rows]

    async def create(self, key: Key) -> Ref:
        made = await self.api.send("POST", f"{self.path}/keys", self.fields(key))
        return Ref(parse(KeyRow, made, "The new key").id)

    async def update(self, ref: Ref, key: Key) -> Ref:
        await self.api.send("PUT", f"{self.path}/keys/{ref}", self.fields(key))
        return ref

    async def revoke(self, ref: Ref) -> None:
        try:
            await self.api.send("DELETE", f"{self.path}/keys/{ref}")
        except Missing:
            return

    async def ensure_segment(self, segment: Segment) -> None:
        if segment.vlan in {one.vlan for one in await self.segments()}:
            return
        if not self.limits.vlan_min <= segment.vlan <= self.limits.vlan_max:
            raise Rejected(f"Orchard has no VLAN {segment.vlan}.")
        await self.api.send("POST", "/vlans", {"number": segment.vlan, "name": segment.name})

    async def clients(self) -> Sequence[Client]:
        rows = [parse(DeviceRow, row, "A device") for row in await self.api.all(f"{self.path}/clients")]
        return [Client(row.mac, row.vlan, Ref(row.key)) for row in rows]

    async def disconnect(self, ended: Sequence[KeyState]) -> int:
        refs = {one.ref for one in ended}
        macs = [one.mac for one in await self.clients() if one.ref in refs]
        for mac in macs:
            await self.api.send("DELETE", f"{self.path}/clients/{mac}")
        return len(macs)

    def fields(self, key: Key) -> Row:
        return {
            "label": key.label,
            "passphrase": key.passphrase.get_secret_value(),
            "vlan": key.vlan,
            "until": None if key.ends is None else int(key.ends.timestamp()),
        }


Orchard.network_class = OrchardNetwork
