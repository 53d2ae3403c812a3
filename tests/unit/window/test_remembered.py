from __future__ import annotations

import pytest

from dias_cbm.window.data.remembered import Remembered


def test_a_value_is_made_once_while_it_is_good() -> None:
    made: list[str] = []
    known: Remembered[None] = Remembered()
    for _ in range(3):
        assert known.get("key", lambda: made.append("key")) is None
    assert made == ["key"]
    old: Remembered[None] = Remembered(seconds=0)
    for _ in range(3):
        old.get("key", lambda: made.append("old"))
    assert made == ["key", "old", "old", "old"]


def test_the_least_used_value_is_dropped() -> None:
    known: Remembered[int] = Remembered(most=2)
    assert [known.get(key, lambda: 1) for key in "aba"] == [1, 1, 1]
    known.get("c", lambda: 1)
    assert known.get("a", lambda: 2) == 1
    assert known.get("b", lambda: 2) == 2


def test_an_error_is_not_remembered_and_leaves_nothing_behind() -> None:
    known: Remembered[int] = Remembered()
    for key in range(3):
        with pytest.raises(ZeroDivisionError):
            known.get(key, lambda: 1 // 0)
    assert known._making == {}
    assert known.get(0, lambda: 7) == 7
