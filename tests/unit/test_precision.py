"""Rounded statistics: how far a number may move, and what may not move at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dias_cbm.config.settings import settings
from dias_cbm.config.tables import PRECISIONS
from dias_cbm.errors import SettingsError
from dias_cbm.precision import DIGITS, LARGEST_ERROR, Precision, quantised

ANY = arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32))
NUMBERS = arrays(np.float32, 8, elements=st.floats(width=32, allow_nan=False, allow_infinity=False))


@given(ANY)
def test_a_number_changes_by_a_256th_at_most(values: np.ndarray) -> None:
    """Zero of either sign, NaN, infinity, denormal and huge numbers among them."""
    found = quantised(values)
    assert found.dtype == np.float32
    plain = ~np.isfinite(values) | (values == 0)
    np.testing.assert_array_equal(found[plain], values[plain])
    np.testing.assert_array_equal(
        np.signbit(found[~np.isnan(values)]), np.signbit(values[~np.isnan(values)])
    )
    exact = values[~plain].astype(np.float64)
    assert (np.abs(found[~plain] - exact) <= LARGEST_ERROR * np.abs(exact)).all()
    assert np.isfinite(found[~plain]).all()


@given(NUMBERS)
def test_order_stays_and_rounding_again_changes_nothing(values: np.ndarray) -> None:
    """So that min <= p25 <= p50 <= p75 <= max holds in what is stored, too."""
    found = quantised(np.sort(values))
    assert (np.diff(found.astype(np.float64)) >= 0).all()
    np.testing.assert_array_equal(quantised(found), found)


def test_what_is_said_of_each_card_is_so() -> None:
    """0.017 dB of gamma0, 0.002 of coherence, 0.0005 of a reflectance up to 0.25."""
    rng = np.random.default_rng(4)
    gamma0 = 10 ** rng.uniform(-4, 2, 100_000).astype(np.float32)
    assert np.abs(10 * np.log10(quantised(gamma0) / gamma0)).max() == pytest.approx(0.017, abs=1e-3)
    coherence, reflectance = rng.uniform(0, 1, 100_000), rng.uniform(0, 0.25, 100_000)
    assert np.abs(quantised(coherence) - coherence).max() == pytest.approx(0.002, abs=1e-4)
    assert np.abs(quantised(reflectance) - reflectance).max() == pytest.approx(0.0005, abs=2e-5)
    low_bytes = quantised(gamma0).view(np.uint32) & 0xFFFF
    assert not low_bytes.any()


def test_it_can_fail() -> None:
    """A number that uses all of its digits does change, by nearly the most."""
    value = np.float32(1 + 2.0**-DIGITS * 0.999)
    assert quantised(value) == 1
    assert abs(1 - value) / value > LARGEST_ERROR * 0.99


def test_records_tell_and_people_read_it() -> None:
    assert Precision.FULL.name_with("centre") == "centre"
    assert Precision.QUANTISED.name_with("centre-10m+clear") == "centre-10m+clear+8bit"
    assert Precision.QUANTISED.in_words() == "statistics rounded to 8 binary digits, 0.4% at most"


def test_the_setting() -> None:
    assert tuple(Precision) == PRECISIONS
    assert settings({}).extraction.precision == "full"
    assert settings({"CBM_EXTRACTION_PRECISION": "quantised"}).extraction.precision == "quantised"
    with pytest.raises(SettingsError, match="use full or quantised"):
        settings({"CBM_EXTRACTION_PRECISION": "half"})
