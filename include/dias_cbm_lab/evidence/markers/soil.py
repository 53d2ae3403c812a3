"""False bare soil on meadows that were watched by cameras, and none of which was ploughed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

import numpy as np

from dias_cbm.markers import indices
from dias_cbm.markers.bare import COVERED_NDVI, RUN_DAYS, BareSoil
from dias_cbm.markers.events import Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import day_number
from dias_cbm_lab.evidence.markers.bars import Bar
from dias_cbm_lab.evidence.mowing.meadows import Meadows


class Soil(NamedTuple):
    """Shares, April to October.

    :param runs: of the plot-years, with a bare run of 5 days or more.
    :param looks: of the clear looks, called bare.
    :param runs_by_ndvi: of the plot-years, with such a run by a threshold of NDVI alone (Flanders:
        0.35), for comparison.
    :param looks_by_ndvi: of the clear looks, below that threshold.
    """

    runs: float
    looks: float
    runs_by_ndvi: float
    looks_by_ndvi: float

    def bars(self) -> list[Bar]:
        """Beside what they may be."""
        return [
            Bar("false bare runs on meadows, of plot-years", self.runs, 0.018, 0.005, False),
            Bar("looks at meadows called bare", self.looks, 0.006, 0.002, False),
        ]

    def lines(self) -> list[str]:
        """As text."""
        return [
            f"false bare runs: {self.runs:.2%} of plot-years ({self.looks:.2%} of looks);"
            f" by NDVI <= {COVERED_NDVI} alone {self.runs_by_ndvi:.2%} ({self.looks_by_ndvi:.2%})"
        ]


def soil(meadows: Sequence[Meadows]) -> Soil:
    """How often the meadows look bare."""
    marker = BareSoil()
    runs, bare, looks, low_runs, low = 0, 0.0, 0, 0, 0
    for one in meadows:
        optical = one.series.optical
        values = indices.with_indices(optical.values, indices.NAMES)
        series = replace(one.series, optical=replace(optical, values=values))
        months = (date(one.year, 4, 1), date(one.year, 11, 1))
        window = Window(*map(day_number, months))
        states, _ = marker.run(series, window, {})
        runs += int((states.status == Status.OK).sum())
        bare += float(np.nansum(states.values["bare_looks"]))
        looks += int(states.observations.sum())
        inside = (optical.days >= window.start) & (optical.days < window.end)
        seen = optical.looks(ndvi_floor=0.1)[:, inside]
        below = seen & (values["NDVI"][:, inside] <= COVERED_NDVI)
        low += int(below.sum())
        low_runs += sum(
            _longest(optical.days[inside][clear], is_low[clear]) >= RUN_DAYS
            for clear, is_low in zip(seen, below, strict=True)
        )
    plots = sum(len(one.series) for one in meadows)
    return Soil(runs / plots, bare / max(looks, 1), low_runs / plots, low / max(looks, 1))


def _longest(days: np.ndarray, low: np.ndarray) -> int:
    """Days from the first to the last look of the longest run of low ones."""
    edges = np.diff(low.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    return int((days[last] - days[first]).max(initial=0))
