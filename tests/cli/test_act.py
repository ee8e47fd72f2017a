"""What do the commands do, and what do they say about it?"""

from cusna_core.core import Core
from cusna_core.store import audit, outbox

from .conftest import ADMIN, FOREIGN, SSID, Space


async def recorded(space: Space) -> tuple[list[audit.Entry], list[outbox.Letter]]:
    """What stands in the audit log, and the letters that are to be sent."""
    core = await Core.open(space.file)
    try:
        entries = await core.db.read(audit.recent)
        letters = await core.db.read(lambda tx: outbox.due(tx, core.vault, core.clock.now()))
    finally:
        await core.close()
    return entries, letters


async def test_apply_makes_the_keys_and_says_how_many(space: Space) -> None:
    space.member("Mara")
    space.member("Theo")
    said = await space.cusna("apply")
    assert (said.code, said.err) == (0, "")
    assert "✓ 2 changes done" in said.out
    assert len(space.ours()) == 2
    assert space.wifi.foreign_keys(SSID) == {"printer": FOREIGN}
    again = await space.cusna("apply")
    assert again.code == 0
    assert "✓ everything is as it should be" in again.out


async def test_apply_leaves_what_is_only_planned(space: Space) -> None:
    space.tables["networks.members"]["apply"] = False
    space.write()
    space.member("Mara")
    said = await space.cusna("apply")
    assert said.code == 0
    assert "networks.members has apply = false." in said.out
    assert space.ours() == []


async def test_apply_that_cannot_is_told_and_is_no_success(space: Space) -> None:
    space.member("Mara")
    space.wifi.break_down(True)
    said = await space.cusna("apply")
    assert said.code == 1
    assert "done" not in said.out
    assert "as it should be" not in said.out
    assert "! GET /networks/Members/keys answered 503" in said.out


async def test_a_held_set_is_told_and_passes_only_by_its_digest(space: Space) -> None:
    for number in range(6):
        space.member(f"Member{number}")
    await space.cusna("apply")
    assert len(space.ours()) == 6
    space.source.answer_with_nobody(True)
    plan = await space.cusna("plan")
    assert "three times in a row" in plan.err
    for _ in range(5):
        assert "nothing to change" in plan.out
        plan = await space.cusna("plan")
    assert plan.code == 1
    assert "6 people lose access early" in plan.plain
    assert "Member0, Member1" in plan.plain
    applied = await space.cusna("apply")
    assert applied.code == 1
    assert len(space.ours()) == 6
    digest = applied.out.partition("cusna apply --accept ")[2].split()[0]
    wrong = await space.cusna("apply", "--accept", "0" * len(digest))
    assert (wrong.code, wrong.out) == (1, "")
    assert "No held set has this digest" in wrong.err
    assert len(space.ours()) == 6
    passed = await space.cusna("apply", "--accept", digest)
    assert passed.code == 0
    assert space.ours() == []
    assert space.wifi.foreign_keys(SSID) == {"printer": FOREIGN}


