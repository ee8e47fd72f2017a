"""What must an admin tell us about Roster?

The file is checked by this model, and the console's form is drawn from it.
"""

from cusna_core.api import Address, Options, Secret
from pydantic import Field


class RosterOptions(Options):
    """One account at Roster."""

    url: Address = Field(title="Address", description="Where its API listens.")
    token: Secret = Field(title="Token", description="Roster's own page: Account → API.")
