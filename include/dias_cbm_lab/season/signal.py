"""Simulated signals of the land on a day: backscatter, coherence, reflectance.

One value per label of the landscape; speckle and other noise per pixel are added when a product is
written. Every number depends only on the seed, the piece of land and the day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.season import crops
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.passes import Pass
from dias_cbm_lab.season.plan import generator
from dias_cbm_lab.season.planting import Planted

Values = NDArray[np.float64]

_BARE_VV, _BARE_VH = -11.0, -20.0  # dB
_NOISE_FLOOR = 10**-2.8
_BARE_COHERENCE, _ACROSS_PLOUGHING = 0.5, 0.1
#: Cut meadows: share of the green that a known cut takes at once beyond what mowing takes anyway,
#: and days over which the radar and the leaves forget a cut.
_TAKEN, _RADAR_FADING, _LEAF_FADING = 0.5, 12.0, 25.0
_DRIFT_KNOT = 6  # days over which a field's roughness and moisture stay alike
#: Incidence angle of each relative orbit at the area, degrees.
_INCIDENCE = {44: 36.0, 139: 41.0}


def rain(seed: int, day: date) -> float:
    """Millimetres of rain before the passes of a day; dry on most days."""
    return float(generator(seed, "rain", day).gamma(0.4, 3.0))


@dataclass(frozen=True)
class Signal:
    """The signal of a landscape.

    :param cover: what grows or stands on each label, label 0 first.
    :param planted: on some parcels; a parcel's label is its index plus 1.
    """

    seed: int
    cover: tuple[str, ...]
    planted: Planted = field(default_factory=Planted)

    @classmethod
    def of(cls, landscape: Landscape, seed: int, planted: Planted | None = None) -> Signal:
        """The signal of what truly grows in a landscape."""
        grown = [crops.CROPS[i] for i in landscape.crop]
        other = [crops.OTHER_LAND[i] for i in landscape.cover]
        patches = [crops.CROPS[i] for i in landscape.patch_crop]
        cover = (crops.MARGIN, *grown, *other, *patches)
        return cls(seed, cover, planted or Planted())

    def backscatter(self, one: Pass) -> dict[str, Values]:
        """Gamma0 by polarisation in linear power, one value a label, noise floor included."""
        day = one.start.date()
        vv, vh, canopy, _ = self._curves(day)
        bare = 1 - canopy
        tall = (self._trait("vigour", 0.12)) * canopy
        angle = _INCIDENCE.get(one.rel_orbit, 38.0) - 38.0
        wet = min(rain(self.seed, day), 4.0) * 0.35 * (0.3 + 0.7 * bare)
        change = (
            self._trait("brightness", 0.5)
            + self._drift("roughness", day) * (0.4 + 0.8 * bare)
            + self._trait(f"aspect {one.rel_orbit}", 0.3) * (0.4 + 0.6 * bare)
            + wet
            - angle * (0.06 + 0.10 * bare)
        )
        cross = self._trait("volume", 0.4) + self._drift("volume", day) * 0.4 - angle * 0.03
        mown = self._mown(day)
        vv_db = vv + tall * (vv - _BARE_VV) + change - 0.4 * mown
        vh_db = vh + tall * (vh - _BARE_VH) + 0.8 * change + cross - 1.0 * mown
        return {
            "VV": 10 ** (vv_db / 10) + _NOISE_FLOOR,
            "VH": 10 ** (vh_db / 10) + _NOISE_FLOOR,
        }

    def coherence(self, later: Pass, earlier: Pass) -> dict[str, Values]:
        """True coherence of a pair by polarisation, 0 to 1, one value a label."""
        day = later.start.date()
        _, _, canopy, coherence = self._curves(day)
        # Changes between the two passes reduce it: rain on either day, growth, a cut.
        wet = abs(rain(self.seed, day) - rain(self.seed, earlier.start.date()))
        vv = (
            coherence
            + 0.05 * self._drift("coherence", day)
            - 0.02 * min(wet, 4.0) * (1 - canopy)
            + 0.25 * self._mown(day)
        )
        for parcel, ploughed in self.planted.ploughed.items():
            if earlier.start.date() < ploughed <= day:
                vv[parcel + 1] = _ACROSS_PLOUGHING
        return {"VV": vv.clip(0.03, 0.9), "VH": (0.8 * vv).clip(0.03, 0.9)}

    def reflectance(self, one: Pass) -> Values:
        """Surface reflectance of B02, B03, B04, B08, B11: labels x 5."""
        day = one.start.date()
        _, _, canopy, _ = self._curves(day)
        green = (canopy * (1 + self._trait("vigour", 0.12)) - 0.35 * self._mown(day)).clip(0, 1)
        green = green * (1 - _TAKEN * self._known_cut(day, _LEAF_FADING))
        doy = day.timetuple().tm_yday + self._trait("calendar", 4.0)
        leaf = np.array([crops.leaf(cover) for cover in self.cover])
        straw = self._ripeness(doy)[:, None]
        soil = np.array(crops.SOIL) * (1 + self._trait("soil", 0.10)[:, None])
        plant = leaf * (1 - straw) + np.array(crops.STRAW) * straw
        surface = soil * (1 - green[:, None]) + plant * green[:, None]
        return np.asarray(surface + self._blooming(doy)[:, None] * np.array(crops.BLOOM))

    def _curves(self, day: date) -> tuple[Values, Values, Values, Values]:
        """VV dB, VH dB, ground cover and coherence of each label at its own stage of growth."""
        doy = day.timetuple().tm_yday + self._trait("calendar", 4.0)
        values = np.empty((4, len(self.cover)))
        for cover, labels in self._members.items():
            curve = np.array(crops.CURVES[cover])
            for row in range(4):
                values[row, labels] = np.interp(doy[labels], curve[:, 0], curve[:, row + 1])
        for parcel, ploughed in self.planted.ploughed.items():
            if ploughed <= day:
                values[:, parcel + 1] = _BARE_VV, _BARE_VH, 0.0, _BARE_COHERENCE
        return values[0], values[1], values[2], values[3]

    @cached_property
    def _members(self) -> dict[str, NDArray[np.intp]]:
        covers = np.array(self.cover)
        return {cover: np.flatnonzero(covers == cover) for cover in dict.fromkeys(self.cover)}

    def _trait(self, name: str, deviation: float) -> Values:
        """A lasting peculiarity of each piece of land."""
        return generator(self.seed, "trait", name).normal(0, deviation, len(self.cover))

    def _drift(self, name: str, day: date) -> Values:
        """A standard normal deviation per piece of land that changes over days."""
        knot, within = divmod(day.toordinal(), _DRIFT_KNOT)
        share = within / _DRIFT_KNOT
        one, two = (
            generator(self.seed, "drift", name, k).normal(size=len(self.cover))
            for k in (knot, knot + 1)
        )
        return np.asarray((one * (1 - share) + two * share) / np.hypot(1 - share, share))

    def _mown(self, day: date) -> Values:
        """How recently each piece of land was mown: 1 on the day, fading over weeks."""
        rng = generator(self.seed, "mowing")
        fresh = np.zeros(len(self.cover))
        mean = np.array([crops.MOWING.get(cover, 0.0) for cover in self.cover])
        cuts = rng.poisson(mean)
        for cut in range(4):
            age = day.timetuple().tm_yday - rng.uniform(130, 200, len(self.cover))
            fading = np.where((cut < cuts) & (age >= 0), np.exp(-age.clip(0) / 12), 0.0)
            fresh = np.maximum(fresh, fading)
        known = [parcel + 1 for parcel in (*self.planted.mown, *self.planted.ploughed)]
        fresh[known] = self._known_cut(day, _RADAR_FADING)[known]
        return fresh

    def _known_cut(self, day: date, fading: float) -> Values:
        """How recently each meadow whose cuts are known was mown: as above; 0 for all others."""
        fresh = np.zeros(len(self.cover))
        for parcel, cuts in self.planted.mown.items():
            fresh[parcel + 1] = max((_fading(day, cut, fading) for cut in cuts), default=0.0)
        return fresh

    def _ripeness(self, doy: Values) -> Values:
        start = np.array([crops.RIPENING.get(cover, 400.0) for cover in self.cover])
        return ((doy - start) / 20).clip(0, 1)

    def _blooming(self, doy: Values) -> Values:
        begin, end = np.array(
            [crops.FLOWERING.get(cover, (400.0, 401.0)) for cover in self.cover]
        ).T
        return (np.minimum(doy - begin, end - doy) / 6).clip(0, 1)


def _fading(day: date, cut: date, days: float) -> float:
    return float(np.exp((cut - day).days / days)) if day >= cut else 0.0
