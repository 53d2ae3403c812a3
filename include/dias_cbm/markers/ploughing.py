"""Ploughing and tillage: plants or stubble at one look, turned soil at the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import BARE, RESIDUES, RUN_DAYS, SURE, SURE_LOOK, Ground, ground
from dias_cbm.markers.events import Events, States
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import (
    LINK_DAYS,
    Looks,
    answered,
    between,
    saw,
    touching,
    with_values,
)
from dias_cbm.markers.series import Coherence, ParcelSeries
from dias_cbm.markers.witness import changes as witness_changes
from dias_cbm.markers.witness import witnessed

#: Least rise of the probability of bare soil, within so many days.
RISE = 0.5
WITHIN_DAYS = 20
#: Confidence of an event without bare looks for 5 days after it.
UNCONFIRMED = 0.6


class Ploughing:
    """OK where the ground changed from plants or residues to bare soil within 20 days.

    The look after the change must be bare too, or not be there yet (``provisional``). Stubble can
    be told from soil only where B12 is extracted (NDTI); without it, ploughing of stubble is not
    seen. Values of an event: ``rise`` of the probability; ``stubble`` before; ``confirmed`` by bare
    looks that span 5 days; ``coherence_low``, that the coherence of a 6-day pair across the change
    was below the parcel's lower quartile, and rose after it; ``witnessed``, and the
    kind ``witness``: see :mod:`dias_cbm.markers.witness`.
    """

    name = "ploughing"
    version = "2"
    needs = Needs(optical=frozenset(["NDVI", "BSI", "NDTI", "NDWI"]), coherence=frozenset(["VV"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`."""
        series = with_values(series, "NDVI", "BSI")
        states, looks = optical_states(series, window, options, ndvi_floor=0)
        seen = ground(series.optical, looks)
        ndti = seen.looks.value(series.optical, "NDTI")
        events = saw(states, touching(changes(seen, ndti, series.coherence), window))
        events = witnessed(events, answered(states, touching(sure_changes(seen, ndti), window)))
        return states, events.sort()


def sure_changes(seen: Ground, ndti: NDArray[np.float32]) -> Events:
    """Changes from cover to bare soil that are sure whatever lies between their looks."""
    looks = seen.looks
    covered = seen.covered | (looks.there & (ndti >= RESIDUES) & (seen.bare < BARE - RISE))
    soil = looks.there & (seen.bare >= SURE_LOOK)
    return witness_changes(looks, "ploughing", covered, soil, WITHIN_DAYS, (RUN_DAYS, LINK_DAYS))


def changes(seen: Ground, ndti: NDArray[np.float32], coherence: Coherence) -> Events:
    """The changes from cover to bare soil.

    :param ndti: float32[n, K]; NaN where it is not known.
    """
    looks, bare = seen.looks, seen.bare
    before = looks.following(bare, np.nan, -1)
    since = looks.day - looks.following(looks.day, -(10**6), -1)
    stubble = looks.following(ndti, np.nan, -1) >= RESIDUES
    plants = looks.following(seen.covered, False, -1)
    after = looks.following(bare, np.nan)
    turned = (bare - before >= RISE) & (bare >= BARE) & (since <= WITHIN_DAYS)
    turned &= (plants | stubble) & ~(after < BARE)
    parcel, column = np.nonzero(turned)
    confirmed = _lasting(looks, bare, parcel, column)
    low = _coherence_low(
        coherence, parcel, looks.day[parcel, column - 1], looks.day[parcel, column]
    )
    confidence = np.where(confirmed, SURE, UNCONFIRMED)
    return between(
        looks,
        "ploughing",
        parcel,
        column - 1,
        column,
        confidence,
        {
            "rise": (bare - before)[parcel, column].astype(np.float32),
            "stubble": stubble[parcel, column],
            "confirmed": confirmed,
            "provisional": np.isnan(after[parcel, column]),
            "coherence_low": low,
        },
    )


def _lasting(
    looks: Looks, bare: NDArray[np.float32], parcel: NDArray[Any], column: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether bare looks follow without a break for 5 days or more: bool[m]."""
    lasting = np.zeros(len(parcel), bool)
    unbroken = np.ones(len(parcel), bool)
    for step in range(1, bare.shape[1]):
        later = column + step
        there = later < bare.shape[1]
        later = np.minimum(later, bare.shape[1] - 1)
        unbroken &= there & looks.there[parcel, later] & (bare[parcel, later] >= BARE)
        days = looks.day[parcel, later] - looks.day[parcel, column]
        lasting |= unbroken & (days >= RUN_DAYS)
        unbroken &= days < RUN_DAYS
        if not unbroken.any():
            break
    return lasting


def _coherence_low(
    coherence: Coherence, parcel: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether a 6-day pair across the change is in the parcel's lowest quarter, the next higher."""
    pairs = coherence.of_interval(6)
    low = np.zeros(len(parcel), bool)
    values = pairs.values.get("VV")
    if values is None or values.shape[1] < 4 or not len(parcel):
        return low
    known = ~np.isnan(values)
    quarter = np.full(len(values), -1, np.float32)
    some = known.any(axis=1)
    quarter[some] = np.nanpercentile(values[some], 25, axis=1)
    for column in range(values.shape[1] - 1):
        across = (pairs.first[column] < end) & (pairs.last[column] > start)
        value, later = values[parcel, column], values[parcel, column + 1]
        low |= across & (value < quarter[parcel]) & (later > value)
    return low
