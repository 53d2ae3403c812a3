"""Catch crop: plants that come up after the main crop's harvest, and stay for eight weeks.

A sown catch crop, volunteers and weeds look alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import BARE, Ground, ground
from dias_cbm.markers.cover import LEAST_DAYS
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.grassland import in_months
from dias_cbm.markers.growth import growth, of_crops
from dias_cbm.markers.harvest import falls
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, between, linked, saw, with_values
from dias_cbm.markers.series import Coherence, Matrix, ParcelSeries

#: First month of a main crop's harvest.
HARVEST_MONTH = 6
#: NDVI that a catch crop reaches, its least rise, and a fall that is a loss.
REACHED, RISE, LOSS = 0.325, 0.05, 0.15
#: A coherence of 6 days at which, or a rise by which, plants were lost (Sen4CAP M10).
COHERENCE_HIGH, COHERENCE_RISE = 0.7, 0.2
#: By the number of indicators that fail (Sen4CAP).
STRENGTHS = np.array(["strong", "moderate", "weak", "poor"])
CONFIDENCES = np.array([0.95, 0.85, 0.7, 0.5])


class CatchCrop:
    """OK where plants came up after the harvest and covered the soil for 56 days or more.

    NOT_VALID only where bare looks after the harvest leave no room for so many days in the window;
    else ``gap_in_window``. Without a harvest in the window it is ``crop_not_applicable``. An event
    is the coming up. Its values: ``until``, day of the last covered look; ``days``; ``harvest``,
    first day on which the harvest was seen; ``strength`` after Sen4CAP's indicators that can be had
    here: NDVI of 0.325 seen, growth, no loss of NDVI, no sign of loss in coherence.
    """

    name = "catch_crop"
    version = "1"
    needs = Needs(optical=frozenset(["NDVI", "BSI", "NDTI", "NDWI"]), coherence=frozenset(["VV"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`.

        :param options: ``least_days`` (56); ``crops``: patterns of main crops; all if not given.
        """
        least = options.get("least_days", LEAST_DAYS)
        series = with_values(series, "NDVI", "BSI")
        states, looks = optical_states(series, window, options, ndvi_floor=0)
        meant = of_crops(series.crops, options.get("crops"))
        states.not_executed(~meant, Reason.CROP_NOT_APPLICABLE)
        harvested = _harvests(series, looks, window)
        states.not_executed(harvested < 0, Reason.CROP_NOT_APPLICABLE)
        seen = ground(series.optical, looks)
        events = grown_after(seen, harvested, least, series.coherence, window)
        events = saw(states, events)
        room = room_after(seen, harvested, window)
        silent = (states.status == Status.NOT_VALID) & (room >= least)
        states.not_executed(silent, Reason.GAP_IN_WINDOW)
        known = harvested >= 0
        return replace(states, values={"room": np.where(known, room, np.nan)}), events


def _harvests(series: ParcelSeries, looks: NDArray[np.bool_], window: Window) -> NDArray[np.int32]:
    """Day on which each parcel's main harvest was seen, in the window; -1: none. int32[n].

    It is the first from June on: before, a winter's cover makes way for a summer crop.
    """
    looked = Looks.of(series.optical, looks)
    ndvi = looked.value(series.optical, "NDVI")
    events = falls(looked, ndvi, growth(looked, ndvi, window), series)
    inside = (events.end >= window.start) & (events.end < window.end)
    events = events.select(inside & in_months(events.end, (HARVEST_MONTH, 12)))
    days = np.full(len(series), -1, np.int32)
    first = np.unique(events.parcel, return_index=True)[1]
    days[events.parcel[first]] = events.end[first]
    return days


def grown_after(
    seen: Ground, harvested: NDArray[np.int32], least: int, coherence: Coherence, window: Window
) -> Events:
    """Spells of cover of so many days that began after the harvest, from a look without cover.

    :param harvested: int32[n], day; -1: none.
    """
    looks = seen.looks
    past = looks.there & (looks.day >= harvested[:, None]) & (harvested >= 0)[:, None]
    open_ground = past & ~seen.covered
    opened = np.cumsum(open_ground, axis=1) > 0
    parcel, first, last = linked(looks, seen.covered & past & opened)
    days = looks.day[parcel, last] - looks.day[parcel, first]
    kept = (days >= least) & (looks.day[parcel, first] < window.end)
    # The first such spell of each parcel.
    order = np.lexsort((first, parcel))
    order = order[kept[order]]
    _, index = np.unique(parcel[order], return_index=True)
    chosen = order[index]
    parcel, first, last, days = parcel[chosen], first[chosen], last[chosen], days[chosen]
    columns = np.arange(seen.ndvi.shape[1])
    inside = (columns >= first[:, None]) & (columns <= last[:, None])
    failed = _optical_failures(np.where(inside, seen.ndvi[parcel], np.nan), first)
    ends = looks.day[parcel, first], looks.day[parcel, last]
    failed = np.minimum(failed + _coherence_failed(coherence, parcel, *ends), 3)
    return between(
        looks,
        "catch_crop",
        parcel,
        first - 1,
        first,
        CONFIDENCES[failed],
        {
            "until": looks.day[parcel, last].astype(np.float32),
            "days": days.astype(np.float32),
            "harvest": harvested[parcel].astype(np.float32),
            "strength": STRENGTHS[failed],
        },
    )


def _optical_failures(ndvi: Matrix, first: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the indicators of NDVI fail in each spell: int[m]."""
    top = np.where(np.isnan(ndvi), -np.inf, ndvi)
    highest = top.max(axis=1, initial=-np.inf)
    start = ndvi[np.arange(len(ndvi)), first]
    falling = np.diff(ndvi, axis=1) <= -LOSS
    failures = (highest < REACHED).astype(np.int64)
    failures += highest < start + RISE
    failures += falling.any(axis=1)
    return failures


def _coherence_failed(
    coherence: Coherence, parcel: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
) -> NDArray[np.bool_]:
    """Whether coherence of 6 days says that plants were lost in each spell: bool[m]."""
    pairs = coherence.of_interval(6)
    lost = np.zeros(len(parcel), bool)
    if "VV" not in pairs.values:
        return lost
    values = pairs.values["VV"][parcel]
    before: NDArray[Any] = np.full(len(parcel), np.nan, np.float32)
    for column, (first, last) in enumerate(
        zip(pairs.first.tolist(), pairs.last.tolist(), strict=True)
    ):
        inside = (first >= start) & (last <= end)
        value = values[:, column]
        lost |= inside & ((value >= COHERENCE_HIGH) | (value - before >= COHERENCE_RISE))
        before = np.where(inside, value, np.nan)
    return lost


def room_after(seen: Ground, harvested: NDArray[np.int32], window: Window) -> NDArray[np.float32]:
    """The longest stretch from the harvest to the window's end without a bare look: float32[n]."""
    looks = seen.looks
    begin = np.where(harvested >= 0, harvested, window.start)[:, None]
    bare = looks.inside(window) & (looks.day >= begin) & (seen.bare >= BARE)
    latest = np.maximum.accumulate(np.where(bare, looks.day, begin - 1), axis=1)
    earlier = np.concatenate([begin - 1, latest[:, :-1]], axis=1)
    longest = np.where(bare, looks.day - earlier - 1, 0).max(axis=1)
    return np.maximum(longest, window.end - 1 - latest[:, -1]).astype(np.float32)
