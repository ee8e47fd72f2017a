"""What does the demo's configuration file say?"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cusna_core.api import FakeSource, FakeWifi
from cusna_core.config.plugins import Registry
from cusna_core.demo.people import SPOTS

ADMIN = "admin@space.example"
SENDER = "Cusna demo <wifi@space.example>"


def written(
    folder: Path,
    port: int,
    smtp: int,
    source: FakeSource,
    air: Mapping[str, FakeWifi],
    registry: Registry,
    *,
    given: bool,
    bare: bool = False,
) -> Path:
    """Write `cusna.toml` into the folder; with `given`, only its general part. `air` is by location.

    With `bare` it is what the tutorial begins with: not even a mail server.
    """
    vendors = list({one.type: one for one in air.values()}.values())
    of = {type_: one.name for one in registry.installed for type_ in (*one.sources, *one.fakes)}
    enable = list(dict.fromkeys(of[type_] for type_ in (source.type, *(one.type for one in vendors))))
    parts = [
        f'base_url = "http://localhost:{port}"',
        f'listen = "127.0.0.1:{port}"',
        'data_dir = "data"',
        f'admins = ["{ADMIN}"]',
        *([] if bare else ['sync_every = "1 min"', 'verify_every = "1 min"']),
        "",
        "[plugins]",
        f"enable = {json.dumps(enable)}",
        "",
    ]
    if not bare:
        mail = {"host": "127.0.0.1", "port": smtp, "security": "none", "sender": SENDER}
        parts += _table("mail", mail)
    if not given and not bare:
        parts += _table(
            "integrations.hq",
            {
                "type": source.type,
                **source.options(),
                "roaming": True,
                # The memory WiFi, which stands in where no vendor's plugin is installed, cannot do VLANs.
                "manage_vlans": all(one.type != "memory" for one in vendors),
                "plans_without_wifi": ["Virtual Office"],
            },
        )
        for vendor in vendors:
            parts += _table(f"controllers.{_slug(vendor)}", {"type": vendor.type, **vendor.options()})
            parts += _table(
                f"networks.members-{_slug(vendor)}",
                {
                    "controller": _slug(vendor),
                    "vlan_pool": "100-199",
                    "apply": True,
                    **_hasty(vendor, registry),
                    **vendor.network_options("Members"),
                },
            )
        for spot in SPOTS:
            if spot.slug not in air:
                continue
            vendor = air[spot.slug]
            parts += _table(
                f"locations.{spot.slug}",
                {
                    "integration": "hq",
                    "source_location": spot.title,
                    "networks": [f"members-{_slug(vendor)}"],
                    "contact": "Ask at the front desk, or write to hello@space.example.",
                },
            )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cusna.toml"
    path.write_text("\n".join(parts))
    path.chmod(0o600)
    return path


def _slug(vendor: FakeWifi) -> str:
    return vendor.type.replace("_", "-")


def _hasty(vendor: FakeWifi, registry: Registry) -> dict[str, Any]:
    """Nobody in a demo minds a radio that blinks: writes need not gather for a minute."""
    options = registry.drivers[vendor.type].network_options_class.model_fields
    return {"write_interval": 1} if "write_interval" in options else {}


def _table(name: str, values: Mapping[str, Any]) -> list[str]:
    """A TOML table; values are strings, numbers, switches, lists of strings, and tables of those."""
    plain = {key: one for key, one in values.items() if not isinstance(one, Mapping)}
    lines = [f"[{name}]", *(f"{key} = {json.dumps(one)}" for key, one in plain.items()), ""]
    for key, one in values.items():
        if isinstance(one, Mapping):
            lines += _table(f"{name}.{key}", one)
    return lines
