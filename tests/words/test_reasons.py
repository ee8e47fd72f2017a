"""Does everybody read why, and what to do next?"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import Finding, Level
from cusna_core.flow.changes import Cause, Verb
from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Because, Kind, Refusal, Refused
from cusna_core.words import (
    because,
    cause,
    causes,
    ground,
    language,
    level,
    problem,
    refused,
    state,
    state_label,
    verb,
)
from cusna_core.words.explain import steps

EN, DE = language("en"), language("de")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PLACES = {"ost": "Ost", "kreuzberg": "Kreuzberg"}


@pytest.mark.parametrize(
    ("reason", "english", "german"),
    [
        (
            Because(Kind.PLAN, "Hot desk", "1"),
            "because of your plan Hot desk",
            "wegen deines Tarifs Hot desk",
        ),
        (
            Because(Kind.PLAN, "Team office", "1", company_id="c"),
            "because of your company's plan Team office",
            "wegen des Tarifs Team office deiner Firma",
        ),
        (
            Because(Kind.DESK, "Desk 12", "1"),
            "because of your booking of Desk 12 today",
            "wegen deiner Buchung von heute: Desk 12",
        ),
        (
            Because(Kind.ROOM, "", "1"),
            "because of your room booking today",
            "wegen deiner Raumbuchung von heute",
        ),
    ],
)
def test_because(reason: Because, english: str, german: str) -> None:
    assert because(reason, EN) == english
    assert because(reason, DE) == german


def test_because_names_where_a_roaming_right_is() -> None:
    said = because(Because(Kind.PLAN, "Hot desk", "1"), EN, roaming_from="Ost")
    assert said == "because of your plan Hot desk at Ost"


def test_an_admins_note_is_for_admins() -> None:
    reason = Because(Kind.OVERRIDE, "is late with the rent", "1")
    assert "rent" not in because(reason, EN)
    assert ground(reason, EN) == "given by an admin (is late with the rent)"


def test_names_are_never_patterns() -> None:
    reason = Because(Kind.PLAN, "100 % %(name)s {0}", "1")
    assert because(reason, EN) == "because of your plan 100 % %(name)s {0}"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", ["", "Desk 12"])
@pytest.mark.parametrize("company", [None, "c"])
def test_every_reason_has_words(kind: Kind, name: str, company: str | None) -> None:
    reason = Because(kind, name, "1", company)
    for said in (because(reason, EN), ground(reason, EN, company="Acme")):
        assert said
        assert "  " not in said
        assert said == said.strip()
    assert because(reason, DE) != because(reason, EN)


@pytest.mark.parametrize("code", Refusal)
@pytest.mark.parametrize("when", [None, datetime(2026, 11, 29, 23, tzinfo=UTC), NOW])
@pytest.mark.parametrize("name", ["", "Hot desk"])
@pytest.mark.parametrize("at", [None, "ost", "gone"])
def test_every_refusal_says_what_to_do(
    code: Refusal, when: datetime | None, name: str, at: str | None
) -> None:
    why = Refused(code, name, when, at)
    for lang in (EN, DE):
        told = refused(why, lang, place="Kreuzberg", zone=BERLIN, now=NOW, places=PLACES)
        assert told.what.endswith(".")
        assert told.do.endswith(".")
        assert "None" not in str(told)
        assert ".." not in str(told)
        assert "  " not in str(told)


@pytest.mark.parametrize(
    ("why", "what"),
    [
        (
            Refused(Refusal.NOT_STARTED, "Hot desk", datetime(2026, 11, 30, 23, tzinfo=UTC)),
            "Your plan Hot desk starts on Tue 1 Dec 2026.",
        ),
        (
            Refused(Refusal.GRANTED_LATER, when=datetime(2026, 11, 30, 23, tzinfo=UTC)),
            "The team has given you WiFi from Tue 1 Dec 2026 on.",
        ),
        (
            Refused(Refusal.ENDED, "Hot desk", datetime(2026, 11, 20, 23, tzinfo=UTC)),
            "Your plan Hot desk ran until the end of Fri 20 Nov.",
        ),
        (
            Refused(Refusal.ENDED, "Hot desk", datetime(2026, 11, 23, 9, tzinfo=UTC)),
            "Your plan Hot desk ended (today, 10:00).",
        ),
        (
            Refused(Refusal.BOOKING_LATER, "Desk 12", datetime(2026, 11, 26, 8, tzinfo=UTC)),
            "You have no booking for today. Your next one is Desk 12 on Thu 26 Nov.",
        ),
        (Refused(Refusal.UNCLAIMED, "Desk 12"), "You have booked Desk 12 for today."),
        (Refused(Refusal.ELSEWHERE, location_id="ost"), "Your access is for Ost, not for Kreuzberg."),
        (Refused(Refusal.NOTHING), "You have no plan at Kreuzberg and no booking for today."),
    ],
)
def test_refusals_name_dates_and_places(why: Refused, what: str) -> None:
    assert refused(why, EN, place="Kreuzberg", zone=BERLIN, now=NOW, places=PLACES).what == what


def test_states() -> None:
    assert str(state("working", EN)) == "Your passphrase works on this WiFi."
    assert state("working", EN, seconds=30).do == (
        "Allow about 30 seconds until it works everywhere in the house."
    )
    for wait in (None, *Wait):
        told = state("waiting", EN, wait=wait)
        assert told.what
        assert told.do
        assert told != state("waiting", DE, wait=wait)
    assert {state_label(one, DE) for one in ("working", "pending", "delayed", "waiting", "off")} == {
        "Funktioniert", "Wird eingerichtet", "Verzögert", "Wartet", "Aus",
    }  # fmt: skip


def test_members_read_no_jargon() -> None:
    jargon = ("VLAN", "SSID", "PSK", "controller", "integration", "revoke")
    said = [str(state("waiting", EN, wait=wait)) for wait in Wait]
    said += [str(state(one, EN)) for one in ("working", "pending", "delayed", "off")]
    said += [str(refused(Refused(code), EN, place="Kreuzberg", zone=BERLIN, now=NOW)) for code in Refusal]
    assert not [(word, one) for word in jargon for one in said if word.lower() in one.lower()]


def test_plan_lines() -> None:
    assert causes((Cause.PASSPHRASE, Cause.VLAN), EN) == "new passphrase, other VLAN"
    assert cause(Cause.ENDED, DE) == "beendet"
    assert len({cause(one, DE) for one in Cause}) == len(Cause)
    assert len({verb(one, DE) for one in Verb}) == len(Verb)


def test_findings_pass_as_their_plugin_wrote_them() -> None:
    finding = Finding(Level.ERROR, "x.y", "100 % of it is broken.", "Mend it.")
    assert str(problem(finding, DE)) == "100 % of it is broken. Mend it."
    assert level(Level.ERROR, DE) == "Fehler"


def account(**changed: Any) -> dict[str, Any]:
    return {
        "id": "a", "integration": "hq", "name": "Zoë", "email": "z@example.com", "visited": None,
        "suspended": False, "blocked": False, "known": True, "affiliations": [], "subscriptions": [],
        "bookings": [], "rights": [], "coming": [], "claimable": [], "locations": [], "keys": [], **changed,
    }  # fmt: skip


def place(**changed: Any) -> dict[str, Any]:
    return {
        "location": "Kreuzberg", "id": "kreuzberg", "zone": "Europe/Berlin", "access": True, "until": None,
        "roaming": False, "refused": None, **changed,
    }  # fmt: skip


def test_explaining_step_by_step() -> None:
    told = account(
        visited="2026-11-01T00:00:00+00:00",
        affiliations=[{"location": "Kreuzberg", "company": "Acme", "member": True, "approved": False}],
        subscriptions=[
            {
                "location": "Kreuzberg", "plans": ["Hot desk"], "state": "active", "company": "Acme",
                "starts": "2026-03-01T23:00:00+00:00", "ends": None,
            },
            {
                "location": "all locations", "plans": [], "state": "incomplete", "company": None,
                "starts": "2026-12-01", "ends": "2026-12-31",
            },
        ],
        bookings=[
            {
                "location": "Kreuzberg", "resource": "Desk 12", "kind": "desk", "state": "confirmed",
                "starts": "2026-11-23T08:00:00+00:00", "ends": "2026-11-23T16:00:00+00:00",
            }
        ],
        rights=[
            {
                "location": "Kreuzberg", "kind": "plan", "name": "Hot desk", "of_company": True,
                "starts": "2026-03-01T23:00:00+00:00", "until": "2026-11-23T23:00:00+00:00", "held": True,
            }
        ],
        locations=[
            place(),
            place(location="Ost", access=False, refused={"code": "elsewhere", "location": "Kreuzberg"}),
        ],
        keys=[
            {"network": "n", "ssid": "Members", "state": "working", "wait": None, "vlan": 120, "error": ""},
            {"network": "n", "ssid": None, "state": "waiting", "wait": "full", "vlan": None, "error": ""},
        ],
    )  # fmt: skip
    assert [(one.label, one.text) for one in steps(told, EN, NOW)] == [
        ("Account", "Has used the portal."),
        ("Known as", "Member at Kreuzberg, of Acme. The approval is still to come."),
        ("Plan", "Hot desk, of Acme at Kreuzberg: active, since Mon 2 Mar 2026, no end date."),
        (
            "Plan",
            "without a name at all locations: purchase not finished, starts on Tue 1 Dec 2026, "
            "until Thu 31 Dec 2026, end of the day.",
        ),
        ("Booking", "Desk 12 at Kreuzberg, today, 09:00 to today, 17:00: confirmed."),
        (
            "Right",
            "Kreuzberg: plan Hot desk of the company, until midnight tonight (Mon 23 → Tue 24). "
            "Held by the brake: it would have ended by now.",
        ),
        ("Access", "Kreuzberg: yes, no end date."),
        ("Access", "Ost: no, the right is at Kreuzberg, and roaming is off."),
        ("Key", "Members: working, VLAN 120."),
        ("Key", "n: waiting, the network is full."),
    ]


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_is_explained(code: Refusal) -> None:
    why = {"code": code.value, "name": "Hot desk", "when": "2026-11-26T08:00:00+00:00", "location": "Ost"}
    told = account(locations=[place(access=False, refused=why)])
    english, german = (steps(told, lang, NOW)[-1] for lang in (EN, DE))
    assert english.tone == "bad"
    assert "?" not in english.text
    assert english.text != german.text


@pytest.mark.parametrize("wait", Wait)
@pytest.mark.parametrize("state", ["intended", "made", "working", "waiting", "revoked", "failed"])
def test_every_key_is_explained(wait: Wait, state: str) -> None:
    key = {
        "network": "n",
        "ssid": "M",
        "state": state,
        "wait": wait.value,
        "vlan": None,
        "until": None,
        "error": "No.",
    }
    english, german = (steps(account(keys=[key]), lang, NOW)[-1] for lang in (EN, DE))
    assert english.text.endswith("No.")
    assert english.text != german.text
