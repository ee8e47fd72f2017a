"""What must an admin tell us about Meraki?"""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from yarl import URL

from cusna_core.api import Address, Options, Secret

HOSTS = ("api.meraki.com", "api.meraki.ca", "api.meraki.cn", "api.meraki.in", "api.gov-meraki.com")
BASE = "/api/v1"


def _with_base(value: str) -> str:
    return value + BASE if URL(value).path in ("", "/") else value


class MerakiOptions(Options):
    """One organisation, seen with one API key."""

    api_key: Secret = Field(
        title="API key",
        description="Of a service admin who may write to the networks below. "
        "Dashboard: your profile at the top right → API access.",
    )
    organization_id: str = Field(
        pattern=r"^[0-9]+$",
        title="Organisation id",
        description="The digits shown at the foot of every Dashboard page, beside the organisation's name.",
    )
    base_url: Annotated[Address, AfterValidator(_with_base)] = Field(
        default=f"https://{HOSTS[0]}{BASE}",
        title="API address",
        description=f"Stays as it is, unless your Dashboard is another region's: {', '.join(HOSTS[1:])}.",
    )
    requests_per_second: float = Field(
        default=5.0,
        gt=0,
        le=9,
        title="Requests per second",
        description="Meraki allows 10 to all programs of the organisation: leave some to the others.",
    )
    action_batches: int = Field(
        default=3,
        ge=1,
        le=5,
        title="Action batches",
        description="How many may be under way at once. Meraki allows 5 to all programs of the organisation.",
    )


class MerakiNetworkOptions(Options):
    """One SSID of one Meraki network."""

    network_id: str = Field(
        pattern=r"^[LN]_[0-9A-Za-z]+$",
        title="Network id",
        description="Begins with N_ or L_. `cusna check` lists the networks that the key can see.",
    )
    ssid_number: int | None = Field(
        default=None,
        ge=0,
        le=14,
        title="SSID number",
        description="0 to 14, as the API counts. Stays right when it is renamed. Give this or the name.",
    )
    ssid: str | None = Field(
        default=None,
        min_length=1,
        max_length=32,
        title="SSID",
        description="The SSID's name, instead of its number.",
    )
    default_group_policy: str | None = Field(
        default=None,
        min_length=1,
        title="Default group policy",
        description="A group policy of yours for everybody without a company VLAN, by its name. "
        "Without one, Cusna makes its own, which changes nothing but to skip the splash page.",
    )
    max_keys: int = Field(
        default=5000,
        ge=1,
        title="Most keys",
        description="Identity PSKs this SSID can hold. 5,000 with firmware MR 30.1 or newer; less before.",
    )
    max_group_policies: int = Field(
        default=100,
        ge=1,
        title="Most group policies",
        description="Meraki advises at most 100 in a network. Each company VLAN takes one.",
    )
    expiry_grace: int = Field(
        default=1,
        ge=0,
        le=720,
        title="Grace in hours",
        description="Cusna ends keys itself. If it is down, Meraki ends them this many hours later.",
    )
    disconnect: bool = Field(
        default=False,
        title="Disconnect devices",
        description="When access ends, also drop connected devices. Uses a beta call of Meraki's; "
        "without it they stay until they next join.",
    )

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.ssid_number is None) == (self.ssid is None):
            raise ValueError("needs either ssid_number or ssid")
        return self
