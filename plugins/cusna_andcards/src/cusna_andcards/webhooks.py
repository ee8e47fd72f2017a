"""Is a webhook from Andcards, and what does it say is worth asking for again?

Andcards sends them through Svix: `svix-id`, `svix-timestamp` (seconds) and `svix-signature`, a list of `v1,`
and the base64 of HMAC-SHA256 over `id.timestamp.body`. What stands in one is never believed: it only names
whom to ask for.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from cusna_core.api import Hint, Section, email_key

TOLERANCE: Final = 300
"""Seconds that a webhook may be old, or ahead of our clock."""
PREFIX: Final = "whsec_"
SIGNATURES: Final = 20
"""More than that stand in no header of the vendor's."""
ELSEWHERE: Final = ("event.", "shop.", "benefit.", "support.", "visitors.", "invoice.", "company.created")
"""What gives nobody access, and takes none."""


def key(secret: str) -> bytes:
    """What is signed with. Raises ValueError for what is no signing secret."""
    try:
        found = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.strip().startswith(PREFIX) or len(found) < 16:
        raise ValueError(
            "must be the signing secret as Andcards shows it, whsec_ and then letters and digits"
        )
    return found


def signed(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """The message's id, if one of its signatures is of this secret and of these five minutes."""
    id_, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    if not (
        0 < len(id_) <= 200 and id_.isascii() and stamp.isascii() and stamp.isdigit() and len(stamp) < 12
    ):
        return None
    if abs(now.timestamp() - int(stamp)) > TOLERANCE:
        return None
    right = hmac.digest(secret, b".".join((id_.encode(), stamp.encode(), body)), "sha256")
    found = False
    for one in headers.get("svix-signature", "").split(" ")[:SIGNATURES]:
        version, _, text = one.partition(",")
        # All are compared, whatever the first one says.
        found |= hmac.compare_digest(_bytes(text), right) and version == "v1"
    return id_ if found else None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def hint(id_: str, body: bytes) -> Hint:
    """What a believed webhook names. What is not understood means that everything should be read."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    everything = Hint(id_, everything=True)
    if not isinstance(told, dict):
        return everything
    type_ = str(told.get("type") or "")
    if type_.startswith(ELSEWHERE) or set(told) == {"visit"}:
        return Hint(id_)
    if type_.startswith("booking."):
        return _named(id_, told.get("booking"), Section.BOOKINGS, ask=type_ != "booking.created")
    if type_.startswith("membership."):
        return _named(id_, told.get("membership"), None)
    # Of plans the bare record comes, without envelope and type.
    record = told.get("subscription", told)
    if type_.startswith("subscription.") or (not type_ and "period" in told):
        return _named(id_, record, Section.SUBSCRIPTIONS)
    return everything


def _named(id_: str, record: Any, section: Section | None, *, ask: bool = True) -> Hint:
    if not isinstance(record, dict):
        return Hint(id_, everything=True)
    emails = tuple(dict.fromkeys(_emails(record)))
    one = record.get("id")
    again = ((section, one),) if ask and section and isinstance(one, str) and 0 < len(one) <= 100 else ()
    return Hint(id_, emails, again, everything=not (emails or again))


def _emails(record: Mapping[str, Any]) -> Iterator[str]:
    for who in (record.get("userOwner"), record.get("user")):
        said = who.get("email") if isinstance(who, dict) else None
        if isinstance(said, str) and len(said) <= 254 and email_key(said) is not None:
            yield said
