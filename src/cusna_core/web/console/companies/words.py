"""How is it said what happened to a company, and why something cannot be?"""

from collections.abc import Mapping

from cusna_core.admin.firming import No
from cusna_core.flow.numbers import Hindrance
from cusna_core.store.audit import Entry
from cusna_core.words import Language


def told(entry: Entry, language: Language, ssids: Mapping[str, str]) -> str:
    """A line of a company's history."""
    _ = language.text
    it = entry.data
    ssid = ssids.get(entry.network or "", entry.network or "")
    match entry.kind:
        case "vlan-given":
            return _("Got VLAN %(vlan)s on %(ssid)s", vlan=it.get("vlan"), ssid=ssid)
        case "vlan-moved":
            return _(
                "Moved from VLAN %(was)s to %(vlan)s on %(ssid)s",
                was=it.get("was"),
                vlan=it.get("vlan"),
                ssid=ssid,
            )
        case "vlan-freed":
            return _("VLAN %(was)s on %(ssid)s was given back", was=it.get("was"), ssid=ssid)
        case "company-pinned":
            return _("Pinned to VLAN %(vlan)s on %(ssid)s", vlan=it.get("vlan"), ssid=ssid)
        case "company-unpinned":
            return _("Unpinned on %(ssid)s", ssid=ssid)
        case "companies-joined":
            return _("Became one firm with %(names)s", names=", ".join(it.get("with", ())))
        case "company-parted":
            names = ", ".join(it.get("with", ()))
            if names:
                return _("A company left the firm; it is now one with %(names)s", names=names)
            return _("Stands by itself again")
    return entry.kind


def refused(no: No, language: Language, *, vlan: int, ssid: str, lowest: int, highest: int) -> str:
    """Why a company cannot be pinned to a number."""
    _ = language.text
    match no.why:
        case Hindrance.RANGE:
            return _(
                "%(ssid)s can have VLAN %(lowest)s to %(highest)s, but not %(vlan)s.",
                ssid=ssid,
                vlan=vlan,
                lowest=lowest,
                highest=highest,
            )
        case Hindrance.COMPANY:
            return _(
                "VLAN %(vlan)s belongs to %(who)s. Two companies never share one.", vlan=vlan, who=no.who
            )
        case Hindrance.RESTING:
            return _(
                "%(who)s was in VLAN %(vlan)s until lately, and devices may still be there. "
                "It rests for 30 days.",
                vlan=vlan,
                who=no.who,
            )
        case Hindrance.FOREIGN if no.who:
            return _(
                "VLAN %(vlan)s is in use on the controller, by “%(who)s”. "
                "What Cusna did not make stays as it is.",
                vlan=vlan,
                who=no.who,
            )
        case Hindrance.FOREIGN:
            return _(
                "VLAN %(vlan)s is in use on the controller. What Cusna did not make stays as it is.",
                vlan=vlan,
            )
        case "silent":
            return _(
                "The controller did not answer, so nobody knows whether the number is free. "
                "Try again when it does."
            )
    return _("This company cannot have a VLAN on this network.")
