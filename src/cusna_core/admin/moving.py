"""What does it mean if a network becomes another SSID, or goes? Its keys leave the old one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cusna_core.api import Options
from cusna_core.engine.engine import Engine
from cusna_core.engine.opening import Ground
from cusna_core.store import audit, retired
from cusna_core.store.db import Tx


@dataclass(frozen=True, slots=True)
class End:
    """Where a network is, or is to be."""

    controller: str
    ssid: str


class Moves(Exception):
    """The network would be another SSID: its keys leave the old one. Nothing was stored."""

    def __init__(self, before: End, after: End, keys: int) -> None:
        super().__init__(f"{before.ssid} moves")
        self.before, self.after, self.keys = before, after, keys

    @property
    def rejoin(self) -> bool:
        """Whether people have to join by hand: devices come back by themselves to the same name."""
        return self.before.ssid != self.after.ssid


class Moving:
    """Looks at what a change of a network would mean, and writes down what has to be emptied."""

    def __init__(self, engine: Engine, ground: Ground) -> None:
        self._engine = engine
        self._ground = ground

    async def what(self, name: str, values: Mapping[str, Any], own: Options) -> Moves | None:
        """What it means if the network would be another SSID; None where it stays the same."""
        wifi = self._engine.estate.wifis.get(name)
        controller = self._engine.estate.controllers.get(str(values.get("controller")))
        if wifi is None or controller is None:
            return None
        network = controller.network(own)
        if network.identity() == wifi.network.identity():
            return None
        keys = await self._ground.db.read(lambda tx: retired.alive(tx, name))
        before = End(wifi.controller_id, wifi.ssid)
        return Moves(
            before, End(str(values["controller"]), network.ssid or str(values.get("ssid", name))), keys
        )

    def retire(
        self,
        tx: Tx,
        name: str,
        values: Mapping[str, Any],
        ssid: str,
        how: retired.How,
        now: datetime,
        by: str,
    ) -> None:
        wifi = self._engine.estate.wifis.get(name)
        locations = tuple(sorted(wifi.location_ids)) if wifi else ()
        old = retired.Retired(retired.free_id(tx, name), name, ssid, values, locations, how, now, by)
        retired.retire(tx, self._ground.vault, old)
        about = {"name": name, "ssid": ssid, "how": how}
        audit.write(tx, "network-retired", now, who=by, network=name, data=about)
