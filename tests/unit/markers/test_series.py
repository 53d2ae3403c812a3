"""The matrices that markers read: looks, pairs, days, indices."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marker_series import no_optical

from dias_cbm.markers import indices
from dias_cbm.markers.series import (
    Coherence,
    Optical,
    day_number,
    day_of,
    no_coherence,
    no_radar,
)

NAN = float("nan")


def matrix(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def optical(clear: np.ndarray, pixels: np.ndarray, **values: np.ndarray) -> Optical:
    days = np.arange(clear.shape[1], dtype=np.int32) * 5
    return Optical(
        days, values, clear, pixels, np.zeros_like(clear), np.ones(clear.shape, np.int32)
    )


def test_days() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(2018, 5, 1)) == 17652
    assert day_of(17652) == date(2018, 5, 1)


def test_looks() -> None:
    series = optical(
        matrix([0.9, 0.89, 1, NAN], [1, 1, 1, 1]),
        matrix([10, 10, 0, NAN], [8, 7, 100, 8]),
        NDVI=matrix([0.5, 0.5, 0.5, NAN], [0.1, 0.5, 0.05, NAN]),
    )
    assert series.looks().tolist() == [[True, False, False, False], [True, True, True, True]]
    assert series.looks(0.5).tolist()[0] == [True, True, False, False]
    assert series.looks(minimum_pixels=8).tolist()[1] == [True, False, True, True]
    assert series.looks(ndvi_floor=0.1).tolist()[1] == [True, True, False, False]


def test_a_floor_without_ndvi_leaves_no_look() -> None:
    series = optical(matrix([1, 1]), matrix([9, 9]))
    assert series.looks().all()
    assert not series.looks(ndvi_floor=0.1).any()


def test_an_impossible_ndvi_is_not_a_look() -> None:
    """Over water B04 may be a little below 0: (0.005 + 0.003) / (0.005 - 0.003) is 4."""
    series = optical(matrix([1] * 4), matrix([9] * 4), NDVI=matrix([1, 1.01, 4, np.inf]))
    assert series.looks(ndvi_floor=0.1).tolist() == [[True, False, False, False]]


def test_pairs_of_one_interval() -> None:
    pairs = Coherence(
        first=np.array([0, 0, 6], np.int32),
        last=np.array([6, 12, 12], np.int32),
        values={"VV": matrix([0.1, 0.2, 0.3])},
        obsid=np.array([[1, 2, 3]], np.int32),
    )
    six = pairs.of_interval(6)
    assert six.first.tolist() == [0, 6]
    assert six.values["VV"].tolist() == matrix([0.1, 0.3]).tolist()
    assert six.obsid.tolist() == [[1, 3]]
    assert six.orbit is None
    assert pairs.of_interval(12).obsid.tolist() == [[2]]
    assert pairs.of_interval(18).obsid.shape == (1, 0)


def test_nothing_has_the_shape_of_its_parcels() -> None:
    assert no_optical(3).looks().shape == (3, 0)
    assert no_optical(3).looks(ndvi_floor=0.1).shape == (3, 0)
    assert no_radar(3).obsid.shape == no_coherence(3).of_interval(6).obsid.shape == (3, 0)


def test_indices_by_hand() -> None:
    bands = {
        "B02": matrix([0.05]), "B03": matrix([0.08]), "B04": matrix([0.1]), "B08": matrix([0.3]),
        "B11": matrix([0.2]), "B12": matrix([0.1]),
    }  # fmt: skip
    found = indices.with_indices(bands, indices.NAMES)
    expected = {
        "NDVI": 0.2 / 0.4,
        "NDMI": 0.1 / 0.5,
        "BSI": (0.3 - 0.35) / (0.3 + 0.35),
        "NDTI": 0.1 / 0.3,
        "NDWI": -0.22 / 0.38,
    }
    for name, value in expected.items():
        assert found[name].dtype == np.float32
        assert float(found[name][0, 0]) == pytest.approx(value, rel=1e-5)


def test_a_stored_index_is_used_where_it_is() -> None:
    bands = {
        "B08": matrix([0.3, 0.3]),
        "B04": matrix([0.1, 0.1]),
        "NDVI": matrix([0.7, NAN]),
    }
    found = indices.with_indices(bands, ["NDVI", "NDMI", "B04:std"])
    assert found["NDVI"].tolist() == [pytest.approx([0.7, 0.5])]
    assert "NDMI" not in found
    assert indices.bands_of("NDMI") == ("B08", "B11")
    assert indices.bands_of("B04:std") == ("B04:std",)


@given(st.lists(st.tuples(*[st.sampled_from([NAN, 0.0, -0.1, 0.2, 1.5])] * 2), max_size=20))
def test_a_normalised_difference_equals_plain_python(pairs: list[tuple[float, float]]) -> None:
    one, other = (np.array([pair[i] for pair in pairs], np.float32) for i in (0, 1))
    for got, (a, b) in zip(indices.normalised_difference(one, other), pairs, strict=True):
        if a + b == 0 or a != a or b != b:
            assert np.isnan(got)
        else:
            assert float(got) == pytest.approx((a - b) / (a + b), rel=1e-4)
