"""Does a secret stay a secret: on other hosts, in logs, in errors, in reprs?"""

import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from cusna_core.api import (
    Controller,
    Create,
    EnsureSegment,
    Feature,
    Network,
    PluginError,
    Revoke,
    Secret,
    Update,
)
from cusna_core.testing.driver_base import DriverBase
from cusna_core.testing.faults import Fault
from cusna_core.testing.lab import PRINTER_PASSPHRASE, Lab
from cusna_core.testing.vendor import FakeVendor

CREDENTIAL = re.compile(r"auth|cookie|token|key|session|csrf|secret|password", re.IGNORECASE)
NO_CREDENTIAL = re.compile(r"sec-websocket", re.IGNORECASE)
SERVERS = ("aiohttp.access", "aiohttp.server", "aiohttp.web")
"""Loggers of the fake itself."""
SHORTEST = 6
"""Letters of a word that is looked for; shorter ones stand in any text."""


class Ear(logging.Handler):
    """Hears every record, down to DEBUG."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(SERVERS):
            return
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        if record.exc_info:
            text += "".join(traceback.format_exception(*record.exc_info))
        self.heard.append((record.name, f"{text} {vars(record)!r}"))


class Secrets(DriverBase):
    async def test_no_secret_is_logged(self, lab: Lab, vendor: FakeVendor) -> None:
        """Log method, path and status, never a header, a query with credentials or a body; not at DEBUG."""
        with listening() as ear:
            await _tour(lab)
            words = _secrets(lab, vendor) | vendor.secrets
        for name, text in ear.heard:
            found = [one for one in words if one in text]
            assert not found, (
                f"The logger {name} wrote a secret ({_hint(lab, vendor, found[0])}). The line begins "
                f"with {_without(words, text)[:60]!r}."
            )

    async def test_no_secret_is_in_an_error(self, lab: Lab, vendor: FakeVendor) -> None:
        """Not in its text, its arguments, its attributes, its notes, nor in what it came from.

        Raise outside the `except` where the cause holds a body or an address: "from None" keeps the context.
        """
        errors = await _tour(lab)
        words = _secrets(lab, vendor) | vendor.secrets
        assert errors, "Not one error was met on a day full of bad answers: they were swallowed."
        for error in errors:
            text = told(error)
            found = [one for one in words if one in text]
            assert not found, (
                f"A {type(error).__name__} (or what it came from) holds a secret "
                f"({_hint(lab, vendor, found[0])}): {_without(words, str(error))[:80]!r}."
            )

    async def test_no_secret_is_in_a_repr(self, lab: Lab, vendor: FakeVendor) -> None:
        """Options of type Secret, and no repr that shows what is in them; reprs end up in logs."""
        key = lab.key()
        ref = await lab.create(key)
        states = await lab.network.read()
        outcome = await lab.try_one(Revoke(ref, key.label))
        words = _secrets(lab, vendor)
        things = {
            "the controller's options": lab.options,
            "the network's options": lab.network_options,
            "the controller": lab.controller,
            "the network": lab.network,
            "the controller's attributes": vars(lab.controller),
            "the network's attributes": _attributes(lab.network),
            "what read() returns": states,
            "an outcome": outcome,
        }
        for name, thing in things.items():
            for text in (repr(thing), str(thing)):
                assert not [one for one in words if one in text], f"The repr of {name} shows a secret."

    async def test_no_secret_is_in_a_complaint_about_options(self, lab: Lab, vendor: FakeVendor) -> None:
        """Derive options from `Options`, which hides inputs; and say nothing of them in validators."""
        given = vendor.options()
        words = _secrets(lab, vendor)
        for name in given:
            for wrong in ({**given, name: {"odd": given[name]}}, {**given, name: [given[name]]}):
                try:
                    lab.driver.options_class.model_validate(wrong)
                except ValidationError as error:
                    found = [one for one in words if one in told(error)]
                    assert not found, f"A wrong {name} makes an error that shows a secret."

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_a_redirect_carries_nothing_to_another_host(
        self, lab: Lab, vendor: FakeVendor, status: int
    ) -> None:
        """Do not follow a redirect to another host; `may_follow` is for hosts that are the vendor's."""
        key = lab.key()
        await lab.settled([key], "making a key")
        words = _secrets(lab, vendor)
        for pair in ((lab.controller, lab.network), await lab.instance()):
            vendor.plan(Fault(redirect=status))
            errors: list[BaseException] = []
            for call in (*_looks(lab, *pair), *_changes(lab, pair[1], key.label)):
                result = await _caught(call, errors)
                assert result is None or not hasattr(result, "ref"), "A redirected change was a success."
            vendor.clear()
            words |= vendor.secrets | _secrets(lab, vendor)
            for stray in vendor.strays:
                assert not [one for one in words if one in stray], (
                    f"A redirect ({status}) took a secret to another host: {stray!r}. Follow none."
                )
                signed = [name for name, _ in stray.headers if _is_credential(name)]
                assert not signed, f"A redirect ({status}) took {signed[0]} to another host."
                assert stray.method in ("GET", "HEAD"), (
                    f"A redirect ({status}) took a change to another host."
                )
            vendor.forget()
        await lab.settled([key], f"redirects ({status})")


