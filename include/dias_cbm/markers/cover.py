"""Cover of the soil: on which days of a window plants were seen, and on which the soil was bare.

Cover is known on the days of covered looks, and between two that are at most 20 days apart; bare
soil on the days of bare looks, and between two at most 10 days apart. Sown cover, volunteers and
weeds look alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import BARE, COVERED_NDVI, Ground, ground
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import Looks, linked, saw, with_values
from dias_cbm.markers.series import Optical, ParcelSeries

#: Least days of unbroken cover: the eight weeks of a catch crop (Sen4CAP).
LEAST_DAYS = 56
#: Two bare looks that are at most so far apart are one spell: soil is not green before.
BARE_LINK_DAYS = 10
#: Confidence that a covered look is one: NDVI 0.35 leaves little doubt.
SURE = 0.95


class Cover:
    """OK where plants covered the soil for 56 days or more without a break.

    NOT_VALID only where bare looks leave no room for so many days; where they do, the answer is
    NOT_EXECUTED (``gap_in_window``). Events are spells of cover (``covered``) and of bare soil
    (``bare``), from their first to their last look. Values of the state, in days of the window:
    ``covered_days``, ``bare_days``, ``unknown_days``, ``longest_covered``, and ``possible``, the
    longest spell that no bare look contradicts. ``share`` is the least share of the area that was
    covered at every covered look (0.75, 0.5 or 0.25), where the quartiles of NDVI are extracted.
    """

    name = "cover"
    version = "2"
    needs = Needs(
        optical=frozenset(["NDVI", "BSI", "NDTI", "NDWI", "NDVI:p25", "NDVI:p50", "NDVI:p75"])
    )

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`.

        :param options: ``least_days`` (56).
        """
        least = options.get("least_days", LEAST_DAYS)
        series = with_values(series, "NDVI")
        states, looks = optical_states(series, window, options, ndvi_floor=0)
        seen = ground(series.optical, looks)
        bare = seen.looks.there & (seen.bare >= BARE)
        events = spells_of(seen, bare, window)
        values = days_within(events, len(states), window.start, window.end)
        longest, possible = values["longest_covered"], values["possible"]
        events = saw(states, events)
        answered = states.status != Status.NOT_EXECUTED
        states.status[answered] = Status.NOT_VALID
        states.confidence[:] = np.nan
        enough = answered & (longest >= least)
        states.status[enough] = Status.OK
        states.confidence[enough] = SURE
        states.not_executed(answered & ~enough & (possible >= least), Reason.GAP_IN_WINDOW)
        values["share"] = least_share(series.optical, seen, window)
        values = {name: np.where(answered, one, np.nan) for name, one in values.items()}
        return replace(states, values=values), events


def days_within(events: Events, n: int, start: int, end: int) -> dict[str, NDArray[np.float32]]:
    """Days of a window by what the spells of :class:`Cover` tell of them, float32[n] each.

    Where spells of both kinds overlap, the soil counts as bare. ``possible`` is the longest stretch
    that is not known to be bare. More looks never make fewer days bare.

    :param n: parcels.
    :param start: first day; ``end``: first day after the window.
    """
    bare, covered = (
        painted(one.parcel, one.start, one.end, n, start, end)
        for one in (events.select(events.kind == kind) for kind in ("bare", "covered"))
    )
    covered &= ~bare
    days = {"covered_days": covered, "bare_days": bare, "unknown_days": ~(covered | bare)}
    total = {name: one.sum(axis=1).astype(np.float32) for name, one in days.items()}
    return total | {"longest_covered": _longest(covered), "possible": _longest(~bare)}


def painted(
    parcel: NDArray[np.int32],
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    n: int,
    start: int,
    end: int,
) -> NDArray[np.bool_]:
    """Which days of a window, of n parcels, some spells hold: bool[n, days].

    :param first: days of the spells, int32[m]; ``last``: included.
    :param start: of the window; ``end``: first day after it.
    """
    chosen = (last >= start) & (first < end) & (first <= last)
    change = np.zeros((n, end - start + 1), np.int16)
    np.add.at(change, (parcel[chosen], np.maximum(first[chosen], start) - start), 1)
    np.add.at(change, (parcel[chosen], np.minimum(last[chosen] + 1, end) - start), -1)
    return np.asarray(np.cumsum(change[:, :-1], axis=1) > 0)


def _longest(days: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The longest unbroken run of days of each parcel: float32[n]."""
    place = np.arange(1, days.shape[1] + 1)
    broken = np.maximum.accumulate(np.where(days, 0, place), axis=1)
    return np.where(days, place - broken, 0).max(axis=1, initial=0).astype(np.float32)


def spells_of(seen: Ground, bare: NDArray[np.bool_], window: Window) -> Events:
    """Spells of cover and of bare soil that reach into the window, as events."""
    parts = []
    covered, soil = linked(seen.looks, seen.covered), _bare_spells(seen.looks, bare)
    for kind, (parcel, first, last) in (("covered", covered), ("bare", soil)):
        start, end = seen.looks.day[parcel, first], seen.looks.day[parcel, last]
        reaching = (start < window.end) & (end >= window.start)
        parcel, first, last = parcel[reaching], first[reaching], last[reaching]
        start, end = start[reaching], end[reaching]
        ids = np.stack([seen.looks.obsid[parcel, first], seen.looks.obsid[parcel, last]], axis=1)
        parts.append(
            Events(
                parcel=parcel.astype(np.int32),
                kind=np.full(len(parcel), kind),
                start=start,
                end=end,
                best=start,
                confidence=np.full(len(parcel), SURE, np.float32),
                before=ids[:, 0],
                after=ids[:, 1],
                evidence=ids,
                values={"days": (end - start + 1).astype(np.float32)},
            )
        )
    return Events.concat(parts)


def _bare_spells(
    looks: Looks, bare: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Spells of bare looks, the next at most 10 days on, whatever was seen between them.

    So no look that is missing makes more days bare.
    """
    parcel, column = np.nonzero(bare)
    day = looks.day[parcel, column]
    begins = np.append(True, (np.diff(parcel) != 0) | (np.diff(day) > BARE_LINK_DAYS))[: len(day)]
    ends = np.append(begins[1:], True)[: len(day)]
    return parcel[begins], column[begins], column[ends]


def least_share(optical: Optical, seen: Ground, window: Window) -> NDArray[np.float32]:
    """The least share of the area that is surely covered at the covered looks; NaN if not known."""
    names = {"NDVI:p25": 0.75, "NDVI:p50": 0.5, "NDVI:p75": 0.25}
    result = np.full(len(seen.looks), np.nan, np.float32)
    if not all(name in optical.values for name in names):
        return result
    shares = np.zeros(seen.ndvi.shape, np.float32)
    for name, share in names.items():
        over = seen.looks.value(optical, name) > COVERED_NDVI
        shares = np.where(over, np.maximum(shares, share), shares)
    counted = seen.covered & seen.looks.inside(window)
    lowest = np.where(counted, shares, np.inf).min(axis=1)
    return np.where(counted.any(axis=1), lowest, np.nan).astype(np.float32)
