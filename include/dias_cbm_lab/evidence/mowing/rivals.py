"""Detectors of others, written anew from their descriptions, for comparison only.

Sen4CAP: the optical part of its grassland mowing processor (L4B, commit 6ab9255), with its
defaults. FORCE-like: the idea of Schwieder et al. 2022, a season without cuts
drawn through its peaks and the looks far below it; its program differs in detail. Run on other
input than theirs: their own results may differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.mowing_rule import MowingOptions
from dias_cbm.markers.sequences import Sequences, strongest_apart
from dias_cbm.markers.series import ParcelSeries
from dias_cbm_lab.evidence.mowing.scoring import Interval

_SEASON = MowingOptions()

#: Sen4CAP's: least fall of NDVI, its slope, the recovery a day, NDVI after and before, days of
#: an interval and between two cuts, cuts a season.
FALL, SLOPE, RECOVERY, BELOW, ABOVE, LONGEST, APART, MOST = 0.12, -1e-6, 0.05, 0.75, 0.5, 30, 45, 4
NDVI_FLOOR = 0.1

Found = list[list[Interval]]


def _looks(series: ParcelSeries) -> tuple[Sequences, NDArray[np.float64]]:
    optical = series.optical
    looks = Sequences.of(optical.days, optical.looks(0.9, 1, NDVI_FLOOR))
    return looks, looks.take(optical.values["NDVI"]).astype(np.float64)


def sen4cap(series: ParcelSeries, *, whole_year: bool = False) -> Found:
    """Falls of NDVI by 0.12: at most four a year, the surest first, none within 45 days of it.

    :param whole_year: as it is; else only those that end from April to October.
    """
    looks, ndvi = _looks(series)
    change, days = looks.since(ndvi), looks.since(looks.day)
    recovery = looks.until_next(ndvi) / looks.until_next(looks.day)
    sureness = (-change - FALL) / ndvi
    found = (sureness > 0) & (change / days < SLOPE) & ~(recovery >= RECOVERY)
    # It decides one observation late: the last one is never an event.
    found &= (ndvi < BELOW) & (ndvi - change > ABOVE) & looks.next
    rows = np.flatnonzero(found)
    result: Found = [[] for _ in range(len(series))]
    for row in rows[np.argsort(-sureness[rows], kind="stable")].tolist():
        mine = result[looks.parcel[row]]
        end = int(looks.day[row])
        start = max(int(looks.day[row - 1]), end - LONGEST)
        apart = all(max(end, one.end) - min(start, one.start) >= APART for one in mine)
        if len(mine) < MOST and apart:
            mine.append(Interval(start, end, float(1 - 0.5 * np.exp(-sureness[row]))))
    if whole_year:
        return result
    ends = [np.array([one.end for one in mine], np.int64) for mine in result]
    return [
        [one for one, active in zip(mine, _SEASON.active(days), strict=True) if active]
        for mine, days in zip(result, ends, strict=True)
    ]


def force_like(series: ParcelSeries) -> Found:
    """Falls away from a season without cuts, drawn through the peaks of three parts of it."""
    looks, ndvi = _looks(series)
    result: Found = [[] for _ in range(len(series))]
    for parcel in range(len(series)):
        mine = np.flatnonzero((looks.parcel == parcel) & _SEASON.active(looks.day))
        if len(mine) < 6:
            continue
        day, value = looks.day[mine], ndvi[mine]
        below = _envelope(day, value) - value
        fall = np.diff(below, prepend=below[0])
        rows = np.flatnonzero((fall > below.std()) & (fall > 0.02) & (below > below.mean()))
        kept = strongest_apart(np.zeros(len(rows)), day[rows], fall[rows], 15)
        result[parcel] = [Interval(int(day[i - 1]), int(day[i])) for i in rows[kept].tolist()]
    return result


def _envelope(day: NDArray[np.int32], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """NDVI of a season without cuts: straight lines through the ends and three peaks."""
    third = np.minimum((day - day[0]) * 3 // max(int(day[-1] - day[0]), 1), 2)
    peaks = []
    for part in set(third.tolist()):
        mine = np.flatnonzero(third == part)
        peaks.append(int(mine[value[mine].argmax()]))
    knots = sorted({0, *peaks, len(day) - 1})
    return np.maximum(np.interp(day, day[knots], value[knots]), value)


class Forest:
    """A random forest on how bands and indices change, as gee-mowing-detection's."""

    LEAST = 0.4

    def __init__(self, inputs: NDArray[np.float32], cut: NDArray[np.bool_]) -> None:
        from sklearn.ensemble import RandomForestClassifier

        self._model = RandomForestClassifier(
            100, min_samples_leaf=3, max_features="sqrt", random_state=0, n_jobs=1
        )
        self._model.fit(np.nan_to_num(inputs), cut)

    def cuts(
        self, looks: Sequences, rows: NDArray[np.int64], inputs: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the first looks after a cut, and their probability."""
        if not len(rows):
            return rows, np.empty(0)
        sureness = self._model.predict_proba(np.nan_to_num(inputs))[:, 1]
        likely = sureness >= self.LEAST
        rows, sureness = rows[likely], sureness[likely]
        kept = strongest_apart(looks.parcel[rows], looks.day[rows], sureness, 15)
        return rows[kept], sureness[kept]


def forest_columns(names: Sequence[str]) -> list[int]:
    """Which features it reads: values and changes of indices, and days between looks."""
    parts = ("NDVI_value", "NDMI_value", "BSI_value", "since_1", "_to_1", "days_1")
    return [place for place, name in enumerate(names) if name.endswith(parts)]
