"""What do SmartZone's answers look like, as far as we read them?

Its specification names no field as required and none as nullable: missing and null mean the same here.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def _text(value: Any) -> Any:
    """Ids are texts in the specification; a number will do."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _readable(value: Any) -> Any:
    """A masked passphrase is as good as none."""
    if not isinstance(value, str) or len(value) < 8 or not value.strip("*•●"):
        return None
    return value


Id = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
NoId = Annotated[str | None, BeforeValidator(_text)]
Vlan = Annotated[int | None, BeforeValidator(lambda value: value or None)]
"""A VLAN's number; 0, an empty text and null are none."""


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True)


class ApiInfo(Shape):
    versions: list[str] = Field(alias="apiSupportVersions")


class Ticket(Shape):
    ticket: SecretStr = Field(alias="serviceTicket", min_length=1)


class Problem(Shape):
    """What an error says of itself; its message may repeat what was sent, and is never shown."""

    code: int | None = Field(default=None, alias="errorCode")
    message: str | None = None


class Page(Shape):
    total: int | None = Field(default=None, alias="totalCount")
    more: bool | None = Field(default=None, alias="hasMore")
    rows: list[Any] | None = Field(default=None, alias="list")


class Zone(Shape):
    id: Id
    name: str | None = None


class EnabledWlan(Shape):
    """A WLAN with DPSK switched on."""

    id: Id = Field(alias="wlanId")
    name: str | None = Field(default=None, alias="wlanName")
    ssid: str | None = None


class WlanName(Shape):
    """A WLAN as its zone lists it."""

    id: Id
    name: str | None = None
    ssid: str | None = None


class DpskSetting(Shape):
    enabled: bool | None = Field(default=None, alias="dpskEnabled")
    expiration: str | None = None


class External(Shape):
    enabled: bool | None = None


class Encryption(Shape):
    method: str | None = None


class VlanSetting(Shape):
    access: Vlan = Field(default=None, alias="accessVlan")
    override: bool | None = Field(default=None, alias="aaaVlanOverride")


class Wlan(WlanName):
    """A WLAN with its settings."""

    dpsk: DpskSetting | None = None
    external: External | None = Field(default=None, alias="externalDpsk")
    encryption: Encryption | None = None
    vlan: VlanSetting | None = None

    @property
    def tags(self) -> bool:
        """Whether keys' VLANs are heeded; what is not told is not held against it."""
        return self.vlan is None or self.vlan.override is not False


class Dpsk(Shape):
    id: Id
    wlan_id: NoId = Field(default=None, alias="wlanId")
    label: str | None = Field(default=None, alias="userName")
    passphrase: Annotated[SecretStr | None, BeforeValidator(_readable)] = None
    vlan: Vlan = Field(default=None, alias="vlanId")
    group: bool | None = Field(default=None, alias="groupDpsk")


class Made(Shape):
    """What came of a create."""

    count: int | None = Field(default=None, alias="resultCount")
    dpsks: list[Dpsk] = Field(alias="dpskInfoList")


class Ended(Shape):
    """What came of a delete."""

    count: int | None = Field(default=None, alias="resultCount")


class Device(Shape):
    """What the API calls a client."""

    mac: str = Field(alias="clientMac", min_length=1)
    ap: str | None = Field(default=None, alias="apMac")
    user_name: str | None = Field(default=None, alias="userName")
    ssid: str | None = None
    zone_id: str | None = Field(default=None, alias="zoneId")
    vlan: Vlan = None


class Permission(Shape):
    resource: str | None = None
    access: str | None = None
