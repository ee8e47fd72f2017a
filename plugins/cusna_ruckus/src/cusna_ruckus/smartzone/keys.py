"""How are the DPSKs of one WLAN listed, made and deleted?

Nothing of a DPSK can be changed but its name, and nothing disables one: the core deletes and creates.
After a lost answer the list tells what became of it; what a refusal means is found out by looking, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cusna_core.api import (
    BadAnswer,
    Full,
    Key,
    PluginError,
    RateLimited,
    Ref,
    Rejected,
    Taken,
    Transient,
)
from cusna_ruckus.smartzone.client import SmartZoneApi
from cusna_ruckus.smartzone.mapping import fields, same, wrong
from cusna_ruckus.smartzone.models import Dpsk, Made
from cusna_ruckus.smartzone.place import Place, Shared, Spot


@dataclass(frozen=True, slots=True)
class Deleted:
    """What became of a deletion: these are still there, because of this (None: just so)."""

    left: frozenset[str] = frozenset()
    error: PluginError | None = None


class Keys:
    def __init__(self, api: SmartZoneApi, place: Place, shared: Shared, most: int) -> None:
        self._api = api
        self._place = place
        self._shared = shared
        self._most = most
        self._known: dict[str, Dpsk] = {}
        """What was seen last, by id, with what was made and deleted since. Only believed after a look."""

    @property
    def single(self) -> int:
        """How many DPSKs take one device only; they take no place among the group DPSKs."""
        return sum(1 for one in self._known.values() if one.group is False)

    @property
    def groups(self) -> int:
        return len(self._known) - self.single

    async def all(self) -> Sequence[Dpsk]:
        """Between two writes of ours: a list that changes while its pages are read adds up to nothing."""
        async with self._shared.writing:
            return await self._all()

    async def of_zone(self) -> Sequence[Dpsk]:
        """Those of the other WLANs, too."""
        spot = await self._place.spot()
        async with self._shared.writing:
            return await self._api.zone_dpsks(spot.zone)

    async def _all(self) -> Sequence[Dpsk]:
        spot = await self._place.spot()
        with self._place.visible():
            dpsks = await self._api.dpsks(spot.zone, spot.wlan)
        self._known = {one.id: one for one in dpsks}
        return dpsks

    async def make(self, key: Key) -> Ref:
        async with self._shared.writing:
            await self._place.need_tags(key.vlan)
            spot = await self._place.spot()
            if self.groups >= self._most or any(one.label == key.label for one in self._known.values()):
                there = await self._fits(key)
                if there is not None:
                    return there
            try:
                with self._place.visible():
                    made = await self._api.make_dpsk(spot.zone, spot.wlan, fields(key))
            except RateLimited:
                raise
            except Transient as lost:
                return await self._made_after_all(key, lost)
            except Rejected:
                return await self._refused(key)
            return await self._checked(spot, key, made)

    async def delete(self, refs: Sequence[Ref]) -> Deleted:
        """All in one call; a second one where the first was refused because of some that are gone."""
        async with self._shared.writing:
            spot = await self._place.spot()
            left = list(dict.fromkeys(refs))
            for _ in range(2):
                lost: Transient | None = None
                try:
                    gone = await self._api.delete_dpsks(spot.zone, spot.wlan, left)
                    if gone == len(left):
                        for ref in left:
                            self._known.pop(ref, None)
                        return Deleted()
                except RateLimited:
                    raise
                except Transient as error:
                    lost = error
                except Rejected:
                    pass  # "not there" may mean one of them, or the WLAN: the list tells
                asked, there = len(left), await self._there(lost)
                left = [ref for ref in left if ref in there]
                if not left:
                    return Deleted()
                if lost is not None or len(left) == asked:
                    return Deleted(frozenset(left), lost)
            return Deleted(frozenset(left))

    async def _there(self, lost: Transient | None) -> set[str]:
        try:
            return {one.id for one in await self._all()}
        except Transient:
            raise lost or BadAnswer(
                "SmartZone deleted fewer keys than it was asked to, and does not show which."
            ) from None

    # One key

    async def _fits(self, key: Key) -> Ref | None:
        """One more look where it seems that the key is there already, or that there is no room.

        SmartZone itself takes any number of DPSKs with one name. Two of ours would be one too many; and a
        stranger's of that name would lose its devices together with ours.
        """
        named = [one for one in await self._all() if one.label == key.label]
        for one in named:
            if same(one, key):
                return Ref(one.id)
        if named:
            raise Rejected(
                f"The WLAN has a DPSK named {key.label} already, and it is not this key. If Cusna does not "
                "delete it in its next round, somebody else made it: delete or rename it in SmartZone."
            )
        if self.groups >= self._most:
            raise Full(
                f"The WLAN holds {self.groups} group DPSKs; max_group_keys allows no more than {self._most}."
            )
        return None

    async def _made_after_all(self, key: Key, lost: Transient) -> Ref:
        """Nobody knows what became of the call: made is made, and nothing is made twice."""
        try:
            found = [one.id for one in await self._all() if same(one, key)]
        except PluginError:
            raise lost from None
        if not found:
            raise lost
        return Ref(found[0])

    async def _refused(self, key: Key) -> Ref:
        """What a refusal means, by looking: no list of SmartZone's error codes is known."""
        spot = await self._place.spot()
        here = await self._all()
        there = next((one for one in here if same(one, key)), None)
        if there is not None:
            return Ref(there.id)  # made by a call whose answer was lost
        if any(one.passphrase == key.passphrase for one in here):
            raise Taken("Another DPSK of this WLAN has that passphrase.")
        if self.groups >= self._most:
            raise Full(f"The WLAN holds {self.groups} group DPSKs, which is all it can.")
        with self._place.visible():
            if any(one.passphrase == key.passphrase for one in await self._api.zone_dpsks(spot.zone)):
                raise Taken("A DPSK of another WLAN in this zone has that passphrase.")
        raise Rejected(
            f"SmartZone refuses this key, and its passphrase is not in use. The WLAN holds {self.groups} "
            "group DPSKs: if your release holds no more, set max_group_keys to that. `cusna check` says "
            "whether the WLAN is fit."
        )

    async def _checked(self, spot: Spot, key: Key, made: Made) -> Ref:
        """A field that SmartZone overlooked would leave a key that nobody knows: it is not left there."""
        if len(made.dpsks) != 1 or made.count not in (None, 1):
            return await self._made_after_all(
                key, BadAnswer(f"SmartZone made {len(made.dpsks)} DPSKs where one was asked for.")
            )
        dpsk = made.dpsks[0]
        if same(dpsk, key):
            self._known[dpsk.id] = dpsk
            return Ref(dpsk.id)
        differs = wrong(dpsk, key)
        if await self._api.delete_dpsks(spot.zone, spot.wlan, [dpsk.id]) == 1:
            raise Rejected(
                f"SmartZone made another key than was asked for ({differs} differed). It was deleted again."
            )
        raise Rejected(
            f"SmartZone made another key than was asked for ({differs} differed) and did not delete it: "
            f"delete the DPSK with the id {dpsk.id} by hand."
        )
