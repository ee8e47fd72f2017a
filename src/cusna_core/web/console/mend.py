"""Where does a finding get mended? The page that helps, which need not be that of what is configured so."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from aiohttp import web

from cusna_core.api import Finding
from cusna_core.web.console.paper import BENCH, SETTINGS
from cusna_core.web.site import SITE
from cusna_core.words import Language

PEOPLE = "/console/people"
CHANGES = "/console/changes"
WAITING = ("network.full", "network.pool-empty", "network.cannot-vlan")
"""Codes of findings because of which people wait."""


@dataclass(frozen=True, slots=True)
class Door:
    address: str
    label: str


def waiting(locations: Collection[str]) -> str:
    """Whoever waits for a key, among all people: at a location, if it is only one."""
    where = {"location": next(iter(locations))} if len(locations) == 1 else {}
    return f"{PEOPLE}?{urlencode({'state': 'waiting', **where})}"


def doors(request: web.Request, finding: Finding, language: Language) -> list[Door]:
    """The helpful one first. Areas that are not part of this program are left out."""
    there = {one.path for one in request.app[SITE].routes}
    workshop = request.app[BENCH].workshop
    wifis = workshop.engine.estate.wifis
    wifi = wifis.get(finding.path.partition(".")[2].partition(".")[0])
    locations = wifi.location_ids if wifi and finding.path.startswith("networks.") else ()
    kind, _, name = finding.path.partition(".")
    fixed = any(kind == f"{one}s" and name in table for one, table in workshop.file.tables.items())
    found = _doors(finding, locations, language, fixed=fixed)
    return [one for one in found if _known(one.address, there)]


def _known(address: str, there: Collection[str]) -> bool:
    plain = address.partition("?")[0]
    kinds = ("/console/settings/", CHANGES)
    return plain in there or plain.startswith(kinds) or (plain.startswith(PEOPLE) and PEOPLE in there)


def _doors(finding: Finding, locations: Collection[str], language: Language, *, fixed: bool) -> list[Door]:
    """`fixed`: it is about something in the file, which has no form here."""
    _ = language.text
    kind, _dot, rest = finding.path.partition(".")
    name = quote(rest.partition(".")[0], safe="")
    own = f"{SETTINGS}/{kind}/{name}" if name else ""
    match finding.code:
        case "brake.held":
            return [Door(f"{CHANGES}/held/{name}", _("See who it is, and decide"))]
        case code if code in WAITING and name:
            return [Door(own, _("To the network")), Door(waiting(locations), _("Who waits"))]
        case "network.refused" | "network.not-kept":
            return [Door(f"{CHANGES}/networks/{name}", _("What was refused, and why"))]
        case "network.nearly-full":
            return [Door(own, _("To the network"))]
        case "network.emptying" | "network.cannot-empty":
            return [Door(f"{SETTINGS}/retired/{quote(finding.about, safe='')}", _("See how far it is"))]
        case "flood.sign-ins":
            return [Door("/console/activity", _("To the activity"))]
        case "source.auth" | "controller.auth" if not fixed:
            return [Door(f"{own}/edit", _("Enter new credentials"))]
        case "account.merge-refused":
            return [Door(f"{PEOPLE}/{quote(finding.about, safe='')}", _("See who it is"))]
    match kind:
        case "integrations" if name:
            return [Door(own, _("To the integration"))]
        case "controllers" if name:
            return [Door(own, _("To the controller"))]
        case "networks" if name:
            return [Door(own, _("To the network"))]
        case "locations" if name:
            return [Door(own, _("To the location"))]
        case "mail":
            return [Door(f"{SETTINGS}/mail", _("To the mail settings"))]
        case "sinks":
            return [Door(f"{SETTINGS}/sinks", _("To the outgoing events"))]
        case "plugins":
            return [Door(f"{SETTINGS}/plugins", _("To the plugins"))]
    return []
