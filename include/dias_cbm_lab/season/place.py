"""The place of the simulated season: an area in one MGRS tile, and raster grids over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from affine import Affine
from pyproj import Transformer
from shapely import MultiPolygon, Polygon

from dias_cbm.errors import SettingsError

LABEL = "SIMULATED"
TILE = "32VNH"
PARCELS_SRID = 25832
SCENES_SRID = 32632
#: Upper left corner of the tile's grid in EPSG:32632, metres.
TILE_CORNER = (499_980.0, 6_300_000.0)
#: Lower left corner of every demo area, metres.
CORNER = (520_000.0, 6_240_000.0)
#: Northern part of the area that holds no parcel, metres.
EMPTY_STRIP = 1_500.0
FEWEST_PARCELS, MOST_PARCELS = 100, 20_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up raster grid in EPSG:32632.

    :param west: left edge, metres.
    :param north: upper edge, metres.
    :param pixel: side of a pixel, metres.
    """

    west: float
    north: float
    pixel: float
    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def transform(self) -> Affine:
        """From column, row to easting, northing."""
        return Affine(self.pixel, 0, self.west, 0, -self.pixel, self.north)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        east, south = (
            self.west + self.width * self.pixel,
            self.north - self.height * self.pixel,
        )
        return self.west, south, east, self.north

    def footprint(self) -> MultiPolygon:
        """The grid's outline in EPSG:4326, longitude first."""
        return MultiPolygon([geographic(shapely.box(*self.bounds))])


@dataclass(frozen=True, slots=True)
class Place:
    """The area of a demo season: a square with a strip without parcels along its north.

    :param side: metres.
    """

    side: float

    @classmethod
    def holding(cls, parcels: int) -> Place:
        """The square in which a number of parcels is about as dense as on Danish farmland.

        :raises SettingsError: too few parcels for their odd shapes, or too many for the tile.
        """
        if not FEWEST_PARCELS <= parcels <= MOST_PARCELS:
            raise SettingsError(
                f"a demo season needs {FEWEST_PARCELS} to {MOST_PARCELS} parcels",
                subject=f"parcels={parcels}",
            )
        return cls(max(5_000.0, math.ceil(16_000 * math.sqrt(parcels / 2_000) / 500) * 500.0))

    @property
    def area(self) -> Polygon:
        """The area in metres."""
        west, south = CORNER
        return shapely.box(west, south, west + self.side, south + self.side)

    @property
    def farmland(self) -> Polygon:
        """Where parcels lie, in metres: the area without its northern strip and its rim."""
        west, south, east, north = self.area.bounds
        rim = 200.0
        return shapely.box(west + rim, south + rim, east - rim, north - EMPTY_STRIP)

    def scene_grid(self, pixel: float, rng: np.random.Generator) -> Grid:
        """A grid over the area as one Sentinel-1 scene has it: shifted by a fraction of a pixel."""
        west, south, east, north = self.area.bounds
        left, below, right, above = rng.uniform(250, 450, 4)
        return _covering(west - left, south - below, east + right, north + above, pixel)

    def northern_grid(self, pixel: float, rng: np.random.Generator) -> Grid:
        """The grid of a slice that reaches only into the strip without parcels."""
        west, _, east, north = self.area.bounds
        left, right = rng.uniform(250, 450, 2)
        return _covering(west - left, north - EMPTY_STRIP / 2, east + right, north + 1_500, pixel)

    def tile_grid(self, pixel: float) -> Grid:
        """The part of the tile's fixed grid that covers the area; its corners lie on 60 m."""
        west, south, east, north = shapely.buffer(self.area, 300, join_style="mitre").bounds
        left, top = TILE_CORNER
        west = left + math.floor((west - left) / 60) * 60
        north = top - math.floor((top - north) / 60) * 60
        columns, rows = math.ceil((east - west) / 60), math.ceil((north - south) / 60)
        factor = round(60 / pixel)
        return Grid(west, north, pixel, columns * factor, rows * factor)


def geographic(polygon: Polygon) -> Polygon:
    """A polygon of EPSG:32632 in EPSG:4326, its edges dense enough to follow the projection."""
    dense = shapely.segmentize(polygon, 2_000)
    return shapely.set_precision(
        shapely.transform(dense, _to_degrees, include_z=False), 1e-6, mode="pointwise"
    )


def _covering(west: float, south: float, east: float, north: float, pixel: float) -> Grid:
    width, height = math.ceil((east - west) / pixel), math.ceil((north - south) / pixel)
    return Grid(round(float(west), 3), round(float(north), 3), pixel, width, height)


def _to_degrees(coordinates: np.ndarray) -> np.ndarray:
    return np.column_stack(_transformer().transform(coordinates[:, 0], coordinates[:, 1]))


@lru_cache(maxsize=1)
def _transformer() -> Transformer:
    return Transformer.from_crs(SCENES_SRID, 4326, always_xy=True)
