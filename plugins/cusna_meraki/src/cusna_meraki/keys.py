"""How is one key made, changed or ended by a plain call, and what does a refusal mean?"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from cusna_core.api import (
    Change,
    Create,
    EnsureSegment,
    Full,
    Key,
    Missing,
    PluginError,
    Ref,
    Rejected,
    Revoke,
    Taken,
    Unsupported,
    Update,
)
from cusna_meraki.batches import Action
from cusna_meraki.client import Dashboard, psks_path
from cusna_meraki.ends import Ends
from cusna_meraki.mapping import changes, fields
from cusna_meraki.models import Psk
from cusna_meraki.place import KNOWN_FOR, Place
from cusna_meraki.policies import Policies

LABEL_MAX = 64
A_LOOK = 10.0
"""Seconds: refusals that come together are explained by one look."""
NAME_TAKEN = "Another identity PSK of this SSID has that name."
NAME_TURNED_UP = (
    "An identity PSK of this name turned up meanwhile, and Meraki hides its passphrase: the next look tells "
    "whether it is Cusna's."
)
KEY_TAKEN = "Another identity PSK of this SSID has that passphrase."
WRITE_REFUSED = (
    "Meraki refuses this key, and neither its name nor its passphrase is in use as far as can be seen. "
    "`cusna check` says whether the SSID is fit for keys."
)


class Keys:
    """The identity PSKs of one SSID."""

    def __init__(
        self, api: Dashboard, place: Place, policies: Policies, ends: Ends, grace: timedelta, most: int
    ) -> None:
        self._api = api
        self._place = place
        self._policies = policies
        self._ends = ends
        self._grace = grace
        self.most = most

    async def create(self, key: Key) -> Ref:
        body = await self.body(key)
        number = await self._place.number()
        try:
            with self._place.visible(), self._place.writing():
                made = await self._api.create_psk(self._place.site, number, body)
        except Rejected:
            raise await self.why(key, None) from None
        self._ends.note(made.id, body)
        return Ref(made.id)

    async def update(self, ref: Ref, key: Key) -> Ref:
        await self._place.need_tagging(key.vlan)
        policy = await self.policy_for(key)
        number = await self._place.number()
        body: dict[str, Any] = {}
        try:
            now = await self._now(ref, number)
            body = changes(now, key, policy, self._grace)
            if body:
                with self._place.writing():
                    await self._api.update_psk(self._place.site, number, ref, body)
        except Missing:
            await self._place.psks()  # raises if it is the network that is gone
            raise Missing("The identity PSK that was to be changed is not there any more.") from None
        except Rejected:
            why = await self.why(key, ref)
            if isinstance(why, Taken) or body.get("expiresAt", "") is not None:
                raise why from None
            return await self._replace(ref, key, body, why)
        self._ends.note(ref, body)
        return ref

    async def revoke(self, ref: Ref) -> None:
        try:
            number = await self._place.number()
            with self._place.writing():
                await self._api.delete_psk(self._place.site, number, ref)
        except Missing:
            # 404 is also what a key gets that may not see the network: then nothing has ended.
            if any(psk.id == ref for psk in await self._place.psks()):
                raise Rejected("Meraki says that the identity PSK is not there, yet lists it.") from None

    async def body(self, key: Key) -> dict[str, Any]:
        """The fields of a new identity PSK."""
        if len(key.label) > LABEL_MAX:
            raise Rejected(f"A key's name may have {LABEL_MAX} characters here.")
        await self._place.need_tagging(key.vlan)
        return fields(key, await self.policy_for(key), self._grace)

    async def action(self, change: Change, now: Mapping[str, Psk]) -> Action | None:
        """A change as part of a batch; None where there is nothing to do. `now`: the keys as they are."""
        path = psks_path(self._place.site, await self._place.number())
        match change:
            case Create(key):
                return Action("create", path, await self.body(key))
            case Update(ref, key):
                await self._place.need_tagging(key.vlan)
                psk = now.get(ref)
                if psk is None:
                    raise Missing("The identity PSK that was to be changed is not there any more.")
                body = changes(self._ends.shown(psk), key, await self.policy_for(key), self._grace)
                return Action("update", f"{path}/{ref}", body) if body else None
            case Revoke(ref):
                return Action("destroy", f"{path}/{ref}", {}) if ref in now else None
            case EnsureSegment():
                raise Unsupported("A segment is no key.")

    async def policy_for(self, key: Key) -> str:
        with self._place.visible():
            return await self._policies.for_vlan(key.vlan)

    async def why(self, key: Key, ref: Ref | None) -> PluginError:
        """What a refusal (400) means, by looking: its text is nothing to go by."""
        self._policies.doubt()
        psks = await self._place.psks(lately=A_LOOK)
        found = taken(key, [psk for psk in psks if psk.id != ref])
        if found is not None:
            return found
        if ref is None and len(psks) >= self.most:
            return full(len(psks))
        return Rejected(WRITE_REFUSED)

    async def _now(self, ref: Ref, number: int) -> Psk:
        """A key as it was listed just now, else as it is."""
        for psk in self._place.listed(KNOWN_FOR) or ():
            if psk.id == ref:
                return self._ends.shown(psk)
        return await self._api.psk(self._place.site, number, ref)

    async def _replace(self, ref: Ref, key: Key, body: Mapping[str, Any], why: PluginError) -> Ref:
        """Where an end cannot be taken off a key, a new one without an end takes its place.

        Only after the same change without the end was accepted: what is refused stays as it is.
        """
        rest = {name: value for name, value in body.items() if name != "expiresAt"}
        try:
            number = await self._place.number()
            with self._place.writing():
                await self._api.update_psk(self._place.site, number, ref, {"name": key.label, **rest})
        except Rejected:
            raise why from None
        await self.revoke(ref)
        return await self.create(key)


def taken(key: Key, others: Sequence[Psk]) -> Rejected | None:
    """Whether another key has the name or the passphrase of this one.

    One whose passphrase is hidden may be this very key, made by a call whose answer was lost: that nobody
    has to choose another passphrase for.
    """
    named = next((psk for psk in others if psk.name == key.label), None)
    if named is not None:
        return Rejected(NAME_TURNED_UP) if named.passphrase is None else Taken(NAME_TAKEN)
    if any(psk.passphrase == key.passphrase for psk in others):
        return Taken(KEY_TAKEN)
    return None


def full(count: int) -> Full:
    return Full(f"The SSID holds {count} identity PSKs, which is all it can.")
