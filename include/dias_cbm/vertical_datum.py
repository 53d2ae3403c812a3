"""Vertical datums: what the heights of a terrain model are measured above."""

from __future__ import annotations

from enum import StrEnum


class VerticalDatum(StrEnum):
    """The surface that a terrain model's heights are above.

    Copernicus DEM is above EGM2008, SRTM above EGM96. EGM96 stands in for EGM2008 here: over
    Europe they are some decimetres apart, of which a pixel of 10 m does not notice.
    """

    EGM2008 = "egm2008"
    EGM96 = "egm96"
    ELLIPSOID = "ellipsoid"
