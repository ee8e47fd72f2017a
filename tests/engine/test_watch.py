"""Does a look that was missed learn what changed, and nothing grow for it?"""

import asyncio

from cusna_core.engine.watch import Progress, Watch


async def test_what_changed_since_is_told_once() -> None:
    watch = Watch()
    begin = watch.cursor
    watch.changed("network:a", "findings")
    middle = watch.cursor
    watch.changed("network:b")
    assert watch.since(begin) == frozenset({"network:a", "network:b", "findings"})
    assert watch.since(middle) == frozenset({"network:b"})
    assert watch.since(watch.cursor) == frozenset()


async def test_a_cursor_of_another_run_means_that_anything_may_have_changed() -> None:
    watch = Watch()
    for cursor in (
        "",
        "x",
        Watch().cursor,
        f"{watch.cursor}9",
        watch.cursor.replace("-0", "-²"),
        "0-" + "9" * 40,
    ):
        assert watch.since(cursor) is None, cursor


async def test_who_waits_is_woken_by_any_number_of_changes_and_left_alone_without() -> None:
    watch = Watch()
    cursor = watch.cursor
    waiting = [asyncio.create_task(watch.wait(cursor)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in waiting)
    for _ in range(5000):
        watch.changed("network:a")
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    await asyncio.wait_for(watch.wait(cursor), 1)
    left = asyncio.create_task(watch.wait(watch.cursor))
    await asyncio.sleep(0)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    assert not watch._waiting, "nobody who left is remembered"
    assert len(watch._topics) == 1, "five thousand changes of one thing are one entry"


async def test_progress_is_a_change_and_goes_when_it_is_over() -> None:
    watch = Watch()
    cursor = watch.cursor
    watch.under_way("network:a", Progress("keys", 3, 10))
    assert watch.since(cursor) == frozenset({"network:a"})
    assert watch.busy()
    assert watch.busy(["network:a"])
    assert not watch.busy(["network:b"])
    cursor = watch.cursor
    watch.over("network:a")
    assert watch.progress("network:a") is None
    assert watch.since(cursor) == frozenset({"network:a"})
    cursor = watch.cursor
    watch.over("network:a")
    assert watch.cursor == cursor, "what is over already is no news"


async def test_things_that_are_gone_are_forgotten() -> None:
    watch = Watch()
    watch.under_way("network:a", Progress("keys"))
    watch.changed("network:b")
    watch.keep(lambda topic: topic == "network:b")
    assert set(watch._topics) == {"network:b", "setup"}
    assert not watch.busy()
