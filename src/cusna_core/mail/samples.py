"""How would each letter look? Values that could be real, for whoever previews them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from yarl import URL

from cusna_core.engine.views import Door
from cusna_core.flow.rights import day_bounds, local_day
from cusna_core.flow.world import Because, Kind
from cusna_core.mail.kinds import KINDS
from cusna_core.mail.values import ToMember
from cusna_core.words import Language, because, stamp, until

TOKEN = "a-token-of-a-preview"  # noqa: S105 - it opens nothing


def to_members(kind: str) -> bool:
    """Whether members get such letters, or admins."""
    return issubclass(KINDS[kind][0], ToMember)


def sample(kind: str, door: Door, base_url: str, language: Language, now: datetime) -> Mapping[str, object]:
    """Values for every field that a letter of this kind needs."""
    portal = f"{base_url}/portal/{door.id}"
    member = to_members(kind)
    midnight = day_bounds(local_day(now, door.zone) + timedelta(days=3), door.zone)[1]
    known: Mapping[str, object] = {
        "place": door.name,
        "portal": portal,
        "name": "Mara Lindqvist",
        "accent": door.look.accent,
        "site": URL(base_url).host or base_url,
        "console": f"{base_url}/console",
        "link": f"{portal}/link/{TOKEN}" if member else f"{base_url}/console/link/{TOKEN}",
        "code": "41937205",
        "when": stamp(now, door.zone, language),
        "until": until(midnight, door.zone, now, language),
        "because": because(Because(Kind.PLAN, language.pgettext("sample", "Hot desk"), ""), language),
        "by": "admin@example.com",
        "reason": language.pgettext("sample", "Setting up the printer together"),
        "where": "network members",
        "summary": "The controller does not answer.",
        "fix": "Check that it is on and can be reached from here.",
        "path": "networks.members",
        "integration": "hq",
        "people": 12,
        "limit": 3,
        "counted": 14,
        "digest": "3f0c71ab92d4e586",
        "names": ("Mara Lindqvist", "Jonas Weber", "Theo Brandt"),
        "device": "iPhone",
        "ip": "192.0.2.7",
    }
    fields: Mapping[str, Any] = KINDS[kind][0].model_fields
    return {name: known[name] for name, field in fields.items() if name in known or field.is_required()}
