"""Plugins with every bug there is, all at once beside good ones: who hears of it, and does anybody notice?"""

import logging
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from cusna_core.admin import control
from cusna_core.api import Finding
from cusna_core.app import App
from cusna_core.config import plugins
from cusna_core.demo.stage import until
from cusna_core.engine.fence import calls as fence
from cusna_core.engine.fence import stall
from cusna_core.store import accounts
from cusna_core.store import findings as rows
from cusna_core.testing.memory_fake import MemoryFake

from .house import ADMIN, FOREIGN, SSID, House
from .people import Member

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEEDS = "cusna-core>=0.1,<0.2"
NETWORKS = {
    "readsnone": "read() gave nothing (None) instead of a list of KeyState",
    "readstexts": "where KeyState belongs",
    "readsdict": "an object of dict instead of a list",
    "readsgenerator": "read() gave a generator",
    "readstwins": "two different keys with one reference",
    "readsnoref": "a key without a reference",
    "readsnaive": "a time without a zone as ends",
    "readsoddvlan": "vlan of a KeyState, where a whole number belongs",
    "readsplainsecret": "where a Secret belongs",
    "readsendless": "more than 100,000",
    "raiseskeyerror": "raised KeyError in read()",
    "raisesassertion": "raised AssertionError in read()",
    "raisesexit": "raised SystemExit in read()",
    "raisesinterrupt": "raised KeyboardInterrupt in read()",
    "raisescancelled": "raised CancelledError in read()",
    "raisesgroup": "raised BaseExceptionGroup in read()",
    "appliesunknown": "told of a change that it was not given",
    "appliesnothing": "apply() said nothing of 1 of 1 changes",
    "appliesnone": "apply() gave nothing (None)",
    "appliestexts": "where an Outcome belongs",
    "appliesnoref": "and not which",
    "appliesbug": "raised KeyError in apply()",
    "appliesodderror": "an object of ValueError as the error",
    "hideslabel": "claims LABEL, and shows our keys without one",
}
"""By driver, what an admin reads about its network."""
CLAIMS = {"hidespassphrase": "READ_PASSPHRASE", "forgetsends": "EXPIRY"}
MANAGED = {
    "nosegments": "claims VLAN, and segments() says that it cannot",
    "segmentsnone": "segments() gave nothing",
}
SWITCHED_OFF = {
    "noidentity": "raised KeyError in identity()",
    "emptyidentity": "gave an empty text",
    "nofeatures": "raised AttributeError in features and limits",
    "nolimits": "where Limits belongs",
    "makesnothing": "raised KeyError in __init__()",
    "openshanging": "did not finish open() within 2 seconds",
    "opensnot": "raised SystemExit in open()",
    "networknone": "network() gave nothing (None)",
}
CHECKS = {
    "checknone": "check() gave nothing (None)",
    "checkblocks": "kept the whole program waiting in check(), and was broken off",
    "checkraises": "raised AssertionError in check()",
    "checkstexts": "where Finding belongs",
}
HANGS = ("hangs", "stubborn", "checkhangs", "checkshanging")
WELL = ("makesthemup", "appliestwice", "closeshanging", "choices", "cannotupdate", "cannotdrop", "leaks")
BROKEN_PLUGINS = {
    "ends": ("plugins.broken", "raise SystemExit(1)"),
    "interrupts": ("plugins.broken", "raise KeyboardInterrupt"),
    "sleeps": ("plugins.hangs", "import threading\nthreading.Event().wait(60)"),
    "empty": ("plugins.answer", ""),
    "newer": ("plugins.version", "raise ValueError('must not be imported')"),
}


def install(folder: Path, name: str, code: str, *, package: str = "", needs: str = NEEDS) -> None:
    """As pip would: a module, and metadata with its entry point."""
    package = package or f"cusna-{name}"
    module = package.replace("-", "_")
    about = folder / f"{module}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\nRequires-Dist: {needs}\n"
    )
    (about / "entry_points.txt").write_text(f"[cusna]\n{name} = {module}\n")
    (folder / f"{module}.py").write_text(code)


