"""What does a letter of each kind say?

A letter is a few blocks, written once; `templates/` shows the same blocks as HTML and as plain text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cusna_core.mail import values as of
from cusna_core.words import Language, duration


@dataclass(frozen=True, slots=True)
class Block:
    """`text` is the paragraph, the button's label, the code or the command; `note` stands small below it."""

    kind: Literal["text", "button", "code", "command", "names", "quiet"]
    text: str = ""
    note: str = ""
    link: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    subject: str
    preview: str
    """What a mailbox shows beside the subject."""
    title: str
    blocks: tuple[Block, ...]
    footer: str
    home: str
    """The address that the footer names."""


def sign_in(it: of.SignIn, language: Language) -> Letter:
    _ = language.text
    code = f"{it.code[:4]} {it.code[4:]}"
    return to_member(
        it,
        language,
        subject=_("Sign in to the WiFi at %(place)s", place=it.place),
        preview=_("Open the link, or type the code %(code)s.", code=code),
        title=_("Sign in to the WiFi"),
        blocks=(
            Block("text", _("This link takes you to your WiFi passphrase for %(place)s.", place=it.place)),
            Block(
                "button",
                _("Sign in"),
                link=it.link,
                note=_("Works once, within %(time)s.", time=duration(it.link_minutes * 60, language)),
            ),
            Block("text", _("Or type this code on the page where you asked for this mail:")),
            Block(
                "code",
                code,
                note=_(
                    "Works within %(time)s, and only in the browser where you asked.",
                    time=duration(it.code_minutes * 60, language),
                ),
            ),
            Block(
                "quiet",
                _("You did not ask for this? Then ignore this mail. Without it, nobody can sign in as you."),
            ),
        ),
    )


def changed(it: of.Happened, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("Your WiFi passphrase at %(place)s was changed", place=it.place),
        preview=_("Join your devices again with the new one."),
        title=_("Your WiFi passphrase was changed"),
        blocks=(
            Block("text", _("Your WiFi passphrase was changed in the portal: %(when)s.", when=it.when)),
            Block("text", _("The old one stops working. Join each of your devices again with the new one.")),
            Block("button", _("See the new passphrase"), link=it.portal),
            Block(
                "quiet", _("It was not you? Then change it again in the portal and tell the team right away.")
            ),
        ),
    )


def replaced(it: of.Happened, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("You have a new WiFi passphrase at %(place)s", place=it.place),
        preview=_("Your old one was replaced. Join your devices again."),
        title=_("You have a new WiFi passphrase"),
        blocks=(
            Block("text", _("Your WiFi passphrase was replaced with a new one: %(when)s.", when=it.when)),
            Block(
                "text", _("The old one turned up outside your account, and a passphrase must be yours alone.")
            ),
            Block(
                "text", _("Join each of your devices again with the new one. You have done nothing wrong.")
            ),
            Block("button", _("See the new passphrase"), link=it.portal),
        ),
    )


def desk_code(it: of.Happened, language: Language) -> Letter:
    _ = language.text
    return to_member(
        it,
        language,
        subject=_("A sign-in code was made for you at %(place)s", place=it.place),
        preview=_("The front desk can give it to you."),
        title=_("A sign-in code was made for you"),
        blocks=(
            Block(
                "text",
                _(
                    "The team at %(place)s has made a code with which you can sign in to the WiFi: %(when)s.",
                    place=it.place,
                    when=it.when,
                ),
            ),
            Block("text", _("They tell it to you in person. It is not in this mail.")),
            Block("button", _("Open the WiFi portal"), link=it.portal),
            Block("quiet", _("You did not ask for a code? Then please tell the team.")),
        ),
    )


def admin_sign_in(it: of.AdminSignIn, language: Language) -> Letter:
    _ = language.text
    return to_admin(
        it,
        language,
        subject=_("Sign in to the Cusna console (%(site)s)", site=it.site),
        preview=_("The link works once."),
        title=_("Sign in to the console"),
        blocks=(
            Block("text", _("This link takes you to the console of %(site)s.", site=it.site)),
            Block(
                "button",
                _("Sign in"),
                link=it.link,
                note=_("Works once, within %(time)s.", time=duration(it.link_minutes * 60, language)),
            ),
            Block("text", _("Or type this code on the page where you asked for this mail:")),
            Block(
                "code",
                f"{it.code[:4]} {it.code[4:]}",
                note=_(
                    "Works within %(time)s, and only in the browser where you asked.",
                    time=duration(it.code_minutes * 60, language),
                ),
            ),
            Block("quiet", _("You did not ask for this? Then ignore this mail, and do not pass it on.")),
        ),
    )


