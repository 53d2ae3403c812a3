"""The workroom: who waits hears in time, whatever a store does."""

from __future__ import annotations

import asyncio
import threading
from time import sleep

import pytest

from dias_cbm.window.workroom import Crowded, TooSlow, Workroom


def test_work_and_its_errors_come_back() -> None:
    room = Workroom()
    assert asyncio.run(room.run(lambda: 42)) == 42

    def fails() -> None:
        raise TimeoutError("of the store itself")

    with pytest.raises(TimeoutError, match="itself"):
        asyncio.run(room.run(fails))


def test_a_thread_that_hangs_is_not_waited_for() -> None:
    free, begun = threading.Event(), []
    room = Workroom(workers=1, waiting=1, patience_s=0.2)

    def hangs(number: int) -> int:
        begun.append(number)
        free.wait(10)
        return number

    async def three() -> list[BaseException | int]:
        first = asyncio.create_task(room.run(lambda: hangs(1)))
        await asyncio.sleep(0.05)
        others = (room.run(lambda number=number: hangs(number)) for number in (2, 3))
        return await asyncio.gather(first, *others, return_exceptions=True)

    errors = asyncio.run(three())
    assert [type(one) for one in errors] == [TooSlow, TooSlow, Crowded]
    free.set()
    while not room._jobs.empty():
        sleep(0.01)
    assert asyncio.run(room.run(lambda: 7)) == 7
    # What nobody waits for any more was never begun.
    assert begun == [1]
