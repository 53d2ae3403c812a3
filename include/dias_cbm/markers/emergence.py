"""Emergence of the crop: when NDVI leaves the level of the ground on its way to the peak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import COVERED_NDVI, DOUBT_NDVI
from dias_cbm.markers.events import Events, States, Status
from dias_cbm.markers.growth import Growth, growth, narrowness
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, between, saw, touching, with_values
from dias_cbm.markers.series import Matrix, Optical, ParcelSeries

#: Emergence is this share of the way from the ground's level to the peak.
SHARE = 0.2
#: Least rise from the ground to the peak.
RISE = 0.2
#: Looks from the lowest to the peak, both counted, for growth to be sure.
GROWING_LOOKS = 3


class Emergence:
    """OK where a crop came up in the window: from an NDVI of at most 0.30 to one above 0.35.

    A parcel that is green from the first look on is NOT_VALID: it may have come up before the
    window. Values of an event: ``base`` and ``peak``; ``growing_looks`` from the base to the peak;
    ``uncertain_days``, after the CLMS algorithm document, the spread of the parcel's pixels (p25 to
    p75) over the slope, where these are extracted. The best day is where the line between the two
    looks crosses.
    """

    name = "emergence"
    version = "1"
    needs = Needs(optical=frozenset(["NDVI", "NDVI:p25", "NDVI:p75"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`."""
        series = with_values(series, "NDVI")
        states, looks = optical_states(series, window, options)
        looked = Looks.of(series.optical, looks)
        ndvi = looked.value(series.optical, "NDVI")
        grown = growth(looked, ndvi, window)
        events = saw(states, touching(crossings(looked, ndvi, grown, series.optical), window))
        answered = states.status != Status.NOT_EXECUTED
        values = {
            "base": np.where(answered, grown.base, np.nan),
            "peak": np.where(answered, grown.top, np.nan),
        }
        return replace(states, values=values), events


def crossings(looks: Looks, ndvi: Matrix, grown: Growth, optical: Optical) -> Events:
    """Where each parcel's NDVI last crosses the level of emergence before its peak.

    :param ndvi: float32[n, K].
    """
    level = grown.base + SHARE * (grown.top - grown.base)
    columns = np.arange(ndvi.shape[1])
    before_peak = looks.there & (columns < grown.peak[:, None])
    low = before_peak & (ndvi < level[:, None])
    rises = (grown.base <= DOUBT_NDVI) & (grown.top > COVERED_NDVI)
    rises &= grown.top - grown.base >= RISE
    parcel = np.flatnonzero(low.any(axis=1) & rises)
    before = np.where(low[parcel], columns, -1).max(axis=1)
    after = before + 1
    lowest = np.where(before_peak[parcel], ndvi[parcel], np.inf).argmin(axis=1)
    growing = grown.peak[parcel] - lowest + 1
    start, end = looks.day[parcel, before], looks.day[parcel, after]
    slope = (ndvi[parcel, after] - ndvi[parcel, before]) / (end - start)
    spread = (looks.value(optical, "NDVI:p75") - looks.value(optical, "NDVI:p25"))[parcel, after]
    part = (level[parcel] - ndvi[parcel, before]) / (ndvi[parcel, after] - ndvi[parcel, before])
    crossed = np.rint(start + np.clip(part, 0, 1) * (end - start)).astype(np.int32)
    sure = np.where(growing >= GROWING_LOOKS, 1, 0.5) * (0.5 + 0.5 * narrowness(end - start))
    events = between(
        looks,
        "emergence",
        parcel,
        before,
        after,
        sure,
        {
            "base": grown.base[parcel],
            "peak": grown.top[parcel],
            "growing_looks": growing.astype(np.float32),
            "uncertain_days": (np.abs(spread) / np.maximum(slope, 1e-6)).astype(np.float32),
        },
    )
    return replace(events, best=crossed)
