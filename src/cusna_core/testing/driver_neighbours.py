"""Does the driver bear with others: calls at the same time, other controllers, and odd names?"""

import asyncio
from dataclasses import replace

import pytest

from cusna_core.api import (
    AuthFailed,
    Change,
    Create,
    FakeWifi,
    Feature,
    Key,
    Network,
    Options,
    Revoke,
    Secret,
)
from cusna_core.api.keys import BATCH
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.driver_writes import WRITES
from cusna_core.testing.faults import Fault
from cusna_core.testing.judge import errors, tried
from cusna_core.testing.lab import Lab
from cusna_core.testing.tour import looks
from cusna_core.testing.vendor import FakeVendor

STUDIO = "Studio"
ODD_SSID = 'Gäste & "Co" #1 50%'
ODD_NAME, ODD_PASSPHRASE = 'Küche "alt" <Süd> ☕', "Kaffee_UND Kuchen: 50%+ja?"
SOON = 5.0
"""Seconds (real ones) in which nothing may hang that waits for nobody."""


class Neighbours(DriverBase):
    async def test_changes_side_by_side(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """The core writes to several networks of a controller at once, and reads meanwhile.

        Keep what belongs to one call in local variables; read and write whole objects within a lock.
        """
        other = lab.network_of(STUDIO)
        here, there = ([lab.key(f"{place}{n}") for n in range(4)] for place in ("a", "b"))
        work = [self._made(lab.network, here[:3]), self._made(other, there)]
        if lab.network.limits.batch > BATCH:
            work.append(self._made(lab.network, here[3:]))  # a member who cannot wait for a whole batch
        else:
            here.pop()
        async with asyncio.timeout(SOON * 4):
            await asyncio.gather(*work, lab.network.read(), other.read(), lab.controller.check())
        for ssid, keys in ((lab.ssid, here), (STUDIO, there)):
            for key in keys:
                vlan = await fake_wifi.join(ssid, key.passphrase.get_secret_value(), lab.mac())
                assert vlan is not None, "Of keys that were made at the same time, one does not work."
        for network, keys in ((lab.network, here), (other, there)):
            shown = sorted(one.label or "" for one in lab.mine(await network.read()))
            count, labels = len(shown), sorted(key.label for key in keys)
            assert count == len(keys), f"{len(keys)} keys were made beside others, and read() shows {count}."
            assert not lab.has(Feature.LABEL) or shown == labels, "Keys made side by side have mixed labels."

    async def _made(self, network: Network[Options], keys: list[Key]) -> None:
        async for outcome in network.apply([Create(key) for key in keys]):
            assert outcome.error is None, f"A key was refused because others were made: {outcome.error!r}."

    async def test_a_change_that_is_called_off_holds_up_nobody(self, lab: Lab, vendor: FakeVendor) -> None:
        """The core calls off what takes too long: swallow no CancelledError, hold locks with `async with`."""
        mia, ben = lab.key("mia"), lab.key("ben")
        await lab.settled([mia], "making a key")
        [state] = lab.mine(await lab.network.read())
        changes: dict[str, Change] = {"create": Create(ben), "revoke": Revoke(state.ref, mia.label)}
        then = {"create": [mia, ben], "revoke": [ben]}
        for what, change in changes.items():
            fault = vendor.plan(Fault(WRITES, hang=True))
            call = asyncio.ensure_future(self._carried_out(lab.network, change))
            while not (fault.hits or call.done()):
                await asyncio.wait({call}, timeout=0.001)
            call.cancel()
            done, _ = await asyncio.wait({call}, timeout=SOON)
            vendor.clear()
            assert done, f"A {what} that was called off goes on: it swallows CancelledError."
            try:
                async with asyncio.timeout(SOON):
                    await lab.settled(then[what], f"a {what} that was called off")
            except TimeoutError:
                raise AssertionError(
                    f"After a {what} that was called off, the next round hangs: something is still locked."
                ) from None

    async def _carried_out(self, network: Network[Options], change: Change) -> None:
        async for _ in network.apply([change]):
            pass

    async def test_wrong_credentials_are_refused(self, lab: Lab, vendor: FakeVendor) -> None:
        """Raise AuthFailed, whoever is logged in beside it: a login is an instance's, not a class's."""
        await lab.network.read()
        given = {name: getattr(lab.options, name) for name in type(lab.options).model_fields}
        secrets = {name: one.get_secret_value() for name, one in given.items() if isinstance(one, Secret)}
        wrong = {name: Secret(f"not-{one[::-1]}") for name, one in secrets.items()}
        if not wrong:
            pytest.skip(
                "No option of the controller is of type Secret: there are no credentials to be wrong."
            )
        controller = lab.driver(lab.options.model_copy(update=wrong), lab.context)
        try:
            await controller.open()
            for name, look in looks(lab, controller, controller.network(lab.network_options)).items():
                result, error = await tried(look, f"{name} with wrong credentials")
                assert isinstance(error, AuthFailed) or (name.endswith("check") and errors(result)), (
                    f"{name} with wrong credentials gave {error!r}: it must raise AuthFailed, also where "
                    "somebody else is logged in."
                )
        finally:
            await controller.close()
        await lab.network.read()

    async def test_others_may_use_odd_names(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """A foreign key must read to the letter, whatever it is called and whatever signs it consists of."""
        fake_wifi.add_foreign_key(lab.ssid, ODD_NAME, ODD_PASSPHRASE)
        before = repr(lab.others())
        keys = [lab.key("mia")]
        await lab.settled(keys, "making a key beside oddly named ones")
        states = [one for one in await lab.network.read() if one not in lab.mine([one])]
        assert len(states) == 2, f"read() shows {len(states)} of the 2 keys that others made."
        if lab.has(Feature.READ_PASSPHRASE):
            shown = {one.passphrase.get_secret_value() for one in states if one.passphrase}
            assert ODD_PASSPHRASE in shown, (
                "read() does not show a foreign passphrase to the letter: the core could give it to a member."
            )
        if lab.has(Feature.LABEL):
            assert ODD_NAME in {one.label for one in states}, "read() does not show a foreign label as it is."
        await lab.settled(
            [replace(keys[0], passphrase=Secret(lab.passphrase()))], "changing a key beside them"
        )
        await lab.settled([], "ending it")
        assert repr(lab.others()) == before, "Work beside oddly named keys changed something of others."

    async def test_an_ssid_may_have_any_name(self, lab: Lab, fake_wifi: FakeWifi) -> None:
        """People call networks as they like: quote the name wherever it goes into a path or a query."""
        network = lab.network_of(ODD_SSID)
        key = lab.key()
        shown, error = await tried(network.read, f"read() of the SSID {ODD_SSID}")
        assert error is None, f"read() of the SSID {ODD_SSID} raised {error!r}: is the name quoted in paths?"
        assert not lab.mine(shown)
        await self._made(network, [key])
        vlan = await fake_wifi.join(ODD_SSID, key.passphrase.get_secret_value(), lab.mac())
        assert vlan is not None, f"A key of the SSID {ODD_SSID} does not work."
        [state] = lab.mine(await network.read())
        await network.revoke(state.ref)
        assert not lab.mine(await network.read()), f"A key of the SSID {ODD_SSID} cannot be revoked."
        assert ODD_SSID in {one.ssid for one in await lab.controller.networks()}, (
            f"networks() does not offer the SSID {ODD_SSID} under its name."
        )
