"""Directions to sun and sensor over a tile, from the grids in ``MTD_TL.xml``."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.optical.tables import Geometry
from dias_cbm.errors import CorruptProduct
from dias_cbm.products.readers.safe import BAND_IDS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Angles:
    """Angles at the nodes of a coarse grid, whose first node is the tile's upper left corner.

    Azimuths are those of sun and sensor as seen from the ground, clockwise from north.

    :param step: between nodes, m.
    :param sun: zenith and azimuth, each rows x columns, degrees.
    :param view: the same by band; where detectors overlap, their mean.
    """

    step: float
    sun: tuple[Array, Array]
    view: Mapping[str, tuple[Array, Array]]

    def geometry(self, band: str) -> Geometry:
        """Directions of a band at the nodes."""
        zenith, azimuth = self.view[band]
        return Geometry(self.sun[0], zenith, self.sun[1] - azimuth)


def read_angles(tile: etree._Element, file: Path) -> Angles:
    """Read the grids of a tile's metadata.

    :raises CorruptProduct: a grid is missing or is not a matrix of numbers.
    """
    sun = next(tile.iter("{*}Sun_Angles_Grid"), None)
    if sun is None:
        raise CorruptProduct("has no grid of sun angles", subject=file)
    step = sun.findtext("{*}Zenith/{*}COL_STEP", "0")
    if not step.isdecimal() or step == "0":
        raise CorruptProduct(f"has sun angles every {step!r} m", subject=file)
    sun_zenith, sun_azimuth = _matrix(sun, "Zenith", file), _matrix(sun, "Azimuth", file)
    if not np.isfinite([sun_zenith, sun_azimuth]).all():
        raise CorruptProduct("has holes in its sun angles", subject=file)
    detectors = defaultdict(list)
    for grid in tile.iter("{*}Viewing_Incidence_Angles_Grids"):
        band_id = grid.get("bandId", "")
        if not band_id.isdecimal() or int(band_id) >= len(BAND_IDS):
            raise CorruptProduct(f"has view angles of an unknown band {band_id!r}", subject=file)
        pair = _matrix(grid, "Zenith", file), _matrix(grid, "Azimuth", file)
        if pair[0].shape != sun_zenith.shape:
            raise CorruptProduct("has grids of angles of several sizes", subject=file)
        detectors[BAND_IDS[int(band_id)]].append(pair)
    view = {band: _joined(pairs, file) for band, pairs in detectors.items()}
    return Angles(float(step), (sun_zenith, sun_azimuth), view)


def _matrix(parent: etree._Element, name: str, file: Path) -> Array:
    rows = [str(row.text).split() for row in parent.findall(f"{{*}}{name}/{{*}}Values_List/*")]
    try:
        matrix = np.array(rows, float)
    except ValueError as error:
        raise CorruptProduct(f"{name} is not a matrix of numbers", subject=file) from error
    if matrix.ndim != 2 or min(matrix.shape) < 2:
        raise CorruptProduct(f"{name} is not a matrix of numbers", subject=file)
    return matrix


def _joined(pairs: list[tuple[Array, Array]], file: Path) -> tuple[Array, Array]:
    """One direction per node, from those of each detector for its part of the tile.

    Directions are averaged as vectors on the ground; nodes that no detector sees take the mean.
    """
    zenith = np.radians(np.stack([pair[0] for pair in pairs]))
    azimuth = np.radians(np.stack([pair[1] for pair in pairs]))
    slope = np.tan(zenith) * np.stack([np.sin(azimuth), np.cos(azimuth)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # for nodes that no detector sees
        slope = np.nanmean(slope, axis=1)
        everywhere = np.nanmean(slope, axis=(1, 2))
    if not np.isfinite(everywhere).all():
        raise CorruptProduct("has a band without view angles", subject=file)
    east, north = np.where(np.isnan(slope), everywhere[:, None, None], slope)
    return (
        np.degrees(np.arctan(np.hypot(east, north))),
        np.degrees(np.arctan2(east, north)) % 360,
    )
