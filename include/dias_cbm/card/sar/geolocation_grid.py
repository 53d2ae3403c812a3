"""ESA's own geolocation of some points of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Earth's radius, and a swath (at most 410 km, of EW) with room to spare, in km.
_EARTH, _WIDEST = 6371.0, 600.0


@dataclass(frozen=True, slots=True)
class GeolocationGrid:
    """Places of points of the image; each field is (n,), line by line.

    :param latitude: degrees, as is longitude.
    :param azimuth_time: s since the epoch.
    :param slant_range_time: two-way, s.
    :param height: m above the ellipsoid.
    :param incidence: degrees from the ellipsoid's normal.
    """

    line: Floats
    sample: Floats
    latitude: Floats
    longitude: Floats
    height: Floats
    azimuth_time: Floats
    slant_range_time: Floats
    incidence: Floats

    @property
    def torn(self) -> bool:
        """Whether a place is not on Earth, or further from its neighbour than any swath is wide.

        A product's extent is made of these places: one that is wrong would make it huge.
        """
        if np.abs(self.latitude).max() > 90 or np.abs(self.longitude).max() > 360:
            return True
        north, east = np.radians(self.latitude), np.radians(self.longitude)
        level = np.cos(north)
        places = np.stack([level * np.cos(east), level * np.sin(east), np.sin(north)])
        steps = np.linalg.norm(np.diff(places), axis=0)
        return bool((steps * _EARTH > _WIDEST).any())
