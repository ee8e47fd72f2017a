"""From tables to a setup: what is bad is off, with what needs it; the others go on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from cusna_core.api import Finding, Level
from cusna_core.config import file, plugins, resolve
from cusna_core.config.judge import own_options
from cusna_core.config.setup import Off, Setup, path

from .conftest import PLUGIN, Distribute, Read, Resolve

GOOD: dict[str, str] = {
    "plugins": 'enable = ["vendor"]',
    "mail": 'host = "smtp.example.com"\nsender = "wifi@example.com"',
    "integrations.hq": 'type = "club"\nclient_id = "me"\nclient_secret = "env:CLUB"',
    "controllers.rack": 'type = "box"\nurl = "https://192.168.1.1"\ntls.ca = "box.pem"',
    "networks.members": 'controller = "rack"\nssid = "Members"\nvlan_pool = "100-102"',
    "locations.kreuzberg": 'integration = "hq"\nsource_location = "Kreuzberg"\nnetworks = ["members"]',
}


def toml(**changes: str | None) -> str:
    """The good file with some tables changed, added or (None) left out."""
    tables = GOOD | {name.replace("__", "."): text for name, text in changes.items()}
    return "\n".join(f"[{name}]\n{text}" for name, text in tables.items() if text is not None)


def codes(setup: Setup) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in setup.findings]


def only(setup: Setup) -> Finding:
    (finding,) = setup.findings
    return finding


def test_a_good_file(resolved: Resolve, tmp_path: Path) -> None:
    setup = resolved(toml(), CLUB="canary-5502")
    assert setup.findings == ()
    assert setup.off == ()
    hq, rack = setup.integrations["hq"], setup.controllers["rack"]
    members, kreuzberg = setup.networks["members"], setup.locations["kreuzberg"]
    assert hq.source is setup.plugins.sources["club"]
    assert hq.options.model_dump()["client_secret"] == SecretStr("canary-5502")
    assert (hq.policy.roaming, hq.policy.manage_vlans, hq.policy.plans_without_wifi) == (
        False,
        False,
        frozenset(),
    )
    assert rack.driver is setup.plugins.drivers["box"]
    assert rack.options.model_dump()["tls"]["ca"] == str(tmp_path / "box.pem")
    assert (members.controller, members.vlan_pool, members.apply, members.on_first_visit) == (
        "rack", (100, 101, 102), True, False,
    )  # fmt: skip
    assert members.options.model_dump() == {"ssid": "Members"}
    assert (kreuzberg.integration, kreuzberg.source_location) == ("hq", "Kreuzberg")
    assert kreuzberg.networks == ("members",)
    assert (kreuzberg.title, kreuzberg.timezone, kreuzberg.contact, kreuzberg.privacy_url) == (
        None,
        None,
        "",
        None,
    )
    assert {hq.origin, rack.origin, members.origin, kreuzberg.origin, setup.mail_origin} == {"file"}
    assert "canary-5502" not in repr(setup)


def test_all_choices(resolved: Resolve) -> None:
    setup = resolved(
        toml(
            integrations__hq=GOOD["integrations.hq"]
            + '\nroaming = true\nmanage_vlans = true\nplans_without_wifi = ["Virtual Office", "pl_A7"]',
            networks__members=GOOD["networks.members"] + '\napply = false\nprovision = "on_first_visit"',
            locations__kreuzberg='integration = "hq"\nsource_location = "7"\n'
            'networks = ["members", "members"]\nname = "Haus"\n'
            'timezone = "Europe/Berlin"\ncontact = "Ask Mia"\nprivacy_url = "https://example.com/p"',
        ),
        CLUB="abc",
    )
    assert setup.findings == ()
    policy = setup.integrations["hq"].policy
    assert (policy.roaming, policy.manage_vlans) == (True, True)
    assert {"virtual office", "pl_A7"} <= policy.plans_without_wifi
    assert (setup.networks["members"].apply, setup.networks["members"].on_first_visit) == (False, True)
    location = setup.locations["kreuzberg"]
    assert location.networks == ("members",)
    assert (location.title, location.timezone) == ("Haus", ZoneInfo("Europe/Berlin"))
    assert (location.contact, location.privacy_url) == ("Ask Mia", "https://example.com/p")


BAD: list[tuple[str, str, str, str]] = [
    ("integrations.hq", 'type = "club"\nclient_secret = "abc"', "integrations.hq.client_id", "is missing"),
    (
        "integrations.hq",
        'type = "club"\nclient_id = "a"\nclient_secre = "abc"\nclient_secret = "abc"',
        "integrations.hq.client_secre",
        "is not known here. Did you mean client_secret?",
    ),
    (
        "integrations.hq",
        GOOD["integrations.hq"] + "\nmanage_vlan = true",
        "integrations.hq.manage_vlan",
        "Did you mean manage_vlans?",
    ),
    (
        "integrations.hq",
        GOOD["integrations.hq"] + "\nadmins = []",
        "integrations.hq.admins",
        "move it to the top of the file",
    ),
    (
        "integrations.hq",
        GOOD["integrations.hq"] + "\npages = 500",
        "integrations.hq.pages",
        "less than or equal to 100",
    ),
    (
        "integrations.hq",
        GOOD["integrations.hq"] + '\nroaming = "maybe"',
        "integrations.hq.roaming",
        "true or false",
    ),
    ("integrations.hq", 'client_id = "a"', "integrations.hq.type", "is missing"),
    (
        "integrations.hq",
        'type = "club"\nclient_id = "a"\nclient_secret = "env:GONE"',
        "integrations.hq.client_secret",
        "the environment variable GONE is not set",
    ),
    ("integrations.hq", 'type = "clubb"', "integrations.hq.type", "Did you mean club?"),
    (
        "integrations.hq",
        'type = "zzz"',
        "integrations.hq.type",
        "no enabled plugin brings this type. Known: club.",
    ),
    ("controllers.rack", 'type = "box"\nurl = 5', "controllers.rack.url", "text in quotes"),
    (
        "controllers.rack",
        'type = "box"\nurl = "u"\ntls.fingerprnt = "x"',
        "controllers.rack.tls.fingerprnt",
        "is not known here.",
    ),
    ("controllers.rack", 'type = "box"\nurl = "u"\ntls = 5', "controllers.rack.tls", "should be a table"),
    ("networks.members", 'controller = "rack"\nssid = ""', "networks.members.ssid", "should not be empty"),
    (
        "networks.members",
        'controller = "rack"\nssid = "M"\nvlan_pool = "9-5"',
        "networks.members.vlan_pool",
        "runs backwards",
    ),
    (
        "networks.members",
        'controller = "rak"\nssid = "M"',
        "networks.members.controller",
        "Did you mean rack?",
    ),
    (
        "networks.members",
        'controller = "zzz"\nssid = "M"',
        "networks.members.controller",
        "the table [controllers.zzz]",
    ),
    ("networks.members", 'controller = 7\nssid = "M"', "networks.members.controller", "text in quotes"),
    (
        "locations.kreuzberg",
        'integration = "hq"\nnetworks = ["members"]',
        "locations.kreuzberg.source_location",
        "missing",
    ),
    (
        "locations.kreuzberg",
        'integration = "hq"\nsource_location = "K"\nnetworks = []',
        "locations.kreuzberg.networks",
        "should not be empty",
    ),
    (
        "locations.kreuzberg",
        'integration = "hq"\nsource_location = "K"\nnetworks = ["member"]',
        "locations.kreuzberg.networks",
        "there is no network called member. Did you mean members?",
    ),
    (
        "locations.kreuzberg",
        'integration = "hk"\nsource_location = "K"\nnetworks = "members"',
        "locations.kreuzberg.integration",
        "there is no integration called hk",
    ),
    (
        "locations.kreuzberg",
        GOOD["locations.kreuzberg"] + '\ntimezone = "Europe/Belin"',
        "locations.kreuzberg.timezone",
        "Did you mean Europe/Berlin?",
    ),
    (
        "locations.kreuzberg",
        GOOD["locations.kreuzberg"] + '\nnetwork = "x"',
        "locations.kreuzberg.network",
        "Did you mean networks?",
    ),
]


@pytest.mark.parametrize(("table", "text", "where", "sentence"), BAD)
def test_one_bad_table_is_off_and_a_second_of_each_goes_on(
    resolved: Resolve, table: str, text: str, where: str, sentence: str
) -> None:
    setup = resolved(
        toml(
            integrations__two=GOOD["integrations.hq"],
            controllers__two='type = "box"\nurl = "u"',
            networks__two='controller = "two"\nssid = "Two"',
            locations__two='integration = "two"\nsource_location = "T"\nnetworks = ["two"]',
            **{table.replace(".", "__"): text},
        ),
        CLUB="abc",
    )
    for things in (setup.integrations, setup.controllers, setup.networks, setup.locations):
        assert "two" in things
    said = next(finding for finding in setup.findings if finding.path == where)
    assert said.level is Level.ERROR
    kind, _, name = table.partition("s.")
    assert said.code == f"config.{kind}"
    assert said.summary.startswith(f"{where}: ")
    assert sentence in said.summary
    assert f"The {kind} {name} is switched off until that is mended; keys that exist keep" in said.summary
    assert "cusna.toml; `cusna check`" in said.fix
    assert (kind, name) in [(off.kind, off.name) for off in setup.off]


def test_what_cannot_do_without_it_is_off_too(resolved: Resolve) -> None:
    setup = resolved(toml(controllers__rack='type = "box"'), CLUB="abc")
    assert codes(setup) == [
        ("config.controller", "controllers.rack.url"),
        ("config.needs", "networks.members.controller"),
        ("config.needs", "locations.kreuzberg.networks"),
    ]
    network, location = setup.findings[1:]
    assert network.summary.startswith("The network members is switched off, because its controller rack is")
    assert location.summary.startswith(
        "The location kreuzberg is switched off, because its network members is"
    )
    assert location.fix == "Mend the network members first."
    assert [off.name for off in setup.off] == ["rack", "members", "kreuzberg"]
    assert set(setup.integrations) == {"hq"}


def test_a_network_on_a_controller_of_unknown_type(resolved: Resolve) -> None:
    setup = resolved(toml(controllers__rack='type = "crate"'), CLUB="abc")
    assert [code for code, _ in codes(setup)] == ["config.controller", "config.needs", "config.needs"]


def test_a_location_goes_on_with_the_networks_that_are_left(resolved: Resolve) -> None:
    location = 'integration = "hq"\nsource_location = "K"\nnetworks = ["members", "guests"]'
    setup = resolved(toml(networks__guests='controller = "rack"', locations__kreuzberg=location), CLUB="abc")
    assert setup.locations["kreuzberg"].networks == ("members",)
    assert codes(setup) == [
        ("config.network", "networks.guests.ssid"),
        ("config.needs", "locations.kreuzberg.networks"),
    ]
    assert setup.findings[1].level is Level.WARNING


def test_a_location_without_its_integration(resolved: Resolve) -> None:
    setup = resolved(toml(), CLUB="")
    assert codes(setup)[:2] == [
        ("config.integration", "integrations.hq.client_secret"),
        ("config.needs", "locations.kreuzberg.integration"),
    ]
    assert setup.off[1] == Off("location", "kreuzberg", "file", "its integration hq is switched off")
    assert set(setup.networks) == {"members"}


def test_names_and_tables_of_a_wrong_shape(resolved: Resolve) -> None:
    setup = resolved(
        toml(integrations="Ost = 3\nwest = 4", networks="north = 5", locations="south = 6"), CLUB="abc"
    )
    by_path = {finding.path: finding.summary for finding in setup.findings}
    assert "should be a name of small letters, digits and hyphens" in by_path["integrations.Ost"]
    for where in ("integrations.west", "networks.north", "locations.south"):
        assert by_path[where].startswith(f"{where}: should be a table: [{where}].")


def test_a_secret_that_cannot_be_read_is_told_once(resolved: Resolve) -> None:
    short = 'type = "club"\nclient_id = "a"\nclient_secret = "env:GONE"'
    setup = resolved(toml(integrations__hq=short), CLUB="abc")
    assert [finding.path for finding in setup.findings].count("integrations.hq.client_secret") == 1


def test_no_sentence_shows_a_value(resolved: Resolve) -> None:
    setup = resolved(
        toml(
            integrations__hq='type = "club"\nclient_id = ["canary-1"]\nclient_secret = "canary-2"\n'
            'pages = "canary-3"',
            controllers__rack='type = "box"\nurl = 5\napi_key = 12345678\ntls = "canary-4"',
        )
    )
    said = " ".join(f"{finding}" for finding in setup.findings) + repr(setup)
    assert len(setup.off) == 4
    assert "canary" not in said
    assert "12345678" not in said


STORED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "integration": {"console": {"type": "club", "client_id": "c", "client_secret": "from-console"}},
    "controller": {"attic": {"type": "box", "url": "https://10.0.0.1", "tls": {"ca": "attic.pem"}}},
    "network": {"attic": {"controller": "attic", "ssid": "Attic", "vlan_pool": "7"}},
    "location": {"attic": {"integration": "console", "source_location": "A", "networks": ["attic"]}},
    "mail": {"mail": {"host": "smtp.example.com", "sender": "a@example.com"}},
}


def test_everything_may_come_from_the_console(resolved: Resolve, tmp_path: Path) -> None:
    setup = resolved("", STORED)
    assert setup.findings == ()
    assert setup.mail is not None
    assert setup.mail_origin == "console"
    assert setup.locations["attic"].origin == "console"
    assert setup.networks["attic"].vlan_pool == (7,)
    assert setup.controllers["attic"].options.model_dump()["tls"]["ca"] == str(
        tmp_path / "data" / "attic.pem"
    )


def test_console_and_file_may_refer_to_each_other(resolved: Resolve) -> None:
    setup = resolved(
        toml(locations__attic='integration = "console"\nsource_location = "A"\nnetworks = ["members"]'),
        {"integration": STORED["integration"]},
        CLUB="abc",
    )
    assert setup.findings == ()
    assert setup.locations["attic"].integration == "console"


def test_the_file_wins(resolved: Resolve) -> None:
    setup = resolved(toml(), {"integration": {"hq": {"type": "gone"}}, "mail": STORED["mail"]}, CLUB="abc")
    assert setup.integrations["hq"].origin == "file"
    assert setup.mail_origin == "file"
    assert codes(setup) == [("config.clash", "integrations.hq"), ("config.clash", "mail")]
    assert {finding.level for finding in setup.findings} == {Level.WARNING}


@pytest.mark.parametrize("reference", ["env:CLUB", "file:/etc/hostname"])
def test_the_console_takes_no_references(resolved: Resolve, reference: str) -> None:
    values = {"type": "club", "client_id": "c", "client_secret": reference}
    setup = resolved("", {"integration": {"console": values}, "mail": STORED["mail"]}, CLUB="abc")
    assert "work in the file only" in only(setup).summary
    assert only(setup).fix == "Correct it in the console."
    assert setup.integrations == {}


def test_bad_mail_of_the_console_does_not_refuse_the_start(resolved: Resolve) -> None:
    setup = resolved("", {"mail": {"mail": {"host": "smtp.example.com", "colour": 3}}})
    assert setup.mail is None
    assert codes(setup) == [("config.mail", "mail.sender"), ("config.mail", "mail.colour")]
    assert "No mail can be sent until that is mended" in setup.findings[0].summary


def test_advice(resolved: Resolve, read: Read) -> None:
    setup = resolved(toml(mail=None, networks__spare='controller = "rack"\nssid = "Spare"'), CLUB="abc")
    assert codes(setup) == [("config.unused", "networks.spare"), ("config.no-mail", "mail")]
    empty = read("")
    lonely = replace(empty, general=empty.general.model_copy(update={"admins": ()}))
    assert codes(resolve.resolve(lonely, setup.plugins)) == [
        ("config.no-mail", "mail"),
        ("config.no-admins", "admins"),
    ]


@pytest.mark.parametrize(
    ("mode", "secret", "told"),
    [(0o644, "literal-secret", True), (0o644, "env:CLUB", False), (0o640, "literal-secret", False)],
)
def test_a_file_with_secrets_that_everybody_may_read(
    read: Read, tmp_path: Path, distribute: Distribute, mode: int, secret: str, told: bool
) -> None:
    distribute("vendor", PLUGIN)
    text = toml(integrations__hq=f'type = "club"\nclient_id = "a"\nclient_secret = "{secret}"')
    where = read(text, CLUB="abc").path
    where.chmod(mode)
    setup = resolve.resolve(file.read(where, {"CLUB": "abc"}), plugins.load(["vendor"]))
    assert codes(setup) == ([("config.readable", "integrations.hq.client_secret")] if told else [])
    assert secret not in f"{setup.findings}" or not told


def test_a_type_whose_plugin_is_not_enabled_or_broken(distribute: Distribute, read: Read) -> None:
    distribute("club", PLUGIN)
    distribute("box", "raise ValueError")
    text = toml(plugins='enable = ["box"]', controllers__rack='type = "box_two"')
    setup = resolve.resolve(read(text, CLUB="abc"), plugins.load(["box"]))
    by_path = {finding.path: finding.summary for finding in setup.findings}
    assert 'the plugin club is not enabled: add "club" to [plugins] enable' in by_path["integrations.hq.type"]
    assert (
        "its plugin does not work. The plugin box (cusna-box 1.2) cannot be imported (ValueError)"
        in (by_path["controllers.rack.type"])
    )
    assert setup.findings[0].code == "plugins.broken", "what the plugins say comes first"


def test_where_things_stand_and_what_plugins_add(resolved: Resolve) -> None:
    setup = resolved(toml(), CLUB="abc")
    assert path("integration", "hq") == "integrations.hq"
    assert own_options("integration", {"type": "nothing"}, setup.plugins) is None
    assert own_options("controller", "text", setup.plugins) is None
    location = own_options("location", {}, setup.plugins)
    assert location is not None
    assert location.model_fields == {}
    assert setup.general.sync_every == timedelta(minutes=10)
