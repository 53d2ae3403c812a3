"""Cover of the soil: on which days of a window plants were seen, and on which the soil was bare.

Cover is known on the days of covered looks, and between two that are at most 20 days apart. Sown
cover, volunteers and weeds look alike.
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
    version = "1"
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
        values = days_of(seen, bare, window)
        longest, possible = values["longest_covered"], values["possible"]
        events = saw(states, spells_of(seen, bare, window))
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


def days_of(
    seen: Ground, bare: NDArray[np.bool_], window: Window
) -> dict[str, NDArray[np.float32]]:
    """Days of the window by what is known of them; see :class:`Cover`. float32[n] each."""
    n = len(bare)
    total = {}
    longest = np.zeros(n, np.float32)
    for name, flags in (("covered_days", seen.covered), ("bare_days", bare)):
        parcel, first, last = linked(seen.looks, flags)
        begin = np.maximum(seen.looks.day[parcel, first], window.start)
        end = np.minimum(seen.looks.day[parcel, last], window.end - 1)
        days = np.maximum(end - begin + 1, 0).astype(np.float32)
        total[name] = np.bincount(parcel, days, n).astype(np.float32)
        if name == "covered_days":
            np.maximum.at(longest, parcel, days)
    length = window.end - window.start
    total["unknown_days"] = length - total["covered_days"] - total["bare_days"]
    total["longest_covered"] = longest
    total["possible"] = _possible(seen.looks, bare, window)
    return total


def _possible(looks: Looks, bare: NDArray[np.bool_], window: Window) -> NDArray[np.float32]:
    """The longest stretch of the window without a bare look, in days."""
    found = bare & looks.inside(window)
    day = np.where(found, looks.day, window.start - 1)
    latest = np.maximum.accumulate(day, axis=1)
    earlier = np.pad(latest[:, :-1], ((0, 0), (1, 0)), constant_values=window.start - 1)
    between = np.where(found, looks.day - earlier - 1, 0).max(axis=1)
    return np.maximum(between, window.end - latest[:, -1] - 1).astype(np.float32)


def spells_of(seen: Ground, bare: NDArray[np.bool_], window: Window) -> Events:
    """Spells of cover and of bare soil that reach into the window, as events."""
    parts = []
    for kind, flags in (("covered", seen.covered), ("bare", bare)):
        parcel, first, last = linked(seen.looks, flags)
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
