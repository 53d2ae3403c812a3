"""Mowing: cuts of grassland seen by Sentinel-2, each an interval between two clear looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.config.settings import settings
from dias_cbm.markers import mowing_model
from dias_cbm.markers.answers import optical_states
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.gradual import slow_losses
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.mowing_features import BANDS
from dias_cbm.markers.mowing_odds import probability
from dias_cbm.markers.mowing_rule import Drops, MowingOptions, cuts
from dias_cbm.markers.narrowing import narrowed
from dias_cbm.markers.sequences import Sequences
from dias_cbm.markers.series import Optical, ParcelSeries

_VERSION = "2"

MOWING = "mowing"
GRADUAL = "grazing_or_gradual"

#: Intervals longer than this are narrowed by coherence.
NARROWED_ABOVE_DAYS = 10
#: The best day is a quarter of the interval before its end, at most so many days. Meadows are cut
#: when it is dry and clear, so that the first clear look follows soon, however long the clouds were
#: there before it: within two days at the median, for intervals of 3 as of 30 days.
LAG_SHARE, LAG_DAYS = 4, 4
#: Confidence in a slow loss: it may be grazing, drought or ripening.
GRADUAL_CONFIDENCE = 0.5


class Mowing:
    """OK where at least one cut was seen; events are ``mowing`` and ``grazing_or_gradual``.

    Only ``mowing`` counts. An event is ``provisional`` until a further look confirms it. Cuts are
    found by the rule, or by a trained model where the setting ``markers.mowing_model`` names one.

    :raises MarkerError: the model's file cannot be read.
    """

    name = "mowing"

    def __init__(self) -> None:
        file = settings().markers.mowing_model
        self.version = _VERSION
        self._model = None
        bands = ["NDVI", "NDMI"]
        if file is not None:
            self._model, digits = mowing_model.load(Path(file))
            self.version = f"{_VERSION}+{digits}"
            bands += BANDS
        self.needs = Needs(
            optical=frozenset(bands),
            coherence=frozenset(["VH", "VV"]),
            refining=frozenset(["coherence"]),
        )

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`; options: :class:`MowingOptions`."""
        chosen = MowingOptions.of(options)
        states, found = seen(series, window, options, chosen)
        if self._model is None:
            cut = found.rule(chosen)
        else:
            values = series.optical.values
            cut = Cuts(*self._model.cuts(found.looks, found.drops, values, chosen))
        return answered(series, states, found, cut, chosen)


