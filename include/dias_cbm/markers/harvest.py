"""Harvest: the lasting fall of NDVI after the season's peak, and what Sentinel-1 says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.bare import COVERED_NDVI
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.growth import Growth, growth, narrowness, of_crops
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
from dias_cbm.markers.series import Coherence, Matrix, ParcelSeries, Radar
from dias_cbm.markers.witness import changes, witnessed

#: Least fall from the peak, and its least share of the way from the peak to the season's low.
FALL = 0.25
SHARE = 0.5
#: Witnessed harvests fall from this NDVI on, and are still seen after so many days.
DENSE_NDVI = 0.6
STAYS_DAYS = (5, 30)
#: The main growth reaches this share of the season's greatest.
MAIN_SHARE = 0.8
#: Sentinel-1 is compared over so many days before and after the interval.
BEFORE_DAYS = 21
AFTER_DAYS = 12
#: Sen4CAP (L4B): the ratio changes by a sixth of its spread and 0.1 dB; coherence rises by 0.05, or
#: is at least 0.75 and within 0.05 of its maximum.
RATIO_SPREAD, RATIO_DB = 6.0, 0.1
COHERENCE_RISE, COHERENCE_HIGH = 0.05, 0.75


class Harvest:
    """OK where the NDVI fell for good from its peak: by 0.25, and half of the way to the low.

    The next look must be as low, or not be there yet (``provisional``). Values of an event: the
    ``peak``, and the ``ndvi`` after; ``ratio_changed`` and ``coherence_rose``: 1 or 0 as Sentinel-1
    confirms, absent where it cannot say. A meadow that is cut falls alike: name the crops
    that are harvested in the option ``crops``. ``witnessed`` marks events that are sure whatever
    lies between their looks; ``witness`` are such that neighbours do not confirm.
    """

    name = "harvest"
    version = "2"
    needs = Needs(
        optical=frozenset(["NDVI"]),
        radar=frozenset(["VV", "VH"]),
        coherence=frozenset(["VV"]),
    )

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`.

        :param options: ``crops``: patterns of the crops that are harvested; all if not given.
        """
        series = with_values(series, "NDVI")
        states, looks = optical_states(series, window, options)
        meant = of_crops(series.crops, options.get("crops"))
        states.not_executed(~meant, Reason.CROP_NOT_APPLICABLE)
        looked = Looks.of(series.optical, looks)
        ndvi = looked.value(series.optical, "NDVI")
        grown = growth(looked, ndvi, window)
        events = touching(falls(looked, ndvi, grown, series), window)
        events = saw(states, events)
        sure = answered(states, touching(sure_falls(looked, ndvi), window))
        known = states.status != Status.NOT_EXECUTED
        states = replace(states, values={"peak": np.where(known, grown.top, np.nan)})
        return states, witnessed(events, sure).sort()


def sure_falls(looks: Looks, ndvi: Matrix) -> Events:
    """Harvests that are sure whatever lies between their looks: from dense plants to none.

    :param ndvi: float32[n, K].
    """
    return changes(
        looks, "harvest", ndvi >= DENSE_NDVI, ndvi <= COVERED_NDVI, LINK_DAYS, STAYS_DAYS
    )


