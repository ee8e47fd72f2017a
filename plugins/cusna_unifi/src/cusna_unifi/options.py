"""What may an admin say about a UniFi console, and about one of its SSIDs?"""

import re
from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from cusna_core.api import Address, Options, Secret, Tls

CLOUD = "https://api.ui.com"


class Flavour(StrEnum):
    UNIFI_OS = "unifi_os"
    NETWORK_APP = "network_app"


class VlanNetworks(StrEnum):
    EXISTING = "existing"
    VLAN_ONLY = "vlan-only"
    CORPORATE = "corporate"


def _object_id(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{24}", value):
        raise ValueError("must be the 24 hex digits that stand in the address bar of the WiFi's page")
    return value


def _console_id(value: str) -> str:
    # It becomes a part of a path: nothing that could lead elsewhere.
    if not re.fullmatch(r"[A-Za-z0-9:_-]{8,200}", value):
        raise ValueError("must be the console's id as it stands in the address bar of unifi.ui.com")
    return value


def _header(value: Secret) -> Secret:
    # It becomes a header: a line break from a copied file would be refused far from its cause.
    if not re.fullmatch(r"[\x21-\x7e]+", value.get_secret_value()):
        raise ValueError("must be one word of plain characters: copy the key without spaces or line breaks")
    return value


class UnifiOptions(Options):
    """A console (or self-hosted Network application) and how to sign in to it."""

    url: Address | None = Field(
        default=None,
        title="Address",
        description="The console's address on your own network, such as https://192.168.1.1. UniFi OS Server "
        "listens on port 11443, a self-hosted Network application on 8443.",
    )
    api_key: Annotated[Secret, AfterValidator(_header)] | None = Field(
        default=None,
        title="API key",
        description="Made on the console itself: Settings, Control Plane, Integrations. "
        "Better than a password: no login, no limit of logins.",
    )
    username: str | None = Field(
        default=None,
        title="User name",
        description="Only where there is no API key: a local admin of this console, without MFA. "
        "Cloud (ui.com) accounts do not work.",
    )
    password: Secret | None = Field(default=None, title="Password", description="The local admin's password.")
    console_id: Annotated[str, AfterValidator(_console_id)] | None = Field(
        default=None,
        title="Console ID",
        description="Instead of the address: reach the console through UniFi's cloud. The long id in the "
        "address bar after unifi.ui.com/consoles/.",
    )
    cloud_key: Annotated[Secret, AfterValidator(_header)] | None = Field(
        default=None,
        title="Cloud API key",
        description="A key of unifi.ui.com (Settings, API Keys), for the way through the cloud.",
    )
    cloud_url: Address = Field(
        default=CLOUD,
        title="Cloud address",
        description="Where UniFi's cloud answers. There is no need to change it.",
    )
    flavour: Flavour = Field(
        default=Flavour.UNIFI_OS,
        title="Kind",
        description="unifi_os: a console (Dream Machine, Cloud Gateway, Cloud Key) or UniFi OS Server. "
        "network_app: the older self-hosted Network application.",
    )
    site: str = Field(
        default="default",
        min_length=1,
        title="Site",
        description="The site's name, as label or as it stands in the URL.",
    )
    tls: Tls = Field(
        default_factory=Tls,
        title="Certificate",
        description="Consoles sign their certificate themselves: give its SHA-256 (fingerprint), or a "
        "PEM file "
        "with it (ca).",
    )

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        cloud = self.console_id is not None or self.cloud_key is not None
        if cloud:
            if self.url is not None:
                raise ValueError(
                    "give either url or console_id with cloud_key, not both: there is one way in"
                )
            if self.console_id is None or self.cloud_key is None:
                raise ValueError("console_id and cloud_key belong together: give both")
            if self.api_key or self.username or self.password:
                raise ValueError(
                    "through the cloud only cloud_key signs in: leave out api_key, username and password"
                )
            if self.flavour is not Flavour.UNIFI_OS:
                raise ValueError("the cloud reaches consoles with UniFi OS only: leave out flavour")
            return self
        if self.url is None:
            raise ValueError("give url (the console's address), or console_id and cloud_key")
        if self.api_key is not None:
            if self.username or self.password:
                raise ValueError("give either api_key, or username and password, not both")
            if self.flavour is Flavour.NETWORK_APP:
                raise ValueError(
                    "a self-hosted Network application takes no API keys: give username and password of "
                    "a local admin"
                )
        elif not (self.username and self.password and self.password.get_secret_value()):
            raise ValueError("give api_key, or username and password of a local admin")
        return self


class UnifiNetworkOptions(Options):
    """An SSID with PPSK, and the networks behind it."""

    ssid: str = Field(
        min_length=1,
        max_length=32,
        title="SSID",
        description="The WiFi's name, exactly as it is in UniFi.",
    )
    wlan_id: Annotated[str, AfterValidator(_object_id)] | None = Field(
        default=None,
        title="WiFi ID",
        description="Only where two WiFis of the site have this name: the id in the address bar of the "
        "WiFi's "
        "page.",
    )
    default_network: str | None = Field(
        default=None,
        min_length=1,
        title="Default network",
        description="The UniFi network (VLAN) for people without a company. Empty: the WiFi's own network.",
    )
    vlan_networks: VlanNetworks = Field(
        default=VlanNetworks.EXISTING,
        title="VLAN networks",
        description="existing: you make a network for every number of the pool. vlan-only: Cusna makes them, "
        "another router serves them. corporate: Cusna makes them, with a subnet and DHCP on your UniFi "
        "gateway.",
    )
    vlan_network_prefix: str = Field(
        default="cusna",
        min_length=1,
        title="Names of VLAN networks",
        description="For existing: networks whose name begins with this are Cusna's to give to companies. It "
        "never uses another one for a company.",
    )
    supernet: IPv4Network | None = Field(
        default=None,
        title="Address range",
        description="For corporate: a private range out of which each VLAN gets its subnet, such as "
        "10.90.0.0/16.",
    )
    subnet_prefix: int = Field(
        default=24,
        ge=16,
        le=28,
        title="Subnet size",
        description="For corporate: the prefix length of one VLAN's subnet.",
    )
    dhcp: bool = Field(
        default=True, title="DHCP", description="For corporate: let the UniFi gateway give out addresses."
    )
    isolate: bool = Field(
        default=False,
        title="Isolate companies",
        description="For corporate: switch on UniFi's network isolation, so that VLANs cannot reach "
        "each other.",
    )
    max_keys: int = Field(
        default=250,
        ge=1,
        le=5000,
        title="Most keys",
        description="How many keys the WiFi may hold, those of others included. UniFi names no limit; "
        "every key "
        "makes joining a little slower.",
    )
    write_interval: float = Field(
        default=60,
        ge=0,
        le=3600,
        title="Seconds between changes",
        description="Every change makes the access points reload for a moment. The first goes at once, later "
        "ones gather for so long and go together.",
    )
    settle: float = Field(
        default=30,
        ge=0,
        le=600,
        title="Seconds to settle",
        description="How long the access points take until a new key works; the portal says so.",
    )
    disconnect: bool = Field(
        default=True,
        title="Disconnect at the end",
        description="When a key ends, disconnect the devices of its VLAN. Colleagues with good keys are back "
        "in seconds; UniFi does not tell whose device is whose.",
    )
    force_provision: bool = Field(
        default=False,
        title="Push to access points",
        description="After each change have every connected access point load its configuration again. Only "
        "where access points miss changes: it interrupts the WiFi once more.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.vlan_networks is VlanNetworks.CORPORATE:
            if self.supernet is None:
                raise ValueError("vlan_networks = corporate needs supernet, such as 10.90.0.0/16")
            if not self.supernet.is_private:
                raise ValueError("supernet must be a private range, such as 10.90.0.0/16")
            if self.supernet.prefixlen > self.subnet_prefix:
                raise ValueError(
                    "supernet is smaller than one subnet: lower its prefix or raise subnet_prefix"
                )
        elif self.supernet is not None:
            raise ValueError('supernet is used with vlan_networks = "corporate" only')
        return self
