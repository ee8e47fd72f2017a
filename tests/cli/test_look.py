"""What do the commands say that only look?"""

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from cusna_core.config import file as config_file

from .conftest import FOREIGN, Space, run


async def test_check_says_that_everything_is_fine(space: Space) -> None:
    said = await space.cusna("check")
    assert (said.code, said.out, said.err) == (0, "✓ Everything answers, and nothing needs attention.\n", "")


async def test_check_tells_each_finding_with_its_place_and_its_fix(space: Space) -> None:
    space.tables["networks.members"]["ssid"] = "Typo"
    space.write()
    said = await space.cusna("check")
    assert said.code == 1
    assert 'error networks.members.ssid: The memory WiFi has no network "Typo"' in said.plain
    assert "→ Correct the name." in said.plain
    assert "1 error. Everything else goes on." in said.plain
    assert "✓" not in said.out


async def test_check_tells_refused_credentials_without_them(space: Space) -> None:
    space.tables["controllers.air"]["token"] = "not-the-token"
    space.secrets.add("not-the-token")
    space.write()
    said = await space.cusna("check")
    assert said.code == 1
    assert "error controllers.air: " in said.plain


async def test_check_names_the_place_of_a_mistake_once(space: Space) -> None:
    del space.tables["controllers.air"]["token"]
    space.write()
    said = await space.cusna("check")
    assert "error controllers.air.token: is missing." in said.plain


async def test_check_gives_blocks_to_paste_that_work(space: Space) -> None:
    space.source.add_location("Loft, Nord", "Europe/Berlin")
    space.wifi.network_options("Loft")
    said = await space.cusna("check")
    assert said.code == 0
    assert "Loft, Nord is not mapped to a location." in said.out
    pasted = "\n".join(
        line for line in said.out.splitlines() if line.startswith("[") or line.partition(" = ")[1]
    )
    assert "[locations.loft-nord]" in pasted
    assert "[networks.loft]" in pasted
    space.file.write_text(f"{space.file.read_text()}\n{pasted}\n")
    again = await space.cusna("check")
    assert "paste" not in again.out
    assert "networks.loft: No location uses the network loft" in again.out


async def test_check_gives_blocks_for_everything_at_once(space: Space) -> None:
    del space.tables["networks.members"], space.tables["locations.hall"]
    space.source.add_location("Hall", "Europe/Berlin")
    space.tables["controllers.second"] = dict(space.tables["controllers.air"])
    space.write()
    said = await space.cusna("check")
    pasted = [line for line in said.out.splitlines() if line.startswith("[") or " = " in line]
    for head in ("[locations.hall]", "[locations.hall-2]", "[networks.members]", "[networks.members-2]"):
        assert pasted.count(head) == 1
    space.file.write_text("\n".join([space.file.read_text(), *pasted]))
    again = await space.cusna("plan")
    assert again.code in (0, 1)
    assert "networks.members" in again.out


async def test_check_on_nothing_says_what_to_do_next(space: Space) -> None:
    for name in [one for one in space.tables if "." in one]:
        del space.tables[name]
    space.write()
    said = await space.cusna("check")
    assert said.code == 0
    assert "Nothing is configured yet" in said.out
    assert "`cusna plugins`" in said.out
    assert "`cusna admin-link`" in said.out
    assert "Everything answers" not in said.out


async def test_check_on_half_of_it_says_what_is_missing(space: Space) -> None:
    del space.tables["networks.members"], space.tables["locations.hall"]
    space.write()
    said = await space.cusna("check")
    assert "There is no network and no location yet, so nobody gets WiFi." in said.out
    assert "nothing needs attention" not in said.out


async def test_check_sends_a_test_mail(space: Space) -> None:
    said = await space.cusna("check", "--mail", "desk@space.example")
    assert said.code == 0
    assert "The mail server accepted a test mail to desk@space.example" in said.out
    assert [one.to for one in space.inbox.mails] == ["desk@space.example"]


async def test_check_says_that_the_test_mail_was_refused(space: Space) -> None:
    await space.inbox.bad_day(True)
    said = await space.cusna("check", "--mail", "desk@space.example")
    assert said.code == 1
    assert "error The mail server" in said.plain
    assert "→ Look at [mail]: " in said.out
    assert "1 error." in said.out
    assert "✓" not in said.out
    assert space.inbox.mails == []


async def test_check_takes_addresses_only(space: Space) -> None:
    said = await space.cusna("check", "--mail", "nobody")
    assert (said.code, said.out) == (2, "")
    assert "This is no e-mail address" in said.err


async def test_a_broken_file_is_told_whole_each_problem_with_its_path(space: Space) -> None:
    space.tables[""] |= {
        "base_url": "http://wifi.example.com",
        "log_level": "loud",
        "adminz": ["a@b.example"],
    }
    space.tables["mail"]["port"] = 99999
    space.write()
    for command in (["check"], ["plan"], ["plugins"], ["schema"], ["backup", "copy.db"], ["serve"]):
        said = await space.cusna(*command)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith(f"{space.file} cannot be used:\n")
        for path in ("base_url", "log_level", "adminz", "mail.port"):
            assert f"\n  {path}: " in said.err


