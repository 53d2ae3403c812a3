"""Weighted statistics against hand-worked numbers, numpy, and the definition written plainly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.extraction.statistics import STATISTICS
from dias_cbm.extraction.weighted import summarise_weighted


def describe(pixels: list[float], weights: list[float]) -> dict[str, float]:
    """The statistics of one parcel's pixels, in one band."""
    values, shares = np.array([pixels], np.float64), np.array([weights], np.float32)
    result = np.full((1, 1, len(STATISTICS)), -1.0)
    first = np.zeros(1, np.int64)
    size, nodata = np.array([len(pixels)]), np.full(1, np.nan)
    summarise_weighted(values, shares, first, size, nodata, first, result)
    return dict(zip(STATISTICS, result[0, 0].tolist(), strict=True))


def quantile(pixels: np.ndarray, weights: np.ndarray, q: float) -> float:
    """exactextract's, by numpy."""
    order = np.lexsort((weights, pixels))
    values, shares = pixels[order], weights[order]
    n = len(values)
    before = np.cumsum(shares) - shares
    return float(
        np.interp(q * (n - 1) * shares.sum(), np.arange(n) * shares + (n - 1) * before, values)
    )


def test_hand_worked() -> None:
    result = describe([30, 10, 20], [0.5, 1, 0.25])
    assert result["count"] == 1.75
    assert result["mean"] == pytest.approx((10 + 5 + 15) / 1.75)
    mean = 30 / 1.75
    variance = (1 * (10 - mean) ** 2 + 0.25 * (20 - mean) ** 2 + 0.5 * (30 - mean) ** 2) / 1.75
    assert result["std"] == pytest.approx(variance**0.5)
    assert (result["min"], result["max"]) == (10, 30)
    # The values stand at 0, 1 * 0.25 + 2 * 1 = 2.25, and 2 * 0.5 + 2 * 1.25 = 3.5 = 2 * 1.75.
    assert result["p25"] == pytest.approx(10 + 10 * 0.875 / 2.25)
    assert result["p50"] == pytest.approx(10 + 10 * 1.75 / 2.25)
    assert result["p75"] == pytest.approx(20 + 10 * (2.625 - 2.25) / 1.25)


def test_one_pixel_is_every_percentile() -> None:
    assert describe([42], [0.125]) == dict.fromkeys(STATISTICS, 42.0) | {"count": 0.125, "std": 0}


def test_no_pixel_has_a_count_and_nothing_else() -> None:
    result = describe([], [])
    assert result.pop("count") == 0
    assert all(np.isnan(value) for value in result.values())


samples = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(1, 64)), min_size=1, max_size=200
).map(lambda pairs: (np.array(pairs)[:, 0] / 4, np.array(pairs)[:, 1] / 64))


@given(samples)
def test_equals_the_definition(sample: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, weights = sample
    result = describe(pixels.tolist(), weights.tolist())
    mean = np.average(pixels, weights=weights)
    assert result["count"] == weights.sum()
    assert result["mean"] == pytest.approx(mean, abs=1e-12)
    variance = np.average((pixels - mean) ** 2, weights=weights)
    assert result["std"] == pytest.approx(variance**0.5, abs=1e-9)
    assert (result["min"], result["max"]) == (pixels.min(), pixels.max())
    for name, q in (("p25", 0.25), ("p50", 0.5), ("p75", 0.75)):
        assert result[name] == pytest.approx(quantile(pixels, weights, q), abs=1e-9)


@given(samples, st.integers(1, 64), st.randoms())
def test_equal_weights_make_numpy_s_percentiles_and_order_does_not_matter(
    sample: tuple[np.ndarray, np.ndarray], weight: int, random
) -> None:
    pixels, weights = sample
    equal = describe(pixels.tolist(), [weight / 64] * len(pixels))
    expected = np.percentile(pixels, [25, 50, 75]).tolist()
    assert [equal[name] for name in ("p25", "p50", "p75")] == pytest.approx(expected, abs=1e-9)
    pairs = list(zip(pixels.tolist(), weights.tolist(), strict=True))
    before = describe(*map(list, zip(*pairs, strict=True)))
    random.shuffle(pairs)
    assert describe(*map(list, zip(*pairs, strict=True))) == before
