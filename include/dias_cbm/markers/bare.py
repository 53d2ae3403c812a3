"""Bare soil: how likely a look is at it, runs of such looks, and the state of each parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.answers import SNOW_SHARE, optical_states
from dias_cbm.markers.events import Events, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.sequence import (
    LINK_DAYS,
    Looks,
    answered,
    between,
    first_true,
    last_true,
    linked,
    saw,
    touching,
    with_values,
)
from dias_cbm.markers.series import Matrix, Optical, ParcelSeries, Radar
from dias_cbm.markers.witness import spells, witnessed

#: Up to this NDVI, with a bare soil index of at least 0, soil is what is seen.
BARE_NDVI = 0.2
#: Up to this one it may be soil: dry or dormant grass looks so too.
DOUBT_NDVI = 0.3
#: Above this NDVI plants cover the ground (Flanders, CLMS).
COVERED_NDVI = 0.35
#: From this bare soil index on, a look at soil is sure; thin haze over a meadow stays below.
SOIL_BSI = 0.05
#: Probability of a look at soil, and at what lies between soil and cover.
SURE = 0.9
SURE_LOOK = SURE - 1e-6
DOUBT = 0.5
#: From this probability on, a look is bare (up to an NDVI of 0.25); a run needs one sure look.
BARE = 0.7
#: A run of bare looks spans at least so many days.
RUN_DAYS = 5
#: Above this NDTI the ground is hidden by residues.
RESIDUES = 0.2
#: Backscatter of bare soil (Flanders): VV / VH, and VH by direction, in linear units.
RADAR_RATIO = 5.9
RADAR_VH = {"A": 0.013, "D": 0.015}
#: A pass agrees with a look so many days from it.
RADAR_DAYS = 6


def bare_probability(ndvi: Matrix, bsi: Matrix, ndti: Matrix | None = None) -> Matrix:
    """How likely each look is at bare soil.

    0.9 up to an NDVI of 0.20, from there falling to 0.5 at 0.30, on to 0.3 at 0.35, and 0 above; 0
    where the bare soil index is negative, and at most 0.5 below 0.05. Residues (NDTI from 0.1 to
    0.2) lower it to 0, where NDTI is known.

    :param ndvi: float32, any shape.
    :param bsi: the same; where it is NaN the result is NaN.
    :param ndti: the same, or None.
    """
    fall = (ndvi - BARE_NDVI) / (DOUBT_NDVI - BARE_NDVI)
    likely = SURE - (SURE - DOUBT) * np.maximum(fall, 0)
    likely = np.where(bsi < SOIL_BSI, np.minimum(likely, DOUBT), likely)
    likely = np.where((ndvi > COVERED_NDVI) | (bsi < 0), 0, likely)
    if ndti is not None:
        hidden = np.clip((np.nan_to_num(ndti) - RESIDUES / 2) / (RESIDUES / 2), 0, 1)
        likely = likely * (1 - hidden)
    return np.where(np.isnan(ndvi) | np.isnan(bsi), np.nan, likely).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Ground:
    """What each look of n parcels is at.

    :param looks: that count: clear, without snow or water.
    :param ndvi: float32[n, K].
    :param bare: float32[n, K], probability of bare soil.
    """

    looks: Looks
    ndvi: Matrix
    bare: Matrix

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Looks at plants: bool[n, K]."""
        return self.looks.there & (self.ndvi > COVERED_NDVI)