@dataclass
class Street:
    """One good house among bad ones."""

    house: House
    app: App
    lines: list[str]

    async def findings(self) -> list[Finding]:
        return [one.finding for one in await self.app.core.db.read(rows.current)]

    async def passphrase(self) -> str:
        """Of the one member of all the bad networks."""
        core = self.app.core
        key = "sam-street@example.com"
        row = await core.db.read(lambda tx: accounts.by_email(tx, "hq", key))
        assert row is not None
        return await core.members.passphrase(row.id)

    async def joined(self, network: str) -> None:
        wifi, passphrase = self.house.wifis["hall"], await self.passphrase()

        async def joins() -> bool:
            return await wifi.join(network, passphrase, "02:00:00:00:00:09") == 0

        assert await until(joins, 40), network

    async def told(self, code: str, path: str, words: str = "", about: str = "") -> bool:
        return any(
            one.code == code
            and one.path == path
            and words in one.summary
            and about in one.about
            and bool(one.fix)
            for one in await self.findings()
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    folder = tmp_path_factory.mktemp("street")
    site = folder / "site"
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(site))
    patch.setattr(plugins, "PATIENCE", 1.0)
    patch.setattr(fence, "GRACE", 0.2)
    patch.setattr(stall, "LONGEST", 2.0)
    patch.setattr(stall, "AGAIN", 0.5)
    for what, seconds in {"open": 2.0, "check": 6.0, "read": 5.0, "close": 1.0}.items():
        patch.setitem(fence.SECONDS, what, seconds)
    install(site, "bad", Path(__file__).with_name("bad_plugin.py").read_text())
    for name, (_, code) in BROKEN_PLUGINS.items():
        install(site, name, code, needs="cusna-core>=7" if name == "newer" else NEEDS)
    install(site, "double", "", package="cusna-double")
    install(site, "double", "", package="other-double")

    house = await House.build(folder, ("hall",))
    for name, days in {"street": 5, "managed": None}.items():
        house.places[name] = house.source.add_location(name, "Europe/Berlin")
        house.member(name, f"sam-{name}", days=days)
    house.tables["plugins"]["enable"] += ["bad", "double", *BROKEN_PLUGINS]
    rack = house.wifis["hall"]
    house.member("hall", "mara")
    house.tables["integrations.managed"] = {**house.tables["integrations.hq"], "manage_vlans": True}
    house.tables["integrations.club"] = {"type": "bad_club"}
    house.tables["locations.club"] = {"integration": "club", "source_location": "there", "networks": ["hall"]}
    names = {*NETWORKS, *CLAIMS, *MANAGED, *SWITCHED_OFF, *CHECKS, *HANGS, *WELL}
    for name in sorted(names):
        house.tables[f"controllers.{name}"] = {"type": f"bad_{name}", **rack.options()}
        house.tables[f"networks.{name}"] = {"controller": name, **rack.network_options(name)}
        if name in MANAGED:
            house.tables[f"networks.{name}"]["vlan_pool"] = "100-199"
    bad = sorted(names - MANAGED.keys())
    house.tables["locations.street"] = {
        "integration": "hq", "source_location": house.places["street"], "networks": bad
    }  # fmt: skip
    house.tables["locations.managed"] = {
        "integration": "managed", "source_location": house.places["managed"], "networks": sorted(MANAGED)
    }  # fmt: skip
    lines: list[str] = []
    handler = _Lines(lines)
    logging.getLogger().addHandler(handler)
    app = await App.start(house.write())
    yield Street(house, app, lines)
    await app.stop()
    logging.getLogger().removeHandler(handler)
    await house.stop()
    patch.undo()
    for module in [one for one in sys.modules if one in ("cusna_bad", "cusna_empty")]:
        del sys.modules[module]
    shutil.rmtree(site)


