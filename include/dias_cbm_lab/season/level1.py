"""Level-1 products of the demo: radar images of its landscape, from which CARD is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.warp import reproject
from scipy.fft import next_fast_len

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.level1 import slc_annotation
from dias_cbm_lab.level1.flight import earth_fixed
from dias_cbm_lab.level1.grd import write_dem, write_grd
from dias_cbm_lab.level1.simulated_scene import SimulatedScene
from dias_cbm_lab.level1.slc_annotation import SAMPLING_RATE, Swath, annotation
from dias_cbm_lab.level1.slc_pair import MARGIN, Ground
from dias_cbm_lab.level1.slc_products import write_pair
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.passes import Pass
from dias_cbm_lab.season.place import SCENES_SRID, Grid, geographic
from dias_cbm_lab.season.plan import Entry, generator
from dias_cbm_lab.season.signal import Signal

Floats = NDArray[np.float64]

#: Side of a pixel of the map that the radar looks at, m; a radar's own is three times as wide.
_MAP_PIXEL = 5.0
#: Added to the area on every side, m, so that a product reaches beyond it.
_RIM = 900.0
#: Sides of the upright rectangle around a square that is turned by the track's heading.
_TURNED = 1.25
#: Slant range of the area's middle, m, by relative orbit: incidences of 36 and 41 degrees.
_SLANT_RANGE = {44: 842_000.0, 139: 893_000.0}
_HEADING = {"A": 344.0, "D": 196.0}
#: Of the coherence pairs: m between lines and between samples, on the ground.
_LINE_M, _SAMPLE_M, _INCIDENCE = 13.9, 3.9, 36.0
#: Lines of a burst, about, which decide how much memory a simulation takes; and how many of them
#: the next burst shows again.
_BURST, _OVERLAP = 500, 60


@dataclass(frozen=True, slots=True)
class Map:
    """The labels of a landscape, on a grid in degrees.

    :param labels: rows x columns.
    :param transform: from longitude and latitude to column and row.
    """

    labels: NDArray[np.int32]
    transform: Affine

    @classmethod
    def of(cls, landscape: Landscape, grid: Grid) -> Map:
        """The landscape of a grid, drawn again in degrees."""
        fine = Grid(
            grid.west,
            grid.north,
            _MAP_PIXEL,
            round(grid.width * grid.pixel / _MAP_PIXEL),
            round(grid.height * grid.pixel / _MAP_PIXEL),
        )
        west, south, east, north = grid.footprint().bounds
        to_degrees = Affine.translation(west, north) @ Affine.scale(
            (east - west) / fine.width, (south - north) / fine.height
        )
        labels = np.zeros(fine.shape, np.int32)
        reproject(
            landscape.labels(fine),
            labels,
            src_transform=fine.transform,
            src_crs=f"EPSG:{SCENES_SRID}",
            dst_transform=to_degrees,
            dst_crs="EPSG:4326",
            resampling=Resampling.nearest,
        )
        return cls(labels, ~to_degrees)

    def field(self, values: Floats) -> Callable[[Floats, Floats], Floats]:
        """A value of each label, by longitude and latitude; that of label 0 beyond the edges."""
        rows, columns = self.labels.shape

        def at(longitude: Floats, latitude: Floats) -> Floats:
            to_pixel = self.transform
            column = to_pixel.a * longitude + to_pixel.c
            row = to_pixel.e * latitude + to_pixel.f
            inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
            labels = self.labels[
                np.where(inside, row, 0).astype(np.int32),
                np.where(inside, column, 0).astype(np.int32),
            ]
            return np.asarray(values[np.where(inside, labels, 0)])

        return at


def terrain(longitude: Floats, latitude: Floats) -> Floats:
    """Low hills: m above the ellipsoid."""
    return _hills(longitude, latitude) + undulation(longitude, latitude, VerticalDatum.EGM2008)


def _hills(longitude: Floats, latitude: Floats) -> Floats:
    """The same above the geoid."""
    return 45 + 14 * np.sin(120 * longitude) * np.cos(190 * latitude)


def write_terrain(path: Path, area: shapely.Polygon) -> Path:
    """The terrain model of an area and some kilometres around it; above the geoid, in degrees.

    :param area: in metres of ``SCENES_SRID``.
    """
    wide = geographic(shapely.box(*shapely.buffer(area, 8_000).bounds)).bounds
    return write_dem(path, _hills, (wide[0], wide[1], wide[2], wide[3]))


def write_backscatter(entry: Entry, folder: Path, landscape: Landscape, signal: Signal) -> None:
    """A GRD product.

    :param folder: the product's; it must not be there.
    """
    longitude, latitude = _middle(entry.grid)
    scene = SimulatedScene(
        longitude,
        latitude,
        entry.start,
        lines=round(_extent(entry.grid) / 10),
        samples=round(_extent(entry.grid) / 10),
        ascending=entry.of.direction == "A",
        slant_range=_SLANT_RANGE[entry.of.rel_orbit],
        absolute_orbit=entry.of.abs_orbit,
        mission=entry.of.satellite,
    )
    drawn = Map.of(landscape, entry.grid)
    gamma0 = {name: drawn.field(power) for name, power in signal.backscatter(entry.of).items()}
    seed = int(generator(signal.seed, "grd", entry.name).integers(1 << 31))
    write_grd(scene, folder.parent, gamma0, terrain=terrain, seed=seed).rename(folder)


def write_coherent(
    later: Entry, earlier: Entry, folders: tuple[Path, Path], landscape: Landscape, signal: Signal
) -> None:
    """Two SLC products, taken from the same orbit positions.

    :param folders: the products', the later one's first; they must not be there.
    """
    swath = _swath(later.grid, later.of)
    drawn = Map.of(landscape, later.grid)
    coherence = signal.coherence(later.of, earlier.of)
    grounds = {name: Ground(terrain, drawn.field(values)) for name, values in coherence.items()}
    later_side, earlier_side = (
        {
            (swath.name, name): annotation(_flight(later.grid, one.of, one.start), swath, name)
            for name in coherence
        }
        for one in (later, earlier)
    )
    seed = int(generator(signal.seed, "slc", later.name).integers(1 << 31))
    pair = write_pair(folders[0].parent, later_side, earlier_side, grounds, seed)
    for made, folder in zip((pair.reference, pair.secondary), folders, strict=True):
        made.rename(folder)


def _middle(grid: Grid) -> tuple[float, float]:
    """Longitude and latitude."""
    middle = grid.footprint().centroid
    return middle.x, middle.y


def _extent(grid: Grid) -> float:
    """Side of the image that holds a grid, m."""
    return _TURNED * grid.pixel * max(grid.shape) + 2 * _RIM


def _swath(grid: Grid, one: Pass) -> Swath:
    """Bursts over a grid."""
    lines, samples = _extent(grid) / _LINE_M, _extent(grid) / _SAMPLE_M
    bursts = max(1, round(lines / _BURST))
    each = _quick(lines / bursts + _OVERLAP, MARGIN[0])
    across = _quick(samples, MARGIN[1])
    flight = _flight(grid, one, one.start)
    place = earth_fixed(flight.longitude, flight.latitude, 0.0)
    away = float(np.linalg.norm(flight.position(np.zeros(1))[0] - place))
    return Swath(
        slant_range_time=2 * away / SPEED_OF_LIGHT - across / 2 / SAMPLING_RATE,
        bursts=bursts,
        lines=each,
        samples=across,
        cycle=each - _OVERLAP,
    )


def _quick(size: float, margin: int) -> int:
    """The next size, not below the given one, that is quick to simulate."""
    return int(next_fast_len(round(size) + 2 * margin)) - 2 * margin


def _flight(grid: Grid, one: Pass, start: datetime) -> slc_annotation.Pass:
    """The flight that has the grid's middle abeam in the middle of the image."""
    longitude, latitude = _middle(grid)
    heading = np.radians(_HEADING[one.direction])
    ahead = _extent(grid) / 2 / 111_320.0
    return slc_annotation.Pass(
        np.datetime64(start.replace(tzinfo=None), "ns"),
        one.abs_orbit,
        longitude - float(ahead * np.sin(heading) / np.cos(np.radians(latitude))),
        latitude - float(ahead * np.cos(heading)),
        heading=_HEADING[one.direction],
        incidence=_INCIDENCE,
        satellite=one.satellite,
    )
