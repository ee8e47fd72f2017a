"""What does a driver do in a day, on a good one and on bad ones?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from cusna_core.api import (
    Change,
    Controller,
    Create,
    EnsureSegment,
    Feature,
    Network,
    Outcome,
    PluginError,
    Ref,
    Revoke,
    Secret,
    Update,
)
from cusna_core.testing.faults import Fault
from cusna_core.testing.ground import PRINTER_PASSPHRASE
from cusna_core.testing.lab import Lab
from cusna_core.testing.secrecy import words

Call = Callable[[], Awaitable[Any]]
Pair = tuple[Controller[Any, Any], Network[Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """What a driver said in such a day."""

    errors: list[BaseException] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    """Of all that reads: findings, choices, keys, devices."""


async def tour(lab: Lab) -> Told:
    """Everything that a driver does, on a good day and on bad ones."""
    told = Told()
    errors = told.errors
    key = lab.key("mia")
    vlan = (await lab.vlans(1))[0] if lab.has(Feature.VLAN) else None
    if vlan is not None:
        await lab.rounds_ensure(vlan)
    ref = await lab.create(replace(key, vlan=vlan))
    refusals = [
        replace(lab.key("ben"), passphrase=key.passphrase),
        lab.key("ben", passphrase=PRINTER_PASSPHRASE),
        lab.key("ben", passphrase=lab.passphrase(63) + "xyz"),
        replace(lab.key("ben"), label="cusna-" + "x" * 300),
        lab.key("ben", vlan=4095),
    ]
    for wrong in refusals:
        await caught(_alone(lab.network, Create(wrong)), errors)
    if lab.has(Feature.UPDATE):
        new = replace(key, vlan=vlan, passphrase=Secret(lab.passphrase()))
        ref = await lab.do(Update(ref, new))
    lab.passphrases.discard(PRINTER_PASSPHRASE)
    for fault in _echoes(lab):
        for cold in (False, True):
            lab.later()
            pair = await lab.instance() if cold else (lab.controller, lab.network)
            if not cold:
                await lab.network.read()  # logged in again: the fault is to meet the calls behind the login
            lab.vendor.plan(fault)
            for look in looks(lab, *pair).values():
                told.answers.append(await caught(look, errors))
            for change in changes(lab, pair[1], ref, key.label):
                await caught(change, errors)
            lab.vendor.clear()
    lab.later()
    for state in lab.mine(await lab.network.read()):
        await lab.do(Revoke(state.ref, state.label or ""))
    told.answers.extend([await look() for look in looks(lab, lab.controller, lab.network).values()])
    told.answers.append(lab.controller.gauges())
    return told


def _echoes(lab: Lab) -> list[Fault]:
    """Answers that repeat what nobody should repeat, as vendors do ("the password 'x' is too short")."""
    text = ", ".join(sorted(words(lab)))
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = (f'{{"message": "{quoted}", "errors": ["{quoted}"], "{quoted}": "{quoted}"}}').encode()
    page, header = f"<html>{text}</html>".encode(), {"X-Debug": text, "Content-Type": "application/json"}
    faults = [
        Fault(status=one, body=plain, headers=header) for one in (200, 400, 401, 404, 409, 422, 429, 500)
    ]
    faults.append(Fault(status=200, body=b"[" + plain + b"]", headers=header))
    faults.append(Fault(status=200, body=page, headers={"Content-Type": "text/html"}))
    faults.append(Fault(status=503, body=page, headers={"Content-Type": "text/html"}))
    faults += [Fault(drop="before"), Fault(redirect=302)]
    return faults


def looks(lab: Lab, controller: Controller[Any, Any], network: Network[Any]) -> dict[str, Call]:
    """All that reads, by its name."""
    found: dict[str, Call] = {
        "controller.check": controller.check,
        "network.check": network.check,
        "networks": controller.networks,
        "read": network.read,
    }
    if lab.has(Feature.VLAN):
        found["segments"] = network.segments
    if lab.has(Feature.CLIENTS):
        found["clients"] = network.clients
    return found


def changes(lab: Lab, network: Network[Any], ref: Ref, label: str) -> list[Call]:
    """Each kind of change, of a key that is there and of one that is not."""
    wanted: list[Change] = [Create(lab.key("eve")), Revoke(ref, label)]
    if lab.has(Feature.UPDATE):
        wanted.append(Update(ref, lab.key("mia")))
    if lab.has(Feature.VLAN):
        wanted.append(EnsureSegment(lab.segment_of(max(lab.network.limits.vlan_min, 3000))))
    return [_alone(network, one) for one in wanted]


def _alone(network: Network[Any], change: Change) -> Call:
    async def call() -> Outcome | None:
        """The outcome of a success, None where nothing was told."""
        async for outcome in network.apply([change]):
            if outcome.error is not None:
                raise outcome.error
            return outcome
        return None

    return call


async def caught(call: Callable[[], Awaitable[Any]], errors: list[BaseException]) -> Any:
    try:
        return await call()
    except PluginError as error:
        errors.append(error)
    except Exception as error:
        if type(error).__name__ == "BlockingError":
            raise
        errors.append(error)
    return None
