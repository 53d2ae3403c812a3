"""Typical curves: what the parcels of a crop look like through the season, as percentiles.

The curves of a crop come from its trusted parcels only, so that doubtful declarations do not widen
the band they are held against. The matrix is read in pieces of bounded size, never copied whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.layout import Layout

#: The low, the middle and the high curve.
SHARES = (0.1, 0.5, 0.9)

#: Parcels with a value below which a window of a crop has no typical value.
FEWEST_PARCELS = 10

# Values sorted at a time: 32 MB.
_AT_ONCE = 1 << 23


@dataclass(frozen=True, slots=True)
class Curves:
    """Typical values of every crop, and of every group of crops, in the columns of the matrix.

    :param layout: the columns.
    :param percentiles: float32[3, rows, columns], 10, 50 and 90 %; the rows are the crops, then
        the groups. NaN where fewer than :data:`FEWEST_PARCELS` parcels have a value.
    :param variance: float32[rows, columns], between the parcels of a crop.
    :param number: int32[rows, columns], parcels with a value.
    :param parcels: int64[rows], trusted parcels.
    """

    layout: Layout
    percentiles: NDArray[np.float32]
    variance: NDArray[np.float32]
    number: NDArray[np.int32]
    parcels: NDArray[np.int64]

    def windows(self, share: int) -> NDArray[np.float32]:
        """One of the curves over the windows.

        :param share: 0, 1 or 2: 10, 50 or 90 %.
        :returns: float32[rows, series, windows].
        """
        return self.layout.windows(self.percentiles[share])

    @property
    def medians(self) -> NDArray[np.float32]:
        """Float32[rows, columns]: windows and means over 25 days."""
        middle: NDArray[np.float32] = self.percentiles[1]
        return middle


def typical_curves(
    values: NDArray[np.float32],
    layout: Layout,
    declared: NDArray[np.integer],
    trusted: NDArray[np.bool_],
    classes: int,
    group: NDArray[np.integer] | None = None,
) -> Curves:
    """The 10, 50 and 90 % of every column over the trusted parcels of each crop and group.

    :param values: float32[parcels, columns], in memory or mapped; NaN in gaps.
    :param declared: crop of each parcel as a number; below 0 for none.
    :param trusted: parcels that are not doubtful.
    :param classes: number of crops.
    :param group: int[classes], group of each crop as a number from 0; below 0 for none.
    """
    members = members_of(declared, trusted, classes, group)
    shape = (len(members), layout.columns)
    curves = Curves(
        layout,
        np.full((len(SHARES), *shape), np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.zeros(shape, np.int32),
        np.array([len(rows) for rows in members], np.int64),
    )
    for row, parcels in enumerate(members):
        for here, piece in _pieces(values, parcels):
            number, variance, percentiles = summary(piece)
            curves.number[row, here] = number
            curves.variance[row, here] = variance
            curves.percentiles[:, row, here] = percentiles
    return curves


def members_of(
    declared: NDArray[np.integer],
    trusted: NDArray[np.bool_],
    classes: int,
    group: NDArray[np.integer] | None = None,
) -> list[NDArray[np.int64]]:
    """The trusted parcels of every crop, then of every group; arguments as above."""
    used = np.where(trusted, declared, -1)
    order = np.argsort(used, kind="stable")
    bounds = np.searchsorted(used[order], np.arange(classes + 1))
    crops = [order[a:b] for a, b in pairwise(bounds)]
    if group is None:
        return crops
    return crops + [
        np.sort(np.concatenate([crops[crop] for crop in np.flatnonzero(group == number)]))
        if (group == number).any()
        else np.empty(0, np.int64)
        for number in range(int(group.max(initial=-1)) + 1)
    ]


def summary(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Number, variance and percentiles of each row, without NaN.

    Percentiles are interpolated linearly, as numpy does by default.

    :param values: float32[rows, parcels]; is sorted in place.
    :returns: int64[rows], float32[rows] and float32[3, rows]; the last two NaN where a row has
        fewer than :data:`FEWEST_PARCELS` values.
    """
    values.sort(axis=1)  # NaN comes last
    number = values.shape[1] - np.isnan(values).sum(axis=1)
    enough = number >= FEWEST_PARCELS
    variance = np.full(len(values), np.nan, np.float32)
    percentiles = np.full((len(SHARES), len(values)), np.nan, np.float32)
    if enough.any():
        variance[enough] = np.nanvar(values[enough], axis=1, dtype=np.float64)
        for share, at in zip(SHARES, percentiles, strict=True):
            at[enough] = _interpolated(values[enough], share * (number[enough] - 1))
    return number, variance, percentiles


def _interpolated(
    ordered: NDArray[np.float32], position: NDArray[np.float64]
) -> NDArray[np.float32]:
    row = np.arange(len(ordered))
    below = position.astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    part = (position - below).astype(np.float32)
    low = ordered[row, below]
    # A whole position may be the last value, with NaN behind it.
    return np.where(part > 0, low + part * (ordered[row, above] - low), low)


def _pieces(
    values: NDArray[np.float32], parcels: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Some columns of some parcels at a time, transposed: a slice and float32[columns, parcels]."""
    if not len(parcels):
        return
    width = max(1, _AT_ONCE // len(parcels))
    for start in range(0, values.shape[1], width):
        here = slice(start, start + width)
        yield here, np.ascontiguousarray(values[parcels, here].T)
