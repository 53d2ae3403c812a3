"""Grassland converted: ploughed, or bare for ten days, between March and October.

Shallow reseeding without a bare look is not seen. Bare soil is green again after three to four
weeks, and only its first two look bare, so a gap of 14 days hides it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import BARE, SURE_LOOK, Ground, ground
from dias_cbm.markers.events import Events, Reason, States
from dias_cbm.markers.gaps import gap_confidence
from dias_cbm.markers.growth import of_crops
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.ploughing import changes, sure_changes
from dias_cbm.markers.sequence import (
    LINK_DAYS,
    answered,
    between,
    last_true,
    linked,
    saw,
    touching,
    with_values,
)
from dias_cbm.markers.series import ParcelSeries
from dias_cbm.markers.witness import spells, witnessed

#: Least days that the soil was bare, with looks at most 20 days apart.
BARE_DAYS = 10
#: March to October.
MONTHS = (3, 10)
#: Least confidence, over gaps of 28 days, that the looks show the season as it was.
LEAST_CONFIDENCE = 0.7
HIDES_DAYS = 14


class GrasslandConversion:
    """OK where grassland was converted; NOT_VALID where nothing was seen of that.

    Its gap confidence is over gaps of 14 days. Where soil was seen, but the looks are too few to
    be sure (a confidence below 0.7 over gaps of 28 days), it is NOT_EXECUTED (``gap_in_window``).
    An event's value ``ploughed`` says whether a change from cover to soil was seen, ``days`` how
    long the soil was surely bare; ``witnessed`` that it is sure whatever lies between its looks.
    """

    name = "grassland_conversion"
    version = "3"
    needs = Needs(optical=frozenset(["NDVI", "BSI", "NDTI", "NDWI"]), coherence=frozenset(["VV"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`.

        :param options: ``crops``: patterns of the crops that are grassland; all if not given.
        """
        series = with_values(series, "NDVI", "BSI")
        states, looks = optical_states(series, window, options, ndvi_floor=0, hides_days=HIDES_DAYS)
        meant = of_crops(series.crops, options.get("crops"))
        states.not_executed(~meant, Reason.CROP_NOT_APPLICABLE)
        seen = ground(series.optical, looks & in_months(series.optical.days, MONTHS))
        ndti = seen.looks.value(series.optical, "NDTI")
        ploughed = changes(seen, ndti, series.coherence)
        ploughed = ploughed.select(ploughed.values["confirmed"])
        ploughed = replace(ploughed, values={"ploughed": np.ones(len(ploughed), bool)})
        events = Events.concat([ploughed, _bare(seen, ploughed)])
        events = touching(replace(events, kind=np.full(len(events), "conversion")), window)
        days = series.optical.days
        whole, _ = gap_confidence(days, looks, window.start, window.end)
        sure = touching(_sure(seen, ndti), window)
        soil = np.zeros(len(series), bool)
        soil[events.parcel] = soil[sure.parcel] = True
        unsure = soil & (whole < LEAST_CONFIDENCE)
        states.not_executed(unsure, Reason.GAP_IN_WINDOW)
        events = saw(states, events)
        return states, witnessed(events, answered(states, sure)).sort()


def _sure(seen: Ground, ndti: NDArray[np.float32]) -> Events:
    """Conversions that are sure whatever lies between their looks."""
    long = spells(seen.looks, "conversion", seen.bare >= SURE_LOOK, (BARE_DAYS, LINK_DAYS))
    return Events.concat([sure_changes(seen, ndti), long])


def in_months(days: NDArray[np.int32], months: tuple[int, int]) -> NDArray[np.bool_]:
    """Which days are in the months from the first to the last: bool[D]."""
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1
    return np.asarray((month >= months[0]) & (month <= months[1]))


def _bare(seen: Ground, ploughed: Events) -> Events:
    """Spells of bare soil of 10 days or more that are not those after a ploughing."""
    looks = seen.looks
    bare = looks.there & (seen.bare >= BARE)
    parcel, first, last = linked(looks, bare)
    days = looks.day[parcel, last] - looks.day[parcel, first]
    sure = np.pad(np.cumsum(seen.bare >= SURE_LOOK, axis=1), ((0, 0), (1, 0)))
    known = set(zip(ploughed.parcel.tolist(), ploughed.end.tolist(), strict=True))
    begun = zip(parcel.tolist(), looks.day[parcel, first].tolist(), strict=True)
    new = np.array([one not in known for one in begun], bool)
    kept = new & (days >= BARE_DAYS) & (sure[parcel, last + 1] > sure[parcel, first])
    parcel, first, days = parcel[kept], first[kept], days[kept]
    before = last_true(looks.there & ~bare)[parcel, first]
    return between(
        looks,
        "conversion",
        parcel,
        before,
        first,
        np.full(len(parcel), 0.8),
        {"ploughed": np.zeros(len(parcel), bool), "days": days.astype(np.float32)},
    )
