from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dias_cbm_airflow.operators.batches import batches
from dias_cbm_airflow.operators.names import MAP_LIMIT


def test_few_items_get_a_batch_each() -> None:
    assert batches([3, 1, 2]) == [[3], [1], [2]]


def test_nothing_makes_no_batch() -> None:
    assert batches([]) == []


def test_many_items_share() -> None:
    assert batches([1, 2, 3, 4, 5], limit=2) == [[1, 2, 3], [4, 5]]


@given(st.integers(0, 2000))
def test_no_item_is_lost_and_the_limit_holds(count: int) -> None:
    made = batches(range(count))
    assert [item for batch in made for item in batch] == list(range(count))
    assert len(made) <= MAP_LIMIT < 200
    assert all(made)


def test_short_work_is_put_together_and_long_work_stays_alone() -> None:
    seconds = [4, 30, 4, 4, 4, 12, 4]
    assert batches("abcdefg", seconds, 10) == [["a", "c", "d"], ["b"], ["e", "g"], ["f"]]
    assert batches("abc", [1, 1, 1], 10) == [["a", "b", "c"]]
    assert batches("abc", [1, 1, 1], 0) == [["a"], ["b"], ["c"]]
    assert batches("abc", [0, 0, 0], 10) == [["a", "b", "c"]]
    assert batches([], [], 10) == []


@given(st.lists(st.floats(0, 30), max_size=500), st.floats(0, 20), st.integers(1, 250))
def test_shared_work_is_neither_lost_nor_short(
    seconds: list[float], least: float, limit: int
) -> None:
    made = batches(range(len(seconds)), seconds, least, limit)
    assert sorted(item for batch in made for item in batch) == list(range(len(seconds)))
    assert len(made) <= limit
    assert all(made)
    short = [one for one in made if sum(seconds[item] for item in one) < least / 2]
    assert len(short) <= 1
