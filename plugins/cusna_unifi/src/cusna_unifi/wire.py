"""What does a UniFi Network controller answer?

Only the fields that are needed. Unset fields are absent, numbers and booleans are sometimes strings,
and nothing that could be a secret shows in a repr.
"""

from typing import Annotated, Any

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator


def _number(value: Any) -> Any:
    return None if value == "" else value


Number = Annotated[int | None, BeforeValidator(_number)]


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _unset(cls, data: Any) -> Any:
        """A null is an unset field."""
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Site(Wire):
    name: str
    desc: str = ""
    role: str = ""


class Sysinfo(Wire):
    version: str


class Wlan(Wire):
    id: str = Field(alias="_id")
    name: str
    enabled: bool = True
    security: str = ""
    wpa3_support: bool = False
    wpa3_transition: bool = False
    wlan_bands: list[str] = []
    mlo_enabled: bool = False
    fast_roaming_enabled: bool = False
    is_guest: bool = False
    l2_isolation: bool = False
    radius_mac_auth_enabled: bool = False
    schedule: list[Any] = []
    schedule_with_duration: list[Any] = []
    schedule_enabled: bool = True
    networkconf_id: str = ""
    vlan: Number = None
    vlan_enabled: bool = False
    x_passphrase: SecretStr | None = None
    private_preshared_keys_enabled: bool = False
    private_preshared_keys: list[dict[str, Any]] = Field(default=[], repr=False)


class NetworkConf(Wire):
    id: str = Field(alias="_id")
    name: str = ""
    purpose: str = ""
    enabled: bool = True
    vlan: Number = None
    vlan_enabled: bool = False
    ip_subnet: str = ""
    dhcpd_enabled: bool = False

    @property
    def number(self) -> int | None:
        """The VLAN that is in effect: None for an untagged network."""
        return self.vlan if self.vlan_enabled else None


class Station(Wire):
    mac: str
    essid: str = ""
    network_id: str = ""
    vlan: Number = None
    is_wired: bool = False


class Device(Wire):
    mac: str
    type: str = ""
    model: str = ""
    state: Number = None

    @property
    def is_ap(self) -> bool:
        return self.type == "uap" or self.model == "UDM"


class Problem(Wire):
    """The several shapes of an error; all fields are optional."""

    rc: str | None = Field(default=None, validation_alias=AliasPath("meta", "rc"))
    msg: str | None = Field(default=None, validation_alias=AliasPath("meta", "msg"))
    code: str | int | None = None
    message: str | None = None
    field: str | None = Field(default=None, validation_alias=AliasPath("data", 0, "validationError", "field"))
    pattern: str | None = Field(
        default=None, validation_alias=AliasPath("data", 0, "validationError", "pattern")
    )
