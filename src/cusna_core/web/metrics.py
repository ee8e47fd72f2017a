"""What does Prometheus read? Numbers, with integrations, networks and places as labels; never a person.

With a token at this server's own address, or on a listener of its own (`[metrics]` in the file).
"""

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

import cusna_core
from cusna_core.admin.gauges import Gauges
from cusna_core.web.routes import Handler, Route, Who, get

PATH = "/metrics"
STATES = ("intended", "made", "working", "waiting", "failed")
"""Of keys; who has none any more is counted nowhere."""

Measure = Callable[[], Awaitable[Gauges]]


class _Once:
    """A collector that tells what was measured for one scrape."""

    def __init__(self, found: Gauges) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        return families(self._found)


def routes(measure: Measure, token: str) -> tuple[Route, ...]:
    """At the program's own address: the token is asked for, whatever the Host says."""
    return (get(PATH, scrape(measure, token), Who.PUBLIC, any_host=True),)


def listener(measure: Measure, token: str | None) -> web.Application:
    """An application of its own, for a listener that only the monitoring can reach."""
    application = web.Application()
    application.router.add_get(PATH, scrape(measure, token))
    return application


def scrape(measure: Measure, token: str | None) -> Handler:
    """The handler. Without the token the answer is 401 and tells nothing."""
    process = CollectorRegistry(auto_describe=False)
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=process)

    async def handler(request: web.Request) -> web.Response:
        if token is not None and not _said(request, token):
            return web.Response(
                status=401, text="A token is needed.\n", headers={"WWW-Authenticate": "Bearer"}
            )
        once = CollectorRegistry(auto_describe=False)
        once.register(_Once(await measure()))
        body = generate_latest(once) + generate_latest(process)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return handler


def _said(request: web.Request, token: str) -> bool:
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(said.strip().encode(errors="replace"), token.encode())
    return same and kind.lower() == "bearer"


def families(found: Gauges) -> Iterator[Metric]:
    """Everything that is measured, in the words of the design."""
    counted = found.counted
    yield InfoMetricFamily("cusna", "This program.", {"version": cusna_core.__version__})
    yield _by("cusna_accounts", "People with an account.", ["integration"], counted.accounts)
    yield _by("cusna_accounts_suspended", "Disabled by an admin.", ["integration"], counted.suspended)
    yield _by("cusna_people_on", "People who may be on now.", ["integration", "location"], counted.on)
    yield _by(
        "cusna_next_end_timestamp_seconds",
        "When the next promised end is due.",
        ["integration", "location"],
        {place: one.timestamp() for place, one in counted.next_end.items()},
    )
    yield _by(
        "cusna_integration_read_timestamp_seconds",
        "When everything of an integration was last read: facts are as old as that.",
        ["integration"],
        {name: one.timestamp() for name, one in counted.read.items()},
    )
    known = {*counted.accounts, *counted.read, *counted.failing}
    yield _by(
        "cusna_integration_failing",
        "1 while something of an integration cannot be read.",
        ["integration"],
        {name: int(name in counted.failing) for name in known},
    )
    yield _by("cusna_withdrawals_held", "Rights that the brake holds.", ["integration"], counted.held)
    yield _by(
        "cusna_keys",
        "Keys of members by their state.",
        ["network", "state"],
        {(one.id, state): counted.keys.get((one.id, state), 0) for one in found.networks for state in STATES},
    )
    yield from _networks(found)
    yield from _controllers(found)
    yield _by(
        "cusna_findings",
        "What needs attention.",
        ["level"],
        {level: counted.findings.get(level, 0) for level in ("info", "warning", "error")},
    )
    yield _by(
        "cusna_letters", "Mails that wait, and those that were refused before.", ["state"], counted.letters
    )


def _networks(found: Gauges) -> Iterator[Metric]:
    networks = found.networks
    label = ["network"]
    yield _by(
        "cusna_network_keys",
        "Keys on the network, other people's included.",
        label,
        {one.id: one.keys for one in networks if one.keys is not None},
    )
    yield _by(
        "cusna_network_keys_limit",
        "The most keys it can hold.",
        label,
        {one.id: one.most for one in networks if one.most is not None},
    )
    yield _by(
        "cusna_network_vlans", "VLANs given to companies.", label, {one.id: one.vlans for one in networks}
    )
    yield _by(
        "cusna_network_vlans_limit", "VLANs in its pool.", label, {one.id: one.pool for one in networks}
    )
    yield _by(
        "cusna_network_up",
        "1 while its controller answers.",
        label,
        {one.id: int(one.answers) for one in networks},
    )
    yield _by(
        "cusna_network_applied",
        "1 where changes go through, 0 where they are only planned.",
        label,
        {one.id: int(one.apply) for one in networks},
    )
    yield _by(
        "cusna_network_read_timestamp_seconds",
        "When its keys were last read.",
        label,
        {one.id: one.looked.timestamp() for one in networks if one.looked is not None},
    )


def _controllers(found: Gauges) -> Iterator[Metric]:
    """What the drivers say of their vendors' caps: each driver has names of its own."""
    labels = ["controller", "gauge", "about"]
    said = [(name, one) for name, gauges in found.controllers.items() for one in gauges]
    value = GaugeMetricFamily("cusna_controller", "What a driver measures at its vendor.", labels=labels)
    most = GaugeMetricFamily("cusna_controller_limit", "The most of it that there can be.", labels=labels)
    for controller, one in said:
        value.add_metric([controller, one.name, one.about], one.value)
        if one.most is not None:
            most.add_metric([controller, one.name, one.about], one.most)
    yield value
    yield most


def _by(
    name: str,
    what: str,
    labels: list[str],
    values: Mapping[str, float] | Mapping[tuple[str, str], float],
) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, value in values.items():
        family.add_metric([key] if isinstance(key, str) else list(key), value)
    return family
