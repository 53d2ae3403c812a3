"""Fallow: nothing was harvested; black where nothing grew, green where plants stayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import COVERED_NDVI
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.growth import growth
from dias_cbm.markers.harvest import falls, sure_falls
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, saw, touching, with_values
from dias_cbm.markers.sequence import answered as answered_for
from dias_cbm.markers.series import ParcelSeries
from dias_cbm.markers.witness import witnessed

#: Least confidence that no gap hid a harvest, or growth.
LEAST_CONFIDENCE = 0.6
#: Without vegetation fallow is sure; under plants it is likely (Sen4CAP: strong, moderate).
BLACK, GREEN = 0.9, 0.6


class Fallow:
    """OK where no harvest was seen, with a confidence of at least 0.6 that no gap hid one.

    NOT_VALID where one was witnessed (:mod:`dias_cbm.markers.witness`): its events are the
    harvests. One that was seen, but not so surely, leaves the answer open (``gap_in_window``).
    Value of the state: ``highest`` NDVI; at most 0.35 it is black fallow. Permanent grassland
    without a harvest-like fall is OK as well.
    """

    name = "fallow"
    version = "2"
    needs = Needs(
        optical=frozenset(["NDVI"]),
        radar=frozenset(["VV", "VH"]),
        coherence=frozenset(["VV"]),
    )

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`."""
        series = with_values(series, "NDVI")
        states, looks = optical_states(series, window, options, ndvi_floor=0)
        looked = Looks.of(series.optical, looks)
        ndvi = looked.value(series.optical, "NDVI")
        harvests = touching(falls(looked, ndvi, growth(looked, ndvi, window), series), window)
        harvests = saw(states, harvests)
        certain = answered_for(states, touching(sure_falls(looked, ndvi), window))
        harvests = witnessed(harvests, certain).sort()
        answered = states.status != Status.NOT_EXECUTED
        inside = np.where(looked.inside(window), ndvi, -np.inf)
        highest = np.where(answered, inside.max(axis=1), np.nan).astype(np.float32)
        harvested, waiting = np.zeros(len(series), bool), np.zeros(len(series), bool)
        if len(harvests):
            proved = harvests.values["witnessed"]
            harvested[harvests.parcel[proved]] = True
            waiting[harvests.parcel[~proved]] = True
        states.status[answered] = np.where(harvested, Status.NOT_VALID, Status.OK)[answered]
        found = answered & ~harvested
        unsure = found & (waiting | (states.gap_confidence < LEAST_CONFIDENCE))
        states.not_executed(unsure, Reason.GAP_IN_WINDOW)
        sure = np.where(highest <= COVERED_NDVI, BLACK, GREEN)
        states.confidence[:] = np.where(states.status == Status.OK, sure, np.nan)
        return replace(states, values={"highest": highest}), harvests
