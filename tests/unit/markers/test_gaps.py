"""Confidence that a gap hid nothing: by hand, and against a plain day-by-day reckoning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.markers.gaps import EDGE_DAYS, gap_confidence


def one(days: list[int], start: int, end: int, hides: float = 28) -> tuple[float, int]:
    looks = np.ones((1, len(days)), bool)
    confidence, longest = gap_confidence(np.array(days, np.int32), looks, start, end, hides)
    assert (confidence.dtype, longest.dtype) == (np.float32, np.int32)
    return float(confidence[0]), int(longest[0])


def plain(looks: list[int], start: int, end: int, hides: float) -> tuple[float, int]:
    """Day by day: each day of the window is hidden as far as the gap around it is long."""
    near = [day for day in looks if start - EDGE_DAYS <= day < end + EDGE_DAYS]
    hidden, longest = 0.0, 0
    for day in range(start, end):
        before = max((look for look in near if look <= day), default=start - EDGE_DAYS)
        after = min((look for look in near if look > day), default=end + EDGE_DAYS)
        hidden += min((after - before) / hides, 1)
        longest = max(longest, min(after, end) - max(before, start))
    return max(0.0, 1 - hidden / (end - start)), longest


def test_by_hand() -> None:
    # 100 to 120: gaps of 10 and 10 days, looks on both edges: 1 - 2 * (10/28) * 10/20.
    confidence, longest = one([100, 110, 120], 100, 120)
    assert confidence == pytest.approx(1 - 10 / 28)
    assert longest == 10
    # A look five days before: the gap is 15 days long, ten of them inside.
    confidence, longest = one([95, 110, 120], 100, 120)
    assert confidence == pytest.approx(1 - (15 / 28 * 10 + 10 / 28 * 10) / 20)
    assert longest == 10
    # Nothing within 30 days before: all of the ten days are hidden.
    assert one([60, 110, 120], 100, 120) == (pytest.approx(1 - (10 + 10 / 28 * 10) / 20), 10)


def test_without_looks_nothing_is_sure() -> None:
    assert one([], 100, 120) == (0, 20)
    assert one([10, 200], 100, 120) == (0, 20)


def test_a_look_every_day_hides_next_to_nothing() -> None:
    assert one(list(range(99, 130)), 100, 120) == (pytest.approx(1 - 1 / 28), 1)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="is empty"):
        one([100], 100, 100)


series = st.lists(st.integers(0, 250), unique=True, max_size=25).map(sorted)


@given(series, st.integers(40, 150), st.integers(1, 80), st.sampled_from([14.0, 28.0]), st.data())
def test_equals_the_plain_reckoning(
    days: list[int], start: int, length: int, hides: float, data: st.DataObject
) -> None:
    rows = st.lists(st.booleans(), min_size=len(days), max_size=len(days))
    looks = np.array(data.draw(st.lists(rows, min_size=1, max_size=4)), bool)
    looks = looks.reshape(len(looks), len(days))
    end = start + length
    confidence, longest = gap_confidence(np.array(days, np.int32), looks, start, end, hides)
    for row, sure, gap in zip(looks, confidence, longest, strict=True):
        seen = [day for day, look in zip(days, row, strict=True) if look]
        expected = plain(seen, start, end, hides)
        assert (float(sure), int(gap)) == (pytest.approx(expected[0], abs=1e-6), expected[1])


@given(series, st.integers(40, 150), st.integers(1, 80), st.data())
def test_losing_a_look_never_makes_it_surer(
    days: list[int], start: int, length: int, data: st.DataObject
) -> None:
    lost = data.draw(st.sets(st.sampled_from(days))) if days else set()
    fewer = [day for day in days if day not in lost]
    before, after = one(days, start, start + length), one(fewer, start, start + length)
    assert after[0] <= before[0] + 1e-6
    assert after[1] >= before[1]
