"""Narrowing of an event's interval by coherence, where clouds hid the parcel for long.

When grass is cut, the pair across the cut loses coherence and the next pairs gain: short stubble
moves less than tall grass. A value far above the line through the five pairs before it (as in
Sen4CAP's grassland mowing) therefore puts the cut between the acquisitions before its pair. Pairs
of 6 and 12 days, and of different orbits, are never mixed. Coherence alone shows no event.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.series import Coherence

#: Pairs before it that a value is compared with, and how many of their deviations it must exceed.
BEFORE = 5
DEVIATIONS = 3.0
#: Variance of coherence times pixels: the least deviation of a parcel of so many pixels (Sen4CAP).
SPECKLE = 0.024
#: Longest stretch that five pairs may take, as a multiple of their interval.
_STRETCH = 3


class Narrowed(NamedTuple):
    """Intervals of m events.

    :param start: int32[m].
    :param end: int32[m].
    :param obsid: int32[m], pair that narrowed it; 0 where none did.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    obsid: NDArray[np.int32]


def narrowed(
    parcel: NDArray[np.int32],
    start: NDArray[np.int32],
    end: NDArray[np.int32],
    coherence: Coherence,
    pixels: NDArray[np.float32],
) -> Narrowed:
    """Intervals of events, narrowed where a rise of coherence falls inside.

    :param parcel: int32[m], index of the parcel.
    :param start: int32[m], last day before the event.
    :param end: int32[m], first day after it.
    :param pixels: float32[n], of every parcel.
    """
    best = np.zeros(len(parcel))
    result = Narrowed(start.copy(), end.copy(), np.zeros(len(parcel), np.int32))
    values = coherence.values.get("VH", coherence.values.get("VV"))
    if values is None or not len(parcel):
        return result
    chosen, place = np.unique(parcel, return_inverse=True)
    least = np.sqrt(SPECKLE / np.maximum(pixels[chosen], 1))
    orbits = np.zeros(len(coherence.last), np.int32) if coherence.orbit is None else coherence.orbit
    days_apart = coherence.last - coherence.first
    for orbit, apart in {*zip(orbits.tolist(), days_apart.tolist(), strict=True)}:
        columns = np.flatnonzero((orbits == orbit) & (days_apart == apart))
        days = coherence.first[columns]
        rise = _rises(days, values[np.ix_(chosen, columns)].astype(np.float64), least, apart)
        for column, day, excess in zip(columns, days.tolist(), rise.T, strict=True):
            inside = (day - apart >= start) & (day <= end) & (excess[place] > best)
            best[inside] = excess[place][inside]
            result.start[inside], result.end[inside] = day - apart, day
            result.obsid[inside] = coherence.obsid[parcel[inside], column]
    return result


def _rises(
    days: NDArray[np.int32], values: NDArray[np.float64], least: NDArray[np.float64], apart: int
) -> NDArray[np.float64]:
    """Deviations above the line through the values before, where there are enough; else 0.

    :param values: float64[n, P], of pairs that begin on days [P].
    :param least: float64[n], least deviation.
    """
    rises = np.zeros(values.shape)
    for k in range(BEFORE, len(days)):
        x = (days[k - BEFORE : k] - days[k]).astype(np.float64)
        if -x[0] > _STRETCH * BEFORE * apart:
            continue
        basis = np.stack([np.ones(BEFORE), x], axis=1)
        before = values[:, k - BEFORE : k]
        line = before @ np.linalg.pinv(basis).T
        spread = np.sqrt(((before - line @ basis.T) ** 2).sum(axis=1) / (BEFORE - 2))
        excess = (values[:, k] - line[:, 0]) / np.maximum(spread, least)
        rises[:, k] = np.where(excess > DEVIATIONS, excess, 0)
    return rises
