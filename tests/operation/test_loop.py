"""Does anything hold up the loop on which everybody is served?"""

from collections.abc import Awaitable, Callable

from blockbuster import blockbuster_ctx

from cusna_core.app import App

from .house import House
from .people import Member

Build = Callable[..., Awaitable[House]]
Serve = Callable[[House], Awaitable[App]]
WATCHED = ["cusna_core", "cusna_andcards", "cusna_unifi", "aiohttp", "aiosqlite"]


async def test_nothing_blocks_while_people_sign_in_and_change_their_passphrase(
    build: Build, serve: Serve
) -> None:
    """A blocking call in ours raises inside the program, and the person's way breaks off."""
    house = await build(("hall", "attic"), kinds={"attic": "unifi"})
    house.tables["integrations.hq"]["roaming"] = True
    house.member("hall", "mara")
    await serve(house)
    mara = Member.of(house.url, "mara@example.com", house.inbox)
    try:
        with blockbuster_ctx(WATCHED):
            await mara.sign_in("hall")
            page = await mara.until_working("hall")
            assert page.field("state") == "working"
            before = await mara.passphrase("hall")
            await mara.offered("hall")
            assert await mara.choose("hall")
            assert (await mara.until_working("hall")).field("state") == "working"
            assert await mara.mail() is not None
            assert await mara.passphrase("hall") not in (None, before)
    finally:
        await mara.session.close()
