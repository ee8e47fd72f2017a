"""What do the console's pages have in common?"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from cusna_core.admin.effects import Effects
from cusna_core.admin.outlook import Outlooks
from cusna_core.admin.survey import Survey
from cusna_core.admin.workshop import Workshop
from cusna_core.engine.retire import Retirements
from cusna_core.mail.settings import MailSettings
from cusna_core.store import sign_in as store
from cusna_core.web.arrival import last
from cusna_core.web.cookies import ADMIN
from cusna_core.web.portal.paper import remember_language
from cusna_core.web.security import SESSION
from cusna_core.web.site import SITE
from cusna_core.words import Language

SETTINGS = "/console/settings"
MUCH = 64 * 1024
"""The largest form: a page of options."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What the console works with."""

    workshop: Workshop
    survey: Survey
    outlooks: Outlooks
    mail: MailSettings
    effects: Effects
    retirements: Retirements


BENCH = web.AppKey("BENCH", Bench)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the navigation. `page` is what a page calls itself to be marked there."""

    page: str
    address: str
    icon: str
    label: Callable[[Language], str]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together; without a label they stand by themselves."""

    items: tuple[Item, ...]
    label: Callable[[Language], str] | None = field(default=None)


def navigation() -> tuple[Group, ...]:
    """Everything that has a page. People, companies, changes and the rest join as groups of their own."""
    return (
        Group(
            (
                Item("overview", "/console", "activity", lambda language: language.text("Overview")),
                Item("people", "/console/people", "people", lambda language: language.text("People")),
                Item(
                    "companies",
                    "/console/companies",
                    "building",
                    lambda language: language.text("Companies"),
                ),
                Item("changes", "/console/changes", "refresh", lambda language: language.text("Changes")),
                Item("activity", "/console/activity", "clock", lambda language: language.text("Activity")),
            )
        ),
        Group(
            (
                Item(
                    "integration",
                    f"{SETTINGS}/integrations",
                    "link",
                    lambda language: language.text("Integrations"),
                ),
                Item(
                    "controller",
                    f"{SETTINGS}/controllers",
                    "server",
                    lambda language: language.text("Controllers"),
                ),
                Item("network", f"{SETTINGS}/networks", "wifi", lambda language: language.text("Networks")),
                Item(
                    "location", f"{SETTINGS}/locations", "place", lambda language: language.text("Locations")
                ),
                Item("mail", f"{SETTINGS}/mail", "mail", lambda language: language.text("Mail")),
                Item("sinks", f"{SETTINGS}/sinks", "send", lambda language: language.text("Outgoing events")),
                Item("plugins", f"{SETTINGS}/plugins", "plug", lambda language: language.text("Plugins")),
            ),
            lambda language: language.text("Settings"),
        ),
        Group(
            (
                Item(
                    "diagnostics",
                    "/console/diagnostics",
                    "help",
                    lambda language: language.text("Diagnostics"),
                ),
                Item(
                    "account", "/console/account", "shield", lambda language: language.text("Your sign-ins")
                ),
            ),
            lambda language: language.text("Help"),
        ),
    )


def fresh(request: web.Request) -> bool:
    """Whether the sign-in is new enough to save secrets."""
    return store.fresh(request[SESSION], request.app[SITE].clock.now())


def who(request: web.Request) -> str:
    return request[SESSION].admin or ""


def zone(request: web.Request) -> ZoneInfo:
    """In whose time the console speaks: the first location's."""
    return next(iter(_zones(request)), ZoneInfo("UTC"))


def _zones(request: web.Request) -> Collection[ZoneInfo]:
    """Those that the locations are in, in the order of the locations."""
    return dict.fromkeys(one.zone for one in request.app[SITE].members.doors()).keys()


def page(
    request: web.Request,
    template: str,
    *,
    at: str = "",
    here: str = "",
    status: int = 200,
    secret: bool = False,
    **values: Any,
) -> web.Response:
    """A page of the console. `at` is the marked line of the navigation; `here` is always a GET.

    One that shows a `secret` is not packed.
    """
    site = request.app[SITE]
    language = site.language(request)
    signed_in = request.get(SESSION)
    bench = request.app.get(BENCH)
    values |= {
        "at": at,
        "here": here or str(request.rel_url.without_query_params("lang")),
        "now": site.clock.now(),
        "zone": zone(request),
        "zones_differ": len(_zones(request)) > 1,
        "groups": navigation(),
        "admin": signed_in.admin if signed_in is not None else "",
        "last_sign_in": last(request, ADMIN) if signed_in is not None else None,
        "mailing": bench is None or bench.mail.works,
        "base": site.base,
        "door": None,
        # Of the moment before the page is made: what changes while it is made is told to it.
        "since": values.get("since") or (bench.survey.watch.cursor if bench is not None else ""),
    }
    response = site.pages.answer(
        request, f"console/{template}", language, values, status=status, secret=secret
    )
    remember_language(request, response)
    return response