def problem(it: of.Problem, language: Language) -> Letter:
    _ = language.text
    place = (Block("quiet", _("In the configuration: %(path)s", path=it.path)),) if it.path else ()
    return to_admin(
        it,
        language,
        subject=_("Cusna needs you: %(where)s (%(site)s)", where=it.where, site=it.site),
        preview=it.summary,
        title=_("This needs you"),
        blocks=(
            Block("quiet", _("About: %(where)s", where=it.where)),
            Block("text", it.summary),
            Block("text", _("What to do: %(fix)s", fix=it.fix)),
            Block("text", _("To see it again:")),
            Block("command", it.command),
            *place,
            Block("button", _("Open the console"), link=it.console),
            Block("quiet", _("You get one mail for this, and one when it is mended.")),
        ),
    )


def mended(it: of.Mended, language: Language) -> Letter:
    _ = language.text
    return to_admin(
        it,
        language,
        subject=_("Mended: %(where)s (%(site)s)", where=it.where, site=it.site),
        preview=_("Nothing is left to do."),
        title=_("This is mended"),
        blocks=(
            Block("quiet", _("About: %(where)s", where=it.where)),
            Block("text", _("This is over, and nothing is left to do:")),
            Block("text", it.summary),
            Block("button", _("Open the console"), link=it.console),
        ),
    )


def held(it: of.Held, language: Language) -> Letter:
    _, several = language.text, language.several
    more = it.people - len(it.names)
    rest = (several("and %(n)s more", "and %(n)s more", more),) if more > 0 and it.names else ()
    return to_admin(
        it,
        language,
        subject=several(
            "Cusna holds back: one person would lose WiFi (%(site)s)",
            "Cusna holds back: %(n)s people would lose WiFi (%(site)s)",
            it.people,
            site=it.site,
        ),
        preview=_("Nobody has lost WiFi. Look whether this is meant."),
        title=_("Is this meant?"),
        blocks=(
            Block(
                "text",
                several(
                    "In %(integration)s, one person's WiFi would end earlier than promised.",
                    "In %(integration)s, the WiFi of %(n)s people would end earlier than promised.",
                    it.people,
                    integration=it.integration,
                ),
            ),
            *((Block("text", it.cause),) if it.cause else ()),
            Block(
                "text",
                _(
                    "With those of the last 24 hours that makes %(counted)s early ends, and only %(limit)s "
                    "pass without you. They are held: everybody keeps their WiFi, and all else goes on.",
                    counted=it.counted,
                    limit=it.limit,
                ),
            ),
            *((Block("names", _("Whose WiFi would end:"), items=(*it.names, *rest)),) if it.names else ()),
            Block("text", _("If this is meant, let exactly these pass:")),
            Block("command", f"cusna apply --accept {it.digest}"),
            Block(
                "text",
                _("If not, put it right where your memberships are. Then it is over by itself."),
            ),
            Block("button", _("Open the console"), link=it.console),
        ),
    )


def test(it: of.Test, language: Language) -> Letter:
    _ = language.text
    return to_admin(
        it,
        language,
        subject=_("Cusna can send mail (%(site)s)", site=it.site),
        preview=_("This is the test you asked for."),
        title=_("Mail works"),
        blocks=(
            Block(
                "text",
                _("This is the test you asked for. Sign-in mails will arrive the same way as this one."),
            ),
            Block("text", _("Did it land in spam? Then set up SPF and DKIM for the sender's domain.")),
        ),
    )


def to_member(
    it: of.ToMember, language: Language, *, subject: str, preview: str, title: str, blocks: tuple[Block, ...]
) -> Letter:
    hello = (Block("text", language.text("Hello %(name)s,", name=it.name)),) if it.name else ()
    footer = language.text("The WiFi portal of %(place)s", place=it.place)
    return Letter(subject, preview, title, (*hello, *blocks), footer, it.portal)


def to_admin(
    it: of.ToAdmin, language: Language, *, subject: str, preview: str, title: str, blocks: tuple[Block, ...]
) -> Letter:
    footer = language.text("Cusna at %(site)s, to its admins", site=it.site)
    return Letter(subject, preview, title, blocks, footer, it.console)


_Kind = tuple[type[of.Values], Callable[[Any, Language], Letter]]
KINDS: Mapping[str, _Kind] = {
    "sign-in": (of.SignIn, sign_in),
    "passphrase-changed": (of.Happened, changed),
    "passphrase-replaced": (of.Happened, replaced),
    "desk-code": (of.Happened, desk_code),
    "admin-sign-in": (of.AdminSignIn, admin_sign_in),
    "admin-finding": (of.Problem, problem),
    "admin-mended": (of.Mended, mended),
    "admin-held": (of.Held, held),
    "test": (of.Test, test),
}
