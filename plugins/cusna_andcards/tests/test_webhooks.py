"""Which webhooks are believed, and what does each name? Signed by an implementation that is not ours."""

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from jsonschema import Draft7Validator
from pydantic import ValidationError
from standardwebhooks import Webhook

from cusna_andcards.fake import AndcardsFake
from cusna_andcards.fake.hooks import body
from cusna_andcards.options import AndcardsOptions
from cusna_core.api import Hint, Section, Unsupported, Window

from .conftest import NOON, Connect

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
OTHER = "whsec_" + base64.b64encode(b"another-secret-of-theirs").decode()
BOOKING = {"type": "booking.created", "booking": {"id": "b1", "userOwner": {"email": "Ann@Example.com"}}}


def signed(said: bytes, *, secret: str = SECRET, late: float = 0.0, id_: str = "msg_1") -> dict[str, str]:
    when = NOON - timedelta(seconds=late)
    return {
        "svix-id": id_,
        "svix-timestamp": str(int(when.timestamp())),
        "svix-signature": Webhook(secret).sign(id_, when, said.decode()),
    }


@pytest.mark.parametrize("late", [0, 299, 300, -300])
async def test_a_signed_one_is_believed(connect: Connect, late: float) -> None:
    source = await connect(webhook_secret=SECRET)
    said = json.dumps(BOOKING).encode()
    assert source.hint(signed(said, late=late), said) == Hint("msg_1", ("Ann@Example.com",))


async def test_one_of_several_signatures_is_enough(connect: Connect) -> None:
    """While the vendor's secret is being changed, each message carries both."""
    source = await connect(webhook_secret=SECRET)
    said = json.dumps(BOOKING).encode()
    headers = signed(said)
    other = signed(said, secret=OTHER)["svix-signature"]
    for both in (f"{other} {headers['svix-signature']}", f"{headers['svix-signature']} {other} v1a,x v2,=="):
        assert source.hint({**headers, "svix-signature": both}, said) is not None


def changed(**changes: str | None) -> Any:
    def apply(headers: dict[str, str], said: bytes) -> tuple[dict[str, str], bytes]:
        for name, value in changes.items():
            name = name.replace("_", "-")
            headers.pop(name)
            if value is not None:
                headers[name] = value
        return headers, said

    return apply


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, said: (signed(said, secret=OTHER), said),
        lambda headers, said: (signed(said, late=301), said),
        lambda headers, said: (signed(said, late=-302), said),
        lambda headers, said: (headers, said + b" "),
        lambda headers, said: ({}, said),
        changed(svix_id="msg_2"),
        changed(svix_id=None),
        changed(svix_id="x" * 300),
        changed(svix_id="m\u00fc"),
        changed(svix_timestamp=None),
        changed(svix_timestamp="soon"),
        changed(svix_timestamp="\u0661\u0662"),
        changed(svix_timestamp="9" * 4000),
        changed(svix_timestamp="1e9"),
        changed(svix_signature=None),
        changed(svix_signature=""),
        changed(svix_signature="v1,"),
        changed(svix_signature="v1,\u00fc"),
        changed(svix_signature="," * 5000),
        lambda headers, said: (
            {**headers, "svix-signature": headers["svix-signature"].replace("v1,", "v2,")},
            said,
        ),
        lambda headers, said: (
            {**headers, "svix-signature": " ".join(["v1,AAAA"] * 30 + [headers["svix-signature"]])},
            said,
        ),
    ],
)
async def test_none_else_is(connect: Connect, spoil: Any) -> None:
    source = await connect(webhook_secret=SECRET)
    said = json.dumps(BOOKING).encode()
    headers, said = spoil(signed(said), said)
    assert source.hint(headers, said) is None


async def test_without_a_secret_none_are_taken(connect: Connect) -> None:
    source = await connect()
    with pytest.raises(Unsupported, match="webhook_secret"):
        source.hint(signed(b"{}"), b"{}")


PERSON = {"email": "ann@example.com"}


@pytest.mark.parametrize(
    ("told", "emails", "again", "everything"),
    [
        (BOOKING, ("Ann@Example.com",), (), False),
        ({"type": "booking.created", "booking": {"id": "b1"}}, (), (), True),
        (
            {"type": "booking.updated", "booking": {"id": "b1", "userOwner": PERSON}},
            ("ann@example.com",),
            ((Section.BOOKINGS, "b1"),),
            False,
        ),
        ({"type": "booking.deleted", "booking": {"id": "b1"}}, (), ((Section.BOOKINGS, "b1"),), False),
        ({"type": "booking.deleted", "booking": {"id": ["b1"]}}, (), (), True),
        ({"type": "booking.deleted", "booking": {"id": "b" * 5000}}, (), (), True),
        ({"type": "booking.deleted", "booking": [1]}, (), (), True),
        ({"type": "membership.created", "membership": {"user": PERSON}}, ("ann@example.com",), (), False),
        ({"type": "membership.created", "membership": {"user": {"email": "no address"}}}, (), (), True),
        ({"type": "membership.created", "membership": {"user": {"email": None}}}, (), (), True),
        ({"type": "membership.created", "membership": {"user": "Ann"}}, (), (), True),
        # Bare, without a type; the number as an id is documented.
        (
            {"id": "s1", "period": "month", "membershipRef": "m1", "user": {"id": 123, **PERSON}},
            ("ann@example.com",),
            ((Section.SUBSCRIPTIONS, "s1"),),
            False,
        ),
        (
            {"id": "s1", "period": "month", "companyRef": "c1"},
            (),
            ((Section.SUBSCRIPTIONS, "s1"),),
            False,
        ),
        ({"type": "company.created", "company": {"id": "c1"}}, (), (), False),
        ({"type": "company.deleted", "company": {"id": "c1"}}, (), (), True),
        ({"type": "location.updated"}, (), (), True),
        ({"type": "resource.deleted"}, (), (), True),
        ({"type": "shop.order.paid", "order": {}}, (), (), False),
        ({"type": "event.created", "event": {}}, (), (), False),
        ({"visit": {"id": "v1"}}, (), (), False),
        ({"type": "brand.new", "thing": {}}, (), (), True),
        ({"type": ["booking.created"]}, (), (), True),
        ({}, (), (), True),
        ([], (), (), True),
        (None, (), (), True),
        ("text", (), (), True),
    ],
)
async def test_what_each_names(
    connect: Connect, told: Any, emails: tuple[str, ...], again: Any, everything: bool
) -> None:
    source = await connect(webhook_secret=SECRET)
    said = json.dumps(told).encode()
    assert source.hint(signed(said), said) == Hint("msg_1", emails, again, everything)


