"""What needs attention at the sources, controllers and networks, when they are asked for it?"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from cusna_core.api import Finding, PluginError, Unreachable
from cusna_core.engine import troubles
from cusna_core.engine.estate import Estate, Integration, Wifi
from cusna_core.engine.findings import Findings

log = logging.getLogger(__name__)

Check = Callable[[], Awaitable[Sequence[Finding]]]
CHECK_PATIENCE = 60.0
"""Seconds that one of them has to answer."""


class Checks:
    """Asks each of them, side by side; one that hangs or has a bug is a finding of its own."""

    def __init__(
        self, findings: Findings, besides: Mapping[str, Check], answered: Callable[[Wifi], None]
    ) -> None:
        """`besides` are further looks, by scope; `answered` hears of each network that is well."""
        self._findings = findings
        self._besides = dict(besides)
        self._answered = answered

    async def look(self, estate: Estate) -> bool:
        """Whether all of them answered; a bug in one is an answer, and the same in an hour."""
        return all(
            await asyncio.gather(
                *(self._beside(scope, look) for scope, look in self._besides.items()),
                *(self._source(one) for one in estate.integrations.values()),
                *(self._controller(estate, name) for name in estate.controllers),
            )
        )

    async def _beside(self, scope: str, look: Check) -> bool:
        await self._findings.report(scope, await look())
        return True

    async def _source(self, one: Integration) -> bool:
        found, error = await looked(f"integrations.{one.id}", one.source.check)
        if error is not None:
            found = [troubles.source(one, error)]
        await self._findings.report(f"integration:{one.id}", found)
        return not isinstance(error, PluginError)

    async def _controller(self, estate: Estate, name: str) -> bool:
        """The controller, and its networks if it answers; else theirs stay as they were told last."""
        found, error = await looked(f"controllers.{name}", estate.controllers[name].check)
        if error is not None:
            found = [troubles.controller(name, error)]
        await self._findings.report(f"controller:{name}", found)
        if error is not None:
            return not isinstance(error, PluginError)
        wifis = [one for one in estate.wifis.values() if one.controller_id == name]
        return all(await asyncio.gather(*map(self._network, wifis)))

    async def _network(self, wifi: Wifi) -> bool:
        found, error = await looked(f"networks.{wifi.id}", wifi.network.check)
        if error is not None:
            found = [troubles.network(wifi, error)]
        await self._findings.report(f"network:{wifi.id}", found)
        if error is None:
            await self._findings.mended(f"network:{wifi.id}:run", troubles.CONTROLLER)
            self._answered(wifi)
        return not isinstance(error, PluginError)


async def looked(path: str, check: Check) -> tuple[Sequence[Finding], Exception | None]:
    """What a `check` finds, with whole paths; or what it raises, whatever that is."""
    try:
        async with asyncio.timeout(CHECK_PATIENCE):
            found = await check()
        return [
            Finding(one.level, one.code, one.summary, one.fix, f"{path}.{one.path}".rstrip("."), one.about)
            for one in found
        ], None
    except TimeoutError:
        return (), Unreachable("It did not answer within a minute.")
    except PluginError as error:
        return (), error
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not stop the others
        log.warning("%s: its check met a bug (%s)", path, troubles.place(error))
        return (), error
