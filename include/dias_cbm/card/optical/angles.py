"""Directions to sun and sensor over a tile, from the grids in ``MTD_TL.xml``."""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from dias_cbm.card.optical.tables import Geometry
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.radiometry import BAND_IDS

Array = NDArray[np.float64]
Direction = tuple[Array, Array]

#: Zenith angle in degrees below which a direction points up.
_HORIZON = 90
#: Metres between nodes, as text.
_STEP = re.compile("[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Angles:
    """Angles at the nodes of a coarse grid, whose first node is the tile's upper left corner.

    Azimuths are those of sun and sensor as seen from the ground, clockwise from north.

    :param step: between nodes, m.
    :param sun: zenith and azimuth, each rows x columns, degrees.
    :param view: the same by band; where detectors overlap, their mean.
    :param means: the metadata's mean direction by band, as grids.
    :param faults: why a band whose grids are there has no angles.
    :param replaced: where the angles of a band are from, if not from its own grids.
    """

    step: float
    sun: Direction
    view: Mapping[str, Direction]
    means: Mapping[str, Direction] = field(default_factory=dict)
    faults: Mapping[str, CorruptProduct] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)

    @property
    def extent(self) -> float:
        """Metres from the first node to the last, along the shorter side."""
        return self.step * (min(self.sun[0].shape) - 1)

    def geometry(self, band: str) -> Geometry:
        """Directions of a band at the nodes."""
        zenith, azimuth = self.view[band]
        return Geometry(self.sun[0], zenith, self.sun[1] - azimuth)

    def completed(self, bands: Iterable[str], subject: str) -> Angles:
        """With angles for these bands: one without grids takes those of its neighbours.

        The detectors see neighbouring bands from nearly the same direction, within 1 degree. Where
        no band has grids, the mean directions of the metadata are taken.

        :raises CorruptProduct: the grids of one cannot be read.
        :raises InconsistentProduct: there is no angle to take.
        """
        view, replaced = dict(self.view), dict(self.replaced)
        for band in bands:
            if band in self.faults:
                raise self.faults[band]
            if band not in self.view:
                view[band], replaced[band] = self._instead(band, subject)
        return replace(self, view=view, replaced=replaced)

    def _instead(self, band: str, subject: str) -> tuple[Direction, str]:
        place = BAND_IDS.index(band)
        before = next((one for one in reversed(BAND_IDS[:place]) if one in self.view), None)
        after = next((one for one in BAND_IDS[place + 1 :] if one in self.view), None)
        if near := [one for one in (before, after) if one]:
            return _joined([self.view[one] for one in near]), f"mean of {' and '.join(near)}"
        if band in self.means:
            return self.means[band], "mean of the tile"
        if self.means:
            return _joined(list(self.means.values())), "mean of the tile's bands"
        raise InconsistentProduct(f"lacks view angles of {band}", subject=subject)


def read_angles(tile: etree._Element, file: Path) -> Angles:
    """Read the grids of a tile's metadata.

    :raises CorruptProduct: the grids of the sun are missing or are not matrices of numbers.
    """
    sun = next(tile.iter("{*}Sun_Angles_Grid"), None)
    if sun is None:
        raise CorruptProduct("has no grid of sun angles", subject=file)
    step, down = (
        sun.findtext(f"{{*}}Zenith/{{*}}{name}_STEP", "").strip()[:20] for name in ("COL", "ROW")
    )
    if step != down or not _STEP.fullmatch(step):
        raise CorruptProduct(f"has sun angles every {step!r} by {down!r} m", subject=file)
    sun_zenith, sun_azimuth = _matrix(sun, "Zenith", file), _matrix(sun, "Azimuth", file)
    if sun_zenith.shape != sun_azimuth.shape:
        raise CorruptProduct("has grids of angles of several sizes", subject=file)
    if not np.isfinite([sun_zenith, sun_azimuth]).all():
        raise CorruptProduct("has holes in its sun angles", subject=file)
    view, faults = {}, {}
    for band, grids in _grids_by_band(tile, file).items():
        try:
            pairs = [_pair(grid, sun_zenith.shape, file) for grid in grids]
        except CorruptProduct as error:
            faults[band] = error
            continue
        if seen := [pair for pair in pairs if pair and np.isfinite(pair).all(axis=0).any()]:
            view[band] = _joined(seen)
    return Angles(
        float(step), (sun_zenith, sun_azimuth), view, _mean_views(tile, sun_zenith.shape), faults
    )


def _grids_by_band(tile: etree._Element, file: Path) -> dict[str, list[etree._Element]]:
    grids = defaultdict(list)
    for grid in tile.iter("{*}Viewing_Incidence_Angles_Grids"):
        band_id = grid.get("bandId", "")
        if not band_id.isdecimal() or int(band_id) >= len(BAND_IDS):
            raise CorruptProduct(f"has view angles of an unknown band {band_id!r}", subject=file)
        grids[BAND_IDS[int(band_id)]].append(grid)
    return grids


def _pair(grid: etree._Element, shape: tuple[int, ...], file: Path) -> Direction | None:
    """Zenith and azimuth of one detector; None if its grid is empty."""
    if grid.find("{*}Zenith/{*}Values_List/*") is None:
        return None
    pair = _matrix(grid, "Zenith", file), _matrix(grid, "Azimuth", file)
    if pair[0].shape != shape or pair[1].shape != shape:
        raise CorruptProduct("has grids of angles of several sizes", subject=file)
    if (np.isfinite(pair[0]) & ((pair[0] < 0) | (pair[0] >= _HORIZON))).any():
        raise CorruptProduct("has view angles that do not point up", subject=file)
    return pair


def _mean_views(tile: etree._Element, shape: tuple[int, ...]) -> dict[str, Direction]:
    """The direction that the metadata give for the whole tile, for each band that has one."""
    means = {}
    for mean in tile.iter("{*}Mean_Viewing_Incidence_Angle"):
        texts = [mean.findtext(f"{{*}}{name}_ANGLE", "") for name in ("ZENITH", "AZIMUTH")]
        try:
            band = BAND_IDS[int(mean.get("bandId", ""))]
            zenith, azimuth = (float(text) for text in texts)
        except (ValueError, IndexError):
            continue
        if 0 <= zenith < _HORIZON and np.isfinite(azimuth):
            means[band] = np.full(shape, zenith), np.full(shape, azimuth % 360)
    return means


def _matrix(parent: etree._Element, name: str, file: Path) -> Array:
    rows = [str(row.text).split() for row in parent.findall(f"{{*}}{name}/{{*}}Values_List/*")]
    try:
        matrix = np.array(rows, float)
    except ValueError as error:
        raise CorruptProduct(f"{name} is not a matrix of numbers", subject=file) from error
    if matrix.ndim != 2 or min(matrix.shape) < 2:
        raise CorruptProduct(f"{name} is not a matrix of numbers", subject=file)
    return matrix


def _joined(pairs: list[Direction]) -> Direction:
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
    east, north = np.where(np.isnan(slope), everywhere[:, None, None], slope)
    return (
        np.degrees(np.arctan(np.hypot(east, north))),
        np.degrees(np.arctan2(east, north)) % 360,
    )
