"""What do Meraki's tests share? A cloud in a box, a clock that sleeps in no time, and the vendor's
own specification, against which every call of every test is checked where it is at hand."""

import importlib
import json
import logging
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cusna_core.api import Clock, Context, Key, Secret
from cusna_meraki.driver import Meraki
from cusna_meraki.fake import API_KEY, Entry, MerakiFake
from cusna_meraki.network import MerakiNetwork
from cusna_meraki.options import MerakiNetworkOptions, MerakiOptions

SPEC = "meraki-openapi-extract.json"
METHODS = {"create": "POST", "update": "PUT", "destroy": "DELETE"}
checked = pytest.StashKey[Counter[str]]()


class SwiftClock(Clock):
    """Sleeping takes no time, but moves the clock on."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, 0, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return 1000 + self._seconds

    async def sleep(self, seconds: float) -> None:
        self._seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return SwiftClock()


@pytest.fixture
def context(clock: Clock) -> Context:
    return Context("dashboard", "ab12", clock, lambda passphrase: f"{hash(passphrase):x}")


@pytest.fixture
async def fake(
    clock: Clock, caplog: pytest.LogCaptureFixture, specification: "Specification"
) -> AsyncIterator[MerakiFake]:
    caplog.set_level(logging.DEBUG)
    cloud = MerakiFake(clock)
    await cloud.start()
    yield cloud
    await cloud.stop()
    secrets = {API_KEY} | {
        psk["passphrase"]
        for site in cloud.cloud.sites.values()
        for keys in site.psks.values()
        for psk in keys.values()
    }
    told = caplog.text + repr(cloud.journal)
    assert not [secret for secret in secrets if secret in told], "a secret was logged"
    for entry in cloud.journal:
        specification.check(entry)


@pytest.fixture
async def make_controller(fake: MerakiFake, context: Context) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Meraki:
            made = Meraki(MerakiOptions.model_validate(fake.options() | options), context)
            stack.push_async_callback(made.close)
            await made.open()
            return made

        yield make


@pytest.fixture
async def controller(make_controller: Callable[..., Any]) -> Meraki:
    made = await make_controller()
    assert isinstance(made, Meraki)
    return made


@pytest.fixture
def make_network(fake: MerakiFake, controller: Meraki) -> Callable[..., MerakiNetwork]:
    def make(**options: Any) -> MerakiNetwork:
        chosen = fake.network_options("Members") | options
        if "ssid" in options:
            del chosen["ssid_number"]
        return controller.network(MerakiNetworkOptions.model_validate(chosen))

    return make


@pytest.fixture
def network(make_network: Callable[..., MerakiNetwork]) -> MerakiNetwork:
    return make_network()


@pytest.fixture
def key() -> Callable[..., Key]:
    """A key of ours: the member's name, the passphrase, and what else is said."""

    def make(member: str, passphrase: str, vlan: int | None = None, ends: datetime | None = None) -> Key:
        return Key(f"cusna-ab12-{member}", Secret(passphrase), vlan, ends)

    return make