def falls(looks: Looks, ndvi: Matrix, grown: Growth, series: ParcelSeries) -> Events:
    """The lasting falls of each parcel, each from the peak since the one before.

    A peak counts once it is four fifths of the way from the season's low to its top: a catch crop
    may grow as high as the main crop, and there may be two crops a year.

    :param ndvi: float32[n, K].
    """
    after = looks.following(ndvi, np.nan)
    harvested = np.zeros(ndvi.shape, bool)
    peaks = np.full(ndvi.shape, np.nan, np.float32)
    peak = np.full(len(ndvi), -np.inf, np.float32)
    least = np.maximum(grown.low + MAIN_SHARE * (grown.top - grown.low), COVERED_NDVI)
    for look in range(ndvi.shape[1]):
        limit = peak - np.maximum(FALL, SHARE * (peak - grown.low))
        fallen = (peak >= least) & (ndvi[:, look] <= limit) & ~(after[:, look] > limit)
        harvested[:, look], peaks[:, look] = fallen, peak
        higher = np.maximum(peak, grown.smooth[:, look])
        peak = np.where(fallen, ndvi[:, look], higher).astype(np.float32)
    parcel, column = np.nonzero(harvested)
    before = column - 1
    start, end = looks.day[parcel, before], looks.day[parcel, column]
    ratio = ratio_changed(series.radar, parcel, start, end)
    rose = coherence_rose(series.coherence, parcel, start, end)
    next_low = np.where(np.isnan(after[parcel, column]), np.nan, 1)
    votes = np.stack([np.ones(len(parcel)), next_low, ratio, rose])
    executed = (~np.isnan(votes)).sum(axis=0)
    confirmed = np.nan_to_num(votes).sum(axis=0)
    # One vote is a fall that may yet be a cloud.
    share = np.where(executed == 1, 0.5, confirmed / np.maximum(executed, 1))
    return between(
        looks,
        "harvest",
        parcel,
        before,
        column,
        share * (0.5 + 0.5 * narrowness(end - start)),
        {
            "peak": peaks[parcel, column],
            "ndvi": ndvi[parcel, column],
            "ratio_changed": ratio,
            "coherence_rose": rose,
            "provisional": np.isnan(after[parcel, column]),
        },
    )


def ratio_changed(
    radar: Radar, parcel: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
) -> NDArray[np.float32]:
    """Whether VH / VV changed across each interval: 1, 0, or NaN without passes; float32[m].

    Of each relative orbit the parcel's median is taken off first.
    """
    unknown = np.full(len(parcel), np.nan, np.float32)
    if "VV" not in radar.values or "VH" not in radar.values or not len(parcel):
        return unknown
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(radar.values["VH"][parcel] / radar.values["VV"][parcel])
    ratio[~np.isfinite(ratio)] = np.nan
    for orbit in np.unique(radar.orbit):
        of_orbit = radar.orbit == orbit
        ratio[:, of_orbit] -= _reduced(np.nanmedian, ratio[:, of_orbit])[:, None]
    spread = _reduced(np.nanstd, ratio)
    change = np.abs(_change(ratio, radar.days, radar.days, start, end))
    changed = change > np.maximum(spread / RATIO_SPREAD, RATIO_DB)
    return np.where(np.isnan(change), np.nan, changed).astype(np.float32)


def coherence_rose(
    coherence: Coherence, parcel: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
) -> NDArray[np.float32]:
    """Whether coherence of 6 days is higher after each interval: 1, 0 or NaN; float32[m]."""
    pairs = coherence.of_interval(6)
    if "VV" not in pairs.values or not len(parcel) or not len(pairs.last):
        return np.full(len(parcel), np.nan, np.float32)
    values = pairs.values["VV"][parcel]
    change = _change(values, pairs.first, pairs.last, start, end)
    level = _mean(
        values, (pairs.first >= end[:, None]) & (pairs.first <= end[:, None] + AFTER_DAYS)
    )
    high = np.maximum(COHERENCE_HIGH, _reduced(np.nanmax, values) - 0.05)
    rose = (change >= COHERENCE_RISE) | (level >= high)
    return np.where(np.isnan(change), np.nan, rose).astype(np.float32)


def _change(
    values: Matrix,
    first: NDArray[np.int32],
    last: NDArray[np.int32],
    start: NDArray[Any],
    end: NDArray[Any],
) -> NDArray[np.float64]:
    """Mean after each interval less the mean before it; NaN where one of them is not known."""
    begin, finish = start[:, None], end[:, None]
    before = (last <= begin) & (last >= begin - BEFORE_DAYS)
    after = (first >= finish) & (first <= finish + AFTER_DAYS)
    return _mean(values, after) - _mean(values, before)


def _mean(values: Matrix, where: NDArray[np.bool_]) -> NDArray[np.float64]:
    chosen = where & ~np.isnan(values)
    count = chosen.sum(axis=1)
    total = np.where(chosen, values, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _reduced(how: Any, values: Matrix) -> NDArray[np.float64]:
    """A statistic of each row without its NaN; NaN for a row of nothing else."""
    result = np.full(len(values), np.nan)
    some = (~np.isnan(values)).any(axis=1)
    if some.any():
        result[some] = how(values[some], axis=1)
    return result
