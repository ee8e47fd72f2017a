"""What does an admin read when a source, a controller or a network does not do its part?

The same trouble has the same code and path whoever meets it (a check, a read, a worker), so that it is
told and mailed once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from cusna_core.api import AuthFailed, ConfigError, Finding, Level, PluginError, Section
from cusna_core.engine.apply import Applied
from cusna_core.engine.decision import Decision
from cusna_core.engine.estate import Estate, Integration, Wifi
from cusna_core.engine.fence.calls import Fault
from cusna_core.engine.fence.calls import place as place
from cusna_core.engine.fence.network import broken_claims
from cusna_core.engine.plan import Plan
from cusna_core.flow.numbers import Denied, Hindrance

SOURCE = ("source.auth", "source.unreachable", "source.bug", "source.incomplete")
"""Codes of an integration that cannot be read, or not to the end."""
CONTROLLER = ("controller.auth", "controller.unreachable", "controller.bug")
"""Codes that a controller loses as soon as it answers."""


def source(integration: Integration, error: Exception) -> Finding:
    """An integration could not be read."""
    title, path = integration.title, f"integrations.{integration.id}"
    if isinstance(error, AuthFailed):
        return Finding(
            Level.ERROR,
            "source.auth",
            f"{title} refuses our credentials. {error} Nobody loses access because of it; "
            "new members and bookings wait.",
            "Put current credentials into the configuration, then run `cusna check`.",
            path=path,
        )
    if isinstance(error, PluginError):
        return Finding(
            Level.ERROR,
            "source.unreachable",
            f"{title} could not be read. {error} Nobody loses access because of it; "
            "promised ends still come, new members and bookings wait.",
            "Nothing, if it passes by itself. If it stays, look whether it is up and can be reached from "
            "here.",
            path=path,
        )
    return _bug("source.bug", title, error, path, "Nobody loses access because of it.")


def unread(integration: Integration, failure: str) -> Finding:
    """A part could not be read to its end."""
    return Finding(
        Level.WARNING,
        "source.incomplete",
        f"Not everything could be read from {integration.title}: {failure} "
        "Nobody loses access because of it.",
        "Nothing, if it passes. If it stays, check the integration's credentials and "
        f"the status of {integration.title}.",
        path=f"integrations.{integration.id}",
        about=failure,
    )


def short(
    integration: Integration, sections: Iterable[tuple[Section, str | None]], names: Mapping[str, str]
) -> Iterator[Finding]:
    """Suspiciously little was told: once for each kind of fact, however many locations that is about."""
    where: dict[Section, list[str]] = {}
    for section, location in sections:
        at = where.setdefault(section, [])
        if location is not None:
            at.append(names.get(location, location))
    title = integration.title
    for section, places in where.items():
        called = ", ".join(sorted(places))
        yield Finding(
            Level.WARNING,
            "source.short",
            f"{title} told of less than half of the {section.value} at {called} that it told of before. "
            "This is not believed until it says so three times in a row."
            if called
            else f"{title} told of less than half of the {section.value} that it told of before. "
            "This is not believed until it says so three times in a row.",
            f"Look into {title} whether they are really gone.",
            path=f"integrations.{integration.id}",
            about=f"{section.value}:{called}",
        )


def controller(name: str, error: Exception) -> Finding:
    """A controller does not let us work."""
    path = f"controllers.{name}"
    if isinstance(error, AuthFailed):
        return Finding(
            Level.ERROR,
            "controller.auth",
            f"The controller refuses our credentials. {error} Keys that exist go on working; "
            "new ones and ends wait.",
            "Put current credentials into the configuration, then run `cusna check`.",
            path=path,
        )
    if isinstance(error, (PluginError, TimeoutError)):
        said = str(error) if isinstance(error, PluginError) else "It did not answer in time."
        return Finding(
            Level.ERROR,
            "controller.unreachable",
            f"The controller does not do its part. {said} Keys that exist go on working; "
            "new ones and ends wait, and go through by themselves when it answers again.",
            "Check that it is on and can be reached from here: `cusna check`.",
            path=path,
        )
    return _bug("controller.bug", "The controller", error, path, "Keys that exist go on working.")


def network(wifi: Wifi, error: Exception) -> Finding:
    """A network cannot be brought up to date: mostly because of its controller."""
    if isinstance(error, ConfigError):
        return Finding(
            Level.ERROR,
            "network.options",
            f"{error} {wifi.ssid} cannot be brought up to date; keys that exist go on working.",
            "Correct it there.",
            path=f"networks.{wifi.id}.{error.path}".rstrip("."),
        )
    return controller(wifi.controller_id, error)


def _bug(code: str, who: str, error: Exception, path: str, means: str) -> Finding:
    return Finding(
        Level.ERROR,
        code,
        f"{who}: {_failed(error)}. That is a bug in the plugin. {means}",
        "Update the plugin, or tell its author; the log says where it happened.",
        path=path,
    )


def _failed(error: Exception) -> str:
    return str(error) if isinstance(error, Fault) else f"its plugin failed ({type(error).__name__})"


def switched_off(path: str, error: Fault) -> Finding:
    """A plugin could not even make what is configured."""
    return Finding(
        Level.ERROR,
        "setup.bug",
        f"It cannot be used: {error}. That is a bug in the plugin. It is switched off; keys that exist go on "
        "working.",
        "Update the plugin, or tell its author; the log says where it happened.",
        path=path,
        about=path,
    )


def makes_them_up(network: str) -> Finding:
    """A vendor that chooses passphrases itself: the portal would show one that does not work."""
    return Finding(
        Level.ERROR,
        "network.cannot-choose",
        "This controller makes passphrases up by itself, so the ones that members see would not work. "
        "The network is not used.",
        "Use a controller that takes the passphrases it is given: the support matrix says which.",
        path=f"networks.{network}",
    )


def notes(plan: Plan) -> Sequence[Finding]:
    """What an admin should know of a network's fill."""
    wifi = plan.wifi
    found = [replace(one, path=f"networks.{wifi.id}") for one in broken_claims(wifi.network)]
    limit = wifi.network.limits.keys
    where = f"networks.{wifi.id}"
    waiting = {one.why for one in plan.should.waiting}
    wanted = len(plan.should.wanted) + len(plan.owned.foreign)
    if "full" in waiting:
        found.append(
            Finding(
                Level.ERROR,
                "network.full",
                f"{wifi.ssid} is full: {limit} keys, and {len(plan.should.waiting)} people wait for one.",
                "Remove keys that nobody needs, raise max_keys if the vendor allows more, "
                'or set provision = "on_first_visit".',
                path=where,
            )
        )
    elif limit is not None and wanted >= 0.8 * limit:
        found.append(
            Finding(
                Level.WARNING,
                "network.nearly-full",
                f"{wifi.ssid} has {wanted} of at most {limit} keys.",
                "Think about a second SSID, or about who needs a key before they first visit the portal.",
                path=where,
            )
        )
    if "no-vlan" in waiting:
        found.append(
            Finding(
                Level.ERROR,
                "network.pool-empty",
                f"The VLAN pool of {wifi.ssid} is used up: members of new companies wait.",
                "Widen vlan_pool. Numbers of companies that left come free after 30 days.",
                path=f"{where}.vlan_pool",
            )
        )
    found += [_denied(one, wifi) for one in plan.denied]
    if wifi.broken:
        found.append(
            Finding(
                Level.ERROR,
                "network.cannot-vlan",
                f"VLAN management is on, and {wifi.ssid} cannot do VLANs. It gets no new keys, so that "
                "companies' traffic is never mixed.",
                "Set a vlan_pool if the controller can do VLANs; else use another controller here, "
                "or switch manage_vlans off.",
                path=where,
            )
        )
    return found


