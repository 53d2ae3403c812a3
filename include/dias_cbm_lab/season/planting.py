"""Planting on some parcels: known cuts of meadows, ploughing, a second crop, clouds.

It is planted on parcels that are declared rightly and that no other parcel overlaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import shapely

from dias_cbm.errors import SettingsError
from dias_cbm_lab.season.crops import CROPS
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.passes import OPTICAL, passes
from dias_cbm_lab.season.plan import generator

#: Crops whose parcels are meadows; and those that a second crop is planted in, with that crop.
MEADOWS = ("grass in rotation", "permanent grass")
MIXED_IN, SECOND_CROP = ("winter wheat", "winter rye"), "maize"
#: Area of parcels that something is planted on, m2.
SMALLEST, LARGEST = 8_000.0, 80_000.0
#: Meadows whose every cut is known, at most; one in three of them is not mown.
MOST_MEADOWS, _UNMOWN = 24, 3
#: From so many optical passes on, looks before and after the window of the schemes bound it.
_BOUNDED = 6


@dataclass(frozen=True, slots=True)
class Planted:
    """What is planted, by index of the parcel.

    :param mown: days on which meadows are mown; no days for those that are not mown at all.
    :param ploughed: day on which a meadow is ploughed.
    :param mixed: parcel in which a second crop grows on a part.
    :param clouded: first day from which clouds hide a meadow to the season's end; it is mown then.
    """

    mown: Mapping[int, tuple[date, ...]] = field(default_factory=dict)
    ploughed: Mapping[int, date] = field(default_factory=dict)
    mixed: tuple[int, ...] = ()
    clouded: Mapping[int, date] = field(default_factory=dict)

    @property
    def in_clear_sky(self) -> tuple[int, ...]:
        """Parcels that only an overcast day hides, one mown meadow too: one of each is enough."""
        seen = [i for i, cuts in self.mown.items() if cuts and i not in self.clouded]
        return (*self.ploughed, *self.mixed, *seen[:1])


def plant(land: Landscape, starts: date, ends: date, seed: int) -> tuple[Landscape, Planted]:
    """Choose the parcels and the days; the landscape then holds the second crop too.

    :raises SettingsError: too few parcels are fit for it.
    """
    looks = looks_of(starts, ends)
    rng = generator(seed, "planting")
    meadows, cereals = (_fit(land, crops, rng) for crops in (MEADOWS, MIXED_IN))
    if len(meadows) < 2 + _UNMOWN or not cereals:
        raise SettingsError(
            "has too few meadows and cereal fields to plant something on",
            subject=f"seed={seed}",
            hint="ask for more parcels, or another seed",
        )
    ploughed, clouded, mixed, *known = meadows[0], meadows[1], cereals[0], *meadows[2:]
    hidden_from = looks[len(looks) // 2]
    known = known[: min(MOST_MEADOWS, len(meadows) // 2 + 1)]
    mown = {one: _cuts(number, looks, rng) for number, one in enumerate(known)}
    mown[clouded] = (hidden_from + timedelta(days=2),)
    planted = Planted(
        mown=mown,
        ploughed={ploughed: window(looks)[0] + timedelta(days=2)},
        mixed=(mixed,),
        clouded={clouded: hidden_from},
    )
    return _with_second_crop(land, mixed), planted


def looks_of(starts: date, ends: date) -> list[date]:
    """Days of a season's optical passes."""
    return [one.start.date() for one in passes(OPTICAL, starts, ends)]


def window(looks: Sequence[date]) -> tuple[date, date]:
    """First and last day of the window of the season's schemes: days of optical passes.

    In a season of few passes it reaches from the first to the last.
    """
    return (looks[1], looks[-2]) if len(looks) >= _BOUNDED else (looks[0], looks[-1])


def describe(
    planted: Planted, land: Landscape, starts: date, ends: date
) -> dict[str, list[dict[str, Any]]]:
    """What is planted, by the parcels' ids, for the file of the truth."""
    pid = land.pid.tolist()
    first, last = window(looks_of(starts, ends))
    return {
        "window": [{"from": first.isoformat(), "to": last.isoformat()}],
        "mown": [
            {"pid": pid[i], "days": _texts(days)}
            for i, days in planted.mown.items()
            if i not in planted.clouded
        ],
        "ploughed": [
            {"pid": pid[i], "day": day.isoformat()} for i, day in planted.ploughed.items()
        ],
        "mixed": [
            {"pid": pid[i], "crops": [CROPS[land.crop[i]], SECOND_CROP]} for i in planted.mixed
        ],
        "clouded": [
            {
                "pid": pid[i],
                "from": since.isoformat(),
                "to": ends.isoformat(),
                "mown": _texts(planted.mown[i]),
            }
            for i, since in planted.clouded.items()
        ],
    }


def _texts(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in days]


def _fit(land: Landscape, crops: tuple[str, ...], rng: np.random.Generator) -> list[int]:
    """Parcels of some crops that something can be planted on, in random order."""
    geometry = land.geometry
    indices = [CROPS.index(crop) for crop in crops]
    area = shapely.area(geometry)
    fit = (land.crop == land.declared) & np.isin(land.crop, indices)
    fit &= (area >= SMALLEST) & (area <= LARGEST)
    fit &= shapely.get_type_id(geometry) == shapely.GeometryType.POLYGON
    fit &= shapely.get_num_interior_rings(geometry) == 0
    # So thin a parcel has no pixel that is its own on a coarse grid.
    fit &= area / shapely.length(geometry) > 12
    one, _ = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    fit &= np.bincount(one, minlength=len(geometry)) == 1
    return [int(index) for index in rng.permutation(np.flatnonzero(fit))]


def _cuts(number: int, looks: list[date], rng: np.random.Generator) -> tuple[date, ...]:
    """The days on which a meadow is mown, after the window begins and before the last look."""
    if number % _UNMOWN == 0:
        return ()
    first, last = window(looks)[0] + timedelta(days=1), looks[-1] - timedelta(days=1)
    return (first + timedelta(days=int(rng.integers((last - first).days + 1))),)


def _with_second_crop(land: Landscape, parcel: int) -> Landscape:
    """The landscape, where another crop grows on the western half of a parcel."""
    geometry = land.geometry[parcel]
    west, south, _, north = geometry.bounds
    half = shapely.intersection(geometry, shapely.box(west, south, geometry.centroid.x, north))
    return replace(
        land,
        patches=np.array([half], dtype=object),
        patch_of=np.array([parcel]),
        patch_crop=np.array([CROPS.index(SECOND_CROP)]),
    )
