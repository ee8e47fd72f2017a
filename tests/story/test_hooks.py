"""A booking that Andcards tells of by a webhook is there at once: nobody waits for the next read."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cusna_core.config.plugins import Registry
from cusna_core.demo.people import KREUZBERG
from cusna_core.demo.stage import until

from .conftest import Space, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def hooked(tmp_path: Path, registry: Registry) -> AsyncIterator[Space]:
    async with opened(tmp_path / "space", registry, hooks=True) as one:
        yield one


async def test_booking_told_by_a_webhook_is_claimable_long_before_the_next_read(hooked: Space) -> None:
    nina = hooked.visitor("Nina Rossi")
    await nina.sign_in("kreuzberg")
    assert (await nina.wifi("kreuzberg")).field("ssid") is None
    source: Any = hooked.stage.source
    reads = len(lists(source))

    async def claimable() -> list[str]:
        told = await hooked.explain("Nina Rossi")
        return [one["name"] for one in told["claimable"]]

    booking = hooked.stage.book_now(hooked.stage.cast.find("Nina Rossi"), KREUZBERG, "Desk 9")
    assert await until(claimable), source.hooks.sent
    assert await claimable() == ["Desk 9"]
    assert list(source.hooks.sent) == [("booking.created", 204)]
    assert lists(source)[reads:] == [], "everything was read for it"
    await nina.post("/portal/kreuzberg/again")
    assert (await nina.until_working("kreuzberg")).field("because") is not None

    # And a cancellation takes the right away again, as the source itself states it.
    source.cancel(booking)

    async def off() -> bool:
        return (await nina.wifi("kreuzberg")).field("state") == "off"

    assert await until(off, 30), source.hooks.sent
    assert lists(source)[reads:] == []


def lists(source: Any) -> list[str]:
    """Reads of everything: no look at one person asks for all members."""
    return [
        one.path
        for one in source.calls
        if one.path == "/community/memberships/v1" and "userEmail" not in one.query
    ]
