"""The kernel against hand-worked numbers, and against numpy."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dias_cbm.extraction.statistics import _NARROWED, STATISTICS, scaled, summarise

TYPES = {
    "uint8": st.integers(0, 255),
    "uint16": st.integers(0, 65_535),
    "int16": st.integers(-32_768, 32_767),
    "float32": st.floats(-1e6, 1e6, width=32),
}


def describe(pixels: np.ndarray) -> dict[str, float]:
    """The statistics of one parcel's pixels, in one band."""
    values = np.array([pixels])
    result = np.full((1, 1, len(STATISTICS)), -1.0)
    first = np.zeros(1, np.int64)
    summarise(values, first, np.array([len(pixels)]), np.full(1, np.nan), first, result)
    return dict(zip(STATISTICS, result[0, 0].tolist(), strict=True))


def by_numpy(pixels: np.ndarray) -> dict[str, float]:
    exact = pixels.astype(np.float64)
    p25, p50, p75 = np.percentile(exact, [25, 50, 75])
    values = (len(exact), exact.mean(), exact.std(), exact.min(), exact.max(), p25, p50, p75)
    return dict(zip(STATISTICS, map(float, values), strict=True))


def test_hand_worked() -> None:
    # Sorted 1 2 4 7: mean 14/4, variance (6.25 + 2.25 + .25 + 12.25)/4, p25 at position 0.75.
    assert describe(np.array([7, 1, 4, 2], np.float32)) == {
        "count": 4,
        "mean": 3.5,
        "std": pytest.approx(5.25**0.5, rel=1e-15),
        "min": 1,
        "max": 7,
        "p25": 1.75,
        "p50": 3.0,
        "p75": 4.75,
    }


def test_one_pixel_is_every_percentile() -> None:
    result = describe(np.array([42], np.float32))
    assert result == dict.fromkeys(STATISTICS, 42.0) | {"count": 1, "std": 0}


def test_no_pixel_has_a_count_and_nothing_else() -> None:
    result = describe(np.empty(0, np.float32))
    assert result.pop("count") == 0
    assert all(np.isnan(value) for value in result.values())


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(sorted(TYPES)), st.integers(1, 400))
def test_equals_numpy(data: st.DataObject, dtype: str, size: int) -> None:
    pixels = data.draw(arrays.arrays(dtype, size, elements=TYPES[dtype])).astype(np.float32)
    expected = by_numpy(pixels)
    actual = describe(pixels)
    span = max(expected["max"] - expected["min"], abs(expected["max"]), 1.0)
    for name in ("count", "min", "max"):
        assert actual[name] == expected[name]
    for name in ("mean", "std", "p25", "p50", "p75"):
        assert actual[name] == pytest.approx(expected[name], rel=1e-12, abs=1e-13 * span)


# Distributions that fill the bins evenly, hardly at all, or put nearly everything into one.
DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "speckle": lambda random, n: random.gamma(4.4, 0.1, n),
    "negative": lambda random, n: random.normal(-15, 3, n),
    "level": lambda random, n: 10_000 + random.random(n),
    "two values": lambda random, n: random.integers(0, 2, n),
    "few values": lambda random, n: random.choice([-3.5, 0, 1e-3, 7], n),
    "mostly equal": lambda random, n: np.where(random.random(n) < 0.8, 5, random.random(n)),
    "one far away": lambda random, n: np.where(np.arange(n) == n // 3, 1e30, random.random(n)),
    "many magnitudes": lambda random, n: 10.0 ** random.uniform(-37, 38, n),
    "whole range": lambda random, n: random.choice([-3e38, -1, 0, 1, 3e38], n),
    "subnormal": lambda random, n: random.integers(0, 50, n) * 1e-44,
    "far halves": lambda random, n: random.random(n) + 1e6 * random.integers(0, 2, n),
    "sorted": lambda random, n: np.sort(random.normal(0, 1, n)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12) | st.integers(_NARROWED - 4, _NARROWED + 6) | st.integers(100, 3000),
    st.integers(0, 2**32 - 1),
)
def test_ranks_are_exact(
    draw: Callable[[np.random.Generator, int], np.ndarray], dtype: str, size: int, seed: int
) -> None:
    pixels = draw(np.random.default_rng(seed), size).astype(dtype)
    ordered = np.sort(pixels).astype(np.float64)
    actual = describe(pixels)
    assert (actual["count"], actual["min"], actual["max"]) == (size, ordered[0], ordered[-1])
    for quartile, name in enumerate(("p25", "p50", "p75"), start=1):
        place, quarters = divmod(quartile * (size - 1), 4)
        value, following = ordered[place], ordered[min(place + 1, size - 1)]
        assert actual[name] == value + (following - value) * (quarters / 4)
        assert actual[name] == pytest.approx(np.percentile(ordered, 25 * quartile), rel=1e-12)


@pytest.mark.parametrize(("level", "noise"), [(10_000, 1), (1e-4, 1e-9), (1e6, 0.5)])
def test_moments_do_not_cancel(level: float, noise: float) -> None:
    random = np.random.default_rng(1)
    pixels = (level + noise * random.integers(-1, 2, 100_000)).astype(np.float32)
    expected = by_numpy(pixels)
    actual = describe(pixels)
    assert actual["mean"] == pytest.approx(expected["mean"], rel=1e-12)
    assert actual["std"] == pytest.approx(expected["std"], rel=1e-9)


@pytest.mark.parametrize(
    "pixels",
    [
        np.arange(50_000),
        np.arange(50_000)[::-1],
        np.zeros(50_000),
        np.tile([0, 1], 25_000),
        np.concatenate([np.arange(25_000), np.arange(25_000)[::-1]]),
    ],
    ids=["rising", "falling", "constant", "alternating", "roof"],
)
def test_orders_that_slow_a_quicksort_down(pixels: np.ndarray) -> None:
    pixels = pixels.astype(np.float32)
    expected = by_numpy(pixels)
    assert describe(pixels.copy()) == pytest.approx(expected)


def test_scale_and_offset_leave_the_count_and_do_not_shift_the_spread() -> None:
    stored = np.array([4, 1200.0, 30, 1000, 1500, 1100, 1200, 1300])
    expected = [4, 0.02, 0.003, 0.0, 0.05, 0.01, 0.02, 0.03]
    assert scaled(stored, 1e-4, -0.1).tolist() == pytest.approx(expected)
