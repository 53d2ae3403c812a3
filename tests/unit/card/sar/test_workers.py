"""Threads that share work, and their memory."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from dias_cbm.card.sar.workers import Buffers, Workers


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
def test_an_error_in_a_thread_is_the_callers(threads: int) -> None:
    def work(item: int) -> int:
        return 1 // (item - 3)

    with pytest.raises(ZeroDivisionError), Workers(threads) as workers:
        list(workers.map(work, range(50)))