_DENIED = {
    Hindrance.COMPANY: "another company has it",
    Hindrance.RESTING: "another company's devices may still be in it: it rests for 30 days",
    Hindrance.FOREIGN: "somebody else uses it on the controller",
    Hindrance.RANGE: "the controller cannot have it",
}


def _denied(one: Denied, wifi: Wifi) -> Finding:
    """A company is pinned to a number that it cannot have. Its traffic is never mixed for that."""
    integration, company = one.pin.company
    return Finding(
        Level.ERROR,
        "network.pin-taken",
        f"A company is pinned to VLAN {one.pin.vlan} on {wifi.ssid}, but {_DENIED[one.why]}. "
        "Its people are in another VLAN of their own until the number is free.",
        "Free the number, or pin the company to another one: Companies in the console.",
        path=f"networks.{wifi.id}",
        about=f"{wifi.id}/{integration}/{company}",
    )


def refused(wifi: Wifi, applied: Applied) -> Sequence[Finding]:
    """Changes that did not go through, though the controller works."""
    if not applied.failed:
        return ()
    _, error = applied.failed[0]
    return (
        Finding(
            Level.ERROR,
            "network.refused",
            f"{wifi.ssid} refused {len(applied.failed)} of our changes. The first reason: {error}",
            "See `cusna plan`, and the reason above. The other keys went through.",
            path=f"networks.{wifi.id}",
        ),
    )


def unkept(wifi: Wifi, applied: Applied) -> Sequence[Finding]:
    """Changes to which the controller (or its plugin) says yes, and which it does not show for minutes."""
    return (
        Finding(
            Level.ERROR,
            "network.not-kept",
            f"{wifi.ssid} says yes to {len(applied.missing)} of our changes, and does not show them: keys "
            "that should work may not work, and keys that should have ended may work on.",
            "Look at the controller whether they are there, and whether somebody else changes keys "
            "meanwhile. If not, it is a bug of the plugin: update it, or tell its author.",
            path=f"networks.{wifi.id}",
        ),
    )


def held(estate: Estate, decision: Decision) -> Sequence[Finding]:
    """What the brake holds, with its numbers and the way out."""
    braked = decision.braked
    if not braked.held or braked.digest is None:
        return ()
    integration = estate.integrations.get(decision.integration)
    title = integration.title if integration else decision.integration
    return (
        Finding(
            Level.ERROR,
            "brake.held",
            f"{title} says that {len(braked.held)} rights end early. Together with the last 24 hours that is "
            f"{braked.counted}, more than the {braked.limit} that pass by themselves. They are held: nobody "
            "loses WiFi, everything else goes on.",
            f"If it is right: cusna apply --accept {braked.digest}. If not, mend it at the source; "
            "then this ends by itself.",
            path=f"integrations.{decision.integration}",
            about=braked.digest,
        ),
    )