async def test_a_file_that_is_not_there_is_named(space: Space) -> None:
    said = await space.cusna("check", config=space.folder / "other.toml")
    assert said.code == 2
    assert f"There is no file {space.folder / 'other.toml'}, which --config names." in said.err


async def test_plan_tells_what_would_change_and_why(space: Space) -> None:
    space.member("Mara")
    space.member("Theo", days=3)
    said = await space.cusna("plan")
    assert (said.code, said.err) == (0, "")
    assert "Members networks.members" in said.plain
    assert "+ Mara add (new), plan Hot desk, no end date" in said.plain
    assert "+ Theo add (new), plan Hot desk, until " in said.plain
    assert "2 keys of at most 100; 1 that we did not make stays untouched" in said.plain
    assert space.ours() == []


async def test_plan_where_apply_is_off_says_so(space: Space) -> None:
    space.tables["networks.members"]["apply"] = False
    space.write()
    space.member("Mara")
    said = await space.cusna("plan")
    assert "apply = false: this is only planned." in said.out
    assert said.code == 0


@pytest.mark.parametrize("command", ["plan", "apply"])
async def test_where_no_network_is_at_work_it_says_so(space: Space, command: str) -> None:
    del space.tables["networks.members"], space.tables["locations.hall"]
    space.write()
    said = await space.cusna(command)
    assert said.code == 0
    assert said.out.startswith("No network is at work here")


async def test_plan_does_not_tell_of_a_trouble_that_is_over(space: Space) -> None:
    space.wifi.break_down(True)
    assert "error controllers.air: " in (await space.cusna("check")).plain
    space.wifi.break_down(False)
    said = await space.cusna("plan")
    assert "controllers.air" not in said.out
    assert said.code == 0


async def test_plan_says_what_cannot_be_read(space: Space) -> None:
    space.wifi.break_down(True)
    said = await space.cusna("plan")
    assert said.code == 1
    assert "! " in said.out
    assert "nothing to change" not in said.out


async def test_plan_says_on_the_side_that_the_source_was_not_read(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    await space.source.stop()
    said = await space.cusna("plan")
    assert "What is stored counts." in said.err
    assert "nothing to change" in said.out


async def test_explain_goes_from_the_plan_to_the_key(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    said = await space.cusna("explain", "MARA@example.com")
    assert said.code == 0
    for line in (
        "Known as Member at Hall.",
        "Plan Hot desk at Hall: active",
        "Right Hall: plan Hot desk, no end date.",
        "Access Hall: yes, no end date.",
        "Key Members: working.",
    ):
        assert line in said.plain


async def test_explain_of_an_unknown_address_says_so(space: Space) -> None:
    said = await space.cusna("explain", "nobody@example.com")
    assert (said.code, said.out) == (1, "")
    assert "Nobody with this address is known." in said.err


async def test_explain_still_answers_when_the_integration_is_gone_from_the_file(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    del space.tables["integrations.hq"], space.tables["locations.hall"]
    space.write()
    said = await space.cusna("explain", "mara@example.com")
    assert said.code == 0
    assert "Mara" in said.out


async def test_plugins_lists_what_is_installed_and_what_is_on(space: Space) -> None:
    said = await space.cusna("plugins")
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines()]
    assert ["memory", "0.1.0", "yes", "memory"] in lines
    assert any(line[0] == "andcards" and line[2] == "yes" for line in lines)


async def test_plugins_lists_them_also_before_there_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CUSNA_CONFIG", raising=False)
    monkeypatch.setattr(config_file, "PLACES", ("cusna.toml",))
    said = run("plugins")
    assert said.code == 0
    assert ["memory", "0.1.0", "no"] in [line.split() for line in said.out.splitlines()]
    assert said.err == "There is no configuration file yet, so none of them is enabled.\n"
    # A file that is named must be there.
    monkeypatch.setenv("CUSNA_CONFIG", "nowhere.toml")
    assert run("plugins").code == 2


async def test_plugins_that_are_not_installed_are_an_error(space: Space) -> None:
    space.tables["plugins"]["enable"] = ["andcards", "memori"]
    space.write()
    said = await space.cusna("plugins")
    assert said.code == 1
    assert "memori" in said.out


async def test_the_schema_is_one_and_takes_the_file(space: Space) -> None:
    said = await space.cusna("schema")
    assert said.code == 0
    schema = json.loads(said.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    content = tomllib.loads(space.file.read_text())
    assert list(validator.iter_errors(content)) == []
    content["networks"]["members"]["max_keys"] = "many"
    assert list(validator.iter_errors(content)) != []


@pytest.mark.parametrize("command", ["plan", "check", "explain"])
async def test_looking_changes_nothing_on_a_controller(space: Space, command: str) -> None:
    space.member("Mara")
    await space.cusna(command, *(["mara@example.com"] if command == "explain" else []))
    assert space.wifi.foreign_keys("Members") == {"printer": FOREIGN}
    assert [one for one in space.wifi.journal if not one.startswith("GET")] == []
