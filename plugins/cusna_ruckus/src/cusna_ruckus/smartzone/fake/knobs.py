"""What may a real controller be like, where that is not known?"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Knobs:
    """What nobody could tell us for certain, each with the answer that is thought likeliest."""

    versions: list[str] = field(default_factory=lambda: ["v11_0", "v11_1", "v12_0", "v13_0", "v13_1"])
    ticket_ttl: float = 24 * 3600.0
    max_tickets: int = 16
    bad_login: tuple[int, int] = (401, 202)
    """Status and errorCode."""
    logoff_status: int = 200
    not_found: Literal["403", "404"] = "403"
    """403 with errorCode 211, or 404."""
    group_cap: int | None = 64
    """Group DPSKs of one WLAN."""
    zone_cap: int | None = None
    dup_passphrase: bool = False
    """Whether a WLAN takes a passphrase that it has already (else 422)."""
    max_amount: int = 100
    max_username: int | None = None
    passphrase_length: tuple[int, int] = (8, 63)
    """Shortest and longest that a create takes."""
    passphrase_list: bool = True
    """Off: the field is overlooked, and the controller makes a passphrase up."""
    group_flag: bool = True
    """Off: `groupDpsk` is overlooked."""
    vlan_field: bool = True
    """Off: `vlanId` is overlooked."""
    strict_bodies: bool = False
    """Unknown fields of a create are refused with 400 (else ignored)."""
    patch_fields: tuple[str, ...] = ("userName",)
    patch_unknown: int | None = None
    """Status for unknown fields of a PATCH (None: ignored)."""
    unknown_id_spoils: bool = True
    """A deletion that names an unknown id deletes nothing and is refused (else it is just not counted)."""
    vlan_needs_override: bool = True
    drop_on_delete: bool = False
    dropped_by: frozenset[str] = frozenset({"disconnect", "deauth"})
    date_text: bool = False
    """creationDateTime as a text (else a number)."""
    absent_nulls: bool = False
    """Fields without a value are left out (else null)."""
    plain_errors: bool = False
    """Errors as text/plain."""
    page: int = 100
    """Rows of a page where none are asked for."""
    most: int = 1000
    ignore_index: bool = False
    ignore_filters: bool = False
    """The search answers with everybody's clients."""
    role: Literal["admin", "reader", "nobody"] = "admin"
    permissions: bool = True
    """Whether the release tells what an administrator may do."""
    busy_status: Literal[503, 423] = 503
    busy_writes: int = 0
    """So many writes find the configuration locked."""
