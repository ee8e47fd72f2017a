"""Why is this person on, or not, step by step? For an admin, in the third person.

Takes what `admin.explain` tells (plain JSON, so that it also comes through the control socket).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Because, Kind, Refusal
from cusna_core.words.language import Language
from cusna_core.words.reasons import ground
from cusna_core.words.when import day, moment, until

Json = Mapping[str, Any]
Tone = Literal["plain", "good", "wait", "bad"]


@dataclass(frozen=True, slots=True)
class Line:
    """`label` names the step ("Plan", "Key"); `tone` colours the line."""

    label: str
    text: str
    tone: Tone = "plain"
    of: Literal["fact", "access", "key"] = "fact"


def steps(account: Json, language: Language, now: datetime) -> list[Line]:
    """From what the source says to the keys, in the order in which it is decided."""
    zones = {one["location"]: ZoneInfo(one["zone"]) for one in account["locations"]}
    return list(_Steps(account, language, now, zones).lines())


def why_not(why: Json | None, zone: ZoneInfo, language: Language, now: datetime) -> str:
    """Why there is no access somewhere, in the words of the steps: "no plan, and no booking for today"."""
    return _Steps({}, language, now, {"": zone}).refused(why or {"code": "nothing"}, "")


@dataclass(frozen=True, slots=True)
class _Steps:
    account: Json
    language: Language
    now: datetime
    zones: Mapping[str, ZoneInfo]

    def lines(self) -> Iterator[Line]:
        _, it = self.language.text, self.account
        account = _("Account")
        if it["suspended"]:
            yield Line(account, _("Disabled by an admin: no access."), "bad")
        if it["blocked"]:
            yield Line(account, _("Blocked at the source: never access."), "bad")
        if not it["known"]:
            yield Line(account, _("The source does not know this person any more."), "bad")
        if it["visited"]:
            yield Line(account, _("Has used the portal."))
        else:
            yield Line(account, _("Has not used the portal yet."))
        for one in it["affiliations"]:
            yield Line(_("Known as"), self._affiliation(one), "plain" if one["approved"] else "wait")
        for one in it["subscriptions"]:
            yield Line(_("Plan"), self._subscription(one))
        for one in it["bookings"]:
            yield Line(_("Booking"), self._booking(one))
        for one in it["rights"]:
            held = " " + _("Held by the brake: it would have ended by now.") if one["held"] else ""
            yield Line(_("Right"), self._right(one) + held, "wait" if held else "good")
        for one in it["claimable"]:
            said = self._right(one) + " " + _("It waits to be claimed in the portal.")
            yield Line(_("Right"), said, "wait")
        for one in it["coming"]:
            starts = self._moment(one["starts"], one["location"])
            yield Line(_("Coming"), _("From %(starts)s: %(right)s", starts=starts, right=self._right(one)))
        for one in it["locations"]:
            yield self._access(one)
        for one in it["keys"]:
            yield self._key(one)

    def _affiliation(self, one: Json) -> str:
        _ = self.language.text
        values = {"place": one["location"]}
        said = _("Member at %(place)s", **values) if one["member"] else _("Guest at %(place)s", **values)
        if one["company"]:
            said = _("%(said)s, of %(company)s", said=said, company=one["company"])
        return said + "." if one["approved"] else said + ". " + _("The approval is still to come.")

    def _subscription(self, one: Json) -> str:
        _, today = self.language.text, self.now.astimezone(self._zone(one["location"])).date()
        name = ", ".join(one["plans"]) or _("without a name")
        if one["company"]:
            name = _("%(said)s, of %(company)s", said=name, company=one["company"])
        parts = [_state("plan state", one["state"], self.language)]
        if one["starts"]:
            starts = self._day(one["starts"], one["location"])
            said = day(starts, today, self.language)
            parts.append(_("starts on %(day)s", day=said) if starts > today else _("since %(day)s", day=said))
        if one["ends"] is not None and "T" not in one["ends"]:
            last = day(date.fromisoformat(one["ends"]), today, self.language)
            parts.append(_("until %(day)s, end of the day", day=last))
        else:
            parts.append(self._until(one["ends"], one["location"]))
        return _(
            "%(name)s at %(place)s: %(state)s.", name=name, place=one["location"], state=", ".join(parts)
        )

    def _booking(self, one: Json) -> str:
        return self.language.text(
            "%(name)s at %(place)s, %(starts)s to %(ends)s: %(state)s.",
            name=one["resource"] or one["kind"],
            place=one["location"],
            starts=self._moment(one["starts"], one["location"]),
            ends=self._moment(one["ends"], one["location"]),
            state=_state("booking state", one["state"], self.language),
        )

    def _right(self, one: Json) -> str:
        company = self.language.text("the company") if one["of_company"] else None
        return self.language.text(
            "%(place)s: %(ground)s, %(until)s.",
            place=one["location"],
            ground=ground(
                Because(Kind(one["kind"]), one["name"], "", company), self.language, company=company
            ),
            until=self._until(one["until"], one["location"]),
        )

    def _access(self, one: Json) -> Line:
        _, place = self.language.text, one["location"]
        label = _("Access")
        if one["access"]:
            end = self._until(one["until"], place)
            if one["roaming"]:
                return Line(
                    label,
                    _("%(place)s: yes, by roaming, %(until)s.", place=place, until=end),
                    "good",
                    "access",
                )
            return Line(label, _("%(place)s: yes, %(until)s.", place=place, until=end), "good", "access")
        why = self.refused(one["refused"] or {"code": "nothing"}, place)
        return Line(label, _("%(place)s: no, %(why)s.", place=place, why=why), "bad", "access")

    def refused(self, why: Json, place: str) -> str:
        _, name = self.language.text, why.get("name") or "?"
        when = self._moment(why["when"], place) if why.get("when") else "?"
        match Refusal(why["code"]):
            case Refusal.BLOCKED:
                return _("blocked at the source")
            case Refusal.SUSPENDED:
                return _("disabled by an admin")
            case Refusal.UNAPPROVED:
                return _("the approval at the source is still to come")
            case Refusal.NOT_STARTED:
                return _("the plan %(name)s has not started (%(when)s)", name=name, when=when)
            case Refusal.GRANTED_LATER:
                return _("what an admin gave has not started (%(when)s)", when=when)
            case Refusal.ENDED:
                return _("the plan %(name)s has ended (%(when)s)", name=name, when=when)
            case Refusal.PLAN_WITHOUT_WIFI:
                return _("the plan %(name)s is in plans_without_wifi", name=name)
            case Refusal.INCOMPLETE:
                return _("the purchase of the plan %(name)s is not finished", name=name)
            case Refusal.BOOKING_LATER:
                return _("the next booking is on another day (%(name)s, %(when)s)", name=name, when=when)
            case Refusal.UNCLAIMED:
                return _("today's booking (%(name)s) has not been claimed in the portal", name=name)
            case Refusal.ELSEWHERE:
                other = why.get("location") or "?"
                return _("the right is at %(place)s, and roaming is off", place=other)
            case Refusal.CLOSED:
                return _("%(place)s is disabled, or its integration is: nobody new gets in", place=place)
            case Refusal.NOTHING:
                return _("no plan, and no booking for today")

    def _key(self, one: Json) -> Line:
        _ = self.language.text
        parts = [_state("key state", one["state"], self.language)]
        if one["vlan"]:
            parts.append(f"VLAN {one['vlan']}")
        if one["wait"]:
            parts.append(waits(Wait(one["wait"]), self.language))
        if one["error"]:
            parts.append(one["error"].rstrip("."))
        tone: Mapping[str, Tone] = {"working": "good", "failed": "bad"}
        text = _("%(ssid)s: %(state)s.", ssid=one["ssid"] or one["network"], state=", ".join(parts))
        return Line(_("Key"), text, tone.get(one["state"], "wait"), "key")

    def _zone(self, place: str) -> ZoneInfo:
        return self.zones.get(place) or next(iter(self.zones.values()), ZoneInfo("UTC"))

    def _day(self, iso: str, place: str) -> date:
        if "T" not in iso:
            return date.fromisoformat(iso)
        return datetime.fromisoformat(iso).astimezone(self._zone(place)).date()

    def _moment(self, iso: str, place: str) -> str:
        return moment(datetime.fromisoformat(iso), self._zone(place), self.now, self.language)

    def _until(self, iso: str | None, place: str) -> str:
        ends = datetime.fromisoformat(iso) if iso else None
        return until(ends, self._zone(place), self.now, self.language)


def _state(of: Literal["plan state", "booking state", "key state"], code: str, language: Language) -> str:
    said = {
        ("plan state", "active"): language.pgettext("plan state", "active"),
        ("plan state", "scheduled"): language.pgettext("plan state", "scheduled"),
        ("plan state", "incomplete"): language.pgettext("plan state", "purchase not finished"),
        ("plan state", "cancelled"): language.pgettext("plan state", "cancelled"),
        ("booking state", "confirmed"): language.pgettext("booking state", "confirmed"),
        ("booking state", "tentative"): language.pgettext("booking state", "not confirmed"),
        ("booking state", "cancelled"): language.pgettext("booking state", "cancelled"),
        ("key state", "intended"): language.pgettext("key state", "about to be added"),
        ("key state", "made"): language.pgettext("key state", "added, not read back yet"),
        ("key state", "working"): language.pgettext("key state", "working"),
        ("key state", "waiting"): language.pgettext("key state", "waiting"),
        ("key state", "none"): language.pgettext("key state", "about to be added"),
        ("key state", "ending"): language.pgettext("key state", "about to be taken away"),
        ("key state", "revoked"): language.pgettext("key state", "taken away"),
        ("key state", "failed"): language.pgettext("key state", "refused by the controller"),
    }
    return said.get((of, code), code)


def waits(of: Wait, language: Language) -> str:
    match of:
        case Wait.FULL:
            return language.text("the network is full")
        case Wait.NO_VLAN:
            return language.text("the VLAN pool has no number for the company")
        case Wait.CANNOT_VLAN:
            return language.text("VLAN management is on, and this network cannot")
        case Wait.TAKEN:
            return language.text("somebody else's key has this passphrase; it is being replaced")
