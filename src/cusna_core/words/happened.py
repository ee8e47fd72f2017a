"""Which sentence is there for each kind of thing that happens?

With placeholders, as the catalogues have them: `activity` fills them in. What an entry holds chooses the
sentence, and is never part of it.
"""

from collections.abc import Mapping
from typing import Any

from cusna_core.words.language import Language

Data = Mapping[str, Any]


def said(kind: str, data: Data, language: Language) -> str:
    for part in (_access, _people, _signing, _around):
        found = part(kind, data, language)
        if found is not None:
            return found
    return language.text("Something happened that this version has no words for: %(kind)s.")


def _access(kind: str, data: Data, language: Language) -> str | None:
    _ = language.text
    match kind:
        case "granted":
            return _("%(person)s has access at %(place)s: %(because)s, %(until)s.")
        case "extended":
            return _("%(person)s has access at %(place)s for longer: %(because)s, %(until)s.")
        case "ended":
            return _("The access of %(person)s at %(place)s has ended as promised (%(because)s).")
        case "withdrawn":
            return _(
                "The access of %(person)s at %(place)s has ended earlier than promised "
                "(%(because)s, %(until)s)."
            )
        case "claimed":
            return _("%(person)s took today's right at %(place)s: %(because)s.")
        case "held":
            return _(
                "Cusna holds back early ends of access in %(integration)s: more than usual at once. "
                "An admin has to look."
            )
        case "held-accepted":
            return _("The early ends of access that were held back in %(integration)s were let through.")
        case "key-create":
            return _("The key of %(person)s was set up on %(network)s (%(causes)s).")
        case "key-update":
            return _("The key of %(person)s was changed on %(network)s (%(causes)s).")
        case "key-revoke":
            return _("The key of %(person)s was taken from %(network)s (%(causes)s).")
    return None


def _people(kind: str, data: Data, language: Language) -> str | None:
    _ = language.text
    match kind:
        case "passphrase-shown" if data.get("as") == "profile":
            return _("%(person)s downloaded a profile with the passphrase for an Apple device.")
        case "passphrase-shown":
            return _("%(person)s looked at the passphrase in the portal.")
        case "passphrase-revealed":
            return _("The passphrase of %(person)s was looked at by an admin.")
        case "passphrase-changed":
            return _("%(person)s chose a new passphrase.")
        case "passphrase-rotated":
            return _("%(person)s was given a new passphrase by an admin.")
        case "passphrase-replaced":
            return _("%(person)s was given a new passphrase, because the old one turned up elsewhere.")
        case "disabled":
            return _("The WiFi of %(person)s was disabled.")
        case "restored":
            return _("The WiFi of %(person)s was restored.")
        case "override-given" if data.get("place"):
            return _("%(person)s was given access at %(place)s by an admin, %(until)s.")
        case "override-given":
            return _("%(person)s was given access at all locations by an admin, %(until)s.")
        case "override-ended" if data.get("place"):
            return _("An override of %(person)s at %(place)s was ended by an admin.")
        case "override-ended":
            return _("An override of %(person)s at all locations was ended by an admin.")
        case "overrides-imported":
            return _("Overrides were given from a file.")
        case "signed-out" if data.get("console"):
            return _("An admin signed out of the console everywhere else.")
        case "signed-out":
            return _("%(person)s was signed out everywhere.")
        case "erased":
            return _("Somebody of %(integration)s was erased, because they asked to be forgotten.")
        case "let-back-in":
            return _("Somebody who was erased may come back from %(integration)s.")
        case "people-exported":
            return _("The list of people was downloaded as a file.")
        case "address-changed":
            return _("%(person)s has another e-mail address now. Sign-ins with the old one are over.")
    return None


