"""Which addresses are the same, and what do several reads make together?"""

import string
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cusna_core.api import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Person,
    Section,
    Snapshot,
    Subscription,
    SubscriptionState,
    email_key,
    merged,
)

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

SAME = [
    ("anna@example.com", "anna@example.com"),
    ("  Anna@Example.COM\n", "anna@example.com"),
    ("\u00a0anna@example.com\u00a0", "anna@example.com"),
    ("ANNA+wifi@example.com", "anna+wifi@example.com"),
    ("o'hara@example.com", "o'hara@example.com"),
    ("jörg@example.com", "jörg@example.com"),
    ("jo\u0308rg@example.com", "jörg@example.com"),  # two ways to write one letter
    ("JÖRG@example.com", "jörg@example.com"),
    ("H\u0331anna@example.com", "\u1e96anna@example.com"),  # only the small letter exists as one
    ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
    ("anna@MÜNCHEN.example", "anna@xn--mnchen-3ya.example"),
    ("anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"),
    ("anna@straße.example", "anna@xn--strae-oqa.example"),  # not strasse: another domain since IDNA 2008
    ("anna@βόλος.example", "anna@xn--nxasmm1c.example"),  # the final sigma stays, likewise
    ("用户@例子.example", "用户@xn--fsqu00a.example"),
    ("root@localhost", "root@localhost"),
    ("a_b@_dmarc.example.com", "a_b@_dmarc.example.com"),
]


@pytest.mark.parametrize(("address", "key"), SAME)
def test_one_address_has_one_key(address: str, key: str) -> None:
    assert email_key(address) == key
    assert email_key(key) == key


NO_ADDRESS = [
    None,
    "",
    " ",
    "anna",
    "@",
    "anna@",
    "@example.com",
    "anna@example",
    "anna@.example.com",
    "anna@example..com",
    "anna@example.com.",
    "anna@-example.com",
    "anna@example-.com",
    "anna@exa!mple.com",
    "anna@exa%6dple.com",
    "anna@example.com/x",
    "anna@[127.0.0.1]",
    "anna@" + "e" * 64 + ".com",
    "anna@" + "ü" * 63 + ".com",
    "a" * 250 + "@example.com",
    "ü" * 130 + "@example.com",  # too long in bytes
    "anna@" + ".".join(["ü" * 30] * 8),  # short enough until its domain is written in ASCII
    "anna\uff0cx@example.com",  # a full-width comma and bracket
    "anna\uff1cx@example.com",
    "anna@" + ("o\u0308" * 25 + ".") * 5 + "example",  # not cut off where it is long enough
    "an\ud800na@example.com",
    "anna@ex\u212ample.com",
]


@pytest.mark.parametrize("address", NO_ADDRESS)
def test_no_address_has_no_key(address: str | None) -> None:
    assert email_key(address) is None


VICTIMS = ["kate.smith@example.com", "info@strasse.example", "admin@kreuzberg.example.com"]
KEYS = set(VICTIMS)


def _evil() -> list[str]:
    """Addresses of others that some program once took for the victim's, or that look like it."""
    evil: list[str] = []
    for victim in VICTIMS:
        local, domain = victim.split("@")
        evil += [
            # GHSA-xv97-c62v-4587: two addresses in one
            f"evil@evil.example,{victim}", f"{victim},evil@evil.example", f"{victim};evil@evil.example",
            f"{victim} evil@evil.example", f"{victim}\tevil@evil.example", f"<{victim}>,<evil@evil.example>",
            # GHSA-5jpx-9hw9-2fx4: quoted and named
            f'"evil@evil.example"@{domain}', f'"{victim}"@evil.example', f'"{victim}" <evil@evil.example>',
            f"{victim} <evil@evil.example>", f"<{victim}>", f"evil <{victim}>", f'"{local}"@{domain}',
            f"({victim})evil@evil.example", f"{local}(evil)@{domain}", f"{local}@(evil.example){domain}",
            f"{local}\\@evil.example@{domain}", f"{local}@evil.example@{domain}",
            # GHSA-7rqj-j65f-68wh: an @ that only becomes one later
            f"evil@evil.example\uff20{domain}", f"{local}\uff20{domain}", f"{local}\ufe6b{domain}",
            f"{victim}\uff20evil.example", f"{local}\uff20{domain}@evil.example",
            f"evil@evil.example\uff0c{victim}", f"{victim}\uff0cevil@evil.example",
            f"\uff1c{victim}\uff1eevil@evil.example",
            # Lines and headers
            f"{victim}\r\nBcc: evil@evil.example", f"{victim}\nevil@evil.example", f"{local}\n@{domain}",
            f"{victim}\x00evil@evil.example", f"{local}\x00@{domain}", f"{victim}\u2028evil@evil.example",
            f"{victim}%0d%0aBcc:evil@evil.example", f"mailto:{victim}", f"{victim}?cc=evil@evil.example",
            # Routes
            f"{local}%{domain}@evil.example", f"evil.example!{local}@{domain}", f"@evil.example:{victim}",
            f"{local}@{domain}@", f"@{victim}", f"{victim}.evil.example", f"{local}@evil.{domain}",
            f"{local}+evil@{domain}", f"{local}.@{domain}", f".{victim}", f"{victim}.", f"{local}@{domain}/",
            f"{local}@{domain}:25", f"{local}@{domain}#", f"{local}@.{domain}", f"{local}@{domain}\\",
            f"{local.replace('.', '')}x@{domain}", f"{local}@{domain}%00", f"{local}@{domain}\ufe00",
            # Invisible in the middle
            *(f"{local[0]}{mark}{local[1:]}@{domain}" for mark in INVISIBLE),
            *(f"{local}@{domain[0]}{mark}{domain[1:]}" for mark in INVISIBLE),
            # Dots that some take for dots
            *(f"{local}@{domain.replace('.', dot, 1)}" for dot in "\u3002\uff0e\uff61\u2024"),
        ]  # fmt: skip
        for plain, others in LOOK_ALIKES.items():
            for other in others:
                if plain in local:
                    evil.append(f"{local.replace(plain, other, 1)}@{domain}")
                if plain in domain:
                    evil.append(f"{local}@{domain.replace(plain, other, 1)}")
    evil += ["info@straße.example", "info@STRAẞE.example", "info@xn--strae-oqa.example"]
    return evil


