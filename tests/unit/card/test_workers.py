"""Threads that share work, and their memory."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.workers import Workers


def test_memory_is_used_again_and_grows_when_it_must() -> None:
    buffers = Buffers()
    one = buffers.array("a", (4, 5), np.float32)
    assert buffers.array("a", (2, 3), np.float32).base is one.base
    assert buffers.array("b", (2, 3), np.float32).base is not one.base
    larger = buffers.array("a", (5, 5), np.float32)
    assert larger.shape == (5, 5) and larger.base is not one.base
    other = buffers.array("a", (4, 5), np.complex64)
    assert other.dtype == np.complex64


@pytest.mark.parametrize("threads", [1, 3])
def test_results_come_in_order_and_each_thread_has_its_own_memory(threads: int) -> None:
    seen: dict[int, set[int]] = {}

    def work(item: int) -> int:
        memory = id(workers.buffers)
        seen.setdefault(threading.get_ident(), set()).add(memory)
        return item * item

    with Workers(threads) as workers:
        assert list(workers.map(work, range(50))) == [item * item for item in range(50)]
    assert all(len(memories) == 1 for memories in seen.values())
    assert len({one for memories in seen.values() for one in memories}) == len(seen) <= threads


@pytest.mark.parametrize("threads", [1, 3])
def test_after_an_error_nothing_is_at_work(threads: int) -> None:
    working: set[int] = set()

    def work(item: int) -> None:
        working.add(item)
        time.sleep(0.02)
        working.remove(item)
        if item == 3:
            raise ValueError("the third")

    with Workers(threads) as workers:
        with pytest.raises(ValueError, match="the third"):
            list(workers.map(work, range(50)))
        assert not working


def test_at_the_end_nothing_is_at_work_though_nobody_asked_for_results() -> None:
    working: set[int] = set()
    begun = threading.Event()

    def work(item: int) -> None:
        working.add(item)
        begun.set()
        time.sleep(0.02)
        working.remove(item)

    with Workers(3) as workers:
        workers.map(work, range(50))
        memory = workers.buffers.array("a", (4,), np.float32)
        assert begun.wait(5)
    assert not working
    assert workers.buffers.array("a", (4,), np.float32).base is not memory.base


@pytest.mark.parametrize("threads", [1, 3])
def test_what_waits_for_the_disk_takes_no_place(threads: int) -> None:
    done: list[int] = []
    begun, ended = threading.Event(), threading.Event()

    def wait(item: int) -> None:
        begun.set()
        if threads > 1:
            assert ended.wait(10)
        done.append(item)

    with Workers(threads) as workers:
        workers.aside(wait, 1)
        assert done == ([1] if threads == 1 else [])
        assert list(workers.map(abs, range(20))) == list(range(20))
        assert begun.wait(10)
        ended.set()
    assert done == [1]
