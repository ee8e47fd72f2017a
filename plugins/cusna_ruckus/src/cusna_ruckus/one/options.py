"""What must an admin tell us about RUCKUS One?"""

from typing import Literal, Self

from pydantic import Field, model_validator
from yarl import URL

from cusna_core.api import Address, Options, Secret, is_loopback

HOSTS = {
    "na": "https://api.ruckus.cloud",
    "eu": "https://api.eu.ruckus.cloud",
    "asia": "https://api.asia.ruckus.cloud",
}
VENDOR = "ruckus.cloud"
ALLOWED = 2000
"""Calls a minute that RUCKUS One allows all programs of a tenant together."""
ID = r"^[0-9A-Za-z_-]{1,64}$"

DisableMode = Literal["auto", "revoke", "delete"]


class RuckusOneOptions(Options):
    """One tenant, seen with one application token."""

    region: Literal["na", "eu", "asia"] | None = Field(
        default=None,
        title="Region",
        description="Where your tenant lives, as its address says: eu.ruckus.cloud is eu, "
        "asia.ruckus.cloud is asia, ruckus.cloud alone is na.",
    )
    base_url: Address | None = Field(
        default=None,
        title="API address",
        description="Instead of the region, for an address that is none of the three.",
    )
    tenant_id: str = Field(
        pattern=ID,
        title="Tenant id",
        description="The long id in the address of every page of RUCKUS One, after the host: …/<id>/t/…",
    )
    client_id: str = Field(
        min_length=1,
        max_length=200,
        title="Client id",
        description="Of an application token: Administration → Account Management → Settings.",
    )
    client_secret: Secret = Field(
        title="Client secret",
        description="Of the same application token, whose scope must be Administrator.",
    )
    delegated_tenant_id: str | None = Field(
        default=None,
        pattern=ID,
        title="Delegated tenant id",
        description="For providers (MSP): the customer's tenant, in which to work with your own token.",
    )
    calls_per_minute: int = Field(
        default=1200,
        ge=30,
        le=1900,
        title="Calls per minute",
        description=f"RUCKUS One allows {ALLOWED} to all programs of the tenant: leave some to the others.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.region is None) == (self.base_url is None):
            raise ValueError("needs either region or base_url")
        return self

    @property
    def address(self) -> str:
        return self.base_url or HOSTS[self.region or "na"]

    @property
    def usual(self) -> bool:
        """Whether the address is RUCKUS's own (or this machine: a fake)."""
        host = URL(self.address).host or ""
        return host == VENDOR or host.endswith(f".{VENDOR}") or is_loopback(host)

    @property
    def tenant(self) -> str:
        """The tenant whose keys are meant."""
        return self.delegated_tenant_id or self.tenant_id


class RuckusOneNetworkOptions(Options):
    """One DPSK pool (RUCKUS One calls it a DPSK service), with the SSIDs that it is attached to."""

    pool: str = Field(
        min_length=1,
        max_length=64,
        title="DPSK pool",
        description="Its name or its id. `cusna check` lists the pools of the tenant.",
    )
    ssid: str | None = Field(
        default=None,
        min_length=1,
        max_length=32,
        title="SSID",
        description="What members see. Needed only where the pool is attached to several SSIDs.",
    )
    identity_group_id: str | None = Field(
        default=None,
        pattern=ID,
        title="Identity group",
        description="Its id. Needed only where the pool has several identity groups.",
    )
    device_limit: int | None = Field(
        default=None,
        ge=1,
        le=512,
        title="Devices per member",
        description="Empty: as many as they like. Existing keys follow at their next change.",
    )
    disable_mode: DisableMode = Field(
        default="auto",
        title="How a key ends",
        description="revoke keeps the entry, so that the same one comes back; delete removes it. "
        "auto revokes, and deletes where revoking turns out to do nothing.",
    )
    max_keys: int | None = Field(
        default=None,
        ge=1,
        title="Most keys",
        description="Keys that may work in this pool at a time. RUCKUS names no limit; empty: none.",
    )
    expiry_grace: int = Field(
        default=1,
        ge=0,
        le=720,
        title="Grace in hours",
        description="Cusna ends keys itself. If it is down, RUCKUS One ends them this many hours later.",
    )
