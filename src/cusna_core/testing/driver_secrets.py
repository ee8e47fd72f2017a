"""Does a secret stay a secret: on other hosts, in logs, in errors, in reprs?"""

import pytest
from pydantic import ValidationError

from cusna_core.api import Revoke
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.faults import Fault
from cusna_core.testing.judge import errors, tried
from cusna_core.testing.lab import Lab
from cusna_core.testing.secrecy import hint, is_credential, listening, told, without, words
from cusna_core.testing.tour import caught, changes, looks, tour
from cusna_core.testing.vendor import FakeVendor


class Secrets(DriverBase):
    async def test_no_secret_is_logged(self, lab: Lab, vendor: FakeVendor) -> None:
        """Log method, path and status, never a header, a query with credentials or a body; not at DEBUG."""
        with listening() as ear:
            await tour(lab)
            secrets = words(lab)
        for name, text in ear.heard:
            found = [one for one in secrets if one in text]
            assert not found, (
                f"The logger {name} wrote a secret ({hint(lab, found[0])}). The line begins "
                f"with {without(secrets, text)[:60]!r}."
            )

    async def test_no_secret_is_in_an_error(self, lab: Lab, vendor: FakeVendor) -> None:
        """Not in its text, its arguments, its attributes, its notes, nor in what it came from; and not in a
        finding, which is sent by mail.

        Raise outside the `except` where the cause holds a body or an address: "from None" keeps the context.
        """
        said = await tour(lab)
        secrets = words(lab)
        for one in said.answers:
            text = repr(one)
            found = [each for each in secrets if each in text]
            assert not found, (
                f"What is told holds a secret ({hint(lab, found[0])}): {without(secrets, text)[:120]!r}."
            )
        assert said.errors, "Not one error was met on a day full of bad answers: they were swallowed."
        for error in said.errors:
            text = told(error)
            found = [one for one in secrets if one in text]
            assert not found, (
                f"A {type(error).__name__} (or what it came from) holds a secret "
                f"({hint(lab, found[0])}): {without(secrets, str(error))[:80]!r}."
            )

    async def test_no_secret_is_in_a_repr(self, lab: Lab, vendor: FakeVendor) -> None:
        """Options of type Secret, and no repr that shows what is in them; reprs end up in logs."""
        key = lab.key()
        ref = await lab.create(key)
        states = await lab.network.read()
        outcome = await lab.try_one(Revoke(ref, key.label))
        secrets = words(lab, tokens=False)  # a driver may keep its session in a plain attribute
        things = {
            "the controller's options": lab.options,
            "the network's options": lab.network_options,
            "the controller": lab.controller,
            "the network": lab.network,
            "the controller's attributes": vars(lab.controller),
            "the network's attributes": getattr(lab.network, "__dict__", {}),
            "what read() returns": states,
            "an outcome": outcome,
        }
        for name, thing in things.items():
            for text in (repr(thing), str(thing)):
                assert not [one for one in secrets if one in text], f"The repr of {name} shows a secret."

    async def test_no_secret_is_in_a_complaint_about_options(self, lab: Lab, vendor: FakeVendor) -> None:
        """Derive options from `Options`, which hides inputs; and say nothing of them in validators."""
        given = vendor.options()
        secrets = words(lab)
        for name in given:
            for wrong in ({**given, name: {"odd": given[name]}}, {**given, name: [given[name]]}):
                try:
                    lab.driver.options_class.model_validate(wrong)
                except ValidationError as error:
                    found = [one for one in secrets if one in told(error)]
                    assert not found, f"A wrong {name} makes an error that shows a secret."

    async def test_a_certificate_that_nobody_vouches_for_is_refused(
        self, lab: Lab, vendor: FakeVendor
    ) -> None:
        """Never turn the check of certificates off. Give `HttpApi` its `Tls` options instead."""
        options = lab.driver.options_class.model_validate(await vendor.impostor())
        controller = lab.driver(options, lab.context)
        try:
            await controller.open()
            for name, look in looks(lab, controller, controller.network(lab.network_options)).items():
                result, error = await tried(look, f"{name} at an impostor")
                assert not vendor.strays, (
                    f"{name} called somebody who shows a certificate that nobody known here signed, and told "
                    f"{vendor.strays[0]!r}: whoever is in between would read every passphrase."
                )
                assert error is not None or errors(result), f"{name} noticed nothing at an impostor."
        finally:
            await controller.close()

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_carries_nothing_to_another_host(
        self, lab: Lab, vendor: FakeVendor, status: int
    ) -> None:
        """Do not follow a redirect to another host; `may_follow` is for hosts that are the vendor's."""
        key = lab.key()
        await lab.settled([key], "making a key")
        [state] = lab.mine(await lab.network.read())
        for pair in ((lab.controller, lab.network), await lab.instance()):
            fault = vendor.plan(Fault(redirect=status))
            errors: list[BaseException] = []
            for look in looks(lab, *pair).values():
                await caught(look, errors)
            lies = 0
            for change in changes(lab, pair[1], state.ref, key.label):
                hits = fault.hits
                done = await caught(change, errors)
                lies += done is not None and fault.hits > hits
            vendor.clear()
            secrets = words(lab)
            for stray in vendor.strays:
                assert not [one for one in secrets if one in stray], (
                    f"A redirect ({status}) took a secret to another host: {stray!r}. Follow none."
                )
                signed = [name for name, _ in stray.headers if is_credential(name)]
                assert not signed, f"A redirect ({status}) took {signed[0]} to another host."
                assert stray.method in ("GET", "HEAD"), (
                    f"A redirect ({status}) took a change to another host."
                )
            vendor.forget()
            assert not lies, f"A change that was redirected ({status}) was told of as a success."
        await lab.settled([key], f"redirects ({status})")
