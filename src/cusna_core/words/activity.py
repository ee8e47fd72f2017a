"""What happened, in one sentence? With places, people and networks as whoever asks wants them: text or links.

`happened` has the sentences, with placeholders. `person`, `place` and `network` are filled in as they are
given (a link is Markup), everything else is plain text and escaped.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from cusna_core.flow.changes import Cause
from cusna_core.flow.world import Because, Kind
from cusna_core.words.happened import Data, said
from cusna_core.words.language import Language
from cusna_core.words.mails import called
from cusna_core.words.plans import causes
from cusna_core.words.reasons import ground
from cusna_core.words.when import until


def sentence(
    kind: str,
    data: Data,
    language: Language,
    *,
    person: str,
    place: str,
    network: str,
    zone: ZoneInfo,
    now: datetime,
) -> str:
    """One line of the log. Markup if `person`, `place` and `network` are, else plain text."""
    values = {
        "person": person or language.text("somebody who was erased since"),
        "place": place or language.text("the console"),
        "network": network or language.text("a network"),
        "kind": kind,
        "company": str(data.get("name") or data.get("company") or ""),
        "vlan": str(data.get("vlan", "")),
        "was": str(data.get("was", "")),
        "with": ", ".join(map(str, data.get("with", ()))),
        "integration": str(data.get("integration", "")),
        "name": str(data.get("name", "")),
        "because": _because(data, language),
        "until": _until(data, zone, now, language),
        "causes": _causes(data, language),
        "what": str(data.get("path") or data.get("code") or ""),
        "summary": language.retold(str(data["summary"])) if data.get("summary") else "",
        "setting": _setting(data),
        "mail": called(str(data.get("kind", "")), str(data.get("why", "")), language),
        "read": _synced(data, language) if kind == "synced" else "",
    }
    # Nothing of the log is ever part of the sentence itself: its values alone are escaped.
    told = said(kind, {**data, "account": person, "place": place}, language)
    if isinstance(person, Markup):
        return Markup(told) % values  # noqa: S704  # catalogues are ours, values are escaped
    return told % values


def group(name: str, language: Language) -> str:
    """What a group of kinds is called where one chooses among them."""
    return _GROUPS[name](language)


def by(who: str, language: Language) -> str:
    """Who did it, in a word or two."""
    match who:
        case "cusna":
            return "Cusna"
        case "member":
            return language.pgettext("who did it", "the member")
        case "source":
            return language.pgettext("who did it", "the membership system")
    return who


def _setting(data: Data) -> str:
    """ "networks.members (apply, vlan_pool)"."""
    kind, name = data.get("kind", ""), data.get("name", "")
    fields = ", ".join(map(str, data.get("fields", ())))
    return f"{kind}s.{name}" + (f" ({fields})" if fields else "")


def _synced(data: Data, language: Language) -> str:
    several = language.several
    parts = []
    for kind, (new, different, gone) in _numbers(data).items():
        some = [
            *([several("%(n)s new", "%(n)s new", new)] if new else ()),
            *([several("%(n)s changed", "%(n)s changed", different)] if different else ()),
            *([several("%(n)s gone", "%(n)s gone", gone)] if gone else ()),
        ]
        if some:
            parts.append(f"{_FACTS[kind](language)} {', '.join(some)}")
    return "; ".join(parts)


def _numbers(data: Data) -> dict[str, tuple[int, int, int]]:
    return {one: (data[one][0], data[one][1], data[one][2]) for one in _FACTS if one in data}


def _because(data: Data, language: Language) -> str:
    said = data.get("because")
    if said not in tuple(Kind):
        return ""
    name = "" if said == Kind.OVERRIDE else str(data.get("name") or "")
    return ground(Because(Kind(said), name, ""), language)


def _until(data: Data, zone: ZoneInfo, now: datetime, language: Language) -> str:
    if "until" not in data:
        return ""
    end = data["until"]
    return until(datetime.fromisoformat(str(end)) if end else None, zone, now, language)


def _causes(data: Data, language: Language) -> str:
    known = tuple(Cause)
    return causes((Cause(one) for one in data.get("causes", ()) if one in known), language)


_FACTS: Final[Mapping[str, Callable[[Language], str]]] = {
    "person": lambda language: language.pgettext("read", "people"),
    "affiliation": lambda language: language.pgettext("read", "memberships"),
    "company": lambda language: language.pgettext("read", "companies"),
    "subscription": lambda language: language.pgettext("read", "plans"),
    "booking": lambda language: language.pgettext("read", "bookings"),
    "block": lambda language: language.pgettext("read", "blocks"),
}
_GROUPS: Final[Mapping[str, Callable[[Language], str]]] = {
    "access": lambda language: language.pgettext("activity", "Access"),
    "passphrases": lambda language: language.pgettext("activity", "Passphrases"),
    "sign-ins": lambda language: language.pgettext("activity", "Sign-ins"),
    "keys": lambda language: language.pgettext("activity", "Keys on networks"),
    "people": lambda language: language.pgettext("activity", "People"),
    "companies": lambda language: language.pgettext("activity", "Companies"),
    "sync": lambda language: language.pgettext("activity", "Reading memberships"),
    "findings": lambda language: language.pgettext("activity", "Findings"),
    "settings": lambda language: language.pgettext("activity", "Settings"),
    "mail": lambda language: language.pgettext("activity", "Mail"),
}
