"""Slow loss of green and moisture over two weeks or more: grazing, or drying out; never a cut.

A run of looks in which NDMI hardly rises from one to the next, and no drop is a cut, and over which
as much is lost as by a cut.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.mowing_rule import Drops, MowingOptions
from dias_cbm.markers.sequences import Sequences

#: Least days of a slow loss.
LEAST_DAYS = 14
#: Rise of NDMI between two looks that does not end a run: noise of a mean of a parcel.
NOISE = 0.02
#: Days between two looks above which nothing is known of what lies between.
LONGEST_STEP = 30


class Runs(NamedTuple):
    """Slow losses, by parcel and day.

    :param first: int64[m], row of the look before the loss.
    :param last: int64[m], row of the look at its end.
    :param ndmi: float64[m], fall of NDMI.
    :param ndvi: float64[m], fall of NDVI.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    ndmi: NDArray[np.float64]
    ndvi: NDArray[np.float64]

    def select(self, chosen: NDArray[np.bool_]) -> Runs:
        """Some of the runs."""
        first, last, ndmi, ndvi = self
        return Runs(first[chosen], last[chosen], ndmi[chosen], ndvi[chosen])


def slow_losses(
    looks: Sequences, drops: Drops, cut: NDArray[np.int64], options: MowingOptions
) -> Runs:
    """The slow losses between the cuts.

    :param cut: rows of the first looks after a cut.
    """
    falls = looks.previous & (drops.ndmi >= -NOISE) & (drops.days <= LONGEST_STEP)
    falls &= options.active(looks.day)
    falls[cut] = False
    edges = np.diff(falls.astype(np.int8), prepend=0, append=0)
    first = np.flatnonzero(edges == 1) - 1
    last = np.flatnonzero(edges == -1) - 1
    ndmi, ndvi = (_sums(drop, falls, first, last) for drop in (drops.ndmi, drops.ndvi))
    long = looks.day[last] - looks.day[first] >= LEAST_DAYS
    deep = (ndmi >= options.ndmi_drop) & (ndvi >= options.ndvi_drop)
    return Runs(first, last, ndmi, ndvi).select(long & deep)


def _sums(
    drop: NDArray[np.float64],
    falls: NDArray[np.bool_],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Sum of the drops of each run, from the look after its first to its last."""
    total = np.concatenate([[0.0], np.cumsum(np.where(falls, drop, 0))])
    return total[last + 1] - total[first + 1]
