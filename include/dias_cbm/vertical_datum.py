"""Vertical datums: the surfaces that heights of terrain models refer to."""

from __future__ import annotations

from enum import StrEnum


class VerticalDatum(StrEnum):
    """The surface that a terrain model's heights are above.

    Copernicus DEM is above EGM2008, SRTM above EGM96. EGM96 is used for EGM2008 here too: over
    Europe they are some decimetres apart, which is negligible for a pixel of 10 m.
    """

    EGM2008 = "egm2008"
    EGM96 = "egm96"
    ELLIPSOID = "ellipsoid"
