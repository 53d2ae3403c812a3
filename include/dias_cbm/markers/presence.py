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
from dias_cbm.markers.witness import HINT, SPARSE_PLANTS

#: Least NDVI of a vegetated look (CLMS and Flanders: 0.35).
VEGETATED = 0.35
#: So much below it, a look that is missing may have been vegetated.
DOUBT = 0.1


class Presence:
    """OK where a clear look of the window has an NDVI above 0.35; its event is the greenest look.

    From an NDVI of 0.25 on, that look is a hint (``sparse_plants``).
    """

    name = "presence"
    version = "2"
    needs = Needs(optical=frozenset(["NDVI"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`; the option ``vegetated`` is the NDVI."""
        states, looks = optical_states(series, window, options)
        optical = series.optical
        least = options.get("vegetated", VEGETATED)
        answered = states.status != Status.NOT_EXECUTED
        ndvi = optical.values.get("NDVI")
        if ndvi is None or not answered.any():
            return states, Events.none()
        inside = (optical.days >= window.start) & (optical.days < window.end)
        seen = np.where(looks & inside, ndvi, -np.inf)
        best = seen.argmax(axis=1)
        highest = seen.max(axis=1)
        there = answered & (highest > least)
        states.status[there] = Status.OK
        states.confidence[there] = 1
        states = replace(
            states, values={"ndvi": np.where(answered, highest, np.nan).astype(np.float32)}
        )
        some = answered & (highest > least - DOUBT)
        parcel = np.flatnonzero(some).astype(np.int32)
        day = optical.days[best[parcel]]
        obsid = optical.obsid[parcel, best[parcel]]
        events = Events(
            parcel=parcel,
            kind=np.where(there[parcel], "vegetation", SPARSE_PLANTS),
            start=day,
            end=day,
            best=day,
            confidence=np.where(there[parcel], 1, HINT).astype(np.float32),
            before=obsid,
            after=obsid,
            evidence=obsid[:, None],
            values={"ndvi": highest[parcel].astype(np.float32), "witnessed": there[parcel]},
        )
        return states, events
