"""What does a member read before their access ends?"""

from collections.abc import Callable, Mapping
from typing import Any

from cusna_core.mail import values as of
from cusna_core.mail.letters import Block, Letter, to_member
from cusna_core.words import Language


class Ending(of.ToMember):
    """`until` is the end in the place's words ("until Mon 30 Nov, end of the day"), `because` the reason."""

    until: of.Name
    because: of.Name


def ending(it: Ending, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("Your WiFi at %(place)s ends soon", place=it.place),
        preview=_("It works %(until)s.", until=it.until),
        title=_("Your WiFi ends soon"),
        blocks=(
            Block(
                "text",
                _(
                    "Your WiFi at %(place)s works %(until)s, %(because)s.",
                    place=it.place,
                    until=it.until,
                    because=it.because,
                ),
            ),
            Block(
                "text",
                _(
                    "You are staying? Then renew it where you booked it, or talk to the team. Your "
                    "passphrase is kept and stays the same: your devices go on by themselves."
                ),
            ),
            Block("button", _("Open the WiFi portal"), link=it.portal),
        ),
    )


KINDS: Mapping[str, tuple[type[of.Values], Callable[[Any, Language], Letter]]] = {
    "access-ends": (Ending, ending),
}
