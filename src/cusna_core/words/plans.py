"""What would be changed on a network, and because of what? In the few words of a plan's line."""

from collections.abc import Iterable
from typing import assert_never

from cusna_core.flow.changes import Cause, Verb
from cusna_core.words.language import Language


def verb(of: Verb, language: Language) -> str:
    match of:
        case Verb.REVOKE:
            return language.pgettext("plan", "take away")
        case Verb.ENSURE:
            return language.pgettext("plan", "set up network")
        case Verb.UPDATE:
            return language.pgettext("plan", "change")
        case Verb.CREATE:
            return language.pgettext("plan", "add")
    assert_never(of)


def cause(of: Cause, language: Language) -> str:
    match of:
        case Cause.NEW:
            return language.pgettext("cause", "new")
        case Cause.ENDED:
            return language.pgettext("cause", "ended")
        case Cause.TWIN:
            return language.pgettext("cause", "second copy")
        case Cause.PASSPHRASE:
            return language.pgettext("cause", "new passphrase")
        case Cause.VLAN:
            return language.pgettext("cause", "other VLAN")
        case Cause.END:
            return language.pgettext("cause", "other end")
        case Cause.RETURNED:
            return language.pgettext("cause", "was taken away before and is there again")
        case Cause.SEGMENT:
            return language.pgettext("cause", "company network")
    assert_never(of)


def causes(of: Iterable[Cause], language: Language) -> str:
    """All of them: "new passphrase, other VLAN"."""
    return ", ".join(cause(one, language) for one in of)
