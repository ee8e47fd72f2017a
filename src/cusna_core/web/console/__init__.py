"""What does an admin see? Addresses below /console, complete without JavaScript.

application = build(parts, more=console.routes())
console.equip(application, workshop)
"""

from aiohttp import web

from cusna_core.admin.effects import Effects
from cusna_core.admin.outlook import Outlooks
from cusna_core.admin.survey import Survey
from cusna_core.admin.workshop import Workshop
from cusna_core.engine.retire import Retirements
from cusna_core.mail.settings import MailSettings
from cusna_core.web.console import (
    account,
    activity,
    appearance,
    changes,
    companies,
    diagnostics,
    entry,
    live,
    location,
    mail,
    moving,
    network,
    overview,
    pages,
    people,
    plugins,
    sinks,
)
from cusna_core.web.console.connect import Connect
from cusna_core.web.console.enabling import enabling
from cusna_core.web.console.paper import BENCH, MUCH, SETTINGS, Bench
from cusna_core.web.console.removal import remove, retired
from cusna_core.web.routes import Route, Who, get, post

HERE = "/console"
SIGN_IN = f"{HERE}/sign-in"


def equip(application: web.Application, workshop: Workshop) -> None:
    """Give the pages what they work with."""
    general = workshop.file.general
    mailing = MailSettings(workshop, workshop.ground.clock, general.base_url)
    survey = Survey(workshop.engine)
    engine = workshop.engine
    workshop.engine.appearance.heed(workshop.file.tables["location"])
    application[BENCH] = Bench(
        workshop, survey, Outlooks(engine, survey), mailing, Effects(engine), Retirements(engine)
    )
    live.equip(application)


def routes() -> tuple[Route, ...]:
    """Who may enter is said here and nowhere else."""
    return (
        *_entry(),
        *_connected(),
        *_networks(),
        *_locations(),
        *mail.routes(),
        *people.routes(),
        *companies.routes(),
        *appearance.routes(),
        *changes.routes(),
        *plugins.routes(),
        *sinks.routes(),
        *activity.routes(),
        *account.routes(),
        *diagnostics.routes(),
        *live.routes(),
    )


def _entry() -> tuple[Route, ...]:
    return (
        get(HERE, overview.show, Who.ADMIN),
        get(SIGN_IN, entry.show, Who.PUBLIC),
        post(SIGN_IN, entry.ask, Who.PUBLIC),
        get(f"{SIGN_IN}/sent", entry.sent, Who.PUBLIC),
        post(f"{SIGN_IN}/sent", entry.code, Who.PUBLIC),
        post(f"{SIGN_IN}/sent/again", entry.again, Who.PUBLIC),
        get(f"{HERE}/link/{{token}}", entry.link, Who.PUBLIC),
        post(f"{HERE}/link/{{token}}", entry.use_link, Who.PUBLIC),
        post(f"{HERE}/renew", entry.renew, Who.ADMIN),
        # Public, so that a session which ended by itself can still be left without a detour.
        post(f"{HERE}/logout", entry.leave, Who.PUBLIC),
        get(SETTINGS, pages.settings, Who.ADMIN),
    )


def _connected() -> tuple[Route, ...]:
    """Integrations and controllers."""
    found: list[Route] = []
    for connect in (Connect("integration"), Connect("controller")):
        kind = connect.kind
        one = f"{SETTINGS}/{kind}s/{{name}}"
        found += [
            get(f"{SETTINGS}/{kind}s", pages.listed(kind), Who.ADMIN),
            get(f"{SETTINGS}/new-{kind}", connect.choose, Who.ADMIN),
            get(f"{SETTINGS}/new-{kind}/{{type}}", connect.new, Who.ADMIN),
            post(f"{SETTINGS}/new-{kind}/{{type}}", connect.set_up, Who.ADMIN, body=MUCH),
            get(one, pages.integration if kind == "integration" else pages.controller, Who.ADMIN),
            get(f"{one}/edit", connect.edit, Who.ADMIN),
            post(f"{one}/edit", connect.change, Who.ADMIN, body=MUCH),
            get(f"{one}/remove", remove(kind), Who.ADMIN),
            post(f"{one}/remove", remove(kind), Who.ADMIN),
            get(f"{one}/enabled", enabling(kind), Who.ADMIN),
            post(f"{one}/enabled", enabling(kind), Who.ADMIN),
        ]
    one = f"{SETTINGS}/integrations/{{name}}"
    return (
        *found,
        post(f"{one}/policy", pages.policy, Who.ADMIN, body=MUCH),
        post(f"{one}/read", pages.read_again, Who.ADMIN),
    )


def _networks() -> tuple[Route, ...]:
    one = f"{SETTINGS}/networks/{{name}}"
    return (
        get(f"{SETTINGS}/networks", pages.listed("network"), Who.ADMIN),
        get(f"{SETTINGS}/new-network", network.choose, Who.ADMIN),
        get(f"{SETTINGS}/new-network/{{controller}}", network.new, Who.ADMIN),
        post(f"{SETTINGS}/new-network/{{controller}}", network.add, Who.ADMIN, body=MUCH),
        get(one, network.show, Who.ADMIN),
        get(f"{one}/edit", moving.edit, Who.ADMIN),
        post(f"{one}/edit", moving.change, Who.ADMIN, body=MUCH),
        post(f"{one}/switch", network.switch, Who.ADMIN),
        get(f"{one}/move", moving.whither, Who.ADMIN),
        get(f"{one}/move/{{controller}}", moving.edit, Who.ADMIN),
        post(f"{one}/move/{{controller}}", moving.change, Who.ADMIN, body=MUCH),
        get(f"{one}/remove", remove("network"), Who.ADMIN),
        post(f"{one}/remove", remove("network"), Who.ADMIN),
        get(f"{one}/enabled", enabling("network"), Who.ADMIN),
        post(f"{one}/enabled", enabling("network"), Who.ADMIN),
        get(f"{SETTINGS}/retired/{{name}}", retired, Who.ADMIN),
        post(f"{SETTINGS}/retired/{{name}}", retired, Who.ADMIN),
    )


def _locations() -> tuple[Route, ...]:
    one = f"{SETTINGS}/locations/{{name}}"
    return (
        get(f"{SETTINGS}/locations", pages.listed("location"), Who.ADMIN),
        get(f"{SETTINGS}/new-location", location.choose, Who.ADMIN),
        get(f"{SETTINGS}/new-location/{{integration}}", location.new, Who.ADMIN),
        post(f"{SETTINGS}/new-location/{{integration}}", location.add, Who.ADMIN, body=MUCH),
        get(one, location.show, Who.ADMIN),
        post(one, location.change, Who.ADMIN, body=MUCH),
        get(f"{one}/remove", remove("location"), Who.ADMIN),
        post(f"{one}/remove", remove("location"), Who.ADMIN),
        get(f"{one}/enabled", enabling("location"), Who.ADMIN),
        post(f"{one}/enabled", enabling("location"), Who.ADMIN),
    )
