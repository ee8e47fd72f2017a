"""Does a system answer, and take what was entered? Tried before anything is stored."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from cusna_core.api import ConfigError, Options, PluginError
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import Problem, sentence
from cusna_core.config.setup import Kind, path
from cusna_core.engine.engine import Engine
from cusna_core.engine.fence import parts as fenced
from cusna_core.engine.fence.calls import Fault, place
from cusna_core.engine.opening import Ground

log = logging.getLogger(__name__)

TRY_SECONDS = 20.0
"""So long a system may take to answer when its credentials are tried."""


class Refused(Exception):
    """Nothing was stored. Each problem's path is a field of the form ("tls.ca"), or empty for all of it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Trial:
    """Opens what was entered, asks it, and closes it again."""

    def __init__(self, engine: Engine, registry: Registry, ground: Ground) -> None:
        self._engine = engine
        self._registry = registry
        self._ground = ground

    async def of(self, kind: Kind, name: str, values: Mapping[str, Any], own: Options) -> None:
        """Whether the system answers, and takes the credentials. Raises Refused."""
        try:
            async with asyncio.timeout(TRY_SECONDS):
                if kind == "network":
                    await self._network(name, values, own)
                elif kind != "location":
                    await self._login(kind, name, values, own)
        except ConfigError as error:
            raise Refused(Problem(error.path, str(error))) from None
        except PluginError as error:
            raise Refused(Problem("", sentence(error))) from None
        except TimeoutError:
            text = f"No answer came within {TRY_SECONDS:.0f} seconds. Check the address, and that it is on."
            raise Refused(Problem("", text)) from None
        except Refused:
            raise
        except Fault as error:
            log.warning("%s: trying it met a bug (%s)", path(kind, name), place(error))
            text = f"It cannot be used: {error}. That is a bug in the plugin. Tell its author."
            raise Refused(Problem("", text)) from None

    async def _login(self, kind: Kind, name: str, values: Mapping[str, Any], own: Options) -> None:
        context = self._ground.context(name)
        type_ = str(values["type"])
        made: Any
        if kind == "integration":
            made = fenced.source(self._registry.sources[type_], own, context, self._ground.hush)
        else:
            made = fenced.controller(self._registry.drivers[type_], own, context, self._ground.hush)
        try:
            await made.open()
            await made.check()
            if kind == "integration":
                await made.locations()
        finally:
            await made.close()

    async def _network(self, name: str, values: Mapping[str, Any], own: Options) -> None:
        controller = self._engine.estate.controllers.get(str(values["controller"]))
        if controller is None:
            raise Refused(Problem("", "Its controller is switched off. Mend the controller first."))
        network = controller.network(own)
        await network.check()
        for one in self._engine.estate.wifis.values():
            if one.id != name and not one.retired and one.network.identity() == network.identity():
                raise Refused(Problem("", f"This SSID is the network {one.id} already. Use that one."))
