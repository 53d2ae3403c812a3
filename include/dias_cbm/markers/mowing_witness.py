"""Witnessed cuts, and stretches of looks that surely have none between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.mowing_rule import MowingOptions
from dias_cbm.markers.sequences import Sequences
from dias_cbm.markers.witness import Flat, Pairs, narrowest

#: Most days between the look before a witnessed cut and the first one after it. Over
#: more days, grazing and drought lose as much.
WITHIN_DAYS = 10
#: Days after the first look at the cut meadow until one that still shows it.
STAYS_DAYS = (2, 15)
#: Least fall of NDMI that proves a cut: seven of ten such falls were cuts (meadows of
#: gee-mowing-detection), and a witness shows the fall twice.
NDMI_DROP = 0.2
#: Days between two looks of a chain, and least days of a stretch that is reported.
STEP_DAYS, LEAST_DAYS = 20, 10
#: Growth in a day, which hides part of a loss between two looks: the least cut grows back in four
#: weeks (CLMS HRL ATBD v2).
NDMI_GROWTH, NDVI_GROWTH = 0.15 / 28, 0.08 / 28
#: Noise of the difference of two looks.
NOISE = 0.02


def witnesses(
    looks: Sequences, ndmi: NDArray[Any], ndvi: NDArray[Any], options: MowingOptions
) -> Pairs:
    """Looks between which a cut is sure: within ten days, and still seen at a further look.

    :param ndmi: float[k] at the looks; ``ndvi`` too.
    """
    flat = Flat(looks.parcel, looks.day)
    active = options.active(looks.day)
    least = max(NDMI_DROP, options.ndmi_drop)

    def fallen(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (ndmi[a] - ndmi[b] >= least) & (ndvi[a] - ndvi[b] >= options.ndvi_drop)

    found = flat.pairs(1, WITHIN_DAYS, lambda a, b: fallen(a, b) & active[b])
    return narrowest(flat.confirmed(found, *STAYS_DAYS, fallen))


def unbroken(
    looks: Sequences, ndmi: NDArray[Any], ndvi: NDArray[Any], options: MowingOptions
) -> Pairs:
    """The longest stretches without a cut, each from its first look to its last.

    A stretch is a chain of looks, not necessarily neighbours and at most twenty days apart, of
    which none shows, after the one before, what would be left of a cut: a meadow grows before a
    cut and after it, so the loss seems less the longer the step. Further looks do not change a
    chain.

    :param ndmi: float[k] at the looks; ``ndvi`` too.
    """
    rank = _rank(looks)
    shape = (int(looks.parcel.max(initial=-1)) + 1, int(rank.max(initial=-1)) + 1)
    place = looks.parcel, rank

    def matrix(values: NDArray[Any]) -> NDArray[np.float64]:
        filled = np.full(shape, np.nan)
        filled[place] = values
        return filled

    day, wet, green = matrix(looks.day), matrix(ndmi), matrix(ndvi)
    # Rank of the farthest look that a chain from here reaches.
    farthest = np.broadcast_to(np.arange(shape[1]), shape).copy()
    for here in range(shape[1] - 2, -1, -1):
        for there in range(here + 1, shape[1]):
            days = day[:, there] - day[:, here]
            # NaN compares as False: without a look there is no step.
            near = days <= STEP_DAYS
            if not near.any():
                break
            lost = wet[:, here] - wet[:, there] >= options.ndmi_drop - NDMI_GROWTH * days - NOISE
            less = options.ndvi_drop - NDVI_GROWTH * days - NOISE
            lost |= green[:, here] - green[:, there] >= less
            reached = np.where(near & ~lost, farthest[:, there], 0)
            np.maximum(farthest[:, here], reached, out=farthest[:, here])
    before = np.arange(len(looks))
    after = before + farthest[place] - rank
    long = looks.day[after] - looks.day[before] >= LEAST_DAYS
    # Those that another holds are left out: it begins no later, and ends no sooner.
    pairs = Pairs(before[long], after[long])
    latest = np.maximum.accumulate(np.append(-1, pairs.after))[:-1]
    kept = pairs.after > latest
    return Pairs(pairs.before[kept], pairs.after[kept])


def _rank(looks: Sequences) -> NDArray[np.int64]:
    """Which of its parcel's looks each is, from 0: int64[k]."""
    rows = np.arange(len(looks))
    return rows - np.maximum.accumulate(np.where(looks.previous, 0, rows))
