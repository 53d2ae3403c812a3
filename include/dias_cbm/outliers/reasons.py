"""Special reasons: signs that a parcel is odd in another way than by a wrong crop.

A closed list. Each reason has a test of its own and a precision that was measured on simulated
seasons, where the truth is known; real fields may be less kind. A reason is a hint for people: it
never changes a rank or a colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.curves import Curves
from dias_cbm.outliers.layout import Layout, Series


class Reason(StrEnum):
    """Why a parcel may be odd although its crop is as declared.

    Measured on five simulated seasons of 8,000 parcels with 5 % wrong declarations, among the 10 %
    that are red or yellow. *Failed crop*: 83 are found, of which 70 % have failed and 18 % are a
    wrong crop; of all failed crops in the list 31 % are found. *Two signals*, on 9,000 fields
    made pixel by pixel of which 2 % hold two crops: 78 % of those found do; 35 % are found. *Too
    small*: of the small parcels at the top 27 % are declared right, of the others 22 %, so it is
    a weak sign.
    """

    FAILED_CROP = "failed_crop"
    TWO_SIGNALS = "two_signals"
    TOO_SMALL = "too_small"


#: Parcels below this area, in hectares, hold so few pixels that their borders show in the mean.
SMALL_HA = 0.3

#: A failed crop: per observed value, by how much a fall to bare soil must fit better than the
#: declared crop all season. The cost of a value is its squared distance in variances, at most 9.
LEAST_GAIN = 0.3
_COSTLIEST = 9.0

# Windows of the season in which no failure can be found: it needs some before and some after it.
_BEFORE, _AFTER = 10, 4

# Windows from a crop as typical to bare soil.
_FALL = 5

# Crops with the highest coherence in a window; the mean of their medians is that of bare soil.
_BAREST = 2

#: Two signals: robust standard deviations above the typical spread within a parcel of the crop.
LEAST_SPREAD = 4.0

# Trusted parcels of a crop below which nothing is typical of it, and blocks of 25 days with
# observations below which the course of the spread is unknown.
_FEWEST, _FEWEST_BLOCKS = 20, 4

# Normal distribution: standard deviation over median absolute deviation.
_SIGMA = 1.4826


class Fall(NamedTuple):
    """A fall to bare soil in the middle of the season.

    :param window: the last one as typical of the crop; -1 for none.
    :param gain: by how much it fits better than the declared crop all season.
    """

    window: NDArray[np.int64]
    gain: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Yardstick:
    """Windows as costs are measured: medians of the crops and of bare soil, variance, series."""

    series: list[int]
    median: NDArray[np.float32]
    bare: NDArray[np.float32]
    variance: NDArray[np.float64]


def falls(
    values: NDArray[np.float32], curves: Curves, declared: NDArray[np.integer], crops: int
) -> Fall:
    """Where the signal of parcels falls back to bare soil, and stays there.

    A failed season follows the declared crop's median up to a window, then goes over 25 days to
    bare soil: what the crops look like that are barest in a window, those with the highest
    coherence. It is a failure if this fits clearly better than the declared crop and at least as
    well as any other crop. Radar only: backscatter and coherence.

    :param values: float32[parcels, columns].
    :param declared: row of the declared crop of each parcel in the curves.
    :param crops: number of crops: the rows of the curves before the groups.
    """
    found = Fall(np.full(len(values), -1), np.zeros(len(values)))
    yardstick = _yardstick(curves, crops)
    windows = len(curves.layout.periods)
    if yardstick is None or windows <= _BEFORE + _AFTER:
        return found
    for parcel in range(len(values)):
        signal = curves.layout.windows(values[parcel : parcel + 1])[0, yardstick.series]
        number = max(int((~np.isnan(signal)).sum()), 1)
        every = _cost(signal, yardstick.median, yardstick.variance)
        own = every[declared[parcel]]
        every[declared[parcel]] = np.inf
        starts = np.arange(_BEFORE, windows - _AFTER)
        fallen = np.clip((np.arange(windows) - starts[:, None]) / _FALL, 0, 1)[:, None]
        paths = yardstick.median[declared[parcel]] * (1 - fallen) + yardstick.bare * fallen
        costs = _cost(signal, paths, yardstick.variance)
        best = int(np.argmin(costs))
        gain = (own - costs[best]) / number
        if gain >= LEAST_GAIN and costs[best] <= every.min():
            found.window[parcel], found.gain[parcel] = starts[best], gain
    return found


def _yardstick(curves: Curves, crops: int) -> _Yardstick | None:
    layout = curves.layout
    coherence = next((i for i, one in enumerate(layout.series) if _is_coherence(one)), None)
    series = [i for i, one in enumerate(layout.series) if _is_level(one)]
    if coherence is None or not any(layout.series[i].card == "bs" for i in series):
        return None
    every = curves.windows(1)[:crops]
    known = np.logical_not(np.isnan(every).all(axis=(1, 2)))
    if known.sum() <= _BAREST:
        return None
    order = np.argsort(np.where(np.isnan(every[:, coherence]), -1, every[:, coherence]), axis=0)
    barest = order[-_BAREST:]  # [some, windows]
    window = np.arange(every.shape[2])
    bare = np.stack([every[barest, i, window].mean(axis=0) for i in series])
    return _Yardstick(series, every[:, series], bare, _pooled(layout, curves, known, series))


def _pooled(
    layout: Layout, curves: Curves, crops: NDArray[np.bool_], series: list[int]
) -> NDArray[np.float64]:
    """Mean variance of the crops, [series, windows]; NaN where it is unknown for all of them."""
    every = layout.windows(curves.variance)[: len(crops)][crops][:, series]
    known = ~np.isnan(every)
    number = known.sum(axis=0)
    total = np.where(known, every, 0).sum(axis=0, dtype=np.float64)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _is_coherence(one: Series) -> bool:
    return one.card in ("c6", "c12") and one.band == "VV"


def _is_level(one: Series) -> bool:
    return _is_coherence(one) or (one.card in ("bs", "c6", "c12") and one.band != "VV")


def _cost(
    signal: NDArray[np.float32], typical: NDArray[np.floating], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Summed cost of a signal against several courses, [courses]; inf where a course is unknown."""
    distance = np.minimum((signal - typical) ** 2 / variance, _COSTLIEST)
    cost = np.nansum(distance, axis=(1, 2), dtype=np.float64)
    return np.where(np.isnan(typical).all(axis=(1, 2)), np.inf, cost)


