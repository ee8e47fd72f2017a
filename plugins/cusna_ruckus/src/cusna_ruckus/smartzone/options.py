"""What may an admin say about a SmartZone controller, and about one of its WLANs?"""

import re
from typing import Annotated

from pydantic import AfterValidator, Field
from yarl import URL

from cusna_core.api import Address, Options, Secret, Tls

BASE = "/wsg/api/public"
PORT = 8443


def _api_base(value: str) -> str:
    url = URL(value)
    if url.scheme == "https" and url.explicit_port is None:
        url = url.with_port(PORT)
    return str(url.with_path(BASE) if url.path in ("", "/") or url.path.startswith("/wsg") else url)


def _version(value: str) -> str:
    if not re.fullmatch(r"v\d{1,3}_\d{1,3}", value):
        raise ValueError("must look like v11_1")
    return value


class SmartZoneOptions(Options):
    """A SmartZone or virtual SmartZone controller and how to sign in to it."""

    url: Annotated[Address, AfterValidator(_api_base)] = Field(
        title="Address",
        description="The controller's address, such as https://192.168.1.2. Port 8443, if none is named.",
    )
    username: str = Field(
        min_length=1,
        title="User name",
        description="An administrator of Cusna's own, who may read zones and change WLANs and their DPSKs.",
    )
    password: Secret = Field(title="Password", description="That administrator's password.")
    tls: Tls = Field(
        default_factory=Tls,
        title="Certificate",
        description="Controllers sign their certificate themselves: give its SHA-256 (fingerprint), or a "
        "PEM file with it (ca).",
    )
    api_version: Annotated[str, AfterValidator(_version)] | None = Field(
        default=None,
        title="API version",
        description="Left empty, Cusna takes the newest that both know (v9_1 to v13_1). "
        "Only where `cusna check` says so: one of the controller's, such as v11_1.",
    )


class SmartZoneNetworkOptions(Options):
    """One WLAN of one zone, with DPSK."""

    zone: str = Field(
        min_length=1,
        max_length=64,
        title="Zone",
        description="The zone's name, exactly as it is in SmartZone, or its id.",
    )
    wlan: str = Field(
        min_length=1,
        max_length=64,
        title="WLAN",
        description="The WLAN's name, exactly as it is in SmartZone, or its id.",
    )
    max_group_keys: int = Field(
        default=64,
        ge=1,
        le=10000,
        title="Most keys",
        description="Group DPSKs that the WLAN can hold, those of others included. Ruckus publishes no "
        "number; 64 is the careful one. Raise it when you know that your release holds more.",
    )
    disconnect: bool = Field(
        default=True,
        title="Disconnect at the end",
        description="When access ends, also drop connected devices: it is not known that deleting a DPSK "
        "does that by itself.",
    )
