"""How do the file, the console's settings and the plugins become one `Setup`?"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from cusna_core.api import Options
from cusna_core.config import models, program, setup
from cusna_core.config.file import ConfigFile
from cusna_core.config.judge import Judged, judge, own_options, type_problem
from cusna_core.config.plugins import Registry
from cusna_core.config.problems import A_NAME, Problem, join
from cusna_core.config.references import Ground
from cusna_core.config.setup import Kind, Origin, Setup, path
from cusna_core.config.trouble import Trouble, no_such
from cusna_core.config.values import is_slug
from cusna_core.flow.notices import Notify
from cusna_core.flow.world import Policy

Stored = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""What the console made: kind to name to values."""

T = TypeVar("T", bound=Options)
Made = TypeVar("Made")


def resolve(file: ConfigFile, registry: Registry, stored: Stored | None = None) -> Setup:
    """Everything that is set up. Never raises: what is bad is switched off and becomes a finding."""
    return _Resolution(file, registry, stored or {}).result()


class _Resolution:
    """Goes through the tables in the order in which they need each other."""

    def __init__(self, file: ConfigFile, registry: Registry, stored: Stored) -> None:
        self.file = file
        self.registry = registry
        self.stored = stored
        self.trouble = Trouble(file.path, registry.findings)
        self.literals = list(file.literals)
        self.tables = {kind: self._merged(kind) for kind in get_args(Kind)}

    def result(self) -> Setup:
        mail, mail_origin = self._mail()
        integrations = self._each("integration", self._integration)
        controllers = self._each("controller", self._controller)
        networks = self._each("network", lambda *one: self._network(controllers, *one))
        locations = self._each("location", lambda *one: self._location(integrations, networks, *one))
        sinks = self._sinks()
        used = {network for location in locations.values() for network in location.networks}
        for name in networks.keys() - used:
            self.trouble.unused(name)
        if mail is None and "mail" not in self.stored:
            self.trouble.no_mail()
        if not self.file.general.admins:
            self.trouble.no_admins()
        if self.file.readable and self.literals:
            self.trouble.readable(self.literals[0])
        return Setup(
            self.file.general,
            mail,
            mail_origin,
            self.registry,
            integrations,
            controllers,
            networks,
            locations,
            sinks,
            frozenset(self.file.tables.get("sink", {})) - sinks.keys(),
            tuple(self.trouble.off),
            tuple(self.trouble.findings),
        )

    def _merged(self, kind: Kind) -> dict[str, tuple[Any, Origin]]:
        """The file wins where both have the name."""
        tables: dict[str, tuple[Any, Origin]] = {}
        for name, values in self.stored.get(kind, {}).items():
            tables[name] = (values, "console")
        for name, values in self.file.tables[kind].items():
            if name in tables:
                self.trouble.clash(path(kind, name))
            tables[name] = (values, "file")
        return dict(sorted(tables.items()))

    def _ground(self, origin: Origin) -> Ground:
        if origin == "console":
            return console_ground(self.file)
        # The list is shared, so that all literal secrets of the file are known at the end.
        return Ground(self.file.base, self.file.env, literals=self.literals)

    def _mail(self) -> tuple[program.Mail | None, Origin]:
        """The console's own does not refuse the start: only the console could mend it."""
        made = next(iter(self.stored.get("mail", {}).values()), None)
        if self.file.mail is not None or made is None:
            if made is not None:
                self.trouble.clash("mail")
            return self.file.mail, "file"
        judged = judge(program.Mail, Options, made, self._ground("console"), "mail")
        for problem in judged.problems:
            self.trouble.bad_mail(problem)
        return (None if judged.problems else judged.core), "console"

    def _each(self, kind: Kind, make: Callable[[str, Any, Origin], Made | None]) -> dict[str, Made]:
        done: dict[str, Made] = {}
        for name, (raw, origin) in self.tables[kind].items():
            if not is_slug(name):
                self.trouble.bad(kind, name, origin, [Problem(path(kind, name), A_NAME)])
                continue
            one = make(name, raw, origin)
            if one is not None:
                done[name] = one
        return done

    def _judge(
        self,
        kind: Kind,
        name: str,
        origin: Origin,
        raw: Any,
        core: type[T],
        own: type[Options] | None,
        *more: Problem | None,
    ) -> Judged[T] | None:
        """Both parts if nothing is wrong; else the thing is switched off."""
        judged = judge(core, own, raw, self._ground(origin), path(kind, name))
        wrong = [*judged.problems, *filter(None, more)]
        if wrong:
            self.trouble.bad(kind, name, origin, wrong)
            return None
        return judged

    def _integration(self, name: str, raw: Any, origin: Origin) -> setup.Integration | None:
        sources = self.registry.sources
        own = own_options("integration", raw, self.registry)
        bad_type = type_problem(raw, sources, self.registry, path("integration", name))
        judged = self._judge("integration", name, origin, raw, models.Integration, own, bad_type)
        if judged is None or judged.core is None or judged.own is None:
            return None
        core = judged.core
        policy = Policy(
            roaming=core.roaming,
            manage_vlans=core.manage_vlans,
            # A plan is named by its id, to the letter, or by its name in any case.
            plans_without_wifi=frozenset(
                (*core.plans_without_wifi, *(plan.lower() for plan in core.plans_without_wifi))
            ),
        )
        notify = Notify(core.ending_notice, core.passphrase_notice)
        return setup.Integration(name, origin, sources[core.type], judged.own, policy, core.enabled, notify)

    def _controller(self, name: str, raw: Any, origin: Origin) -> setup.Controller | None:
        drivers = self.registry.drivers
        own = own_options("controller", raw, self.registry)
        bad_type = type_problem(raw, drivers, self.registry, path("controller", name))
        judged = self._judge("controller", name, origin, raw, models.Controller, own, bad_type)
        if judged is None or judged.core is None or judged.own is None:
            return None
        return setup.Controller(name, origin, drivers[judged.core.type], judged.own, judged.core.enabled)

    def _network(
        self, controllers: Mapping[str, setup.Controller], name: str, raw: Any, origin: Origin
    ) -> setup.Network | None:
        table = raw if isinstance(raw, Mapping) else {}
        needed = table.get("controller")
        where = join(path("network", name), "controller")
        there, _ = self.tables["controller"].get(str(needed), ({}, "file"))
        own = own_options("network", there, self.registry)
        lost = no_such("controller", needed, self.tables["controller"], where)
        judged = self._judge("network", name, origin, raw, models.Network, own, lost)
        if judged is None or judged.core is None:
            return None
        core = judged.core
        if core.controller not in controllers or judged.own is None:
            self.trouble.needs("network", name, origin, where, "controller", core.controller)
            return None
        first_visit = core.provision is models.Provision.ON_FIRST_VISIT
        return setup.Network(
            name,
            origin,
            core.controller,
            judged.own,
            core.vlan_pool,
            core.apply,
            first_visit,
            core.enabled,
        )

    def _location(
        self,
        integrations: Mapping[str, setup.Integration],
        networks: Mapping[str, setup.Network],
        name: str,
        raw: Any,
        origin: Origin,
    ) -> setup.Location | None:
        table = raw if isinstance(raw, Mapping) else {}
        feed, air = (join(path("location", name), one) for one in ("integration", "networks"))
        named = table.get("networks")
        named = named if isinstance(named, list | tuple) else ()
        lost = [no_such("integration", table.get("integration"), self.tables["integration"], feed)]
        lost += [no_such("network", one, self.tables["network"], air) for one in named]
        judged = self._judge("location", name, origin, raw, models.Location, Options, *lost)
        if judged is None or judged.core is None:
            return None
        core = judged.core
        if core.integration not in integrations:
            self.trouble.needs("location", name, origin, feed, "integration", core.integration)
            return None
        good = tuple(one for one in core.networks if one in networks)
        if not good:
            self.trouble.needs("location", name, origin, air, "network", " and ".join(core.networks))
            return None
        for one in core.networks:
            if one not in good:
                self.trouble.without(name, one, air)
        return setup.Location(
            name,
            origin,
            core.integration,
            core.source_location,
            good,
            core.name,
            ZoneInfo(core.timezone) if core.timezone else None,
            core.contact,
            core.privacy_url,
            core.enabled,
        )

    def _sinks(self) -> dict[str, setup.Sink]:
        """Nothing else needs one, and nothing is switched off with it: its events wait."""
        done: dict[str, setup.Sink] = {}
        kinds = self.registry.sinks
        for name, raw in sorted(self.file.tables.get("sink", {}).items()):
            where = f"sinks.{name}"
            if not is_slug(name):
                self.trouble.bad_sink(name, [Problem(where, A_NAME)])
                continue
            chosen = kinds.get(str(raw.get("type"))) if isinstance(raw, Mapping) else None
            own = chosen.options_class if chosen else None
            judged = judge(models.Sink, own, raw, self._ground("file"), where)
            lost = type_problem(raw, kinds, self.registry, where)
            wrong = [*judged.problems, *filter(None, (lost,))]
            if wrong or chosen is None or judged.core is None or judged.own is None:
                self.trouble.bad_sink(name, wrong)
                continue
            core = judged.core
            done[name] = setup.Sink(name, chosen, judged.own, core.events, core.personal_data)
        return done


def console_ground(file: ConfigFile) -> Ground:
    """What the console's values stand on: no references, and paths seen from the data folder."""
    return Ground(file.general.data_dir, None)
