"""How are sources and controllers made and opened, so that the trouble of one is nobody else's?"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cusna_core import api
from cusna_core.api import Context, Finding, Level, PluginError
from cusna_core.config.setup import Setup
from cusna_core.engine import troubles
from cusna_core.engine.fence import parts as fenced
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.fence.hush import Hush
from cusna_core.engine.ring import Ring
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every source and controller is built on."""

    db: Database
    vault: Vault
    clock: api.Clock
    installation: str
    hush: Hush = field(default_factory=Hush)
    ring: Ring = field(default_factory=Ring)
    so_far: Callable[[str, int], None] = lambda _name, _records: None
    """An integration got so many more records while it reads."""

    def context(self, name: str) -> Context:
        def progress(records: int) -> None:
            self.so_far(name, records)

        return Context(name, self.installation, self.clock, self.vault.fingerprint, progress)


async def sources(
    setup: Setup, ground: Ground, findings: list[Finding], opened: list[Any]
) -> dict[str, api.Source[Any]]:
    """`opened` holds what is open already, also if this is called off."""
    made = {
        name: partial(fenced.source, one.source, one.options, ground.context(name), ground.hush)
        for name, one in setup.integrations.items()
        if one.enabled
    }
    return await _all_opened("integrations", made, findings, opened)


async def controllers(
    setup: Setup, ground: Ground, findings: list[Finding], opened: list[Any]
) -> dict[str, api.Controller[Any, Any]]:
    """See `sources`."""
    made = {
        name: partial(fenced.controller, one.driver, one.options, ground.context(name), ground.hush)
        for name, one in setup.controllers.items()
    }
    return await _all_opened("controllers", made, findings, opened)


async def _all_opened(
    kind: str, made: Mapping[str, Any], findings: list[Finding], opened: list[Any]
) -> dict[str, Any]:
    """Side by side: one that hangs does not keep the others waiting."""
    every = await asyncio.gather(
        *(_opened(f"{kind}.{name}", make, findings, opened) for name, make in made.items())
    )
    return {name: one for name, one in zip(made, every, strict=True) if one is not None}


async def _opened(path: str, make: Any, findings: list[Finding], opened: list[Any]) -> Any:
    """A source or controller, open; None with a finding where it cannot be."""
    try:
        made = make()
        try:
            await made.open()
        except BaseException:
            await made.close()
            raise
    except PluginError as error:
        where = getattr(error, "path", "")
        findings.append(
            Finding(
                Level.ERROR,
                "setup.cannot-open",
                f"{error} It is switched off; keys that exist keep their promised ends.",
                "Correct it in the configuration.",
                path=f"{path}.{where}".rstrip("."),
                about=path,
            )
        )
    except Fault as error:
        log.warning("%s: could not be opened: %s", path, troubles.place(error))
        findings.append(troubles.switched_off(path, error))
    else:
        opened.append(made)
        return made
    return None
