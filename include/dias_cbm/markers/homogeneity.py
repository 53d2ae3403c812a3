"""Homogeneity: whether a parcel holds one kind of cover, from the statistics that are stored.

Two crops in one parcel spread its reflectance, and draw its quartiles apart. Which dates show it
depends on the crops, so a parcel is judged by the median of its looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import SNOW_SHARE, optical_states
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, percentile
from dias_cbm.markers.series import Matrix, ParcelSeries

#: Band -> weights of ln(std / mean) and of ln((p75 - p25) / p50). Fitted by logistic regression
#: (ridge of 1 on standardised values) on 110 Danish parcels and 117 planted pairs of neighbours
#: with different crops, May 2016; tests/unit/markers/test_homogeneity.py fits them again.
WEIGHTS: Mapping[str, tuple[float, float]] = {
    "B02": (0.807, 0.388),
    "B03": (1.226, 0.316),
    "B04": (0.889, 0.329),
}
INTERCEPT = 11.585
#: Above this probability a parcel is mixed: 5 % of the single parcels were above it.
MIXED = 0.75
#: Least looks, and least pixels, for an answer.
LEAST_LOOKS = 3
LEAST_PIXELS = 40

_STATISTICS = ("std", "mean", "p25", "p50", "p75")


def features(std: Matrix, mean: Matrix, p25: Matrix, p50: Matrix, p75: Matrix) -> list[Matrix]:
    """The two measures of spread in a band: ln(std / mean), ln((p75 - p25) / p50).

    A spread of less than 0.1 % of the level counts as so much. Where the level is not positive the
    result is NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(mean > 0, std / mean, np.nan)
        range_ = np.where(p50 > 0, (p75 - p25) / p50, np.nan)
    return [np.log(np.maximum(one, 1e-3)).astype(np.float32) for one in (spread, range_)]


def mixed_probability(values: Mapping[str, Matrix]) -> Matrix | None:
    """How likely each observation is of a mixed parcel; None if a statistic is not there.

    :param values: float32[n, D] by name, as ``B04:std``.
    """
    total: Any = np.float32(INTERCEPT)
    for band, weights in WEIGHTS.items():
        names = [f"{band}:{statistic}" for statistic in _STATISTICS]
        if not all(name in values for name in names):
            return None
        measured = features(*(values[name] for name in names))
        for weight, measure in zip(weights, measured, strict=True):
            total = total + np.float32(weight) * measure
    return np.asarray(1 / (1 + np.exp(-total)), np.float32)


class Homogeneity:
    """OK where a parcel looks like one kind of cover, NOT_VALID where it looks like several.

    Value of the state: ``mixed``, the median over the looks of the probability that it is. The
    reason ``heterogeneous`` stands beside NOT_VALID.
    """

    name = "homogeneity"
    version = "1"
    needs = Needs(
        optical=frozenset(
            ["NDVI", *(f"{band}:{statistic}" for band in WEIGHTS for statistic in _STATISTICS)]
        )
    )

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`.

        :param options: ``least_looks`` (3), ``least_pixels`` (40), ``mixed`` (0.75).
        """
        least = options.get("least_looks", LEAST_LOOKS)
        states, looks = optical_states(
            series,
            window,
            {
                **options,
                "minimum_looks": least,
                "minimum_pixels": options.get("least_pixels", LEAST_PIXELS),
            },
        )
        mixed = self._median(series, looks & ~(series.optical.snow > SNOW_SHARE), window, least)
        if np.isnan(mixed).all() and mixed_probability(series.optical.values) is None:
            states.not_executed(np.ones(len(series), bool), Reason.NO_STATISTICS)
        states.not_executed(np.isnan(mixed), Reason.FEW_CLEAR)
        answered = states.status != Status.NOT_EXECUTED
        several = answered & (mixed > options.get("mixed", MIXED))
        single = answered & ~several
        states.status[single] = Status.OK
        states.reason[several] = Reason.HETEROGENEOUS
        states.confidence[several] = mixed[several]
        states.confidence[single] = 1 - mixed[single]
        return replace(states, values={"mixed": np.where(answered, mixed, np.nan)}), Events.none()

    def _median(
        self, series: ParcelSeries, looks: NDArray[np.bool_], window: Window, least: int
    ) -> NDArray[np.float32]:
        """The median over the looks of the window; NaN for fewer than the least number."""
        probability = mixed_probability(series.optical.values)
        if probability is None:
            return np.full(len(series), np.nan, np.float32)
        looked = Looks.of(series.optical, looks)
        values = np.where(looked.inside(window), looked.take(probability), np.nan)
        enough = (~np.isnan(values)).sum(axis=1) >= max(least, 1)
        return np.where(enough, percentile(values, 50), np.nan)
