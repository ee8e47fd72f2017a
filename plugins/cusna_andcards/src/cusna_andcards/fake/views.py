"""How does the API show what the vendor knows? Fields that the vendor requires are there, the
rest only where it has a value."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from cusna_andcards.fake.state import State
from cusna_andcards.fake.tables import Json, iso


def plain(record: Json) -> Json:
    return {name: value for name, value in record.items() if not name.startswith("_")}


def _by(records: Iterable[Json], name: str) -> dict[str | None, list[Json]]:
    """Records by one of their fields: looked for in all of them once, and not once for each that is shown."""
    found: dict[str | None, list[Json]] = {}
    for one in records:
        found.setdefault(one.get(name), []).append(one)
    return found


def _user(state: State, one: str) -> Json:
    return {name: value for name, value in state.users[one].items() if name != "createDate"}


def membership(state: State, record: Json) -> Json:
    return memberships(state, [record])[0]


def memberships(state: State, records: Sequence[Json]) -> list[Json]:
    held = _by(state.subscriptions.values(), "customerRef") if state.knobs.shows_subscription_ref else {}
    return [_membership(state, one, held.get(one["id"], ())) for one in records]


def _membership(state: State, record: Json, held: Sequence[Json]) -> Json:
    shown = plain(record)
    if record.get("userRef") in state.users:
        shown.setdefault("user", _user(state, record["userRef"]))
    if held:
        shown["subscriptionRef"] = held[0]["id"]
    return shown


def email(state: State, record: Json) -> str:
    """As a membership shows it."""
    shown = record.get("user", state.users.get(record.get("userRef", ""), {}))
    return shown.get("email") or ""


def registrations(state: State, users: Sequence[str]) -> list[Json]:
    held = _by(state.memberships.values(), "userRef")
    return [_registration(state, one, held.get(one, ())) for one in users]


def _registration(state: State, user: str, records: Sequence[Json]) -> Json:
    known = state.users[user]
    return {
        "id": user,
        "createDate": known["createDate"],
        "blacklisted": user in state.blacklist,
        "role": "member",
        "user": {"email": "", "name": "", "photoUrl": "", **_user(state, user)},
        "customers": [
            {
                "id": one["id"],
                "organizationRef": one["locationRef"],
                "membershipType": "none" if one.get("deleteDate") else one["type"],
            }
            for one in records
        ],
    }


def status(state: State, record: Json) -> str:
    """Of a subscription: as somebody set it, else as the clock says."""
    if record.get("_status"):
        return str(record["_status"])
    now = state.now()
    if record["startDate"] > now:
        return "scheduled"
    return "canceled" if record.get("endDate", "9") <= now else "active"


def subscription(state: State, record: Json) -> Json:
    customer = record["customerRef"]
    common = {
        "addPendingItemsToInvoice": False,
        "advanceInvoicing": {"days": 0, "type": "default"},
        "assignments": [],
        "billingCycleAnchor": "day",
        "credits": 0,
        "dayPasses": 0,
        "networkRef": state.network["id"],
        "payWithInvoice": dict.fromkeys(("creditPackages", "desks", "events", "rooms", "shop"), False),
        "period": "month",
        "price": 100,
        "startFixed": False,
        "status": status(state, record),
    }
    if customer in state.companies:
        who: Json = {
            "subscriptionType": "company",
            "companyRef": customer,
            "customer": {
                "id": customer,
                "type": "company",
                "title": state.companies[customer]["title"],
            },
        }
    else:
        user = state.memberships[customer]["userRef"]
        who = {
            "subscriptionType": "user",
            "membershipRef": customer,
            "userRef": user,
            "customer": {"id": customer, "type": "user", "user": _user(state, user)},
        }
    return common | who | plain(record) | {"items": [_item(one) for one in record["items"]]}


def _item(item: Json) -> Json:
    return {
        "autoUpdateFromProduct": True,
        "credits": 0,
        "customEnd": False,
        "customStart": False,
        "customTax": {"enabled": False, "rate": 0},
        "dayPasses": 0,
        "endFixed": False,
        "grantedDiscounts": [],
        "price": 100,
        "setupFee": 0,
        "startFixed": False,
        "type": "recurring",
        **item,
    }


def resource(state: State, record: Json) -> Json:
    return resources(state, [record])[0]


def resources(state: State, records: Sequence[Json]) -> list[Json]:
    parts = _by(state.resources.values(), "parentRef")
    return [_resource(state, one, parts.get(one["id"], ())) for one in records]


def _resource(state: State, record: Json, parts: Sequence[Json]) -> Json:
    price = {"enabled": False, "tiers": []}
    mails = (
        "bookingCreatedByAdmin",
        "bookingCreatedByMember",
        "bookingCreatedByNetworkMember",
        "bookingCreatedByPublic",
    )
    shown = plain(record)
    shown.pop("deleteDate", None)
    return {
        "assignments": [],
        "bookingPermission": "members",
        "bufferTime": "zeroMinutes",
        "children": [{"id": one["id"], "title": one["title"]} for one in parts],
        "confirmationEmail": {**dict.fromkeys(mails, False), "template": ""},
        "credits": price,
        "description": "",
        "duration": {"max": 1440, "min": 15, "public": {"enabled": False, "max": 1440, "min": 15}},
        "dynamicPricing": {"deltaAbove": 0, "deltaBelow": 0, "enabled": False},
        "locale": "en",
        "media": [],
        "money": price,
        "networkRef": state.network["id"],
        "preparationMinutes": "zeroMinutes",
        "refundThreshold": "noRefund",
        "visibility": "members",
        **shown,
    }


def booking(state: State, record: Json) -> Json:
    """Without its status, which the vendor does not tell."""
    shown = plain(record)
    owner = state.memberships.get(record.get("membershipRefOwner", ""))
    if owner and state.knobs.shows_owner and not record.get("_owner_hides"):
        shown.setdefault("userOwner", _user(state, owner["userRef"]))
    if not state.knobs.shows_attendees:
        shown["attendees"] = []
    return shown


def occurrences(record: Json) -> Iterator[Json]:
    """A series day by day, each with the id `uuid_date`; anything else as it is."""
    if not record["_days"]:
        yield record
        return
    begin, end = (datetime.fromisoformat(record[name]) for name in ("startDate", "endDate"))
    for offset in record["_days"]:
        day = begin + timedelta(days=offset)
        if day.date().isoformat() not in record["_except"]:
            yield {
                **record,
                "id": f"{record['id']}_{day.date().isoformat()}",
                "startDate": iso(day),
                "endDate": iso(end + timedelta(days=offset)),
                "_days": [],
            }
