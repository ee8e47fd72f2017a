"""What can a member see and do?"""

import logging
from collections.abc import Iterator, Mapping, Sequence

from cusna_core.api import Booking, Feature, Snapshot, email_key
from cusna_core.engine.decision import Decision
from cusna_core.engine.engine import Engine
from cusna_core.engine.estate import Location, Wifi
from cusna_core.engine.views import BookingView, Door, MemberView, NetworkView, Recipient, State
from cusna_core.flow.groups import company_of
from cusna_core.flow.rights import Access, local_day, next_booking
from cusna_core.flow.world import Account
from cusna_core.store import accounts as account_rows
from cusna_core.store import audit, events, outbox
from cusna_core.store import keys as key_rows
from cusna_core.store import rights as right_rows
from cusna_core.store.db import Tx

log = logging.getLogger(__name__)

PATIENCE = 4.0
"""Seconds that the portal waits for the controller before it shows the page, with the key on its way."""

FIRST_READ_PATIENCE = 120.0
"""Seconds that a sign-in mail waits for the very first read of an integration."""


class Members:
    """The engine as the portal knows it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._made: dict[str, tuple[object, Door]] = {}
        """Doors by location, with what each was made of: a page asks for its own, and some for all."""

    def doors(self) -> Sequence[Door]:
        return tuple(self._door(one) for one in self._engine.estate.locations.values())

    def door(self, location_id: str) -> Door | None:
        location = self._engine.estate.locations.get(location_id)
        return self._door(location) if location else None

    def bare(self, location_id: str) -> Door | None:
        """A location's door without the look that was chosen for it."""
        location = self._engine.estate.locations.get(location_id)
        return self._bare(location) if location else None

    def _door(self, location: Location) -> Door:
        look = self._engine.appearance.looks(location.id)
        made_of = (location, self._ssids(location), look)
        made = self._made.get(location.id)
        if made is None or made[0] != made_of:
            made = (made_of, self._engine.appearance.dressed(self._bare(location)))
            self._made[location.id] = made
        return made[1]

    def _bare(self, location: Location) -> Door:
        return Door(
            location.id,
            location.name,
            location.place.zone,
            self._ssids(location),
            location.contact,
            location.privacy_url,
        )

    def _ssids(self, location: Location) -> tuple[str, ...]:
        """As their controllers tell them now."""
        return tuple(dict.fromkeys(one.ssid for one in self._engine.estate.wifis_of(location.id)))

    async def resolve(self, location_id: str, typed: str, *, look: bool = True) -> Recipient | None:
        """Whom a typed address means, after a fresh look at the source; None: no mail goes out.

        Without `look` the source is not asked: for an IP that asks too often.
        """
        location = self._engine.estate.locations.get(location_id)
        key = email_key(typed)
        if location is None or key is None:
            return None
        name = location.place.integration
        # At a first start nobody knows yet whom the space has shut out: `find` tells no blocks.
        if not await self._engine.first_read(name, FIRST_READ_PATIENCE):
            return None
        if look:
            await self._look(name, typed)
        account = await self._engine.db.read(lambda tx: account_rows.by_email(tx, name, key))
        if account is None or not await self._welcome(account.id):
            return None
        row = await self._engine.db.read(lambda tx: account_rows.get(tx, account.id))
        if row is None or not row.email:
            return None
        return Recipient(row.id, row.email, row.name)

    async def _look(self, integration: str, typed: str) -> Snapshot | None:
        known = self._engine.estate.integrations.get(integration)
        if known is None:
            return None
        snapshot = await self._engine.sync.find(known, typed)
        key = email_key(typed)
        if snapshot is not None and key is not None:
            account = await self._engine.db.read(lambda tx: account_rows.by_email(tx, integration, key))
            if account is not None:
                await self._engine.decisions.extend(account.id, snapshot)
        return snapshot

    async def _welcome(self, account_id: str) -> bool:
        """Anyone the source knows, not blocked and not suspended, may sign in (design 7)."""
        decision, account = await self._decision(account_id)
        return decision is not None and account is not None and self._may_sign_in(decision, account)

    @staticmethod
    def _may_sign_in(decision: Decision, account: Account) -> bool:
        if account.suspended:
            return False
        facts = decision.facts_of(account.id)
        if account.person_ids & facts.blocked:
            return False
        # Who has a right that the brake holds is welcome, though the source tells of nobody today.
        known = account.person_ids & facts.people.keys()
        return bool(known) or bool(decision.rights_of(account.id))

    async def _decision(self, account_id: str) -> tuple[Decision | None, Account | None]:
        account = await self._engine.db.read(lambda tx: account_rows.one(tx, account_id))
        if account is None:
            return None, None
        decision = self._engine.decisions.latest(account.integration)
        return decision, account

    async def arrive(self, account_id: str, location_id: str) -> None:
        """After a sign-in: claim what may be claimed, and make the key work."""
        now = self._engine.clock.now()
        await self._engine.db.run(lambda tx: account_rows.visited(tx, account_id, now))
        await self._engine.decisions.extend(account_id)
        await self.claim(account_id, location_id)

    async def claim(self, account_id: str, location_id: str) -> None:
        """Take today's booking rights: this location's, or with roaming all."""
        decision, account = await self._decision(account_id)
        if decision is None or account is None:
            return
        roaming = self._engine.estate.policy(account.integration).roaming
        now = self._engine.now()
        mine = [one for one in decision.claimable_of(account_id) if roaming or one.location_id == location_id]

        def take(tx: Tx) -> None:
            for right in mine:
                zone = self._engine.estate.locations[right.location_id].place.zone
                right_rows.claim(tx, account_id, right.location_id, local_day(now, zone), now)
                audit.write(
                    tx,
                    "claimed",
                    now,
                    who="member",
                    account=account_id,
                    location=right.location_id,
                    data={"because": right.because.kind.value, "name": right.because.name},
                )

        if mine:
            await self._engine.db.run(take)
        await self._engine.decisions.extend(account_id)
        await self._engine.serve(account_id, PATIENCE, location_id)

    async def check_again(self, account_id: str, location_id: str) -> None:
        """ "I have just booked": ask the source now."""
        row = await self._engine.db.read(lambda tx: account_rows.get(tx, account_id))
        if row is not None and row.email:
            await self._look(row.integration, row.email)
        await self.claim(account_id, location_id)

    async def view(self, account_id: str, location_id: str) -> MemberView | None:
        """The page's data; None when the account may no longer be signed in."""
        account, row, states = await self._engine.db.read(
            lambda tx: (
                account_rows.one(tx, account_id),
                account_rows.get(tx, account_id),
                key_rows.states(tx, account_id),
            )
        )
        location = self._engine.estate.locations.get(location_id)
        if account is None or row is None or location is None:
            return None
        decision = self._engine.decisions.latest(account.integration)
        if decision is None or not self._may_sign_in(decision, account):
            return None
        now = self._engine.now()
        accesses = self._engine.decisions.accesses_of(account.integration, account_id, now)
        access = next((one for one in accesses if one.location_id == location_id), None)
        refused = None if access else decision.refused_of(account_id, location_id)
        claimable = next(
            (one for one in decision.claimable_of(account_id) if one.location_id == location_id),
            None,
        )
        by_network = {one.network: one for one in states}
        networks = tuple(
            self._network(wifi, by_network.get(wifi.id), access)
            for wifi in self._wifis(location_id, by_network)
        )
        company = self._company(account, location, access, decision)
        places = self._engine.estate.places(account.integration)
        return MemberView(
            account_id=account_id,
            email=row.email or "",
            name=row.name,
            door=self._door(location),
            access=access,
            because_place=self.door(access.right.location_id) if access and access.roaming else None,
            refused=refused,
            refused_place=self.door(refused.location_id) if refused and refused.location_id else None,
            claimable=claimable,
            next_booking=self._booking(
                next_booking(decision.facts_of(account_id), places, account, now), account.integration
            ),
            company=company,
            vlan_own=any(one.vlan_own for one in networks),
            networks=networks,
            changed=row.changed,
            replaced=row.replaced,
        )

    def _wifis(self, location_id: str, keys: Mapping[str, key_rows.KeyRow]) -> Iterator[Wifi]:
        """The location's networks: not a disabled one without a key; and one left behind that still works."""
        here = list(self._engine.estate.wifis_of(location_id))
        for wifi in here:
            if not wifi.closed or wifi.id in keys or len(here) == 1:
                yield wifi
        for wifi in self._engine.estate.wifis_at(location_id):
            key = keys.get(wifi.id)
            if wifi not in here and key is not None and key.state == "working":
                yield wifi

    def _network(self, wifi: Wifi, row: key_rows.KeyRow | None, access: Access | None) -> NetworkView:
        settle = wifi.network.limits.settle
        if access is None:
            return NetworkView(wifi.ssid, "off", None, settle)
        state: State = "pending"
        wait = None
        own = False
        if not wifi.apply:
            state = "delayed"
        elif row is not None:
            wait = row.wait
            own = row.vlan is not None and Feature.VLAN in wifi.network.features
            match row.state:
                case "working":
                    state = "working"
                case "waiting":
                    state = "waiting"
                case "failed":
                    state = "delayed"
                case _:
                    state = "pending"
        if state == "pending" and self._engine.standing(wifi).in_trouble:
            state = "delayed"
        return NetworkView(wifi.ssid, state, wait, settle, own)

    def _company(
        self, account: Account, location: Location, access: Access | None, decision: Decision
    ) -> str | None:
        if access is None:
            return None
        rights = decision.rights_of(account.id)
        facts = decision.facts_of(account.id)
        company = company_of(account, location.place, access.right, rights, facts)
        known = facts.companies.get(company) if company else None
        return known.name if known else None

    def _booking(self, booking: Booking | None, integration: str) -> BookingView | None:
        if booking is None:
            return None
        place = next(
            (
                one.name
                for one in self._engine.estate.locations.values()
                if one.place.integration == integration and one.place.source_id == booking.location_id
            ),
            "",
        )
        return BookingView(booking.resource, place, booking.starts)

    async def passphrase(self, account_id: str) -> str:
        """In clear. The caller writes down that it was shown."""
        return await self._engine.db.read(
            lambda tx: account_rows.passphrase(tx, self._engine.vault, account_id)
        )

    async def change(self, account_id: str, location_id: str, new: str, *, language: str = "en") -> None:
        """Set a generated passphrase, tell the member (if that is on), and bring it to the networks."""
        now = self._engine.clock.now()
        location = self._engine.estate.locations.get(location_id)
        integration = self._engine.estate.integrations.get(location.place.integration) if location else None
        told = integration is None or integration.notify.passphrase

        def change(tx: Tx) -> None:
            account_rows.set_passphrase(tx, self._engine.vault, account_id, new, now)
            account_rows.replaced(tx, account_id, False)
            audit.write(tx, "passphrase-changed", now, who="member", account=account_id, data={})
            events.put(tx, "passphrase.changed", now, account=account_id, data={"by": "member"})
            if told:
                outbox.put(
                    tx,
                    self._engine.vault,
                    "passphrase-changed",
                    f"passphrase-changed:{account_id}:{int(now.timestamp() * 1000)}",
                    {"account": account_id, "location": location_id, "language": language},
                    now,
                )

        await self._engine.db.run(change)
        self._engine.nudge_mail()
        await self._engine.decisions.extend(account_id)
        await self._engine.serve(account_id, PATIENCE, location_id)
