"""Why are rights held back, or keys not made yet? For admins, in one sentence each."""

from typing import assert_never

from cusna_core.admin.outlook import Loss
from cusna_core.flow.keys import Wait
from cusna_core.words.language import Language


def lost(of: Loss, title: str, language: Language) -> str:
    """`title` is the source that says so."""
    _ = language.text
    match of:
        case Loss.GONE:
            return _("%(title)s does not tell of the plan or booking any more.", title=title)
        case Loss.INACTIVE:
            return _("The plan or booking is there, but %(title)s says that it is not active.", title=title)
        case Loss.WITHOUT_WIFI:
            return _("The plan is on the list of plans without WiFi.")
        case Loss.SHORTER:
            return _("%(title)s gives the plan an earlier end than before.", title=title)
        case Loss.PLACE:
            return _("The location is not set up any more.")
        case Loss.OTHER:
            return _("The plan is there, but not for this person or this location any more.")
    assert_never(of)


def waits(of: Wait | None, language: Language) -> str:
    """Why somebody has to wait, and until when."""
    _ = language.text
    match of:
        case Wait.FULL:
            return _("The network is full: there is a key as soon as another one ends.")
        case Wait.NO_VLAN:
            return _("The VLAN pool is used up: widen it in the network's settings.")
        case Wait.CANNOT_VLAN:
            return _("VLAN management is on, and this network cannot do VLANs.")
        case Wait.TAKEN:
            return _("Somebody else's key has the same passphrase: a new one is made by itself.")
        case None:
            return _("It has to wait.")
    assert_never(of)
