"""Does an admin see who is told of events, try it, and see whether webhooks of a source arrive?"""

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from cusna_core.config import plugins
from cusna_core.demo import file
from cusna_core.demo.stage import Stage, until

from ..ports import free
from .admin import SETTINGS, WANTED, Admin, needs_plugins

pytestmark = needs_plugins
HERE = f"{SETTINGS}/sinks"
HQ = f"{SETTINGS}/integrations/hq"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class Door:
    def __init__(self) -> None:
        self.got: list[str] = []
        self.status = 204

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((await request.json())["type"])
        return web.Response(status=self.status)


@pytest.fixture
async def door() -> AsyncIterator[tuple[Door, str]]:
    door = Door()
    application = web.Application()
    application.router.add_post("/{tail:.*}", door.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield door, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def stage(
    tmp_path: Path, door: tuple[Door, str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """The demo's file, with two sinks: one that is good, and one of a type that nobody brings."""
    real = file.written

    def written(*args: object, **values: object) -> Path:
        path = real(*args, **values)  # type: ignore[arg-type]  # handed through
        text = path.read_text().replace("enable = [", 'enable = ["webhook", ')
        url = f"{door[1]}/hook/sesame"
        text += f'\n[sinks.door]\ntype = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
        text += 'events = ["account.disabled"]\n\n[sinks.odd]\ntype = "pigeon"\n'
        path.write_text(text)
        return path

    monkeypatch.setattr("cusna_core.demo.stage.written", written)
    registry = plugins.load(WANTED, fakes=True)
    made = await Stage.build(tmp_path / "demo", registry, free(), hooks=True)
    yield made
    await made.stop()


async def _works(admin: Admin) -> bool:
    return "door Works" in words((await admin.get(HERE)).text)


async def test_events_and_webhooks(admin: Admin, door: tuple[Door, str]) -> None:
    got, _ = door
    text = (await admin.get(HERE)).text
    assert f'href="{HERE}" aria-current="page"' in text
    assert "door Nothing sent yet Webhook · 127.0.0.1:" in words(text)
    assert "It is told of: account.disabled. E-mail addresses are not told." in words(text)
    assert "sinks.odd.type" in text, "why the other one is switched off"
    assert "sesame" not in text
    assert SECRET not in text

    # A test event, and what is read when it is not taken.
    answer = await admin.post(f"{HERE}/door/test")
    assert (answer.status, answer.path) == (200, f"{HERE}?tested=door")
    assert "door took the test event." in words(answer.text)
    assert got.got == ["test"]
    someone = admin.stage.cast.find("Priya Nair").email

    async def read() -> bool:
        told = [
            one async for one in admin.stage.app.core.operations.run("explain", {"email": someone}, "test")
        ]
        return "result" in told[-1]

    assert await until(read)
    async for _ in admin.stage.app.core.operations.run("disable", {"email": someone}, "test"):
        pass
    assert await until(lambda: len(got.got) == 2), "what happens goes out by itself"
    assert got.got[1] == "account.disabled"
    assert await until(lambda: _works(admin))
    got.status = 500
    answer = await admin.post(f"{HERE}/door/test")
    assert answer.status == 422
    assert "door did not take the test event. 127.0.0.1 did not take an event: it answered 500." in words(
        answer.text
    )
    answer = await admin.post(f"{HERE}/door/test?lang=de")
    assert "127.0.0.1 hat ein Ereignis nicht angenommen: Die Antwort war 500." in words(answer.text)
    assert (await admin.get(f"{HERE}?lang=en")).status == 200
    for name in ("odd", "nobody", "%3Cb%3E"):
        assert (await admin.post(f"{HERE}/{name}/test")).status == 404
    assert "<b>" not in (await admin.get(f"{HERE}?tested=%3Cb%3E")).text

    # Webhooks of the source.
    text = (await admin.get(HQ)).text
    address = f"{admin.base}/hooks/hq"
    assert f'<code class="line">{address}</code>' in text
    assert "No webhook yet" in text
    source = admin.stage.source
    source.add_company(admin.stage.cast.locations["kreuzberg"], "Told GmbH")

    async def arrived() -> bool:
        return "They arrive" in (await admin.get(HQ)).text

    assert await until(arrived)
    assert "One was refused" not in (await admin.get(HQ)).text
    async with aiohttp.ClientSession() as anybody:
        for path, body, status in (
            ("/hooks/hq", b"{}", 401),
            ("/hooks/nobody", b"{}", 404),
            ("/hooks/hq", b"x" * 256 * 1024, 401),
            ("/hooks/hq", b"x" * (256 * 1024 + 1), 413),
        ):
            async with anybody.post(admin.base + path, data=body) as got_:
                assert got_.status == status
                assert status == 413 or await got_.read() == b"", "it tells nothing"
                assert got_.headers["Cache-Control"] == "no-store"
        async with anybody.get(f"{admin.base}/hooks/hq") as got_:
            assert got_.status == 405
        async with anybody.post(f"{admin.base}/hooks/hq", headers={"Host": "evil.example"}) as got_:
            assert got_.status == 421

    async def refused() -> bool:
        return "One was refused" in (await admin.get(HQ)).text

    assert await until(refused)
