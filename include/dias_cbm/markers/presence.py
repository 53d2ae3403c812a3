"""Presence of vegetation in the season: the plainest marker, and the frame's own proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.events import Events, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.series import ParcelSeries

#: Least NDVI of a vegetated look (CLMS and Flanders: 0.35).
VEGETATED = 0.35


class Presence:
    """OK where a clear look of the window has an NDVI above 0.35; its event is that look."""

    name = "presence"
    version = "1"
    needs = Needs(optical=frozenset(["NDVI"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`; the option ``vegetated`` is the NDVI."""
        states, looks = optical_states(series, window, options)
        optical = series.optical
        answered = states.status != Status.NOT_EXECUTED
        ndvi = optical.values.get("NDVI")
        if ndvi is None or not answered.any():
            return states, Events.none()
        inside = (optical.days >= window.start) & (optical.days < window.end)
        seen = np.where(looks & inside, ndvi, -np.inf)
        best = seen.argmax(axis=1)
        highest = seen.max(axis=1)
        there = answered & (highest > options.get("vegetated", VEGETATED))
        states.status[there] = Status.OK
        states.confidence[there] = 1
        states = replace(
            states, values={"ndvi": np.where(answered, highest, np.nan).astype(np.float32)}
        )
        parcel = np.flatnonzero(there).astype(np.int32)
        day = optical.days[best[there]]
        obsid = optical.obsid[parcel, best[there]]
        events = Events(
            parcel=parcel,
            kind=np.full(len(parcel), "vegetation"),
            start=day,
            end=day,
            best=day,
            confidence=np.ones(len(parcel), np.float32),
            before=obsid,
            after=obsid,
            evidence=obsid[:, None],
            values={"ndvi": highest[there].astype(np.float32)},
        )
        return states, events