async def test_disable_takes_the_key_and_restore_brings_the_same_back(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    before = space.ours()
    disabled = await space.cusna("disable", "mara@example.com")
    assert disabled.code == 0
    assert "Disabled by an admin: no access." in disabled.out
    assert space.ours() == []
    restored = await space.cusna("restore-access", "mara@example.com")
    assert restored.code == 0
    assert "Key Members: working." in restored.plain
    assert space.ours() == before
    entries, _ = await recorded(space)
    told = {one.kind: one.who for one in entries}
    assert told["disabled"].endswith("command line)")
    assert told["restored"].endswith("command line)")


async def test_rotate_gives_another_passphrase_and_tells_the_member(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    before = space.ours()
    said = await space.cusna("rotate", "mara@example.com")
    assert said.code == 0
    assert len(space.ours()) == 1
    assert space.ours() != before
    entries, letters = await recorded(space)
    assert "passphrase-rotated" in {one.kind for one in entries}
    assert "passphrase-changed" in {one.kind for one in letters}


async def test_what_a_controller_did_not_do_is_told(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    space.wifi.break_down(True)
    said = await space.cusna("disable", "mara@example.com")
    assert said.code == 1
    assert "Mara may still have a key that works on Members" in said.out


async def test_nobody_is_nobody_for_each(space: Space) -> None:
    for command in ("disable", "restore-access", "rotate"):
        said = await space.cusna(command, "nobody@example.com")
        assert (said.code, said.out) == (1, "")
        assert "Nobody with this address is known." in said.err


async def test_a_desk_code_is_read_aloud_audited_and_told(space: Space) -> None:
    space.member("Mara")
    await space.cusna("apply")
    said = await space.cusna("sign-in-code", "mara@example.com", "hall")
    assert said.code == 0
    code = said.out.splitlines()[0].replace(" ", "")
    assert len(code) == 8
    assert code.isdigit()
    assert "For Mara at Hall: good for 10 minutes." in said.out
    assert "They are told by mail that you made it." in said.out
    entries, letters = await recorded(space)
    (entry,) = [one for one in entries if one.kind == "desk-code"]
    assert entry.location == "hall"
    assert code not in str(entry)
    assert "desk-code" in {one.kind for one in letters}


async def test_a_desk_code_needs_somebody_and_a_place(space: Space) -> None:
    nowhere = await space.cusna("sign-in-code", "mara@example.com", "nowhere")
    assert nowhere.code == 2
    assert "There is no location of this name. Locations: hall." in nowhere.err
    nobody = await space.cusna("sign-in-code", "nobody@example.com", "hall")
    assert nobody.code == 1
    assert "Nobody with this address is known in hq." in nobody.err


async def test_leave_shows_its_plan_first_and_then_removes_exactly_ours(space: Space) -> None:
    space.member("Mara")
    space.member("Theo")
    await space.cusna("apply")
    planned = await space.cusna("leave", "hall")
    assert planned.code == 0
    assert "2 keys; 1 that we did not make stays untouched" in planned.out
    assert "Nothing was changed." in planned.out
    assert len(space.ours()) == 2
    early = await space.cusna("leave", "hall", "--yes")
    assert early.code == 1
    assert "Set apply = false in networks.members" in early.out
    assert len(space.ours()) == 2
    space.tables["networks.members"]["apply"] = False
    space.write()
    left = await space.cusna("leave", "hall", "--yes")
    assert left.code == 0
    assert "✓ 2 changes done" in left.out
    assert space.ours() == []
    assert space.wifi.foreign_keys(SSID) == {"printer": FOREIGN}
    again = await space.cusna("leave", "hall", "--yes")
    assert again.code == 0
    assert "none of our keys is there" in again.out
    entries, _ = await recorded(space)
    assert "left" in {one.kind for one in entries}


async def test_leave_keeps_a_network_that_others_have_too(space: Space) -> None:
    space.tables["locations.loft"] = {
        **space.tables["locations.hall"],
        "source_location": space.source.add_location("Loft", "Europe/Berlin"),
    }
    space.tables["networks.members"]["apply"] = False
    space.write()
    said = await space.cusna("leave", "hall", "--yes")
    assert said.code == 0
    assert "It stays: loft has this network too." in said.out


async def test_leave_that_cannot_read_says_so(space: Space) -> None:
    space.wifi.break_down(True)
    said = await space.cusna("leave", "hall")
    assert said.code == 1
    assert "0 keys" not in said.out


async def test_leave_an_unknown_place_names_those_that_there_are(space: Space) -> None:
    said = await space.cusna("leave", "nowhere")
    assert (said.code, said.out) == (2, "")
    assert "Locations: hall." in said.err


async def test_an_admin_link_is_alone_on_its_line(space: Space) -> None:
    said = await space.cusna("admin-link")
    assert said.code == 0
    (url,) = said.out.splitlines()
    assert url.startswith(f"http://localhost:{space.port}/console/link/")
    assert f"It signs in {ADMIN}, once" in said.err
    entries, _ = await recorded(space)
    assert "admin-link" in {one.kind for one in entries}
    assert url.rpartition("/")[2] not in str(entries)


async def test_without_an_admin_there_is_no_link(space: Space) -> None:
    other = await space.cusna("admin-link", "--as", "mara@example.com")
    assert (other.code, other.out) == (2, "")
    assert (
        f"This is no admin. Put the address into `admins` at the top of the file; now: {ADMIN}." in other.err
    )
    space.tables[""]["admins"] = []
    space.write()
    nobody = await space.cusna("admin-link")
    assert (nobody.code, nobody.out) == (2, "")
    assert "now: none." in nobody.err
