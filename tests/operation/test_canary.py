"""A day with everything in it, logged as loudly as it can be: does any secret get out?"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from cusna_core.admin import control
from cusna_core.demo.stage import until
from cusna_core.store import backup
from cusna_core.testing.memory_fake import TOKEN, MemoryFake

from .house import ADMIN, FOREIGN, House
from .people import CODE, Member

Build = Callable[..., Awaitable[House]]


async def ask(house: House, operation: str, **values: Any) -> dict[str, Any]:
    events = [one async for one in control.ask(house.data, operation, values, "tester")]
    assert "result" in events[-1], events[-1]
    return dict(events[-1]["result"])


def from_letter(text: str) -> Iterator[str]:
    """The link's token, and the code with and without its gap."""
    for word in text.split():
        if "/link/" in word:
            yield word.rpartition("/")[2]
    for one, other in CODE.findall(text):
        yield f"{one} {other}"
        yield one + other


async def test_no_secret_gets_out(build: Build, tmp_path: Path) -> None:
    house = await build(("hall", "loft", "attic"), kinds={"attic": "unifi"})
    house.tables[""]["log_level"] = "debug"
    house.tables["integrations.hq"]["roaming"] = True
    # One controller refuses from the beginning, another one fails later.
    house.tables["controllers.loft"]["token"] = "a-wrong-token-of-loft"
    house.write()
    options = house.source.options()
    client = f"{options['client_id']}:{options['client_secret']}"
    secrets = {
        FOREIGN,
        TOKEN,
        "a-wrong-token-of-loft",
        client.partition(":")[2],
        base64.b64encode(client.encode()).decode(),
        house.wifis["attic"].options()["api_key"],
    }
    names = ("mara", "theo", "lena")
    for name in names:
        house.member("hall", name)
    people = [Member.of(house.url, f"{name}@example.com", house.inbox) for name in names]
    addresses = {ADMIN, *(one.email for one in people)}
    log = tmp_path / "log"
    child = await house.child(log)
    try:
        secrets |= await _a_day(house, people)
        assert child.returncode is None
    finally:
        child.terminate()
        await child.wait()
        for one in people:
            secrets |= {cookie.value for cookie in one.session.cookie_jar if len(cookie.value) >= 16}
            await one.session.close()
    assert await child.wait() == 0
    secrets |= set(house.keys("hall"))
    assert all(len(one) >= 8 for one in secrets)
    assert len(secrets) > 25

    said = log.read_text()
    assert "DEBUG" in said
    assert "loft" in said, "the controller that refuses is not told of"
    assert not [one for one in secrets | addresses if one in said]
    assert "Traceback" not in said

    backup.copy(house.data / "cusna.db", house.data / "backups" / "one.db")
    files = [one for one in house.data.rglob("*") if one.is_file() and one.name != "cusna.key"]
    assert len(files) >= 2
    for file in files:
        content = file.read_bytes()
        assert not [one for one in secrets if one.encode() in content], file.name


async def _a_day(house: House, people: list[Member]) -> set[str]:
    """Everything that has to do with secrets; returns those that were seen on the way."""
    mara, theo, lena = people
    hall = house.wifis["hall"]
    assert isinstance(hall, MemoryFake)
    secrets: set[str] = set()
    assert await until(lambda: len(house.keys("hall")) == 3, 30)

    # By link: show, three to choose from, change.
    await mara.ask("hall")
    letter = await mara.mail()
    assert letter is not None
    secrets |= set(from_letter(letter["text"]))
    (link,) = [one for one in letter["text"].split() if "/link/" in one]
    await mara.open(link.removeprefix(house.url))
    secrets.add(await mara.passphrase("hall") or "")
    offered = await mara.offered("hall")
    assert len(offered) == 3
    secrets |= set(offered)
    assert await mara.choose("hall")
    secrets.add(await mara.passphrase("hall") or "")
    assert (await mara.open(link.removeprefix(house.url))).status == 410

    # By code; the controller fails meanwhile, and a code of the desk's while no mail gets through.
    await theo.ask("hall")
    letter = await theo.mail()
    assert letter is not None
    secrets |= set(from_letter(letter["text"]))
    (code,) = CODE.findall(letter["text"])
    assert (await theo.post("/portal/hall/sent", code="0000 0000")).status == 422
    assert (await theo.post("/portal/hall/sent", code=" ".join(code))).url.endswith("/wifi")
    hall.down = True
    offered = await theo.offered("hall")
    secrets |= set(offered)
    assert await theo.choose("hall", 2)
    house.inbox.down = True
    await lena.ask("hall")
    told = await ask(house, "sign-in-code", email=lena.email, location="hall")
    secrets |= {told["code"], f"{told['code'][:4]} {told['code'][4:]}"}
    assert (await lena.post("/portal/hall/sent", code=told["code"])).url.endswith("/wifi")
    secrets.add(await lena.passphrase("hall") or "")

    # What an admin asks for, with a controller that is down and when it is back.
    url = (await ask(house, "admin-link", email=ADMIN))["url"]
    secrets.add(url.rpartition("/")[2])
    assert (await lena.get(url.removeprefix(house.url))).status == 200
    entered = await lena.post(url.removeprefix(house.url))
    assert entered.status == 200
    assert (await lena.get("/console")).status == 200
    for operation in ("plan", "apply", "check"):
        await ask(house, operation)
    hall.down = house.inbox.down = False
    for operation in ("apply", "plan"):
        await ask(house, operation)
    for one in people:
        await ask(house, "explain", email=one.email)
    await ask(house, "rotate", email=mara.email)
    secrets.add(await mara.passphrase("hall") or "")
    await ask(house, "disable", email=theo.email)
    # Nonsense with secrets in it, as a scanner or a clumsy hand would send it.
    for path in (f"/portal/hall/link/{offered[0]}", f"/portal/{offered[0]}", f"/?token={offered[1]}"):
        await mara.get(path)
    await mara.post("/portal/hall", email=offered[2], code=told["code"])
    async with mara.session.post(
        f"{house.url}/portal/hall", data=b"\xff\x00" + offered[0].encode()
    ) as answer:
        assert answer.status >= 400
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    with closing(writer):
        writer.write(f"GET /portal/{offered[0]} NONSENSE\r\n\r\n".encode())
        assert b"400" in await reader.readline()
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    with closing(writer):
        writer.write(f"GET /portal HTTP/1.1\r\nHost: a\r\nCookie {offered[0]}\r\n\r\n".encode())
        assert b"400" in await reader.readline()
    # What would have been written is masked: nobody may even have tried.
    told = await ask(house, "check")
    assert not [one for one in told["findings"] if one["code"] == "plugins.secret-in-log"]
    return secrets - {""}
