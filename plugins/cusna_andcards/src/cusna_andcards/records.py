"""What do the records of Spacebring's API look like, as far as they are read here?

The vendor's specification requires next to nothing and changes weekly: every field is optional,
unknown ones are ignored, unknown values of a field are kept as text. Only instants are strict:
one without a zone means nothing.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be an instant that exists in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_utc)]


class Record(BaseModel):
    model_config = ConfigDict(
        extra="ignore", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True
    )


class Network(Record):
    id: str | None = None
    title: str | None = None


class Location(Record):
    id: str | None = None
    title: str | None = None
    timezone: str | None = Field(default=None, alias="timezoneId")


class User(Record):
    id: str | None = None
    email: str | None = None
    name: str | None = None
    surname: str | None = None


class Membership(Record):
    """One user at one location."""

    id: str | None = None
    location: str | None = Field(default=None, alias="locationRef")
    user_ref: str | None = Field(default=None, alias="userRef")
    user: User | None = None
    company: str | None = Field(default=None, alias="companyRef")
    type: str | None = None
    status: str | None = None
    deleted: Instant | None = Field(default=None, alias="deleteDate")


class Company(Record):
    id: str | None = None
    location: str | None = Field(default=None, alias="locationRef")
    title: str | None = None
    legal_name: str | None = Field(default=None, alias="legalName")
    deleted: Instant | None = Field(default=None, alias="deleteDate")


class Plan(Record):
    id: str | None = None
    title: str | None = None


class Item(Record):
    title: str | None = None
    plan: Plan | None = None
    plan_ref: str | None = Field(default=None, alias="planRef")
    starts: Instant | None = Field(default=None, alias="startDate")
    ends: Instant | None = Field(default=None, alias="endDate")


class Interval(Record):
    starts: Instant | None = Field(default=None, alias="startDate")
    ends: Instant | None = Field(default=None, alias="endDate")


class Customer(Record):
    """`id` is a membership's (type "user") or a company's (type "company")."""

    id: str | None = None
    type: str | None = None
    user: User | None = None


class Subscription(Record):
    id: str | None = None
    location: str | None = Field(default=None, alias="locationRef")
    type: str | None = Field(default=None, alias="subscriptionType")
    customer_ref: str | None = Field(default=None, alias="customerRef")
    customer: Customer | None = None
    membership: str | None = Field(default=None, alias="membershipRef")
    company: str | None = Field(default=None, alias="companyRef")
    user: str | None = Field(default=None, alias="userRef")
    status: str | None = None
    starts: Instant | None = Field(default=None, alias="startDate")
    ends: Instant | None = Field(default=None, alias="endDate")
    timezone: str | None = Field(default=None, alias="timezoneId")
    deleted: Instant | None = Field(default=None, alias="deleteDate")
    current: Interval | None = Field(default=None, alias="currentInterval")
    items: tuple[Item, ...] | None = None


class Resource(Record):
    id: str | None = None
    location: str | None = Field(default=None, alias="locationRef")
    title: str | None = None
    type: str | None = None


class Attendee(Record):
    membership: str | None = Field(default=None, alias="membershipRef")
    user: User | None = None


class Booking(Record):
    """Has neither a status nor a location nor a resource type: those are asked for or joined."""

    id: str | None = None
    resource: str | None = Field(default=None, alias="resourceRef")
    starts: Instant | None = Field(default=None, alias="startDate")
    ends: Instant | None = Field(default=None, alias="endDate")
    deleted: Instant | None = Field(default=None, alias="deleteDate")
    owner_membership: str | None = Field(default=None, alias="membershipRefOwner")
    owner: User | None = Field(default=None, alias="userOwner")
    attendees: tuple[Attendee, ...] | None = None


class Registration(Record):
    """One account of the network."""

    user: User | None = None
    blacklisted: bool | None = None


class Token(Record):
    """An answer of an OAuth 2 token endpoint (RFC 6749, 5.1)."""

    value: str = Field(alias="access_token", min_length=1, repr=False)
    expires_in: float = 3600.0
