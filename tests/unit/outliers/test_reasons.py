"""Special reasons on parcels made for them, and their precision where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from dias_cbm.outliers.curves import Curves, typical_curves
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import block_means
from dias_cbm.outliers.reasons import (
    LEAST_SPREAD,
    Reason,
    falls,
    reason,
    remark,
    spread_excess,
)

LAYOUT = Layout((Series("bs", "VH"), Series("bs", "VV"), Series("c6", "VV")), range(11, 55))
WINTER, SUMMER, GRASS, LATE = range(4)

# Canopy of each crop by window: bare soil is -20 and -11 dB with coherence .5.
CANOPY = {
    WINTER: ([0, 10, 26, 30, 43], [0.6, 1, 1, 0, 0]),
    SUMMER: ([0, 14, 22, 38, 42], [0, 0, 1, 1, 0]),
    GRASS: ([0, 43], [0.8, 0.8]),
    LATE: ([0, 22, 30, 43], [0, 0, 1, 1]),
}
FULL = {
    WINTER: (-22, -16, 0.22),
    SUMMER: (-15, -9, 0.22),
    GRASS: (-17, -11, 0.3),
    LATE: (-16, -9, 0.2),
}


def course(crop: int, fails_at: float | None = None) -> np.ndarray:
    window = np.arange(44)
    canopy = np.interp(window, *CANOPY[crop])
    if fails_at is not None:
        canopy *= 1 - np.clip((window - fails_at) / 5, 0, 1)
    bare, full = np.array([-20, -11, 0.5]), np.array(FULL[crop])
    return bare[:, None] * (1 - canopy) + full[:, None] * canopy


class Made:
    """Four crops, of whose parcels some failed and some are another crop than declared."""

    def __init__(self, seed: int, parcels: int = 2000) -> None:
        generator = np.random.default_rng(seed)
        true = generator.integers(0, 4, parcels)
        self.failed = (generator.random(parcels) < 0.04) & (true != GRASS)
        self.wrong = ~self.failed & (generator.random(parcels) < 0.08)
        at = np.where(
            true == WINTER, generator.uniform(11, 18, parcels), generator.uniform(26, 34, parcels)
        )
        signal = np.stack(
            [
                course(crop, when if bad else None)
                for crop, when, bad in zip(true, at, self.failed, strict=True)
            ]
        )
        noise = np.array([1.3, 1.3, 0.06])[:, None]
        signal += noise * generator.normal(0, 1, signal.shape)
        signal += noise / 2 * generator.normal(0, 1, (parcels, 3, 1))
        signal[generator.random(signal.shape) < 0.1] = np.nan
        windows = signal.astype(np.float32)
        self.at = at
        self.values = np.concatenate([windows, block_means(windows)], axis=2).reshape(parcels, -1)
        self.declared = np.where(self.wrong, (true + generator.integers(1, 4, parcels)) % 4, true)
        self.curves = typical_curves(
            self.values, LAYOUT, self.declared, ~(self.failed | self.wrong), 4
        )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_failed_crops_are_told_from_wrong_ones(seed: int) -> None:
    made = Made(seed)
    odd = np.flatnonzero(made.failed | made.wrong)
    found = falls(made.values[odd], made.curves, made.declared[odd], 4)
    flagged = found.window >= 0
    assert made.failed[odd][flagged].mean() > 0.9
    assert flagged[made.failed[odd]].mean() > 0.5
    true = flagged & made.failed[odd]
    assert np.median(np.abs(found.window[true] - made.at[odd][true])) <= 2


def test_no_crop_fails_without_coherence_or_in_a_short_season() -> None:
    layout = Layout((Series("bs", "VH"), Series("bs", "VV")), range(44))
    shape = (4, layout.columns)
    curves = Curves(
        layout,
        np.zeros((3, *shape), "f4"),
        np.ones(shape, "f4"),
        np.ones(shape, "i4"),
        np.ones(4, int),
    )
    found = falls(np.full((2, layout.columns), 9, np.float32), curves, np.array([0, 1]), 4)
    assert found.window.tolist() == [-1, -1]
    short = Layout(LAYOUT.series, range(14))
    shape = (4, short.columns)
    curves = Curves(
        short,
        np.zeros((3, *shape), "f4"),
        np.ones(shape, "f4"),
        np.ones(shape, "i4"),
        np.ones(4, int),
    )
    found = falls(np.full((1, short.columns), 9, np.float32), curves, np.array([0]), 4)
    assert found.window.tolist() == [-1]


def test_windows_that_nobody_saw_do_not_count() -> None:
    made = Made(3)
    values = made.values.copy()
    LAYOUT.windows(values)[:, 2, 20:24] = np.nan
    trusted = ~(made.failed | made.wrong)
    curves = typical_curves(values, LAYOUT, made.declared, trusted, 4)
    odd = np.flatnonzero(made.failed)
    found = falls(values[odd], curves, made.declared[odd], 4)
    assert (found.window >= 0).mean() > 0.5


def fields(seed: int, parcels: int = 1000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inner half in dB per block, pixels, and which parcels hold two crops: made pixel by pixel."""
    generator = np.random.default_rng(seed)
    two = generator.random(parcels) < 0.02
    pixels = np.clip(np.exp(generator.normal(4.6, 0.9, parcels)), 20, 600).astype(int)
    texture = np.exp(generator.normal(np.log(0.8), 0.4, parcels))
    gap = np.abs(course(WINTER)[0] - course(SUMMER)[0]).reshape(4, 11)[:, ::2].repeat(3, axis=0)[:9]
    spread = np.empty((parcels, 9), np.float32)
    for parcel in range(parcels):
        shape = (9, 6, pixels[parcel])
        field = texture[parcel] * generator.normal(0, 1, pixels[parcel])
        second = two[parcel] * (generator.random(pixels[parcel]) < 0.35)
        level = field + second * gap[:, :, None]
        power = 10 ** (level / 10) * generator.gamma(4.4, 1 / 4.4, shape)
        low, high = np.percentile(power, [25, 75], axis=2)
        spread[parcel] = (10 * np.log10(high / low)).mean(axis=1)
    return spread, pixels.astype(np.float32), two