class _Lines(logging.Handler):
    """What a log file would hold."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


async def seen(street: Street, code: str, path: str, words: str = "", about: str = "") -> None:
    found = await until(lambda: street.told(code, path, words, about), 40)
    assert found, [one for one in await street.findings() if one.path == path or not path]


async def test_the_good_house_notices_nothing(street: Street) -> None:
    """Beside all of them: a mail comes, a passphrase is shown, changed, and joins."""
    mara = Member.of(street.house.url, "mara@example.com", street.house.inbox)
    wifi = street.house.wifis["hall"]
    try:
        await mara.sign_in("hall")
        page = await mara.until_working("hall")
        assert page.field("state") == "working"
        old = await mara.passphrase("hall") or ""
        assert await wifi.join(SSID, old, "02:00:00:00:00:01") == 0
        await mara.offered("hall")
        assert await mara.choose("hall")
        assert (await mara.until_working("hall")).field("state") == "working"
        new = await mara.passphrase("hall") or ""
        assert await wifi.join(SSID, old, "02:00:00:00:00:02") is None
        assert await wifi.join(SSID, new, "02:00:00:00:00:02") == 0
    finally:
        await mara.session.close()
    assert wifi.foreign_keys(SSID) == {"printer": FOREIGN}
    assert not [
        one for one in await street.findings() if one.path.startswith(("networks.hall", "controllers.hall"))
    ]


@pytest.mark.parametrize(("name", "words"), NETWORKS.items())
async def test_a_network_that_answers_with_a_bug(street: Street, name: str, words: str) -> None:
    await seen(street, "controller.bug", f"controllers.{name}", f'"bad_{name}" (cusna_bad)')
    await seen(street, "controller.bug", f"controllers.{name}", words)


@pytest.mark.parametrize(("name", "words"), MANAGED.items())
async def test_a_claim_of_vlans_that_does_not_hold(street: Street, name: str, words: str) -> None:
    await seen(street, "controller.bug", f"controllers.{name}", words)
    assert len(street.house.wifis["hall"].others(name)) == 0


@pytest.mark.parametrize(("name", "claim"), CLAIMS.items())
async def test_a_claim_that_does_not_hold_is_told_and_not_believed_again(
    street: Street, name: str, claim: str
) -> None:
    await seen(street, "network.false-claim", f"networks.{name}", "does not do it", claim)


@pytest.mark.parametrize(("name", "words"), SWITCHED_OFF.items())
async def test_what_cannot_even_be_made_is_switched_off(street: Street, name: str, words: str) -> None:
    paths = [f"controllers.{name}", f"networks.{name}"]
    told = [one for one in await street.findings() if one.code == "setup.bug" and one.path in paths]
    assert [one for one in told if words in one.summary], told


@pytest.mark.parametrize(("name", "words"), CHECKS.items())
async def test_a_check_with_a_bug(street: Street, name: str, words: str) -> None:
    await seen(street, "controller.bug", f"controllers.{name}", words)


@pytest.mark.parametrize("name", HANGS)
async def test_one_that_hangs(street: Street, name: str) -> None:
    await seen(street, "controller.unreachable", f"controllers.{name}", "did not answer within")


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, (code, _) in BROKEN_PLUGINS.items()])
async def test_plugins_that_cannot_be_imported(street: Street, name: str, code: str) -> None:
    await seen(street, code, "plugins.enable", f"The plugin {name}", name)


async def test_two_plugins_with_one_name(street: Street) -> None:
    await seen(street, "plugins.clash", "plugins.enable", "cusna-double 1.0 and other-double 1.0", "double")


async def test_a_source_that_answers_with_nothing(street: Street) -> None:
    await seen(street, "source.bug", "integrations.club", "snapshot() gave nothing (None)")


async def test_the_others_go_on_though_they_lie_a_little(street: Street) -> None:
    """A key whose claims are not kept still works, and is not made again and again."""
    wifi = street.house.wifis["hall"]
    assert isinstance(wifi, MemoryFake)
    for name in ("hidespassphrase", "forgetsends", "closeshanging", "choices", "checkraises"):
        await street.joined(name)
    await street.joined("appliestwice")
    assert any("told of one change twice" in one for one in street.lines)
    made = [
        one for one in wifi.journal if one.startswith(("POST", "PUT")) and "/networks/forgetsends/" in one
    ]
    assert len(made) == 1, made


async def test_a_vendor_that_makes_passphrases_up_is_not_used(street: Street) -> None:
    await seen(street, "network.cannot-choose", "networks.makesthemup", "by itself")
    assert not street.house.wifis["hall"].online("makesthemup")


async def test_a_key_whose_update_is_refused_is_made_anew(street: Street) -> None:
    await street.joined("cannotupdate")
    before = await street.passphrase()
    member = Member.of(street.house.url, "sam-street@example.com", street.house.inbox)
    try:
        await member.sign_in("street")
        await member.offered("street")
        assert await member.choose("street")
        assert (await member.wifi("street")).status == 200
    finally:
        await member.session.close()
    assert await street.passphrase() != before
    await street.joined("cannotupdate")
    await seen(street, "network.false-claim", "networks.cannotupdate", "does not do it", "UPDATE")


async def test_no_secret_is_in_the_log_and_it_is_told_who_wrote_one(street: Street) -> None:
    await seen(street, "network.refused", "networks.leaks", "•••")
    secret = await street.passphrase()
    events = [one async for one in control.ask(street.house.data, "check", {}, "tester")]
    told = [one for one in events[-1]["result"]["findings"] if one["code"] == "plugins.secret-in-log"]
    assert any("cusna_bad" in one["summary"] for one in told)
    everything = "\n".join(street.lines)
    assert "making •••" in everything
    assert "it went wrong" in everything
    for one in (secret, "memory-token", "a-canary-in-a-bug"):
        assert one not in everything
        assert not [each for each in await street.findings() if one in f"{each.summary}{each.fix}"]


async def test_admins_get_a_letter_for_each(street: Street) -> None:
    """The same finding, by mail: with the plugin's name and what to do."""
    app = street.app
    await seen(street, "controller.bug", "controllers.readsnone")
    letters = await app.core.db.read(
        lambda tx: [
            row["key"] for row in tx.execute("SELECT key FROM outbox WHERE kind = 'admin-finding'").fetchall()
        ]
    )
    assert any("controllers.readsnone" in one for one in letters)
    assert any(ADMIN in one for one in letters)


async def test_it_is_ready_all_the_while(street: Street) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{street.house.url}/readyz") as answer:
        assert answer.status == 200
