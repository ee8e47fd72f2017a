"""The JSON schema says what the program says, and knows the enabled plugins' options."""

import tomllib
from typing import Any

import jsonschema
import pytest

from cusna_core.config import schema
from cusna_core.config.models import Network
from cusna_core.config.plugins import Registry
from cusna_core.config.program import General
from cusna_core.config.schema import written_defaults

from .conftest import TOP
from .test_resolve import GOOD, toml


def judged(whole: dict[str, Any], text: str) -> list[str]:
    data = tomllib.loads(TOP + text)
    validator = jsonschema.Draft202012Validator(whole)
    return [error.json_path for error in validator.iter_errors(data)]


def test_it_is_a_schema_and_takes_a_good_file(registry: Registry) -> None:
    whole = schema.schema(registry)
    jsonschema.Draft202012Validator.check_schema(whole)
    assert judged(whole, toml()) == []


@pytest.mark.parametrize(
    ("table", "text", "where"),
    [
        ("integrations.hq", GOOD["integrations.hq"] + "\npags = 3", "$.integrations.hq"),
        (
            "integrations.hq",
            'type = "other"\nclient_id = "a"\nclient_secret = "abc"',
            "$.integrations.hq.type",
        ),
        ("controllers.rack", 'type = "box"\nurl = "u"\ntls.fingerprnt = "x"', "$.controllers.rack.tls"),
        ("networks.members", 'controller = "rack"', "$.networks.members"),
        (
            "networks.members",
            GOOD["networks.members"] + '\nprovision = "some"',
            "$.networks.members.provision",
        ),
        ("mail", 'host = "h"', "$.mail"),
    ],
)
def test_it_refuses_what_the_program_refuses(registry: Registry, table: str, text: str, where: str) -> None:
    found = judged(schema.schema(registry), toml(**{table.replace(".", "__"): text}))
    assert found
    assert all(place.startswith(where) for place in found)


def test_without_plugins_their_options_are_not_judged() -> None:
    whole = schema.schema(Registry())
    jsonschema.Draft202012Validator.check_schema(whole)
    assert judged(whole, toml()) == []
    assert judged(whole, toml(integrations__hq="roaming = true")) == ["$.integrations.hq"]


def test_two_types_stand_side_by_side(registry: Registry) -> None:
    twice = Registry({**registry.sources, "second": registry.sources["club"]}, registry.drivers)
    whole = schema.schema(twice)
    jsonschema.Draft202012Validator.check_schema(whole)
    assert judged(whole, toml(integrations__two=GOOD["integrations.hq"].replace("club", "second"))) == []


def test_defaults_are_as_they_would_be_written() -> None:
    assert written_defaults(General)["sync_every"] == "10 min"
    assert written_defaults(General)["trusted_proxies"] == ["127.0.0.1", "::1"]
    assert schema.schema(Registry())["properties"]["sync_every"]["default"] == "10 min"
    assert written_defaults(Network)["vlan_pool"] == ""


def test_secrets_are_marked(registry: Registry) -> None:
    one = schema.schema(registry)["properties"]["integrations"]["additionalProperties"]
    assert one["properties"]["client_secret"]["writeOnly"] is True