INVISIBLE = "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u200e\u202e\u2060\u2066\u3164\ufe0f\ufeff\U000e0061"
LOOK_ALIKES = {
    "k": "\u212a\u043a\uff4b\U0001d424",  # the Kelvin sign is a k after NFC
    "a": "\u0430\u00aa\uff41\u0251\u00e1\U0001d41a",
    "e": "\u0435\uff45\u212f\u00e9",
    "i": "\u0456\u0131\u0130\uff49\u2170",
    "s": "\u017f\uff53\u0455\u02e2",
    "m": "\uff4d\u217f\U0001d426",
    "o": "\u043e\u03bf\u00ba\uff4f\u2134",
    "ss": "\u00df\u1e9e",
    "st": "\ufb06\ufb05",
}
EVIL = _evil()


def test_the_list_of_evil_addresses_is_long() -> None:
    assert len(set(EVIL)) >= 200
    assert not KEYS & set(EVIL)


@pytest.mark.parametrize("address", sorted(set(EVIL)), ids=ascii)
def test_no_evil_address_is_taken_for_a_victims(address: str) -> None:
    key = email_key(address)
    assert key not in KEYS
    if key is not None:
        # Whoever folds it once more, as mail programs do, meets no victim that was hidden by an @.
        assert unicodedata.normalize("NFKC", key).count("@") == 1


TEXT = st.text(st.one_of(st.characters(), st.sampled_from("@.aKkſıß\u212a\uff20\u3002-")), max_size=12)


@given(TEXT, TEXT)
def test_a_key_is_its_own_key_and_holds_one_at(local: str, domain: str) -> None:
    key = email_key(f"{local}@{domain}.example")
    if key is not None:
        assert email_key(key) == key
        assert key.count("@") == 1
        assert key.rpartition("@")[2].isascii()
        assert not any(c.isspace() for c in key)


@given(st.text(st.characters(min_codepoint=128), min_size=1, max_size=4))
def test_letters_of_others_never_become_ascii(letters: str) -> None:
    key = email_key(f"{letters}@{letters}.example")
    if key is not None:
        local, _, domain = key.partition("@")
        assert not local.isascii()
        assert domain.startswith("xn--")


@given(st.text(string.ascii_letters + string.digits + "._%+-", min_size=1, max_size=20))
def test_plain_addresses_only_lose_their_capitals(local: str) -> None:
    assert email_key(f"{local}@Example.com") == f"{local.lower()}@example.com"


def _booking(name: str) -> Booking:
    return Booking(
        "b", "L", BookingKind.DESK, BookingState.CONFIRMED, NOW, NOW + timedelta(hours=1), "p", name
    )


def test_of_facts_told_twice_the_later_one_counts() -> None:
    early = Snapshot(
        NOW,
        people=(Person("p", "old@example.com"), Person("q", None)),
        affiliations=(Affiliation("a", "p", "L"),),
        companies=(Company("c", "Old"),),
        subscriptions=(Subscription("s", "L", "p", None, SubscriptionState.ACTIVE),),
        bookings=(_booking("Desk 1"),),
        blocks=(Block("q"),),
        complete=frozenset({(Section.PEOPLE, "L")}),
        gone=frozenset({(Section.BOOKINGS, "x")}),
        failures=("One.",),
    )
    late = Snapshot(
        NOW - timedelta(minutes=1),
        people=(Person("p", "new@example.com"),),
        affiliations=(Affiliation("a", "p", "L", approved=False),),
        companies=(Company("c", "New"), Company("d", "Other")),
        subscriptions=(Subscription("s", "L", "p", None, SubscriptionState.CANCELLED),),
        bookings=(_booking("Desk 2"),),
        blocks=(Block("q"),),
        complete=frozenset({(Section.BLOCKS, None)}),
        gone=frozenset({(Section.SUBSCRIPTIONS, "y")}),
        failures=("Two.",),
    )
    whole = merged([early, late])
    assert whole == Snapshot(
        NOW - timedelta(minutes=1),  # it may only remove what was last seen before the earliest read
        people=(Person("p", "new@example.com"), Person("q", None)),
        affiliations=late.affiliations,
        companies=late.companies,
        subscriptions=late.subscriptions,
        bookings=late.bookings,
        blocks=(Block("q"),),
        complete=frozenset({(Section.PEOPLE, "L"), (Section.BLOCKS, None)}),
        gone=frozenset({(Section.BOOKINGS, "x"), (Section.SUBSCRIPTIONS, "y")}),
        failures=("One.", "Two."),
    )
    assert merged([early]) == early


def test_no_read_at_all_is_not_an_empty_one() -> None:
    with pytest.raises(ValueError):
        merged([])
