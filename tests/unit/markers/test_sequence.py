"""Looks side by side, and what is before and after them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from marker_series import no_optical, optical

from dias_cbm.markers.sequence import Looks, first_true, last_true, percentile, runs

NAN = float("nan")


def test_looks_move_to_the_left() -> None:
    seen = optical([0, 5, 10, 15], clear=[[0, 1, 0, 1], [1, 1, 1, 0]], NDVI=[0.1, 0.2, 0.3, 0.4])
    looks = Looks.of(seen, seen.looks())
    assert looks.there.tolist() == [[True, True, False], [True, True, True]]
    assert looks.day.tolist() == [[5, 15, 15], [0, 5, 10]]
    assert looks.obsid.tolist() == [[2, 4, 0], [1, 2, 3]]
    ndvi = looks.value(seen, "NDVI")
    assert np.allclose(ndvi, [[0.2, 0.4, NAN], [0.1, 0.2, 0.3]], equal_nan=True)
    assert np.isnan(looks.value(seen, "NDTI")).all()
    after = looks.following(ndvi, np.nan)
    assert np.allclose(after, [[0.4, NAN, NAN], [0.2, 0.3, NAN]], equal_nan=True)
    before = looks.following(ndvi, np.nan, -1)
    assert np.allclose(before, [[NAN, 0.2, NAN], [NAN, 0.1, 0.2]], equal_nan=True)
    assert np.isnan(looks.following(ndvi, np.nan, 9)).all()


def test_no_looks() -> None:
    for seen in (optical([0, 5], clear=[[0, 0]], NDVI=0.5), no_optical(1)):
        looks = Looks.of(seen, seen.looks())
        assert looks.there.tolist() == [[False]]
        assert looks.obsid.tolist() == [[0]]
        assert np.isnan(looks.take(seen.clear)).all()


@given(arrays(np.float32, (3, 5), elements=st.sampled_from([NAN, 0.0, 0.25, 0.5, 1.0])))
def test_percentiles_equal_numpys(values: np.ndarray) -> None:
    for share in (0, 5, 50, 95, 100):
        for row, found in zip(values, percentile(values, share).tolist(), strict=True):
            known = row[~np.isnan(row)]
            expected = float(np.percentile(known, share)) if len(known) else NAN
            assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_the_nearest_flags_and_runs() -> None:
    flags = np.array([[True, False, True, True, False], [False] * 5])
    assert last_true(flags).tolist() == [[-1, 0, 0, 2, 3], [-1] * 5]
    assert first_true(flags).tolist() == [[2, 2, 3, -1, -1], [-1] * 5]
    assert [part.tolist() for part in runs(flags)] == [[0, 0], [0, 2], [0, 3]]
