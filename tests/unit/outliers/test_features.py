"""The feature matrix: numbers by hand, and the whole against plain Python on random blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers.features import Columns, Series, decibel, longest_run


@dataclass
class Row:
    card: str
    band: str
    direction: str
    period: int
    mean: np.ndarray
    n: np.ndarray | None


def matrix(series: dict[tuple[str, str, str], list[list[float]]]) -> dict[str, list[float]]:
    """Columns by name; values are given per series, window and parcel."""
    windows = len(next(iter(series.values())))
    columns = Columns([Series(*one) for one in series], range(windows))
    values = columns.values(np.array(list(series.values()), np.float32))
    return dict(zip(columns.names(), values.T.tolist(), strict=True))


def test_longest_run_by_hand() -> None:
    flags = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1]], dtype=bool)
    assert longest_run(flags).tolist() == [2, 0, 4, 2]


def test_mean_over_25_days_is_missing_only_where_every_window_is() -> None:
    nan = math.nan
    windows = [[1, nan], [nan, nan], [3, nan], [nan, nan], [5, nan], [nan, 7]]
    columns = matrix({("c6", "VV", "A"): windows})
    assert columns["c6 VV A from p00"][0] == 3
    assert math.isnan(columns["c6 VV A from p00"][1])
    # The rest of a season that is not a multiple of 25 days has a mean too.
    assert math.isnan(columns["c6 VV A from p05"][0])
    assert columns["c6 VV A from p05"][1] == 7
    assert len(columns) == 8


def test_backscatter_is_in_decibel_and_the_ratio_is_a_difference() -> None:
    columns = matrix({("bs", "VH", "A"): [[0.01]], ("bs", "VV", "A"): [[0.1]]})
    assert columns["bs VV A p00 dB"][0] == pytest.approx(-10)
    assert columns["bs VH A p00 dB"][0] == pytest.approx(-20)
    assert columns["bs VH-VV A p00 dB"][0] == pytest.approx(-10)
    assert columns["bs VV A from p00 dB"][0] == pytest.approx(-10)


def test_no_ratio_across_directions() -> None:
    columns = matrix({("bs", "VH", "A"): [[0.01]], ("bs", "VV", "D"): [[0.1]]})
    assert not [name for name in columns if "VH-VV" in name]


def test_zero_or_negative_power_has_no_decibel() -> None:
    found = decibel(np.array([0.0, -1.0, math.nan, 1.0], np.float32))
    assert np.isnan(found).tolist() == [True, True, True, False]


def test_coherence_and_reflectance_stay_linear() -> None:
    columns = matrix({("c6", "VV", "A"): [[0.4]], ("s2", "B04", "*"): [[0.05]]})
    assert columns["c6 VV A p00"][0] == np.float32(0.4)
    assert columns["s2 B04 * p00"][0] == np.float32(0.05)


def test_observations_are_those_of_the_rows_that_have_them() -> None:
    columns = Columns([Series("bs", "VH", "A"), Series("bs", "VV", "A")], range(3, 5))
    half = np.full(2, 0.5, np.float32)
    rows = [
        Row("bs", "VH", "A", 3, half, None),
        Row("bs", "VV", "A", 3, half, np.array([2, 0], np.int16)),
        Row("bs", "VV", "A", 4, half, np.array([1, 1], np.int16)),
    ]
    means, seen = columns.gather(rows, 2)
    assert seen.tolist() == [[2, 0], [1, 1]]
    assert np.isnan(means).tolist() == [[[False] * 2, [True] * 2], [[False] * 2, [False] * 2]]


VALUES = st.one_of(st.just(math.nan), st.floats(-0.125, 2, width=32))


@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=12))
def test_equal_to_plain_python(windows: list[list[float]]) -> None:
    columns = matrix({("bs", "VV", "D"): windows})

    def db(value: float) -> float:
        return 10 * math.log10(value) if value > 0 else math.nan

    for parcel in range(3):
        series = [db(window[parcel]) for window in windows]
        for start in range(0, len(windows), 5):
            known = [value for value in series[start : start + 5] if not math.isnan(value)]
            mean = sum(known) / len(known) if known else math.nan
            found = columns[f"bs VV D from p{start:02d} dB"][parcel]
            assert found == pytest.approx(mean, rel=1e-5, abs=1e-5, nan_ok=True)
        for period, value in enumerate(series):
            found = columns[f"bs VV D p{period:02d} dB"][parcel]
            assert found == pytest.approx(value, rel=1e-5, abs=1e-5, nan_ok=True)
