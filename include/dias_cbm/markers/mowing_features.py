"""Features of the mowing model: what a look shows, against the looks around it.

Of each band and index: its value, its changes since the two looks before and to the two looks
after, how far it is below the highest of the four looks before, and below the parcel's 90th
percentile; how much more is lost since the look before than at other looks within 15 days; the
loss and the recovery a day; and the days between the looks, and the day of the year.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers import indices
from dias_cbm.markers.sequences import Sequences

BANDS = ("B02", "B03", "B04", "B08", "B11")
INDICES = ("NDVI", "NDMI", "BSI")

_EACH = ("value", "since_1", "since_2", "to_1", "to_2", "below_highest", "below_p90")
_TIMES = ("days_1", "days_2", "days_to_1", "days_to_2", "day_of_year")
_LOSSES = ("largest", "per_day", "back_per_day")
_LOOKS_BEFORE = 4
#: A cut is one of these days apart from the next; so many looks are at most in them.
_NEAR_DAYS, _NEAR_LOOKS = 15, 7

NAMES = (
    *(f"{name}_{what}" for name in (*BANDS, *INDICES) for what in _EACH),
    *(f"{name}_{what}" for name in INDICES for what in _LOSSES),
    *_TIMES,
)


def features(looks: Sequences, values: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Features float32[k, f] of the looks, in the order of ``NAMES``; NaN where there is no look.

    :param values: float32[n, D] by band, and NDVI where it is stored.
    """
    known = indices.with_indices(values, INDICES)
    blank = np.full(len(looks), np.nan)
    taken = {
        name: looks.take(known[name]).astype(np.float64) if name in known else blank
        for name in (*BANDS, *INDICES)
    }
    columns = [column for value in taken.values() for column in _around(looks, value)]
    day = looks.day.astype(np.float64)
    before, after = day - looks.at(day, -1), looks.at(day, 1) - day
    for name in INDICES:
        value = -taken[name] if name == "BSI" else taken[name]
        loss = looks.at(value, -1) - value
        others = np.fmax.reduce(looks.near(loss, _NEAR_DAYS, _NEAR_LOOKS), initial=0)
        columns += [loss - others, loss / before, (looks.at(value, 1) - value) / after]
    columns += [before, day - looks.at(day, -2), after, looks.at(day, 2) - day]
    columns.append(_day_of_year(looks.day))
    return np.stack(columns, axis=1).astype(np.float32)


def _around(looks: Sequences, value: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """A value against those of the looks around it, as ``_EACH`` names them."""
    before = [looks.at(value, -back) for back in range(1, _LOOKS_BEFORE + 1)]
    return [
        value,
        value - before[0],
        value - before[1],
        looks.at(value, 1) - value,
        looks.at(value, 2) - value,
        np.fmax.reduce(before) - value,
        _percentile(looks, value) - value,
    ]


def _percentile(looks: Sequences, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 90th percentile of each parcel's values, by nearest rank, at its looks."""
    if not len(values):
        return values
    order = np.lexsort((values, looks.parcel))
    starts = np.flatnonzero(~looks.previous)
    sizes = np.diff(starts, append=len(values))
    group = np.cumsum(~looks.previous) - 1
    known = np.bincount(group, np.isfinite(values)).astype(np.int64)
    rank = starts + np.clip(np.ceil(0.9 * known).astype(np.int64) - 1, 0, sizes - 1)
    return values[order][rank][group]


def _day_of_year(days: NDArray[np.int32]) -> NDArray[np.float64]:
    dates = days.astype("datetime64[D]")
    return (dates - dates.astype("datetime64[Y]")).astype(np.float64) + 1
