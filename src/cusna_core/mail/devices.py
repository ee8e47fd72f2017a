"""What does a letter about a sign-in on a new device say? (M38)"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from cusna_core.mail import values as of
from cusna_core.mail.letters import Block, Letter, to_admin, to_member
from cusna_core.words import Language

Word = Annotated[str, AfterValidator(lambda text: of.clean(text, 60))]


class NewDevice(of.Happened):
    device: Word = ""
    """What it said it is; nothing where it said nothing we know."""


class AdminNewDevice(of.ToAdmin):
    when: of.Name
    device: Word = ""
    ip: Word = ""


def member(it: NewDevice, language: Language) -> Letter:
    _ = language.text
    device = it.device or _("a device that did not say what it is")
    return to_member(
        it,
        language,
        subject=_("New sign-in to your WiFi at %(place)s", place=it.place),
        preview=_("Was it you? Then there is nothing to do."),
        title=_("A sign-in on a new device"),
        blocks=(
            Block(
                "text",
                _(
                    "Somebody signed in as you at the WiFi portal of %(place)s, on a device that was not "
                    "used for it before: %(device)s, %(when)s.",
                    place=it.place,
                    device=device,
                    when=it.when,
                ),
            ),
            Block("text", _("It was you? Then there is nothing to do.")),
            Block(
                "text",
                _(
                    "It was not you? Then somebody can read your mail. Change the password of your mailbox "
                    "first, then your WiFi passphrase in the portal, and tell the team."
                ),
            ),
            Block("button", _("Open the WiFi portal"), link=it.portal),
            Block("quiet", _("You can turn these mails off in the portal, at the end of the page.")),
        ),
    )


def admin(it: AdminNewDevice, language: Language) -> Letter:
    _ = language.text
    device = it.device or _("a device that did not say what it is")
    where = (Block("quiet", _("From the network address %(ip)s", ip=it.ip)),) if it.ip else ()
    return to_admin(
        it,
        language,
        subject=_("New sign-in to the Cusna console (%(site)s)", site=it.site),
        preview=_("Was it you? Then there is nothing to do."),
        title=_("A sign-in on a new device"),
        blocks=(
            Block(
                "text",
                _(
                    "Somebody signed in to the console of %(site)s with your address, on a device that was "
                    "not used for it before: %(device)s, %(when)s.",
                    site=it.site,
                    device=device,
                    when=it.when,
                ),
            ),
            *where,
            Block("text", _("It was you? Then there is nothing to do.")),
            Block(
                "text",
                _(
                    "It was not you? Then somebody can read your mail. Change the password of your mailbox, "
                    "take your address out of admins in the configuration until that is done, and look into "
                    "Activity for what was changed."
                ),
            ),
            Block("button", _("Open the console"), link=it.console),
            Block("quiet", _("You can turn these mails off in the console, below Your sign-ins.")),
        ),
    )


KINDS: Mapping[str, tuple[type[of.Values], Callable[[Any, Language], Letter]]] = {
    "new-device": (NewDevice, member),
    "admin-new-device": (AdminNewDevice, admin),
}
