"""What do these tests stand on? A clock that nobody waits for, a Spacebring in a box, and the
vendor's own specification, against which every call of every test is checked."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7

from cusna_andcards.fake import AndcardsFake, Call
from cusna_andcards.options import AndcardsOptions
from cusna_andcards.source import AndcardsSource
from cusna_core.api import Clock, Context, Window

Connect = Callable[..., Awaitable[AndcardsSource]]
URN = "urn:spacebring"
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


class SteppedClock(Clock):
    """Whoever sleeps wakes at once, and that much later."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.passed + seconds
        await asyncio.sleep(0)
        self.passed = max(self.passed, until)


class Specification:
    """The vendor's OpenAPI document, and how many calls were held against it."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = _draft7(json.loads(path.read_text()))
        self.registry: Registry[Any] = Registry().with_resource(URN, DRAFT7.create_resource(self.document))
        self.requests = 0
        self.answers = 0
        self.paths: set[str] = set()
        self.wrong: list[str] = []
        self._known: set[tuple[object, ...]] = set()

    def begin(self) -> None:
        """Count anew, and check again what was checked before."""
        self.paths.clear()
        self._known.clear()

    def check(self, call: Call) -> None:
        if call.path.startswith("/oauth2/"):
            return  # the specification leaves signing in out
        # The kit asks the same over and over, and the fake's ids are the same in every test.
        whole = (call.method, call.path, frozenset(call.query.items()), call.status, call.body, call.tidy)
        if whole in self._known:
            return
        template = self._template(call.path)
        if template is None:
            self.wrong.append(f"{call.method} {call.path}: no such path")
            return
        self.paths.add(template)
        operation = self.document["paths"][template].get(call.method.lower())
        if operation is None:
            self.wrong.append(f"{call.method} {template}: no such method")
            return
        before = len(self.wrong)
        self._check_request(call, template, operation)
        self._check_answer(call, template, operation)
        if len(self.wrong) == before:
            self._known.add(whole)

    def _template(self, path: str) -> str | None:
        parts = path.split("/")
        fitting = [
            template
            for template in self.document["paths"]
            if len(names := template.split("/")) == len(parts)
            and all(name == part or name.startswith("{") for name, part in zip(names, parts, strict=True))
        ]
        return min(fitting, key=lambda template: template.count("{"), default=None)

    def _check_request(self, call: Call, template: str, operation: dict[str, Any]) -> None:
        known = {(one["in"], one["name"]): one for one in operation.get("parameters", [])}
        for name, value in call.query.items():
            parameter = known.get(("query", name))
            if parameter is None:
                self.wrong.append(f"{template}: no parameter {name}")
            else:
                self._check_value(f"{template}?{name}", parameter["schema"], value)
        for (where, name), parameter in known.items():
            if (
                where == "query"
                and parameter.get("required")
                and name not in call.query
                and call.status < 300
            ):
                self.wrong.append(f"{template}: {name} is required")
            if where == "path":
                at = template.split("/").index(f"{{{name}}}")
                self._check_value(f"{template}:{name}", parameter["schema"], call.path.split("/")[at])
        self.requests += 1

    def _check_value(self, where: str, schema: dict[str, Any], text: str) -> None:
        if "enum" in schema:  # "Pass them as comma separated values"
            self.wrong += [f"{where}: {part}?" for part in text.split(",") if part not in schema["enum"]]
            return
        value: Any = int(text) if schema.get("type") == "integer" and text.isdecimal() else text
        self._validate(where, schema, value)

    def _check_answer(self, call: Call, template: str, operation: dict[str, Any]) -> None:
        described = operation["responses"].get(str(call.status))
        if described is None or not call.tidy:
            return  # 401, 404 and 429 are not in the document; a bad day is not the vendor's promise
        schema = described["content"]["application/json"]["schema"]
        self._validate(f"{template} {call.status}", schema, json.loads(call.body))
        self.answers += 1

    def _validate(self, where: str, schema: dict[str, Any], value: Any) -> None:
        rooted = _absolute(schema)
        validator = Draft7Validator(rooted, registry=self.registry, format_checker=FormatChecker())
        for error in validator.iter_errors(value):
            self.wrong.append(f"{where}: {'.'.join(map(str, error.absolute_path))}: {error.message[:120]}")


def _draft7(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says type null."""
    if isinstance(node, list):
        return [_draft7(one) for one in node]
    if not isinstance(node, dict):
        return node
    node = {name: _draft7(one) for name, one in node.items()}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: URN + one if name == "$ref" and isinstance(one, str) else _absolute(one)
        for name, one in node.items()
    }


SPECIFICATION = pytest.StashKey[Specification | None]()


def _specification(config: pytest.Config) -> Specification | None:
    if SPECIFICATION not in config.stash:
        folder = Path(os.environ.get("CUSNA_SPECS", config.rootpath / "../shared/specs"))
        path = folder / "spacebring-openapi.json"
        config.stash[SPECIFICATION] = Specification(path) if path.exists() else None
    return config.stash[SPECIFICATION]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    specification = _specification(config)
    if specification is None:
        terminalreporter.write_line("spacebring specification: absent, nothing checked (set CUSNA_SPECS)")
    else:
        terminalreporter.write_line(
            f"spacebring specification: {specification.requests} requests and "
            f"{specification.answers} answers checked"
        )


@pytest.fixture
def optional_specification(request: pytest.FixtureRequest) -> Specification | None:
    return _specification(request.config)


@pytest.fixture
def specification(optional_specification: Specification | None) -> Specification:
    if optional_specification is None:
        pytest.skip(
            "The vendor's specification is not here. Put spacebring-openapi.json into a folder and name "
            "the folder in CUSNA_SPECS."
        )
    return optional_specification


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def fake(
    clock: SteppedClock, optional_specification: Specification | None
) -> AsyncIterator[AndcardsFake]:
    fake = AndcardsFake(clock)
    if optional_specification is not None:
        optional_specification.wrong.clear()
        fake.watch = optional_specification.check
    await fake.start()
    yield fake
    await fake.stop()
    if optional_specification is not None:
        assert optional_specification.wrong == []


@pytest.fixture
async def connect(fake: AndcardsFake, clock: SteppedClock) -> AsyncIterator[Connect]:
    """Open a source at the fake, with other options where a test wants them."""
    opened: list[AndcardsSource] = []

    async def connect(**changes: Any) -> AndcardsSource:
        options = AndcardsOptions.model_validate(fake.options() | changes)
        source = AndcardsSource(options, Context("hq", "t3st", clock, lambda text: text))
        await source.open()
        opened.append(source)
        return source

    yield connect
    for source in opened:
        await source.close()


@pytest.fixture
async def source(connect: Connect) -> AndcardsSource:
    return await connect()


@pytest.fixture
def berlin(fake: AndcardsFake) -> str:
    return fake.add_location("Kreuzberg", "Europe/Berlin")


@pytest.fixture
def day() -> Window:
    """10 March 2026 in Berlin; the clock begins at 13:00 there."""
    return Window(datetime(2026, 3, 9, 23, tzinfo=UTC), datetime(2026, 3, 10, 23, tzinfo=UTC))
