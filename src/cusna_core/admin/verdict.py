"""Is what an admin has entered good, beside what else is set up?"""

from collections.abc import Mapping
from typing import Any

from cusna_core.admin.trial import Refused
from cusna_core.api import Options
from cusna_core.config.file import ConfigFile
from cusna_core.config.judge import judge, own_options, type_problem
from cusna_core.config.models import KINDS
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import Problem
from cusna_core.config.resolve import console_ground
from cusna_core.config.setup import Kind, Setup, path
from cusna_core.config.trouble import no_such
from cusna_core.config.values import is_slug


class Verdict:
    """Judges one thing whole. Nothing is asked of any system."""

    def __init__(self, file: ConfigFile, registry: Registry, setup: Setup) -> None:
        self._file = file
        self._registry = registry
        self._setup = setup

    def _type(self, controller: str) -> str:
        known = self._setup.controllers.get(controller)
        return known.driver.type if known else ""

    def of(self, kind: Kind, name: str, values: Mapping[str, Any]) -> Options:
        """The plugin's part, if everything is good; else Refused."""
        where = path(kind, name)
        wrong: list[Problem] = []
        if not is_slug(name):
            text = "should be 1 to 40 small letters, digits and hyphens, such as kreuzberg"
            wrong.append(Problem(f"{where}.slug", text))
        own: type[Options] | None = Options
        if kind in ("integration", "controller"):
            brought: Mapping[str, Any] = (
                self._registry.sources if kind == "integration" else self._registry.drivers
            )
            own = own_options(kind, values, self._registry)
            wrong += filter(None, [type_problem(values, brought, self._registry, where)])
        if kind == "network":
            controller = values.get("controller")
            own = own_options(kind, {"type": self._type(str(controller))}, self._registry)
            wrong += filter(
                None, [no_such("controller", controller, self._setup.controllers, f"{where}.controller")]
            )
        if kind == "location":
            wrong += self._lost(values, where)
        judged = judge(KINDS[kind], own, values, console_ground(self._file), where)
        wrong += judged.problems
        if wrong or judged.own is None:
            raise Refused(*(Problem(_below(one.path, where), one.text) for one in wrong))
        return judged.own

    def _lost(self, values: Mapping[str, Any], where: str) -> list[Problem]:
        networks = values.get("networks") or ()
        found = [
            no_such(
                "integration", values.get("integration"), self._setup.integrations, f"{where}.integration"
            ),
            *(no_such("network", one, self._setup.networks, f"{where}.networks") for one in networks),
        ]
        return [one for one in found if one is not None]


def _below(where: str, table: str) -> str:
    return where.removeprefix(table).removeprefix(".")
