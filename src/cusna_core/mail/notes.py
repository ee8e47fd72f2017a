"""What does a member read when an admin gave them a new passphrase, or looked at theirs?"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from cusna_core.mail import values as of
from cusna_core.mail.letters import Block, Letter, to_member
from cusna_core.words import Language

Line = Annotated[str, AfterValidator(lambda text: of.clean(text, 200)), Field(min_length=1)]


class Revealed(of.Happened):
    by: of.Name
    reason: Line


def revealed(it: Revealed, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("Your WiFi passphrase at %(place)s was shown to an admin", place=it.place),
        preview=_("Who, when and why."),
        title=_("Your WiFi passphrase was shown to an admin"),
        blocks=(
            Block(
                "text",
                _("Your WiFi passphrase was shown to %(by)s: %(when)s.", by=it.by, when=it.when),
            ),
            Block("text", _("The reason that was given: %(reason)s", reason=it.reason)),
            Block(
                "text",
                _("It goes on working. If you do not like that somebody knows it, choose a new one."),
            ),
            Block("button", _("Open the WiFi portal"), link=it.portal),
            Block("quiet", _("You did not expect this? Then please talk to the team.")),
        ),
    )


def rotated(it: of.Happened, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("You have a new WiFi passphrase at %(place)s", place=it.place),
        preview=_("Join your devices again with the new one."),
        title=_("You have a new WiFi passphrase"),
        blocks=(
            Block("text", _("The team gave you a new WiFi passphrase: %(when)s.", when=it.when)),
            Block("text", _("The old one stops working. Join each of your devices again with the new one.")),
            Block("button", _("See the new passphrase"), link=it.portal),
            Block("quiet", _("You did not ask for it? Then please ask the team why.")),
        ),
    )


KINDS: Mapping[str, tuple[type[of.Values], Callable[[Any, Language], Letter]]] = {
    "passphrase-revealed": (Revealed, revealed),
    "passphrase-rotated": (of.Happened, rotated),
}
