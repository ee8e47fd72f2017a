"""What must an admin tell us about Acme?

The file is checked by these models, and the console's forms are drawn from them.
"""

from cusna_core.api import Address, Options, Secret
from pydantic import Field


class AcmeOptions(Options):
    """One login at one Acme system."""

    url: Address = Field(title="Address", description="Where its API listens.")
    token: Secret = Field(title="Token", description="Acme's own page: Settings → API → New token.")


class AcmeNetworkOptions(Options):
    """One SSID there."""

    ssid: str = Field(pattern=r"^[^/]{1,32}$", title="SSID", description="The WiFi's name.")
