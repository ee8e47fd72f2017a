"""How do many companies' VLANs become group policies in few calls?"""

from collections.abc import Sequence

from cusna_core.api import Transient
from cusna_meraki.batches import MOST_ACTIONS, Action, Batches, Failed, Refused
from cusna_meraki.place import Place
from cusna_meraki.policies import VLAN_MAX, VLAN_MIN, Policies


class Segments:
    """The VLANs of one Meraki network."""

    def __init__(self, batches: Batches, place: Place, policies: Policies) -> None:
        self._batches = batches
        self._place = place
        self._policies = policies

    async def ensure(self, vlan: int) -> None:
        await self._place.need_tagging(vlan)
        with self._place.visible():
            await self._policies.ensure(vlan)

    async def ensure_all(self, vlans: Sequence[int], deadline: float) -> Sequence[int]:
        """Have a policy for each, as far as that can be done together; which are in order then.

        A batch makes its policies one after the other, so it is as good as single calls. Their ids are
        looked up by name. What fails is left to single calls.
        """
        if len(vlans) < 2 or not self._batches.usable:
            return ()
        await self._place.need_tagging(vlans[0])
        vlans = [vlan for vlan in vlans if VLAN_MIN <= vlan <= VLAN_MAX]
        with self._place.visible():
            async with self._policies.making():
                actions = [action for vlan in vlans if (action := self._policies.action(vlan)) is not None]
                if not self._policies.room(sum(1 for one in actions if one.operation == "create")):
                    return ()
                for start in range(0, len(actions), MOST_ACTIONS):
                    if not await self._went(actions[start : start + MOST_ACTIONS], deadline):
                        break
                if actions:
                    await self._policies.load()
                return [vlan for vlan in vlans if self._policies.action(vlan) is None]

    def forget(self) -> None:
        self._policies.forget()

    async def _went(self, actions: Sequence[Action], deadline: float) -> bool:
        try:
            sent = await self._batches.start(self._place.site, actions, deadline)
            await self._batches.wait(sent, deadline)
        except (Failed, Refused):
            return False
        except Transient:
            # Whether it was done shows by looking; and if that cannot be, the same trouble shows there.
            return False
        return True
