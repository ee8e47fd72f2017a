"""How does the driver suite run on a real controller (`pytest --cusna-live CONFIG`)?

Only with scratch keys of its own, which it takes away whatever happens; and it says what it could not try.
"""

import os
import re
import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cusna_core.api import AuthFailed, ConfigError, Controller, KeyState, PluginError, Revoke, SystemClock
from cusna_core.config.file import ConfigFile, read
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.resolve import resolve
from cusna_core.config.setup import Network, Setup
from cusna_core.pytest_plugin import EARLIER, LEFT, MARK
from cusna_core.testing.lab import Lab

TRIES = 3
SCRATCH = re.compile(r"cusna-kit[0-9a-f]{6}-")
"""How the labels of every run's keys begin."""


def wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("cusna_live", default=None))


def skip(request: pytest.FixtureRequest, why: str) -> NoReturn:
    """Skip what only a fake can offer; the summary names it."""
    pytest.skip(f"{MARK}{why}.")


@asynccontextmanager
async def lab(request: pytest.FixtureRequest, driver: type[Controller[Any, Any]]) -> AsyncIterator[Lab]:
    """The network of the file, with scratch keys only; everything else there must be as before."""
    given, network = _chosen(request, driver)
    stash = request.config.stash
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
        states = await _first(made, network.name)
        old = [one.label for one in states if one.label and SCRATCH.match(one.label)]
        stash.setdefault(EARLIER, []).extend(old)
        before = _told(states)
        try:
            yield made
        finally:
            left = await _tidied(made)
            stash.setdefault(LEFT, []).extend(left)
        assert not left, f"Scratch keys could not be taken away: {', '.join(left)}."
        after = _told(await made.network.read())
        changed = sorted({*before} ^ {*after})
        assert not changed, (
            f"{len(changed)} keys that this test did not make are not as before. If nobody else changed them "
            "meanwhile, the driver did."
        )
    finally:
        await made.close()


async def _first(lab: Lab, name: str) -> Sequence[KeyState]:
    """The keys before anything is done. Refused credentials are not tried again by every test."""
    try:
        return await lab.network.read()
    except PluginError as error:
        why, final = f"{type(error).__name__}: {error}", isinstance(error, AuthFailed | ConfigError)
    if final:
        halt(f"the network {name} cannot be read: {why}")
    pytest.fail(f"{MARK}the network {name} could not be read before the test: {why}", pytrace=False)


def halt(why: str) -> NoReturn:
    """End the whole run: no test could do anything, and none is to look as if it had."""
    pytest.exit(f"{MARK}{why}", returncode=pytest.ExitCode.USAGE_ERROR)


def file_of(request: pytest.FixtureRequest) -> ConfigFile:
    try:
        return read(Path(request.config.getoption("cusna_live")).absolute(), os.environ)
    except ConfigFileError as error:
        halt(str(error))


def those(file: ConfigFile, kind: str, key: str, values: Collection[str]) -> set[str]:
    """The names of the tables in which this key has one of these values, whatever else is wrong there."""
    tables = file.tables[kind].items()
    return {name for name, table in tables if isinstance(table, Mapping) and table.get(key) in values}


def _chosen(request: pytest.FixtureRequest, driver: type[Controller[Any, Any]]) -> tuple[Setup, Network]:
    file = file_of(request)
    setup = resolve(file, Registry(drivers={driver.type: driver}))
    fit = {
        name: one
        for name, one in setup.networks.items()
        if setup.controllers[one.controller].driver is driver
    }
    name = request.config.getoption("cusna_live_network", default=None)
    there = file.tables["network"]
    if name is not None and name not in there:
        halt(f"there is no network {name} in the file; there are {', '.join(sorted(there)) or 'none'}")
    if name is not None and name in fit:
        return setup, fit[name]
    mine = those(file, "controller", "type", {driver.type})
    on_mine = those(file, "network", "controller", mine)
    off = [one for one in setup.off if one.name in (mine if one.kind == "controller" else on_mine)]
    if off and (name in on_mine or (not fit and name is None)):
        halt(" ".join(f"The {one.kind} {one.name} cannot be used: {one.why}." for one in off))
    if not fit or name is not None:
        skip(request, f'the file has no network on a controller of type = "{driver.type}"')
    if len(fit) > 1:
        halt(f"choose a network with --cusna-live-network: {', '.join(sorted(fit))}")
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