@pytest.mark.parametrize("seed", [0, 1])
def test_two_crops_in_a_parcel_are_told_from_a_rough_field(seed: int) -> None:
    spread, pixels, two = fields(seed)
    excess = spread_excess(spread, pixels, np.zeros(len(two), int), np.ones(len(two), bool), 1)
    flagged = excess >= LEAST_SPREAD
    assert two[flagged].mean() > 0.7
    assert flagged[two].mean() > 0.4


def test_spread_by_hand() -> None:
    # 21 parcels: ten steady, ten with a little swell, one that swells by 5 dB in one block of five.
    spread = np.full((21, 5), 6, np.float32)
    spread[10:20, 0] += 1
    spread[20, 2] += 5
    sure = np.arange(21) < 20
    excess = spread_excess(spread, np.full(21, 100, np.float32), np.zeros(21, int), sure, 1)
    # The typical first block is 6.5: the steady ones swell by 0 - (-.25) and the others by .5; the
    # middle of 2.5 and 5 is 3.75, the deviation 1.25.
    assert excess[0] == pytest.approx((2.5 - 3.75) / (1.4826 * 1.25))
    assert excess[20] == pytest.approx((52.5 - 3.75) / (1.4826 * 1.25))


def test_unknown_spread_is_no_excess() -> None:
    spread = np.full((30, 9), np.nan, np.float32)
    spread[:, :3] = 5
    args = np.full(30, 50, np.float32), np.zeros(30, int), np.ones(30, bool), 1
    assert np.isnan(spread_excess(spread, *args)).all()
    assert np.isnan(spread_excess(spread[:10], *(a[:10] for a in args[:3]), 1)).all()


def test_the_list_is_closed_and_each_has_its_words() -> None:
    assert reason(True, 9.0, 0.1) is Reason.TOO_SMALL
    assert reason(True, 9.0, 2.0) is Reason.TWO_SIGNALS
    assert reason(True, float("nan"), 2.0) is Reason.FAILED_CROP
    assert reason(False, 3.9, 0.3) is None
    assert remark(Reason.TOO_SMALL, "rye", area_ha=0.123) == (
        "With 0.12 ha it holds few pixels, and its neighbours show in its signal."
    )
    assert remark(Reason.TWO_SIGNALS, "rye") == (
        "Within the parcel the signal spreads far more in some weeks than is typical of rye:"
        " two crops may share it."
    )
    assert remark(Reason.FAILED_CROP, "rye", since="late June") == (
        "From late June the signal falls back to that of bare soil: the declared rye may have"
        " failed."
    )
