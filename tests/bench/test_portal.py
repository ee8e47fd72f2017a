"""Is what `script/bench portal` measures really asked, and answered as it should be?"""

from pathlib import Path

import pytest

from . import portal
from .portal import GOALS, Share, measured, pace, requests, served, table


async def test_all_that_is_measured_is_answered(tmp_path: Path) -> None:
    async with served(tmp_path, 12, 1) as told:
        found = await measured(told, 1, 0.05)
        assert [one.what for one in found] == list(GOALS)
        assert all(one.rate > 0 and one.cpu > 0 and one.hello > 0 for one in found)
        asks = requests(told | {"cookie": "cusna_member=nobody"})["member's page"]
        with pytest.raises(AssertionError, match="303"):
            await pace(told, "member's page", *asks, 5)


def test_a_share_is_judged_by_its_median() -> None:
    good = Share("sign-in page", (0.1, 0.75, 9.0), (1.0,), 1.0, 1.0, 1.0)
    bad = Share("sign-in page", (0.74, 0.74, 9.0), (1.0,), 1.0, 1.0, 1.0)
    assert [one.good for one in (good, bad)] == [True, False]
    assert [str(one.style) for one in table([good, bad]).rows] == ["", "red"]
    assert portal.STATUS.keys() == {"hello", *GOALS}
