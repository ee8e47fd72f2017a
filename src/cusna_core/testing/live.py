"""How does the driver suite run on a real controller (`pytest --cusna-live CONFIG`)?

Only with scratch keys of its own, which it takes away whatever happens; and it says what it could not try.
"""

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cusna_core.api import Controller, KeyState, PluginError, Revoke, SystemClock
from cusna_core.config.file import read
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.resolve import resolve
from cusna_core.config.setup import Network, Setup
from cusna_core.pytest_plugin import LEFT, MARK
from cusna_core.testing.lab import Lab

TRIES = 3


def wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("cusna_live", default=None))


def skip(request: pytest.FixtureRequest, why: str) -> NoReturn:
    """Skip what only a fake can offer; the summary names it."""
    pytest.skip(f"{MARK}{why}.")


@asynccontextmanager
async def lab(request: pytest.FixtureRequest, driver: type[Controller[Any, Any]]) -> AsyncIterator[Lab]:
    """The network of the file, with scratch keys only; everything else there must be as before."""
    given, network = _chosen(request, driver)
    made = Lab(
        driver,
        given.controllers[network.controller].options,
        network.options,
        SystemClock(),
        installation=f"kit{secrets.token_hex(3)}",
        vlans=network.vlan_pool,
    )
    try:
        await made.start()
        before = _told(await made.network.read())
        try:
            yield made
        finally:
            left = await _tidied(made)
            request.config.stash.setdefault(LEFT, []).extend(left)
        assert not left, f"Scratch keys could not be taken away: {', '.join(left)}."
        after = _told(await made.network.read())
        changed = sorted({*before} ^ {*after})
        assert not changed, (
            f"{len(changed)} keys that this test did not make are not as before. If nobody else changed them "
            "meanwhile, the driver did."
        )
    finally:
        await made.close()


def _chosen(request: pytest.FixtureRequest, driver: type[Controller[Any, Any]]) -> tuple[Setup, Network]:
    path = Path(request.config.getoption("cusna_live")).absolute()
    try:
        file = read(path, os.environ)
    except ConfigFileError as error:
        pytest.fail(f"--cusna-live: {error}", pytrace=False)
    setup = resolve(file, Registry(drivers={driver.type: driver}))
    fit = {
        name: one
        for name, one in setup.networks.items()
        if setup.controllers[one.controller].driver is driver
    }
    name = request.config.getoption("cusna_live_network", default=None)
    if name is not None and name in fit:
        return setup, fit[name]
    if not fit:
        off = "; ".join(f"{one.kind} {one.name}: {one.why}" for one in setup.off)
        skip(request, f'the file has no network on a controller of type = "{driver.type}" {off}'.rstrip())
    if len(fit) > 1 or name is not None:
        skip(request, f"choose a network with --cusna-live-network: {', '.join(sorted(fit))}")
    return setup, next(iter(fit.values()))


async def _tidied(lab: Lab) -> list[str]:
    """End all scratch keys; returns what could not be ended, without a secret."""
    left: list[str] = []
    for _ in range(TRIES):
        try:
            mine = lab.mine(await lab.network.read())
            if not mine:
                return []
            left = [one.label or str(one.ref) for one in mine]
            async for _outcome in lab.network.apply([Revoke(one.ref, one.label or "") for one in mine]):
                pass
        except PluginError as error:
            left = left or [f"unknown ({error})"]
    return left


def _told(states: Sequence[KeyState]) -> list[str]:
    """Keys to compare, without their secrets; scratch keys of this run are gone by then."""
    return [f"{one.ref} {one.label} {one.vlan} {one.ends} {hash(one.passphrase)}" for one in states]
