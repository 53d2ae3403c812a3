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
