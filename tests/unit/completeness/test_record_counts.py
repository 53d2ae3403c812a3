"""What a sample of blocks may miss, in numbers."""

import math

import pytest

from dias_cbm.completeness.record_counts import Sample


@pytest.mark.parametrize(("rows", "counted"), [(1000, 100), (1000, 0), (7, 3), (5, 5), (0, 0)])
@pytest.mark.parametrize("wrong", [1, 3])
def test_a_sample_misses_as_drawing_without_replacement_does(
    rows: int, counted: int, wrong: int
) -> None:
    if wrong > rows:
        return
    ways = math.comb(rows - wrong, counted) / math.comb(rows, counted)
    assert Sample(1, rows, counted).missed(wrong) == pytest.approx(ways)


def test_a_whole_count_misses_nothing() -> None:
    assert Sample(1, 500, 500).whole
    assert Sample(1, 500, 500).missed(1) == 0
    assert not Sample(1, 500, 499).whole
