"""Use other than agriculture: water, buildings or forest, each by two kinds of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import SNOW_SHARE, optical_states
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, percentile, with_values
from dias_cbm.markers.series import Matrix, ParcelSeries, Radar

#: Nothing grows: greatest NDVI, and its greatest range.
BARREN_NDVI, BARREN_RANGE = 0.3, 0.15
#: Evergreen: least median NDVI and NDMI, and greatest range of NDVI.
FOREST_NDVI, FOREST_NDMI, FOREST_RANGE = 0.7, 0.3, 0.12
#: Share of the looks at open water.
WATER_SHARE = 0.5
#: Mean VV in linear units: buildings reflect more (Flanders), calm water less.
BUILT_VV, WATER_VV = 0.25, 0.03
#: Least passes for a mean, and least confidence that no gap hid growth.
LEAST_PASSES = 3
LEAST_CONFIDENCE = 0.6
CONFIDENCE = 0.8

USES = ("water", "built", "forest")


class OtherUse:
    """OK where a parcel is likely no farmland; the season's looks say so, and a second witness.

    Water: NDWI above 0 in most looks, and weak backscatter. Built: NDVI never above 0.30 and nearly
    constant, and strong backscatter. Forest: NDVI high and nearly constant, and wet leaves all year
    (NDMI). One kind of evidence without Sentinel-1 to ask is NOT_EXECUTED (``no_s1``); with gaps
    that may hide growth it is ``gap_in_window``. Values of the state: ``water``, ``built`` and
    ``forest`` count the kinds of evidence, 0 to 2. There are no events.
    """

    name = "other_use"
    version = "1"
    needs = Needs(optical=frozenset(["NDVI", "NDWI", "NDMI"]), radar=frozenset(["VV"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`."""
        series = with_values(series, "NDVI", "NDWI", "NDMI")
        states, looks = optical_states(series, window, options, ndvi_floor=None)
        looked = Looks.of(series.optical, looks & ~(series.optical.snow > SNOW_SHARE))
        inside = looked.inside(window)

        def value(name: str) -> Matrix:
            return np.where(inside, looked.value(series.optical, name), np.nan)

        ndvi, ndwi = value("NDVI"), value("NDWI")
        low, median, high = percentile(ndvi, 5), percentile(ndvi, 50), percentile(ndvi, 95)
        top = percentile(ndvi, 100)
        wet = (ndwi > 0).sum(axis=1) > WATER_SHARE * np.maximum((~np.isnan(ndwi)).sum(axis=1), 1)
        vv = mean_vv(series.radar, window)
        constant = high - low
        barren = ~wet & (top < BARREN_NDVI) & (constant < BARREN_RANGE)
        evergreen = (median > FOREST_NDVI) & (constant < FOREST_RANGE)
        damp = percentile(value("NDMI"), 5) > FOREST_NDMI
        first = {"water": wet, "built": barren, "forest": evergreen}
        second = {"water": vv < WATER_VV, "built": vv > BUILT_VV, "forest": damp}
        answered = states.status != Status.NOT_EXECUTED
        both = np.any([first[use] & second[use] for use in USES], axis=0)
        alone = (wet | barren) & np.isnan(vv)
        gaps = states.gap_confidence < LEAST_CONFIDENCE
        states.not_executed(np.any(list(first.values()), axis=0) & gaps, Reason.GAP_IN_WINDOW)
        states.not_executed(alone & ~both, Reason.NO_S1)
        found = both & (states.status != Status.NOT_EXECUTED)
        states.status[found] = Status.OK
        states.confidence[found] = CONFIDENCE
        counts = {
            use: np.where(
                answered, np.where(first[use], 1 + second[use].astype(np.float32), 0), np.nan
            ).astype(np.float32)
            for use in USES
        }
        return replace(states, values=counts), Events.none()


def mean_vv(radar: Radar, window: Window) -> NDArray[np.float32]:
    """Mean VV of each parcel in the window; NaN for fewer than 3 passes. float32[n]."""
    n = len(radar.obsid)
    if "VV" not in radar.values:
        return np.full(n, np.nan, np.float32)
    inside = (radar.days >= window.start) & (radar.days < window.end)
    values = radar.values["VV"][:, inside]
    count = (~np.isnan(values)).sum(axis=1)
    mean = np.nan_to_num(values).sum(axis=1) / np.maximum(count, 1)
    return np.where(count >= LEAST_PASSES, mean, np.nan).astype(np.float32)