async def _tour(lab: Lab) -> list[BaseException]:
    """Everything that a driver does, on a good day and on bad ones; returns every error met."""
    errors: list[BaseException] = []
    key = lab.key("mia")
    vlan = (await lab.vlans(1))[0] if lab.has(Feature.VLAN) else None
    if vlan is not None:
        await lab.rounds_ensure(vlan)
    ref = await lab.create(replace(key, vlan=vlan))
    refusals = [
        replace(lab.key("ben"), passphrase=key.passphrase),
        lab.key("ben", passphrase=PRINTER_PASSPHRASE),
        lab.key("ben", passphrase=lab.passphrase(63) + "xyz"),
        replace(lab.key("ben"), label="cusna-" + "x" * 300),
        lab.key("ben", vlan=4095),
    ]
    for wrong in refusals:
        await _caught(lambda wrong=wrong: _first(lab.network, Create(wrong)), errors)  # type: ignore[misc]
    if lab.has(Feature.UPDATE):
        new = replace(key, vlan=vlan, passphrase=Secret(lab.passphrase()))
        ref = await lab.do(Update(ref, new))
    lab.passphrases.discard(PRINTER_PASSPHRASE)
    for fault in _echoes(lab):
        for cold in (False, True):
            lab.later()
            pair = await lab.instance() if cold else (lab.controller, lab.network)
            if not cold:
                await lab.network.read()  # logged in again: the fault is to meet the calls behind the login
            lab.vendor.plan(fault)
            for call in (*_looks(lab, *pair), *_changes(lab, pair[1], key.label)):
                await _caught(call, errors)
            lab.vendor.clear()
    lab.later()
    for state in lab.mine(await lab.network.read()):
        await lab.do(Revoke(state.ref, state.label or ""))
    return errors


def _echoes(lab: Lab) -> list[Fault]:
    """Answers that repeat what nobody should repeat, as vendors do ("the password 'x' is too short")."""
    words = sorted(_secrets(lab, lab.vendor))
    text = ", ".join(words)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    plain = (f'{{"message": "{quoted}", "errors": ["{quoted}"], "{quoted}": "{quoted}"}}').encode()
    page, header = f"<html>{text}</html>".encode(), {"X-Debug": text, "Content-Type": "application/json"}
    faults = [
        Fault(status=one, body=plain, headers=header) for one in (200, 400, 401, 404, 409, 422, 429, 500)
    ]
    faults.append(Fault(status=200, body=b"[" + plain + b"]", headers=header))
    faults.append(Fault(status=200, body=page, headers={"Content-Type": "text/html"}))
    faults.append(Fault(status=503, body=page, headers={"Content-Type": "text/html"}))
    faults += [Fault(drop="before"), Fault(redirect=302)]
    return faults


def _looks(
    lab: Lab, controller: Controller[Any, Any], network: Network[Any]
) -> list[Callable[[], Awaitable[Any]]]:
    looks: list[Callable[[], Awaitable[Any]]] = [controller.check, network.check]
    looks += [controller.networks, network.read]
    if lab.has(Feature.VLAN):
        looks.append(network.segments)
    if lab.has(Feature.CLIENTS):
        looks.append(network.clients)
    return looks


def _changes(lab: Lab, network: Network[Any], label: str) -> list[Callable[[], Awaitable[Any]]]:
    """Changes of keys that are not there, so that nothing is to be tidied up."""
    new = lab.key("eve")
    ref = next(iter(lab.refs), None)
    changes: list[Any] = [Create(new)]
    if ref is not None:
        changes.append(Revoke(ref, label))
    if ref is not None and lab.has(Feature.UPDATE):
        changes.append(Update(ref, lab.key("mia")))
    if lab.has(Feature.VLAN):
        changes.append(EnsureSegment(lab.segment_of(max(lab.network.limits.vlan_min, 3000))))
    return [lambda change=change: _first(network, change) for change in changes]  # type: ignore[misc]


async def _first(network: Network[Any], change: Any) -> Any:
    async for outcome in network.apply([change]):
        if outcome.error is not None:
            raise outcome.error
    return None


async def _caught(call: Callable[[], Awaitable[Any]], errors: list[BaseException]) -> Any:
    try:
        return await call()
    except PluginError as error:
        errors.append(error)
    except Exception as error:
        if type(error).__name__ == "BlockingError":
            raise
        errors.append(error)
    return None


@contextmanager
def listening() -> Iterator[Ear]:
    ear, root = Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield ear
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def _is_credential(name: str) -> bool:
    return bool(CREDENTIAL.search(name)) and not NO_CREDENTIAL.search(name)


def told(error: BaseException | None, seen: frozenset[int] = frozenset()) -> str:
    """Everything that an exception could tell a log, and everything it came from."""
    if error is None or id(error) in seen:
        return ""
    seen |= {id(error)}
    text = f"{error!s} {error!r} {error.args!r} {getattr(error, '__dict__', {})!r}"
    text += "".join(told(one, seen) for one in getattr(error, "exceptions", ()))
    return text + told(error.__cause__, seen) + told(error.__context__, seen)


def _secrets(lab: Lab, vendor: FakeVendor) -> set[str]:
    words = {*lab.passphrases, PRINTER_PASSPHRASE, *_credentials(vendor.options()), *_hidden(lab.options)}
    words |= {*_hidden(lab.network_options)}
    return {one for one in words if len(one) >= SHORTEST}


def _credentials(options: Mapping[str, Any]) -> Iterator[str]:
    """Values that are secret by their name, whatever type the driver gave them."""
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _credentials(value)
        elif isinstance(value, str) and re.search(r"key|token|secret|password|passphrase", name):
            yield value


def _hidden(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, BaseModel):
            yield from _hidden(value)


def _attributes(thing: object) -> dict[str, Any]:
    return dict(getattr(thing, "__dict__", {}))


def _hint(lab: Lab, vendor: FakeVendor, word: str) -> str:
    if word in {*_credentials(vendor.options()), *_hidden(lab.options)}:
        return "a credential of the options"
    return "a passphrase" if word in {*lab.passphrases, PRINTER_PASSPHRASE} else "a token or cookie"


def _without(words: set[str], text: str) -> str:
    for one in words:
        text = text.replace(one, "•••")
    return text
