"""Which SSIDs does a controller have, and which of our networks is on each?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cusna_core.admin.kept import Kept
from cusna_core.api import NetworkChoice


@dataclass(frozen=True, slots=True)
class Offer:
    """An SSID that a controller has."""

    choice: NetworkChoice
    network: str
    """The network here that is on it; empty where none is."""


def offers(
    choices: Sequence[NetworkChoice], networks: Sequence[Kept], ssids: Mapping[str, str]
) -> list[Offer]:
    """`networks` are those of this controller, and `ssids` what those at work are called on the air.

    One name may be on the air at several sites, so a network is first told by what the controller said
    of its SSIDs; by the name only where no other SSID has it.
    """
    named = [one.ssid for one in choices]
    by_options = {number: _on(one, networks) for number, one in enumerate(choices)}
    known = set(by_options.values())
    found = []
    for number, one in enumerate(choices):
        network = by_options[number]
        if not network and named.count(one.ssid) == 1:
            alike = (each.name for each in networks if ssids.get(each.name) == one.ssid)
            network = next((name for name in alike if name not in known), "")
        found.append(Offer(one, network))
    return found


def _on(choice: NetworkChoice, networks: Sequence[Kept]) -> str:
    """The network whose options say just what the choice's say."""
    for one in networks:
        if all(str(one.values.get(name)) == str(value) for name, value in choice.options.items()):
            return one.name
    return ""


def about_ssid(choices: Sequence[NetworkChoice]) -> frozenset[str]:
    """The options that say which SSID it is: those that the choices fill in."""
    return frozenset(name for one in choices for name in one.options)
