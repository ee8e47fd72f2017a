"""What must an admin tell us about Hearth?

The file is checked by these models, and the console's forms are drawn from them.
"""

from cusna_core.api import Address, Options, Secret
from pydantic import Field


class HearthOptions(Options):
    """One login at one Hearth controller."""

    url: Address = Field(title="Address", description="Where its API listens.")
    user: str = Field(title="User", description="An account of Cusna's own, with the role Editor.")
    password: Secret = Field(title="Password", description="Of that account.")


class HearthNetworkOptions(Options):
    """One profile there, which is one SSID."""

    ssid: str = Field(pattern=r"^[^/]{1,32}$", title="SSID", description="The WiFi's name.")
    max_keys: int = Field(default=128, ge=1, title="Most keys", description="How many the firmware takes.")
