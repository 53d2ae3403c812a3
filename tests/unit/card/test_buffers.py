"""Memory that is used again."""

from __future__ import annotations

import errno
import mmap

import numpy as np
import pytest

from dias_cbm.card.buffers import Buffers, Fresh

#: Larger than two large pages of 2 MB.
_LARGE = (3, 1000, 999)


def test_an_array_of_a_name_takes_the_same_memory_again() -> None:
    buffers = Buffers()
    for shape in ((5, 6), _LARGE):
        first = buffers.array("one", shape, np.float64)
        first.fill(7)
        smaller = buffers.array("one", (shape[-1],), np.float64)
        assert np.shares_memory(first, smaller)
        assert (smaller == 7).all()
        assert not np.shares_memory(first, buffers.array("other", shape, np.float64))


def test_what_outgrows_its_memory_or_changes_its_kind_gets_another() -> None:
    buffers = Buffers()
    first = buffers.array("one", (4, 5), np.float32)
    first.fill(1)
    larger = buffers.array("one", _LARGE, np.float32)
    whole = buffers.array("one", (7,), np.int32)
    larger.fill(2)
    whole.fill(3)
    assert (larger.shape, larger.dtype, whole.dtype) == (_LARGE, np.float32, np.int32)
    # Who still holds one keeps it.
    assert (first == 1).all()
    assert (larger == 2).all()


def test_fresh_memory_is_nobody_elses() -> None:
    fresh = Fresh()
    one, other = (fresh.array("one", _LARGE, np.uint8) for _ in range(2))
    assert not np.shares_memory(one, other)


def test_without_large_pages_small_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EINVAL, "no large pages")

    monkeypatch.setattr(mmap, "mmap", refused)
    array = Buffers().array("one", _LARGE, np.float64)
    array.fill(1)
    assert (array.shape, array.sum()) == (_LARGE, array.size)
