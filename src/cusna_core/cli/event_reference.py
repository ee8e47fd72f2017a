"""What does the reference of events say? Written from the interface itself, and never by hand."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cusna_core.api import EVENTS, Event

FOLDER: Final = Path("docs/reference")
PAGE: Final = "events.md"
HEADER: Final = "<!-- Written by script/docs from the code. Change it there. -->"
ABOUT: Final[Mapping[str, str]] = {
    "integration": "its name in the configuration",
    "location": "its name in the configuration",
    "network": "its name in the configuration",
    "account": "the account's id, the same for the account's life",
    "email": "the account's address now; only with `personal_data = true`",
}
_ACCESS: Final[Mapping[str, str]] = {
    "until": "the instant at which access ends as promised; null: no end is known",
    "because": "`plan`, `desk`, `room` or `override`: what it rests on; of several, the one that ends last",
}
_FINDING: Final[Mapping[str, str]] = {
    "code": "what it is, in stable words in dots",
    "level": "`info`, `warning` or `error`",
    "path": "the place in the configuration; may be empty",
}
_HELD: Final[Mapping[str, str]] = {"rights": "how many are held now"}
DATA: Final[Mapping[str, Mapping[str, str]]] = {
    "access.started": _ACCESS,
    "access.changed": _ACCESS,
    "access.ended": _ACCESS,
    "account.disabled": {},
    "account.restored": {},
    "passphrase.changed": {"by": "`member`, `admin`, or `cusna` (it had become somebody else's)"},
    "key.working": {},
    "finding.opened": _FINDING,
    "finding.closed": _FINDING,
    "sync.failed": {"error": "what kind of failure: `Unreachable`, `AuthFailed` and so on"},
    "held.opened": _HELD,
    "held.closed": _HELD,
    "test": {},
}
"""What stands in `data` besides what an event is about."""


def page() -> str:
    example = Event(
        "evt_5f0c6a1e9b7d4c3a2f1e0d9c",
        "access.started",
        datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        "hq",
        "kreuzberg",
        None,
        "a3f1c09b2d4e5f60",
        data={"until": "2026-11-30T23:00:00Z", "because": "plan"},
    )
    rows = ["| type | it means | in `data` besides |", "| --- | --- | --- |"]
    for type_, said in EVENTS.items():
        more = "; ".join(f"`{name}`: {what}" for name, what in DATA[type_].items())
        rows.append(f"| `{type_}` | {said} | {more} |")
    parts = [
        HEADER,
        "# Events",
        "What [sinks](configuration.md#sinksname) are told. Each event is one JSON object with `id`, `type`, "
        "`timestamp` (UTC) and `data`. How to receive them: [webhooks](../how-to/webhooks.md).",
        f"```json\n{json.dumps(example.plain(), indent=2)}\n```",
        "## What an event is about",
        "These stand in `data` of every event, null where they do not apply:",
        "\n".join(f"- `{name}`: {what}" for name, what in ABOUT.items()),
        "No event ever holds a passphrase, a name of a person, or the words of a finding.",
        "## Types",
        "\n".join(rows),
        "Access is a person at a location, by a right of their own there: one plan that takes over from "
        "another is `access.changed`, not an end, and roaming to other locations is not told. An account "
        "that is disabled has no access anywhere until it is restored, without an `access.ended`.",
        "## What can be relied on",
        "- An event is kept in the same transaction as what it tells, once Cusna has started with the sink.\n"
        "- It is delivered at least once: who gets the same `id` again has it already.\n"
        "- Events about one account come in their order. Others may come side by side.\n"
        "- What is not taken is tried again for three days, with growing pauses, then given up with a "
        "finding.\n"
        "- Fields and types are added, never renamed or taken away: ignore what you do not know.",
    ]
    return "\n\n".join(parts) + "\n"


def write(root: Path) -> None:
    (root / FOLDER / PAGE).write_text(page(), encoding="utf-8")
