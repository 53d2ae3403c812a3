"""The series of a block of parcels: matrices of parcels by dates, which every marker reads.

A column is one day (optical), one pass (radar) or one pair (coherence). NaN means that there is no
value: the product does not cover the parcel, or no pixel of it was valid.

Names of values: a band (``B04``, ``VH``) is its mean; ``B04:std`` another stored statistic of it
(``count``, ``mean``, ``std``, ``min``, ``max``, ``p25``, ``p50``, ``p75``); an index (``NDMI``) is
as stored, or computed from the bands' means by :mod:`dias_cbm.markers.indices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
Matrix = NDArray[np.float32]

_FIRST = date(1970, 1, 1).toordinal()

#: Part of the hash of a block's inputs: raise it when other observations count as looks, so that
#: all answers are given anew.
LOOKS_VERSION = 2

#: Least share of clear pixels in a parcel for a look to count.
MINIMUM_CLEAR = 0.9


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _FIRST


def day_of(number: int) -> date:
    """The day of a number of days since 1970-01-01."""
    return date.fromordinal(int(number) + _FIRST)


@dataclass(frozen=True, slots=True)
class Optical:
    """Sentinel-2 observations of n parcels on D days.

    :param days: int32[D], days since 1970-01-01, ascending, each once.
    :param values: by name float32[n, D]; see the module's text for the names.
    :param clear: float32[n, D], share of the parcel's classified pixels in a clear class; NaN
        without observation.
    :param pixels: float32[n, D], valid pixels that the statistics are of; NaN without observation.
    :param snow: float32[n, D], share of the classified pixels in SCL class 11.
    :param obsid: int32[n, D], scene in the ledger; 0 without observation.
    """

    days: Days
    values: Mapping[str, Matrix]
    clear: Matrix
    pixels: Matrix
    snow: Matrix
    obsid: NDArray[np.int32]

    def looks(
        self,
        minimum_clear: float = MINIMUM_CLEAR,
        minimum_pixels: float = 1,
        ndvi_floor: float | None = None,
    ) -> NDArray[np.bool_]:
        """Which observations count as a clear look: bool[n, D].

        :param minimum_clear: least share of clear pixels.
        :param minimum_pixels: least number of valid pixels.
        :param ndvi_floor: least NDVI: below 0.1 it is cloud, water or snow (Sen4CAP); a look
            without NDVI does not count then, nor one above 1: reflectance below 0, in deep shadow
            or over water, makes it so. None: not asked.
        """
        # A share is stored as float32, where 9/10 is a little less than 0.9.
        looks = (self.clear >= np.float32(minimum_clear)) & (self.pixels >= minimum_pixels)
        if ndvi_floor is not None:
            ndvi = self.values.get("NDVI")
            if ndvi is None:
                return np.zeros_like(looks)
            looks &= (ndvi >= np.float32(ndvi_floor)) & (ndvi <= 1)
        return looks


@dataclass(frozen=True, slots=True)
class Radar:
    """Sentinel-1 backscatter of n parcels in D passes, in linear units.

    :param days: int32[D], ascending.
    :param orbit: int32[D], relative orbit.
    :param direction: str[D], ``A`` or ``D``; empty where it is not known.
    :param values: float32[n, D] by polarisation.
    :param obsid: int32[n, D], scene in the ledger; 0 without observation.
    """

    days: Days
    orbit: NDArray[np.int32]
    direction: NDArray[np.str_]
    values: Mapping[str, Matrix]
    obsid: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Coherence:
    """Sentinel-1 coherence of n parcels in D pairs; pairs of 6 and 12 days are never mixed.

    :param first: int32[D], day of the earlier acquisition.
    :param last: int32[D], day of the later one, ascending.
    :param values: float32[n, D] by polarisation, 0 to 1.
    :param obsid: int32[n, D], scene in the ledger; 0 without observation.
    :param orbit: int32[D], relative orbit; None if not known.
    """

    first: Days
    last: Days
    values: Mapping[str, Matrix]
    obsid: NDArray[np.int32]
    orbit: NDArray[np.int32] | None = None

    def of_interval(self, days: int) -> Coherence:
        """Only the pairs that are so many days apart."""
        chosen = self.last - self.first == days
        return Coherence(
            self.first[chosen],
            self.last[chosen],
            {name: values[:, chosen] for name, values in self.values.items()},
            self.obsid[:, chosen],
            None if self.orbit is None else self.orbit[chosen],
        )


def no_radar(parcels: int) -> Radar:
    """No passes over so many parcels."""
    none = np.empty((parcels, 0), np.int32)
    empty = np.empty(0, np.int32)
    return Radar(empty, empty, np.empty(0, "U1"), {}, none)


def no_coherence(parcels: int) -> Coherence:
    """No pairs over so many parcels."""
    none = np.empty((parcels, 0), np.int32)
    empty = np.empty(0, np.int32)
    return Coherence(empty, empty, {}, none, empty)


@dataclass(frozen=True, slots=True)
class ParcelSeries:
    """All that markers read of n parcels, in the order of their slots in the block.

    :param season: name of the season.
    :param pids: n parcel identifiers.
    :param area_m2: float64[n].
    :param crops: str[n], declared crop; empty where there is none.
    :param attributes: of each parcel, as loaded; empty if they were not asked for.
    :param notes: str[n], why a parcel may have no statistics, e.g. ``below_pixel`` or
        ``vanishes_under_inner_buffer``; empty where there is nothing to say. None: not known.
    """

    season: str
    pids: Sequence[str]
    area_m2: NDArray[np.float64]
    crops: NDArray[np.str_]
    attributes: Sequence[Mapping[str, Any]]
    optical: Optical
    radar: Radar
    coherence: Coherence
    notes: NDArray[np.str_] | None = field(default=None)

    def __len__(self) -> int:
        return len(self.pids)
