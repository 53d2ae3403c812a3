"""Reading ahead in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from dias_cbm.db import read_ahead as module
from dias_cbm.db.read_ahead import read_ahead


class Reader:
    """Stands for the reader's connection."""

    def execute(self, statement: str) -> None:
        assert statement.startswith("set local ")


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "connect_like", lambda _, application: nullcontext(Reader()))


def test_the_items_come_in_order_and_nothing_is_left() -> None:
    def read(_own: Any) -> Iterator[int]:
        yield from range(100)

    before = threading.active_count()
    assert list(read_ahead(None, read, application="test", ahead=3)) == list(range(100))
    assert threading.active_count() == before


def test_a_reader_that_fails_is_told_of_where_it_failed() -> None:
    def read(_own: Any) -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    found = read_ahead(None, read, application="test")
    assert next(found) == 1
    with pytest.raises(ValueError, match="torn"):
        next(found)


def test_who_stops_early_leaves_no_reader_behind() -> None:
    closed = threading.Event()

    def read(_own: Any) -> Iterator[int]:
        try:
            yield from iter(int, 1)
        finally:
            closed.set()

    before = threading.active_count()
    found = read_ahead(None, read, application="test", ahead=2)
    assert next(found) == 0
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
    deadline = time.monotonic() + 5
    while not closed.is_set() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert closed.is_set()


def test_it_reads_before_it_is_asked() -> None:
    read_so_far: list[int] = []

    def read(_own: Any) -> Iterator[int]:
        for number in range(5):
            read_so_far.append(number)
            yield number

    found = read_ahead(None, read, application="test", ahead=5)
    assert next(found) == 0
    deadline = time.monotonic() + 5
    while len(read_so_far) < 5 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert read_so_far == [0, 1, 2, 3, 4]
    assert list(found) == [1, 2, 3, 4]
