"""Does everybody read why, and what to do next?"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cusna_core.api import (
    Booking,
    BookingKind,
    BookingState,
    Finding,
    Level,
    Plan,
    Subscription,
    SubscriptionState,
)
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
from cusna_core.words.explain import booking, denied, subscription

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
    assert "?" not in denied(Refused(code, "Hot desk", NOW, "ost"), EN, zone=BERLIN, now=NOW, places=PLACES)


@pytest.mark.parametrize(
    ("why", "what"),
    [
        (
            Refused(Refusal.NOT_STARTED, "Hot desk", datetime(2026, 11, 30, 23, tzinfo=UTC)),
            "Your plan Hot desk starts on Tue 1 Dec 2026.",
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
    said += [str(state(one, EN)) for one in ("working", "pending", "delayed", "off")]  # type: ignore[arg-type]
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


def test_explaining_facts() -> None:
    sub = Subscription(
        "s",
        "l",
        "p",
        None,
        SubscriptionState.ACTIVE,
        (Plan("1", "Hot desk"),),
        datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert subscription(sub, EN, zone=BERLIN, now=NOW) == (
        "Plan Hot desk: active, since Mon 2 Mar 2026, no end date."
    )
    desk = Booking(
        "b", "l", BookingKind.DESK, BookingState.CONFIRMED,
        datetime(2026, 11, 23, 8, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC), "p", "Desk 12",
    )  # fmt: skip
    assert booking(desk, EN, zone=BERLIN, now=NOW, claimed=False) == (
        "Booking of Desk 12, today, 09:00 to today, 17:00: confirmed, not claimed in the portal yet."
    )
    assert denied(Refused(Refusal.ELSEWHERE, location_id="ost"), EN, zone=BERLIN, now=NOW, places=PLACES) == (
        "May not be on: the right is at Ost, and roaming is off."
    )
