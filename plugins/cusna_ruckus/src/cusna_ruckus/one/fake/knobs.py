"""What may RUCKUS One be like, where nobody could tell us?"""

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Knobs:
    """What nobody outside RUCKUS could tell us for certain: each is a guess that a test can turn."""

    tier_without_revoke: bool = False
    """Revoking succeeds and does nothing."""
    drop_on_revoke: bool = False
    """Whether devices drop at once when their passphrase ends."""
    null_clears: bool = True
    """Whether a VLAN or an end can be cleared by null; else it succeeds and does nothing."""
    null_refused: bool = False
    """Or it is refused at once."""
    dup_passphrase: Literal["fail", "409"] = "fail"
    interim_status: str = "INPROGRESS"
    retry_after: str | None = None
    """The header at 429."""
    services_query_paging_500: bool = True
    pools_shown: int | None = None
    """How many pools their query tells at most (None: all)."""
    ignore_search: bool = False
    """The query for passphrases ignores searchString, as that for identity groups does."""
    silent: bool = False
    """Every change succeeds and does nothing."""
    stray_errors: bool = True
    """A success carries errors that mean nothing."""
    username_max: int = 190
    devices_default: Literal["pool", "unlimited"] = "pool"
    apply_s: float = 0.3
    activity_s: float = 0.2
    """Until an activity can be asked for: 404 before."""
    lag_s: float = 0.4
    """Until lists show what was applied."""
    client_lag_s: float = 0.0
    """Until a device that joined is listed; the vendor's own takes about three minutes."""
    html_login: bool = False
    """A refused login is a web page and 200."""
    token_s: int | None = 3600
    """Seconds that a token lives; None: it lives an hour, and the answer does not say."""
    page_max: int = 2000
    first_wlan_page: Literal[0, 1] = 1
    """Clients of the vendor disagree."""
    rate: float = 2000.0
    """Calls a minute that a tenant may make, and as many at once."""