@dataclass(frozen=True, slots=True)
class Seen:
    """The looks of the parcels that can be answered for.

    :param window: the days that are answered for.
    """

    window: Window
    looks: Sequences
    drops: Drops

    def inside(self, row: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the looks of some rows are on days that are answered for."""
        day = self.looks.day[row]
        return (day >= self.window.start) & (day < self.window.end)

    def rule(self, options: MowingOptions) -> Cuts:
        """The cuts by the rule."""
        rows = cuts(self.looks, self.drops, options)
        return Cuts(rows, probability(self.drops.ndmi[rows], self.drops.days[rows]))


@dataclass(frozen=True, slots=True)
class Cuts:
    """Cuts: rows int64[m] of the first looks after them, and their probability float32[m]."""

    row: NDArray[np.int64]
    probability: NDArray[np.float32]

    def select(self, chosen: NDArray[np.bool_]) -> Cuts:
        """Some of the cuts."""
        return Cuts(self.row[chosen], self.probability[chosen])


def seen(
    series: ParcelSeries, window: Window, options: Mapping[str, Any], chosen: MowingOptions
) -> tuple[States, Seen]:
    """The states before it is known what was seen, and the looks to be searched."""
    days = series.optical.days
    mine = _own_window(window, chosen)
    series = replace(series, optical=_with_moisture(series.optical))
    states, looks = optical_states(series, mine, options)
    states.not_executed(_other_crops(series.crops, chosen.crops), Reason.CROP_NOT_APPLICABLE)
    looks = looks & (states.status != Status.NOT_EXECUTED)[:, None]
    sequences = Sequences.of(days, looks)
    nothing = np.full(looks.shape, np.nan, np.float32)
    values = series.optical.values
    drops = Drops.of(sequences, values.get("NDMI", nothing), values.get("NDVI", nothing))
    return states, Seen(mine, sequences, drops)


def _own_window(window: Window, chosen: MowingOptions) -> Window:
    """The part of a window in which cuts are looked for; one day of it if there is none."""
    days = np.arange(window.start, window.end)
    mine = days[chosen.active(days)]
    if not len(mine):
        return Window(window.start, window.start + 1, window.until)
    return Window(int(mine[0]), int(mine[-1]) + 1, window.until)


def _with_moisture(optical: Optical) -> Optical:
    """The observations, where one without NDMI is not a clear look."""
    ndmi = optical.values.get("NDMI")
    known = np.zeros(optical.clear.shape, bool) if ndmi is None else np.isfinite(ndmi)
    return replace(optical, clear=np.where(known, optical.clear, np.float32(np.nan)))


def _other_crops(crops: NDArray[np.str_], patterns: tuple[str, ...]) -> NDArray[np.bool_]:
    if not patterns:
        return np.zeros(len(crops), bool)
    names, place = np.unique(crops, return_inverse=True)
    meant = [any(fnmatchcase(name, pattern) for pattern in patterns) for name in names.tolist()]
    return ~np.array(meant, bool)[place]


def answered(
    series: ParcelSeries, states: States, found: Seen, cut: Cuts, chosen: MowingOptions
) -> tuple[States, Events]:
    """States and events from the cuts that were found."""
    cut = cut.select(found.inside(cut.row))
    runs = slow_losses(found.looks, found.drops, cut.row, chosen)
    runs = runs.select(found.inside(runs.last))
    drop = found.drops
    mown = _events(series, found.looks, MOWING, cut.row - 1, cut.row, cut.probability)
    mown = _with_drops(mown, drop.ndmi[cut.row], drop.ndvi[cut.row])
    mown = _narrowed(series, mown)
    unsure = np.full(len(runs.first), GRADUAL_CONFIDENCE, np.float32)
    slow = _events(series, found.looks, GRADUAL, runs.first, runs.last, unsure)
    slow = _with_drops(slow, runs.ndmi, runs.ndvi)
    count = np.bincount(mown.parcel, minlength=len(series))
    highest = np.zeros(len(series), np.float32)
    np.maximum.at(highest, mown.parcel, mown.confidence)
    states.status[count > 0] = Status.OK
    states.confidence[count > 0] = highest[count > 0]
    executed = states.status != Status.NOT_EXECUTED
    numbers = {"cuts": count, "slow_losses": np.bincount(slow.parcel, minlength=len(series))}
    values = {
        name: np.where(executed, number, np.nan).astype(np.float32)
        for name, number in numbers.items()
    }
    return replace(states, values=values), Events.concat([mown, slow]).sort()


def _events(
    series: ParcelSeries,
    looks: Sequences,
    kind: str,
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    confidence: NDArray[np.float32],
) -> Events:
    """Events between two looks of their parcels, each given by its row."""
    parcel = looks.parcel[after].astype(np.int32)
    start, end = looks.day[before], looks.day[after]
    obsid = series.optical.obsid
    return Events(
        parcel=parcel,
        kind=np.full(len(parcel), kind),
        start=start,
        end=end,
        best=best_day(start, end),
        confidence=confidence,
        before=obsid[parcel, looks.column[before]],
        after=obsid[parcel, looks.column[after]],
        evidence=np.zeros((len(parcel), 0), np.int32),
        values={"provisional": ~looks.next[after]},
    )


def _with_drops(events: Events, ndmi: NDArray[Any], ndvi: NDArray[Any]) -> Events:
    drops = {"ndmi_drop": ndmi.astype(np.float32), "ndvi_drop": ndvi.astype(np.float32)}
    return replace(events, values={**events.values, **drops})


def best_day(start: NDArray[np.int32], end: NDArray[np.int32]) -> NDArray[np.int32]:
    """The likeliest day of a cut between two looks: a little before the later one."""
    lag = np.minimum((end - start) / LAG_SHARE, LAG_DAYS)
    return (end - np.rint(lag)).astype(np.int32)


def _narrowed(series: ParcelSeries, events: Events) -> Events:
    """The events, where long intervals are narrowed by coherence.

    The confidence, and the looks before and after, stay those of the optical series.
    """
    long = np.flatnonzero(events.end - events.start > NARROWED_ABOVE_DAYS)
    pixels = np.nan_to_num(series.optical.pixels).max(axis=1, initial=0)
    found = narrowed(
        events.parcel[long], events.start[long], events.end[long], series.coherence, pixels
    )
    by = found.obsid > 0
    start, end, best = events.start.copy(), events.end.copy(), events.best.copy()
    start[long], end[long] = found.start, found.end
    best[long[by]] = ((found.start + found.end + 1) // 2)[by]
    evidence = np.zeros((len(events), 1), np.int32)
    evidence[long, 0] = found.obsid
    mark = evidence[:, 0] > 0
    return replace(
        events,
        start=start,
        end=end,
        best=best,
        evidence=evidence,
        values={**events.values, "narrowed": mark},
    )
