"""The lag between two sources, by cross-correlation of daily series.

Each parcel's values are joined by straight lines over gaps of at most 20 days, and freed of their
mean. The lag is the shift of B, in whole days, at which the correlation over all parcels is
greatest; positive: B shows later what A shows. Of equal ones the smallest counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dias_cbm.series.reading import Series

Floats = NDArray[np.float64]

#: Days to either side that are tried.
FURTHEST = 30
_LONGEST_GAP = 20
_FEWEST = 100
_SHIFTS = np.array(sorted(range(-FURTHEST, FURTHEST + 1), key=lambda days: (abs(days), days)))


@dataclass(frozen=True, slots=True)
class Lag:
    """The lag of B behind A.

    :param days: None: there is no greatest correlation within the days that are tried.
    :param correlation: at that lag.
    :param unshifted: correlation at 0 days.
    :param parcels: parcels (times directions of the orbit) that were used.
    """

    days: int | None
    correlation: float | None
    unshifted: float | None
    parcels: int


@dataclass(slots=True)
class LagSums:
    """Sums over pairs of daily values, for each shift."""

    sums: Floats = field(default_factory=lambda: np.zeros((6, len(_SHIFTS))))
    parcels: int = 0

    def add(self, a: Series, b: Series) -> None:
        """Add the parcels of a block that both sources have, each value of a day once."""
        rows = np.intersect1d(_row_of(a), _row_of(b))
        if not len(rows):
            return
        first = int(min(a.day.min(), b.day.min()))
        days = int(max(a.day.max(), b.day.max())) - first + 1
        left, right = (_daily(one, rows, first, days) for one in (a, b))
        self.parcels += len(rows)
        for number, shift in enumerate(_SHIFTS):
            if abs(shift) >= days:
                continue
            x = left[:, max(0, -shift) : days - max(0, shift)]
            y = right[:, max(0, shift) : days - max(0, -shift)]
            both = np.isfinite(x) & np.isfinite(y)
            x, y = x[both], y[both]
            self.sums[:, number] += (
                len(x), x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum(),
            )  # fmt: skip

    def result(self) -> Lag:
        """The lag over all that was added."""
        n, x, y, xx, yy, xy = self.sums
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt((xx - x * x / n) * (yy - y * y / n))
            correlation = np.where(
                (n >= _FEWEST) & (spread > 1e-12 * n), (xy - x * y / n) / spread, np.nan
            )
        unshifted = None if np.isnan(correlation[0]) else float(min(correlation[0], 1.0))
        if np.isnan(correlation).all():
            return Lag(None, None, unshifted, self.parcels)
        best = int(np.nanargmax(np.round(correlation, 12)))
        days = int(_SHIFTS[best])
        if abs(days) == FURTHEST:
            return Lag(None, None, unshifted, self.parcels)
        return Lag(days, float(min(correlation[best], 1.0)), unshifted, self.parcels)


def _row_of(series: Series) -> NDArray[np.int64]:
    """A number for each parcel and direction."""
    return series.pos * 4 + series.direction


def _daily(series: Series, rows: NDArray[np.int64], first: int, days: int) -> Floats:
    """Values of each day, float64[rows, days]; NaN inside longer gaps and beyond the ends."""
    row = _row_of(series)
    use = np.isin(row, rows)
    place = np.searchsorted(rows, row[use])
    # One after another on one axis, far enough apart that no line runs between two of them.
    wide = days + _LONGEST_GAP + 1
    at = place * wide + series.day[use] - first
    order = np.argsort(at, kind="stable")
    at, value = at[order], series.value[use][order]
    wanted = (np.arange(len(rows))[:, None] * wide + np.arange(days)).ravel()
    before = np.searchsorted(at, wanted, side="right") - 1
    after = np.searchsorted(at, wanted, side="left")
    inside = (before >= 0) & (after < len(at))
    gap = at[np.minimum(after, len(at) - 1)] - at[np.maximum(before, 0)]
    daily = np.where(inside & (gap <= _LONGEST_GAP), np.interp(wanted, at, value), np.nan)
    daily = daily.reshape(len(rows), days)
    given = np.isfinite(daily)
    mean = np.where(given, daily, 0).sum(1) / np.maximum(given.sum(1), 1)
    return daily - mean[:, None]