@pytest.mark.parametrize("said", [b"", b"{", b"[" * 100_000, b'{"a":1', b"NaN", b'{"type": 1e999}'])
async def test_a_body_that_makes_no_sense_means_everything(connect: Connect, said: bytes) -> None:
    source = await connect(webhook_secret=SECRET)
    assert source.hint(signed(said), said) == Hint("msg_1", everything=True)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "0123456789abcdef", "whsec_\u00fc", "whsec_a b"]
)
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(ValidationError, match="signing secret") as caught:
        AndcardsOptions.model_validate({"client_id": "a", "client_secret": "b", "webhook_secret": secret})
    assert len(secret) < 8 or secret not in str(caught.value)


async def test_the_fake_sends_what_the_vendor_would(
    fake: AndcardsFake, berlin: str, connect: Connect, day: Window
) -> None:
    """Each change is one post; another implementation finds it signed, and our own source believes it."""
    got: list[tuple[Mapping[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=204)

    application = web.Application()
    application.router.add_post("/hooks/hq", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        fake.tell(f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/hq")
        source = await connect()
        ann = fake.add_person(berlin, "Ann Lee", "ann@example.com")
        plan = fake.subscribe(berlin, ann, "Hot desk", starts=NOON)
        booking = fake.book(berlin, ann, "Desk 1", "desk", starts=NOON, ends=NOON + timedelta(hours=2))
        fake.state.move_booking(booking, NOON, NOON + timedelta(hours=3))
        fake.cancel(booking)
        fake.state.end_subscription_on(plan, NOON.date())
        fake.state.cancel_subscription(plan)
        company = fake.add_company(berlin, "Acme")
        fake.state.delete_company(company)
        while len(fake.hooks.sent) < 9:
            await asyncio.sleep(0.01)
    finally:
        await runner.cleanup()
    types = [type_ for type_, _ in fake.hooks.sent]
    assert types == [
        "membership.created", "subscription.created", "booking.created", "booking.updated", "booking.deleted",
        "subscription.updated", "subscription.deleted", "company.created", "company.deleted",
    ]  # fmt: skip
    hints = [source.hint(headers, said) for headers, said in got]
    assert None not in hints
    ids = [hint.id for hint in hints if hint]
    assert len(set(ids)) == 9
    assert hints[1] == Hint(ids[1], ("ann@example.com",), ((Section.SUBSCRIPTIONS, plan),))
    assert hints[4] == Hint(ids[4], ("ann@example.com",), ((Section.BOOKINGS, booking),))
    schemas = _catalogue()
    if schemas is None:
        return
    for type_, (_, said) in zip(types, got, strict=True):
        if not type_.startswith("company."):  # its schema asks for a field that it forbids
            wrong = [
                f"{type_} {list(one.absolute_path)} {one.message}"
                for one in Draft7Validator(schemas[type_]).iter_errors(json.loads(said))
                # Asked for of every booking, also of one that is not deleted.
                if "'deleteDate' is a required property" not in one.message
            ]
            assert wrong == []


def _catalogue() -> dict[str, Any] | None:
    folder = Path(os.environ.get("CUSNA_SPECS", Path(__file__).parents[3] / "../shared/specs"))
    path = folder / "spacebring-webhooks.json"
    if not path.exists():
        return None
    return {one["name"]: one["schemas"]["1"] for one in json.loads(path.read_text()) if one["schemas"]}


async def test_every_example_of_the_vendor_is_understood(connect: Connect) -> None:
    schemas = _catalogue()
    if schemas is None:
        pytest.skip("Put spacebring-webhooks.json into a folder and name the folder in CUSNA_SPECS.")
    source = await connect(webhook_secret=SECRET)
    seen = 0
    for type_, schema in schemas.items():
        for told in schema.get("examples", ()):
            if "type" in told:
                told = {**told, "type": type_}
            said = json.dumps(told).encode()
            hint = source.hint(signed(said), said)
            assert hint is not None
            seen += 1
            if type_.startswith(("booking.", "subscription.")):
                assert hint.everything or hint.again, type_
    assert seen > 15


def test_body_of_a_company_plan(fake: AndcardsFake, berlin: str) -> None:
    company = fake.add_company(berlin, "Acme")
    told = body(fake.state, "subscription.created", fake.subscribe(berlin, company, "Team", starts=NOON))
    assert "user" not in told
    assert told["companyRef"] == company