class Specification:
    """The vendor's own description of its API, if there is one here."""

    def __init__(self, path: Path, counts: Counter[str]) -> None:
        self.path = path
        self.jsonschema: Any = None
        self.counts = counts
        self._operations: list[tuple[str, re.Pattern[str], dict[str, Any]]] = []
        if not path.exists():
            return
        self.jsonschema = importlib.import_module("jsonschema")
        document = json.loads(path.read_text())
        for template, operations in document["paths"].items():
            pattern = re.compile("/api/v1" + re.sub(r"\{\w+\}", "[^/]+", template))
            self._operations += [
                (m.upper(), pattern, patched(o)) for m, o in operations.items() if m != "parameters"
            ]

    @property
    def present(self) -> bool:
        return bool(self._operations)

    def check(self, entry: Entry) -> None:
        """What our client sent must be allowed, and what the fake answered must be promised."""
        if not self.present or entry.spoilt:
            return
        found = [o for m, p, o in self._operations if m == entry.method and p.fullmatch(entry.path)]
        if not found:
            self.counts["calls that it does not describe"] += 1
            return
        if entry.headers["User-Agent"].startswith("Cusna/"):
            self._check_request(found[0], entry)
        if entry.status < 300:
            self._check_answer(found[0], entry)

    def _check_request(self, operation: dict[str, Any], entry: Entry) -> None:
        self.counts["requests"] += 1
        names = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        asked = {pair.partition("=")[0].replace("[]", "") for pair in entry.query.split("&") if pair}
        assert asked <= names, f"{entry.call} asks by {asked - names}"
        if "requestBody" not in operation:
            assert not entry.body, f"{entry.call} has a body"
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(entry.json) <= set(schema["properties"]), f"{entry.call} sends unknown fields"
        self.validate(entry.json, schema)
        if operation["operationId"] == "createOrganizationActionBatch":
            for action in entry.json["actions"]:
                self._check_action(action)

    def _check_action(self, action: dict[str, Any]) -> None:
        """An action is the call that it stands for."""
        self.counts["actions of batches"] += 1
        method, path = METHODS[action["operation"]], "/api/v1" + action["resource"]
        [operation] = [o for m, p, o in self._operations if m == method and p.fullmatch(path)]
        if "requestBody" not in operation:
            assert not action["body"], f"{method} {path} has a body"
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(action["body"]) <= set(schema["properties"]), f"{method} {path} sends unknown fields"
        self.validate(action["body"], schema)

    def _check_answer(self, operation: dict[str, Any], entry: Entry) -> None:
        self.counts["answers"] += 1
        promised = operation["responses"].get(str(entry.status))
        assert promised is not None, f"{entry.call} answers {entry.status}"
        if "content" not in promised:
            assert not entry.answer
            return
        self.validate(json.loads(entry.answer), promised["content"]["application/json"]["schema"])

    def validate(self, data: Any, schema: dict[str, Any]) -> None:
        checker = self.jsonschema.Draft202012Validator(schema, format_checker=self.jsonschema.FormatChecker())
        problems = [f"{'/'.join(map(str, one.path))}: {one.validator}" for one in checker.iter_errors(data)]
        assert not problems, problems


def patched(operation: dict[str, Any]) -> dict[str, Any]:
    """The three fields that the text says may be null and the schema does not; and the list of
    clients, which the schema calls an object."""

    def patch(node: Any) -> Any:
        if isinstance(node, list):
            return [patch(one) for one in node]
        if not isinstance(node, dict):
            return node
        node = {name: patch(value) for name, value in node.items()}
        for name in ("expiresAt", "email", "wifiPersonalNetworkId"):
            if isinstance(node.get(name), dict) and node[name].get("type") == "string":
                node[name]["type"] = ["string", "null"]
        return node

    done = patch(operation)
    assert isinstance(done, dict)
    if done["operationId"] == "getNetworkClients":
        answer = done["responses"]["200"]["content"]["application/json"]
        answer["schema"] = {"type": "array", "items": answer["schema"]}
    return done


@pytest.fixture
def specification(pytestconfig: pytest.Config) -> Specification:
    folder = os.environ.get("CUSNA_SPECS", str(pytestconfig.rootpath.parent / "shared" / "specs"))
    return Specification(Path(folder) / SPEC, pytestconfig.stash.setdefault(checked, Counter()))


@pytest.fixture
def told() -> Callable[[BaseException], str]:
    """Everything that an exception could tell a log: itself, and what it came from."""

    def tell(error: BaseException | None) -> str:
        text = ""
        while error is not None:
            text += f"{error!r} {error} {vars(error)}"
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return text

    return tell


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counts = config.stash.get(checked, Counter())
    if counts:
        numbers = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        terminalreporter.write_line(f"Meraki's specification: {numbers}")
