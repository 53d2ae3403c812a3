"""The feature matrix: numbers by hand, and the whole against plain Python on random blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.outliers import matrix as matrix_module
from dias_cbm.outliers.features import longest_run
from dias_cbm.outliers.matrix import Matrix, Means, block_means, decibel

NAN = math.nan


@dataclass
class Row:
    card: str
    band: str
    direction: str
    period: int
    mean: np.ndarray
    n: np.ndarray | None


def filled(series: dict[tuple[str, str, str], list[list[float]]], block: int = 2) -> Matrix:
    """A completed matrix; values are given per series, window and parcel."""
    means = sorted(Means(*one) for one in series)
    values = np.array([series[one] for one in means], np.float32)
    matrix = Matrix(means, range(values.shape[1]), values.shape[2])
    for start in range(0, values.shape[2], block):
        matrix.add(slice(start, start + block), values[:, :, start : start + block])
    return matrix


def columns(series: dict[tuple[str, str, str], list[list[float]]]) -> dict[str, list[float]]:
    """Columns by name."""
    matrix = filled(series)
    matrix.complete()
    return dict(zip(matrix.layout.names(), matrix.values.T.tolist(), strict=True))


def test_longest_run_by_hand() -> None:
    flags = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 1, 1]], dtype=bool)
    assert longest_run(flags).tolist() == [2, 0, 4, 2]


def test_mean_over_25_days_is_missing_only_where_every_window_is() -> None:
    windows = np.array([[1, NAN, 3, NAN, 5, NAN], [NAN, NAN, NAN, NAN, NAN, 7]], np.float32)
    found = block_means(windows)
    assert found[0, 0] == 3
    assert math.isnan(found[0, 1])
    # The rest of a season that is not a multiple of 25 days has a mean too.
    assert math.isnan(found[1, 0])
    assert found[1, 1] == 7


def test_directions_are_joined_without_their_difference() -> None:
    """B looks 10 dB brighter from D than from A; a parcel seen from one side only fits in."""
    found = columns({("c6", "VV", "A"): [[1, 3, NAN]], ("c6", "VV", "D"): [[11, NAN, 15]]})
    # Means of A and D are 2 and 13.
    assert found["c6 VV p00"] == [pytest.approx((1 - 2 + 11 - 13) / 2), 1, 2]


def test_what_was_taken_away_is_the_mean_level_of_the_directions() -> None:
    matrix = filled({("c6", "VV", "A"): [[1, 3], [5, 5]], ("c6", "VV", "D"): [[11, 15], [NAN] * 2]})
    assert matrix.complete().tolist() == [[(2 + 13) / 2, 5]]


def test_backscatter_is_in_decibel_and_the_ratio_is_a_difference() -> None:
    found = columns({("bs", "VH", "A"): [[0.01, 0.1]], ("bs", "VV", "A"): [[0.1, 0.1]]})
    assert found["bs VV p00 dB"] == pytest.approx([0, 0])
    assert found["bs VH p00 dB"] == pytest.approx([-5, 5])
    assert found["bs VH-VV p00 dB"] == pytest.approx([-5, 5])
    assert found["bs VH from p00 dB"] == pytest.approx([-5, 5])


def test_no_ratio_across_directions() -> None:
    found = columns({("bs", "VH", "A"): [[0.01]], ("bs", "VV", "D"): [[0.1]]})
    assert not [name for name in found if "VH-VV" in name]


def test_zero_or_negative_power_has_no_decibel() -> None:
    found = decibel(np.array([0.0, -1.0, NAN, 1.0], np.float32))
    assert np.isnan(found).tolist() == [True, True, True, False]


def test_reflectance_stays_as_it_is() -> None:
    matrix = filled({("s2", "B04", "*"): [[0.05, 0.25]]})
    assert matrix.complete().tolist() == [[0]]
    assert matrix.values[:, 0].tolist() == [np.float32(0.05), np.float32(0.25)]


@pytest.mark.parametrize("fill", [3.4e38, -3.4e38, math.inf, -math.inf, 1e30])
@pytest.mark.parametrize("series", [("c6", "VV", "A"), ("s2", "B04", "*"), ("bs", "VV", "A")])
def test_a_fill_value_is_no_measurement(fill: float, series: tuple[str, str, str]) -> None:
    found, without = filled({series: [[0.1, 0.3, fill]]}), filled({series: [[0.1, 0.3, NAN]]})
    np.testing.assert_array_equal(found.complete(), without.complete())
    np.testing.assert_array_equal(found.values, without.values)


def test_windows_without_a_measurement_are_told() -> None:
    matrix = Matrix([Means("bs", "VH", "A"), Means("bs", "VV", "A")], range(2), 2)
    power = np.array([[[0.0, 0.1], [0.0, -1.0]], [[0.1, 0.1], [-1.0, math.inf]]], np.float32)
    assert matrix.add(slice(0, 2), power).tolist() == [[True, True], [False, False]]


def test_parcels_without_means_are_nan() -> None:
    matrix = Matrix([Means("c6", "VV", "A")], range(2), 3)
    matrix.add(slice(0, 1), np.ones((1, 2, 1), np.float32))
    matrix.complete()
    assert np.isnan(matrix.values[1:]).all()
    assert not np.isnan(matrix.values[0]).any()


def test_observations_are_those_of_the_rows_that_have_them() -> None:
    matrix = Matrix([Means("bs", "VH", "A"), Means("bs", "VV", "A")], range(3, 5), 2)
    half = np.full(2, 0.5, np.float32)
    rows = [
        Row("bs", "VH", "A", 3, half, None),
        Row("bs", "VV", "A", 3, half, np.array([2, 0], np.int16)),
        Row("bs", "VV", "A", 4, half, np.array([1, 1], np.int16)),
    ]
    means, seen = matrix.gather(rows, 2)
    assert seen.tolist() == [[2, 0], [1, 1]]
    assert np.isnan(means).tolist() == [[[False] * 2, [True] * 2], [[False] * 2, [False] * 2]]


def test_a_large_matrix_is_a_file_with_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    series = {("c6", "VV", "A"): np.random.default_rng(1).random((7, 50)).tolist()}
    small = filled(series)
    small.complete()
    monkeypatch.setattr(matrix_module, "LARGEST_IN_MEMORY", 100)
    large = filled(series)
    large.complete()
    assert isinstance(large.values, np.memmap)
    assert not isinstance(small.values, np.memmap)
    np.testing.assert_array_equal(large.values, small.values)


VALUES = st.one_of(st.just(NAN), st.floats(-0.125, 2, width=32))
PARCELS = 3


@st.composite
def seasons(draw: st.DrawFn) -> dict[tuple[str, str, str], list[list[float]]]:
    windows = draw(st.integers(1, 11))
    possible = [("bs", "VH", "A"), ("bs", "VV", "A"), ("bs", "VV", "D"), ("c6", "VV", "D"),
                ("s2", "B04", "*")]  # fmt: skip
    chosen = draw(st.lists(st.sampled_from(possible), min_size=1, unique=True))
    line = st.lists(VALUES, min_size=PARCELS, max_size=PARCELS)
    return {one: draw(st.lists(line, min_size=windows, max_size=windows)) for one in chosen}


@given(seasons())
def test_equal_to_plain_python(series: dict[tuple[str, str, str], list[list[float]]]) -> None:
    found = columns(series)
    expected = plain(series)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-4, abs=1e-4, nan_ok=True)


def plain(series: dict[tuple[str, str, str], list[list[float]]]) -> dict[str, list[float]]:
    """The columns as the module's docstring has them, number by number."""
    scaled = {
        (card, band, direction): [[db(v) if card == "bs" else v for v in line] for line in lines]
        for (card, band, direction), lines in series.items()
    }
    if ("bs", "VV", "A") in scaled and ("bs", "VH", "A") in scaled:
        both = zip(scaled["bs", "VH", "A"], scaled["bs", "VV", "A"], strict=True)
        scaled["bs", "VH-VV", "A"] = [
            [cross - co for cross, co in zip(*lines, strict=True)] for lines in both
        ]
    made = {}
    for card, band in sorted({one[:2] for one in scaled}):
        end = " dB" if card == "bs" else ""
        windows = joined([lines for one, lines in scaled.items() if one[:2] == (card, band)], card)
        for number, line in enumerate(windows):
            made[f"{card} {band} p{number:02d}{end}"] = line
        for start in range(0, len(windows), 5):
            block = list(zip(*windows[start : start + 5], strict=True))
            made[f"{card} {band} from p{start:02d}{end}"] = [mean(values) for values in block]
    return made


def joined(directions: list[list[list[float]]], card: str) -> list[list[float]]:
    if card == "s2":
        return directions[0]
    apart = [[[v - mean(line) for v in line] for line in lines] for lines in directions]
    return [
        [mean([one[window][parcel] for one in apart]) for parcel in range(PARCELS)]
        for window in range(len(apart[0]))
    ]


def mean(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else NAN


def db(value: float) -> float:
    return 10 * math.log10(value) if value > 0 else NAN