def _signing(kind: str, data: Data, language: Language) -> str | None:
    _ = language.text
    console = bool(data.get("console"))
    match kind:
        case "signed-in" if console:
            return _("An admin signed in to the console.")
        case "signed-in":
            return _("%(person)s signed in at %(place)s.")
        case "new-device" if console:
            return _("An admin signed in to the console on a device that was not known yet.")
        case "new-device":
            return _("%(person)s signed in at %(place)s on a device that was not known yet.")
        case "sign-in-refused":
            return _refused(str(data.get("why", "")), console, language)
        case "desk-code":
            return _("A sign-in code for the desk was made for %(person)s at %(place)s.")
        case "admin-link":
            return _("A link to the console was made on the command line.")
        case "quiet" if console:
            return _("An admin wants no mail any more about sign-ins on new devices.")
        case "quiet":
            return _("%(person)s wants no mail any more about sign-ins on new devices.")
        case "not-quiet" if console:
            return _("An admin wants a mail again about sign-ins on new devices.")
        case "not-quiet":
            return _("%(person)s wants a mail again about sign-ins on new devices.")
    return None


def _refused(why: str, console: bool, language: Language) -> str:
    _ = language.text
    match why:
        case "unknown":
            return _("Somebody tried to sign in at %(place)s with an address that nobody here has.")
        case "too-often":
            return _(
                "Sign-in mails for one address were asked for too often at %(place)s; some were not sent."
            )
        case "wrong-code":
            return _("A wrong code was typed at a sign-in at %(place)s.")
        case "spent" | "fast":
            return _("A code was typed too often at a sign-in at %(place)s. It is not taken any more.")
        case "link-used":
            return _("A sign-in link that was used already was pressed again at %(place)s.")
        case "link-expired":
            return _("A sign-in link that had expired was pressed at %(place)s.")
        case "no-admin":
            return _("Somebody who is no admin any more tried to sign in to the console.")
        case "many":
            return _("Many more sign-ins were refused within a short time. They are not listed one by one.")
    return _("A sign-in at %(place)s was refused.")


def _around(kind: str, data: Data, language: Language) -> str | None:
    _ = language.text
    match kind:
        case "synced":
            return _("Read %(integration)s: %(read)s.")
        case "finding":
            return _("Found at %(what)s: %(summary)s")
        case "finding-mended":
            return _("Mended at %(what)s: %(summary)s")
        case "setting-made":
            return _("Set up: %(setting)s.")
        case "setting-changed":
            return _("Changed: %(setting)s.")
        case "setting-removed":
            return _("Removed: %(setting)s.")
        case "look-changed":
            return _("The look of %(place)s was changed.")
        case "network-retired":
            return _("%(network)s is being emptied: keys go as their people get theirs elsewhere.")
        case "network-emptied":
            return _("%(network)s holds none of our keys any more.")
        case "network-hurried":
            return _("%(network)s is being emptied at once.")
        case "network-given-up":
            return _("%(network)s is emptied no longer: what keys of ours are left there stay.")
        case "vlan-given":
            return _("%(company)s got VLAN %(vlan)s on %(network)s.")
        case "vlan-moved":
            return _("%(company)s was moved from VLAN %(was)s to %(vlan)s on %(network)s.")
        case "vlan-freed":
            return _("%(company)s gave back VLAN %(was)s on %(network)s.")
        case "company-pinned":
            return _("%(company)s was pinned to VLAN %(vlan)s on %(network)s.")
        case "company-unpinned":
            return _("%(company)s was unpinned on %(network)s.")
        case "companies-joined":
            return _("%(company)s became one firm with %(with)s.")
        case "company-parted":
            return _("%(company)s is parted from the firm it was one with.")
        case "left":
            return _("Our keys of %(place)s were taken from %(network)s.")
        case "mail-sent" if data.get("account"):
            return _("A mail went out to %(person)s (%(mail)s).")
        case "mail-sent":
            return _("A mail went out (%(mail)s).")
        case "mail-dropped" if data.get("account"):
            return _("A mail to %(person)s was not sent (%(mail)s).")
        case "mail-dropped":
            return _("A mail was not sent (%(mail)s).")
        case "activity-exported":
            return _("What happened was downloaded as a file.")
        case "diagnostics-taken":
            return _("The diagnostics were downloaded as a file.")
    return None
