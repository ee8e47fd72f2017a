"""How full, how fresh and how well is everything? Plain numbers, for /metrics and for overviews."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cusna_core.api import Controller, Gauge
from cusna_core.engine.engine import Engine
from cusna_core.engine.fence.calls import Fault
from cusna_core.store.figures import Figures, figures


@dataclass(frozen=True, slots=True)
class NetworkGauge:
    """One network as it was last looked at."""

    id: str
    ssid: str
    controller: str
    apply: bool
    answers: bool
    """Whether its controller answered the last time."""
    looked: datetime | None
    keys: int | None
    """On the network, other people's included; None until it was looked at."""
    most: int | None
    """The most it can hold; None where no limit is known."""
    vlans: int
    """Given to companies."""
    pool: int


@dataclass(frozen=True, slots=True)
class Gauges:
    at: datetime
    counted: Figures
    networks: tuple[NetworkGauge, ...]
    controllers: Mapping[str, tuple[Gauge, ...]] = field(default_factory=dict)
    """What each controller's driver says of its vendor's caps."""


async def gauges(engine: Engine) -> Gauges:
    """Everything at once; nothing is asked of a controller or a source for it.

    People are counted where decisions are made: to count a hundred thousand for each look takes too long.
    """
    now = engine.now()
    counted = await engine.db.read(lambda tx: figures(tx, now, people=False))
    for name in engine.decisions.integrations():
        decision = engine.decisions.latest(name)
        if decision is None:
            continue
        counted.accounts[name] = len(decision.accounts.keys() | decision.since.keys())
        counted.suspended[name] = decision.suspended
        for location, one in decision.figures().items():
            if one.on > 0:
                counted.on[name, location] = one.on
            if one.ends is not None and one.ends > now:
                counted.next_end[name, location] = one.ends
    networks = []
    for wifi in engine.estate.wifis.values():
        standing = engine.standing(wifi)
        plan = standing.plan
        networks.append(
            NetworkGauge(
                id=wifi.id,
                ssid=wifi.ssid,
                controller=wifi.controller_id,
                apply=wifi.apply,
                answers=not standing.in_trouble,
                looked=plan.at if plan else None,
                keys=_keys(counted, wifi.id, len(plan.owned.foreign), plan.keys) if plan else None,
                most=wifi.network.limits.keys,
                vlans=counted.groups.get(wifi.id, 0),
                pool=len(wifi.pool) if wifi.manages_vlans else 0,
            )
        )
    said = {name: _said(one) for name, one in engine.estate.controllers.items()}
    return Gauges(now, counted, tuple(sorted(networks, key=lambda one: one.id)), said)


def _said(controller: Controller[Any, Any]) -> tuple[Gauge, ...]:
    """A driver whose gauges have a bug has none: they are for looking at, and nothing depends on them."""
    try:
        said: Sequence[Gauge] = controller.gauges()
    except Fault:
        return ()
    return tuple(said)


def _keys(counted: Figures, network: str, foreign: int, read: int) -> int:
    """What was read may be older than what was made since."""
    return max(foreign + counted.keys.get((network, "working"), 0), read)
