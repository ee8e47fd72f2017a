"""Does a passphrase work on a network, and if not, what is a member to do?"""

from typing import Literal, assert_never

from cusna_core.flow.keys import Wait
from cusna_core.words.language import Language
from cusna_core.words.told import Told
from cusna_core.words.when import duration

State = Literal["working", "pending", "delayed", "waiting", "off"]


def state_label(at: State, language: Language) -> str:
    """One or two words, for a badge."""
    match at:
        case "working":
            return language.pgettext("state", "Working")
        case "pending":
            return language.pgettext("state", "Being set up")
        case "delayed":
            return language.pgettext("state", "Delayed")
        case "waiting":
            return language.pgettext("state", "Waiting")
        case "off":
            return language.pgettext("state", "Off")
    assert_never(at)


def state(at: State, language: Language, *, wait: Wait | None = None, seconds: float = 0.0) -> Told:
    """`wait` tells why where `at` is waiting; `seconds` is the network's `settle`."""
    _ = language.text
    match at:
        case "working":
            return Told(_("Your passphrase works on this WiFi."), settle(seconds, language))
        case "pending":
            return Told(
                _("Your passphrase is being set up on this WiFi."),
                settle(seconds, language) or _("This takes a moment. The page looks again by itself."),
            )
        case "delayed":
            return Told(
                _("Setting up your passphrase takes longer than usual: the WiFi does not answer right now."),
                _("We keep trying, and you need not do anything. If it is urgent, ask at the front desk."),
            )
        case "waiting":
            return waiting(wait, language)
        case "off":
            return Told(
                _("Your passphrase is off on this WiFi."),
                _("It comes back, the same one, with your next access."),
            )
    assert_never(at)


def waiting(wait: Wait | None, language: Language) -> Told:
    """Why a passphrase that should work has to wait."""
    _ = language.text
    informed = _("The team knows about it. If it is urgent, ask at the front desk.")
    match wait:
        case Wait.FULL:
            return Told(
                _("This WiFi has no room for another passphrase right now."),
                _("Yours is set up by itself as soon as there is room. The team knows about it."),
            )
        case Wait.NO_VLAN:
            return Told(_("There is no free network for your company here yet."), informed)
        case Wait.CANNOT_VLAN:
            return Told(
                _("This WiFi cannot take new passphrases until the team has changed a setting."), informed
            )
        case Wait.TAKEN:
            return Told(
                _("Your passphrase has to be replaced with a new one before it can work here."),
                _("This happens by itself. Look again in a few minutes."),
            )
        case None:
            return Told(_("Your passphrase has to wait."), informed)
    assert_never(wait)


def settle(seconds: float, language: Language) -> str:
    """ "Allow about 30 seconds until it works everywhere.", or nothing where it is immediate."""
    if seconds < 1:
        return ""
    return language.text(
        "Allow about %(time)s until it works everywhere in the house.", time=duration(seconds, language)
    )
