"""Which facts are Roster's records? Each function makes those of one kind, by the name of the section."""

from collections.abc import Iterable
from typing import Any

from cusna_core.api import (
    Affiliation,
    Block,
    Booking,
    BookingKind,
    BookingState,
    Company,
    Person,
    Plan,
    Subscription,
    SubscriptionState,
)

from cusna_roster.client import Booked, Member, Pass, Team

Facts = dict[str, Any]
"""Fields of a Snapshot."""


def people(members: Iterable[Member]) -> Facts:
    members = list(members)
    return {
        "people": tuple(Person(one.person, one.email, one.name) for one in members),
        "affiliations": tuple(
            Affiliation(one.id, one.person, one.place, one.team, member=not one.guest) for one in members
        ),
    }


def companies(teams: Iterable[Team]) -> Facts:
    return {"companies": tuple(Company(one.id, one.name, one.place) for one in teams)}


def subscriptions(passes: Iterable[Pass]) -> Facts:
    return {
        "subscriptions": tuple(
            Subscription(
                one.id,
                one.place,
                one.person,
                one.team,
                SubscriptionState(one.state),
                (Plan(one.plan, one.plan),),
                one.starts,
                one.ends,
            )
            for one in passes
        )
    }


def bookings(booked: Iterable[Booked]) -> Facts:
    return {
        "bookings": tuple(
            Booking(
                one.id,
                one.place,
                BookingKind(one.kind),
                BookingState(one.state),
                one.starts,
                one.ends,
                one.person,
                one.resource,
            )
            for one in booked
        )
    }


def blocks(banned: Iterable[str]) -> Facts:
    return {"blocks": tuple(Block(one) for one in banned)}
