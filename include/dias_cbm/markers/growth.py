"""The course of a season's growth: its peak, its level before, and the crops it is asked of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.marker import Window
from dias_cbm.markers.sequence import Looks, percentile
from dias_cbm.markers.series import Matrix


@dataclass(frozen=True, slots=True)
class Growth:
    """The main growth of n parcels in a window.

    :param peak: int64[n], look of the greatest NDVI, smoothed over three looks; -1: no look.
    :param top: float32[n], that NDVI.
    :param low: float32[n], 5th percentile of the NDVI of the window.
    :param base: float32[n], least NDVI of the window up to the peak.
    :param smooth: float32[n, K], NDVI over three looks; -inf outside of the window.
    """

    peak: NDArray[np.int64]
    top: NDArray[np.float32]
    low: NDArray[np.float32]
    base: NDArray[np.float32]
    smooth: Matrix


def growth(looks: Looks, ndvi: Matrix, window: Window) -> Growth:
    """The main growth in a window.

    :param ndvi: float32[n, K].
    """
    n = len(looks)
    inside = looks.inside(window) & ~np.isnan(ndvi)
    seen = inside.any(axis=1)
    if not seen.any():
        unknown = np.full(n, np.nan, np.float32)
        nothing = np.full(ndvi.shape, -np.inf, np.float32)
        return Growth(np.full(n, -1, np.int64), unknown, unknown, unknown, nothing)
    around = np.stack([looks.following(ndvi, np.nan, -1), ndvi, looks.following(ndvi, np.nan)])
    known = ~np.isnan(around)
    smooth = np.nan_to_num(around).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    smooth = np.where(inside, smooth, -np.inf)
    peak = np.where(seen, smooth.argmax(axis=1), -1)
    top = np.where(seen, smooth.max(axis=1), np.nan).astype(np.float32)
    low = percentile(np.where(inside, ndvi, np.nan), 5)
    before = inside & (np.arange(ndvi.shape[1]) <= peak[:, None])
    base = np.where(before, ndvi, np.inf).min(axis=1)
    base = np.where(seen, base, np.nan).astype(np.float32)
    return Growth(peak, top, low, base, smooth.astype(np.float32))


def of_crops(crops: NDArray[np.str_], patterns: Iterable[str] | None) -> NDArray[np.bool_]:
    """Which parcels' crops match a pattern such as ``grass*``; all for None: bool[n]."""
    if patterns is None:
        return np.ones(len(crops), bool)
    wanted = [pattern.casefold() for pattern in patterns]
    names, where = np.unique(crops, return_inverse=True)
    chosen = [any(fnmatchcase(name.casefold(), one) for one in wanted) for name in names.tolist()]
    return np.array(chosen, bool)[where.reshape(-1)]


def narrowness(days: NDArray[np.int32]) -> NDArray[np.float64]:
    """Confidence that an interval hid nothing else in the 60 days around it: one gap of C_FN."""
    return 1 - np.minimum(days / 28, 1) * np.minimum(days, 60) / 60