def spread_excess(
    spread: NDArray[np.float32],
    pixels: NDArray[np.float32],
    declared: NDArray[np.integer],
    trusted: NDArray[np.bool_],
    classes: int,
) -> NDArray[np.float64]:
    """How far the spread within each parcel comes and goes more than is typical of its crop.

    Two crops in one parcel differ in some weeks and not in others: their spread swells and falls.
    The texture of a single field is there all season. So the measure is the excess over the crop's
    typical spread in the widest fifth of the season, against that in its calmest half, times the
    square root of the pixels, since the spread of few pixels is uncertain.

    :param spread: float32[parcels, blocks] within each parcel, in dB; NaN where it is unknown.
    :param pixels: float32[parcels], pixels of each parcel.
    :param declared: crop of each parcel as a number; below 0 for none.
    :returns: in robust standard deviations of the crop's trusted parcels; NaN where unknown.
    """
    excess = np.full(len(spread), np.nan)
    for crop in range(classes):
        members = np.flatnonzero(declared == crop)
        sure = trusted[members]
        if sure.sum() < _FEWEST:
            continue
        swell = _swell(spread[members], sure) * np.sqrt(pixels[members])
        typical = swell[sure & ~np.isnan(swell)]
        if len(typical) < _FEWEST:
            continue
        middle = np.median(typical)
        sigma = _SIGMA * np.median(np.abs(typical - middle))
        if sigma > 0:
            excess[members] = (swell - middle) / sigma
    return excess


def _swell(spread: NDArray[np.float32], sure: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Excess in the widest fifth of the known blocks over that in their calmest half."""
    known = ~np.isnan(spread)
    typical = np.full(spread.shape[1], np.nan)
    enough = known[sure].sum(axis=0) >= _FEWEST
    typical[enough] = np.nanmedian(spread[sure][:, enough], axis=0)
    excess = np.sort(spread - typical, axis=1)  # NaN comes last
    number = (~np.isnan(excess)).sum(axis=1)
    place = np.arange(spread.shape[1])
    wide = np.maximum(np.rint(number / 5), 1)[:, None]
    calm = np.maximum(number // 2, 1)[:, None]
    widest = (place >= number[:, None] - wide) & (place < number[:, None])
    clean = np.nan_to_num(excess)
    swell: NDArray[np.float64] = (clean * widest).sum(axis=1) / wide[:, 0] - (
        clean * (place < calm)
    ).sum(axis=1) / calm[:, 0]
    swell[number < _FEWEST_BLOCKS] = np.nan
    return swell


def reason(fallen: bool, excess: float, area_ha: float) -> Reason | None:
    """The special reason of a parcel, the most certain first; None for none.

    :param fallen: whether :func:`falls` found a fall to bare soil.
    :param excess: of :func:`spread_excess`.
    :param area_ha: area in hectares.
    """
    if area_ha < SMALL_HA:
        return Reason.TOO_SMALL
    if excess >= LEAST_SPREAD:
        return Reason.TWO_SIGNALS
    return Reason.FAILED_CROP if fallen else None


def remark(found: Reason, declared: str, *, since: str = "", area_ha: float = 0.0) -> str:
    """A reason in words.

    :param declared: name of the declared crop.
    :param since: when the crop failed, e.g. ``late June``.
    :param area_ha: area in hectares.
    """
    match found:
        case Reason.TOO_SMALL:
            return (
                f"With {area_ha:.2f} ha it holds few pixels, and its neighbours show in its signal."
            )
        case Reason.TWO_SIGNALS:
            return (
                "Within the parcel the signal spreads far more in some weeks than is typical of"
                f" {declared}: two crops may share it."
            )
        case Reason.FAILED_CROP:
            return (
                f"From {since} the signal falls back to that of bare soil: the declared {declared}"
                " may have failed."
            )