def dry_ground(optical: Optical, looks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The looks that are at neither snow nor open water: bool[n, D]."""
    dry = looks & ~(optical.snow > SNOW_SHARE)
    ndwi = optical.values.get("NDWI")
    return dry if ndwi is None else dry & ~(ndwi > 0)


def ground(optical: Optical, looks: NDArray[np.bool_]) -> Ground:
    """What the looks of a series are at.

    :param looks: bool[n, D].
    """
    looked = Looks.of(optical, dry_ground(optical, looks))
    ndvi, bsi = looked.value(optical, "NDVI"), looked.value(optical, "BSI")
    ndti = looked.value(optical, "NDTI") if "NDTI" in optical.values else None
    return Ground(looked, ndvi, bare_probability(ndvi, bsi, ndti))


def radar_bare(radar: Radar, looks: Looks) -> NDArray[np.bool_]:
    """Whether a pass of Sentinel-1 within 6 days of a look is at bare soil too: bool[n, K]."""
    agrees = np.zeros(looks.there.shape, bool)
    if "VV" not in radar.values or "VH" not in radar.values:
        return agrees
    for column, (day, direction) in enumerate(
        zip(radar.days.tolist(), radar.direction.tolist(), strict=True)
    ):
        vv, vh = radar.values["VV"][:, column], radar.values["VH"][:, column]
        soil = (vv >= RADAR_RATIO * vh) & (vh < RADAR_VH.get(direction, min(RADAR_VH.values())))
        agrees |= soil[:, None] & (np.abs(looks.day - day) <= RADAR_DAYS)
    return agrees & looks.there


def bare_runs(seen: Ground, agrees: NDArray[np.bool_], window: Window) -> Events:
    """Runs of bare looks in the window: of at least 5 days, or of one that the radar confirms.

    The looks are at most 20 days apart, and at least one must be sure (an NDVI of 0.20): dormant
    and dry meadows stay above. An event is the change to bare soil: after the last look that was
    not bare, until the first one that is. Its values: ``bare_until``, day of the last bare look;
    ``covered_from``, day of the next look that is not; ``days`` that the run surely lasted;
    ``looks`` in it; ``radar``.

    :param agrees: bool[n, K].
    """
    looks = seen.looks
    bare = seen.bare >= BARE
    parcel, first, last = linked(looks, bare & looks.inside(window))
    days = looks.day[parcel, last] - looks.day[parcel, first]
    radar = _any(agrees, parcel, first, last)
    sure = _any(seen.bare >= SURE_LOOK, parcel, first, last)
    kept = sure & (((last > first) & (days >= RUN_DAYS)) | radar)
    parcel, first, last = parcel[kept], first[kept], last[kept]
    days, radar = days[kept], radar[kept]
    other = looks.there & ~bare
    before, later = last_true(other)[parcel, first], first_true(other)[parcel, last]
    covered = np.where(later >= 0, looks.day[parcel, later], np.nan)
    return between(
        looks,
        "bare_soil",
        parcel,
        before,
        first,
        np.full(len(parcel), SURE),
        {
            "bare_until": looks.day[parcel, last].astype(np.float32),
            "covered_from": covered.astype(np.float32),
            "days": days.astype(np.float32),
            "looks": (last - first + 1).astype(np.float32),
            "radar": radar,
        },
    )


def _any(
    flags: NDArray[np.bool_],
    parcel: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether a run has a flag: bool[m]."""
    counted = np.pad(np.cumsum(flags, axis=1), ((0, 0), (1, 0)))
    return np.asarray(counted[parcel, last + 1] > counted[parcel, first])


class BareSoil:
    """OK where bare soil was seen for 5 days or more, or once if Sentinel-1 agrees.

    Values of the state: ``bare_days``, that the longest run surely lasted; ``bare_looks``, in the
    window. Events of the kind ``witness`` are two bare looks that show it
    whatever lies between them (:mod:`dias_cbm.markers.witness`).
    """

    name = "bare_soil"
    version = "3"
    needs = Needs(optical=frozenset(["NDVI", "BSI", "NDTI", "NDWI"]), radar=frozenset(["VV", "VH"]))

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """See :class:`dias_cbm.markers.marker.Marker`."""
        series = with_values(series, "NDVI", "BSI")
        states, looks = optical_states(series, window, options, ndvi_floor=0)
        seen = ground(series.optical, looks)
        events = bare_runs(seen, radar_bare(series.radar, seen.looks), window)
        events = saw(states, events)
        states = _with_values(states, seen, events, window)
        events = witnessed(events, answered(states, touching(sure_spells(seen), window)))
        return states, events.sort()


def sure_spells(seen: Ground) -> Events:
    """Spells of bare soil that are sure whatever lies between their looks."""
    return spells(seen.looks, "bare_soil", seen.bare >= SURE_LOOK, (RUN_DAYS, LINK_DAYS))


def _with_values(states: States, seen: Ground, events: Events, window: Window) -> States:
    longest = np.zeros(len(states), np.float32)
    if len(events):
        np.maximum.at(longest, events.parcel, events.values["days"])
    known = states.status != Status.NOT_EXECUTED
    count = ((seen.bare >= BARE) & seen.looks.inside(window)).sum(axis=1)
    values = {
        "bare_days": np.where(known, longest, np.nan).astype(np.float32),
        "bare_looks": np.where(known, count, np.nan).astype(np.float32),
    }
    return replace(states, values=values)
