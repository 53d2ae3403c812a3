"""A proposed split of a season's parcel, from one image of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from dias_cbm.db.connection import Connection
from dias_cbm.errors import NotEnoughData
from dias_cbm.geopackage import write_layer
from dias_cbm.markers import split_image
from dias_cbm.markers.split import LEAST_PIXELS, SEPARATED, Split, parts, split
from dias_cbm.parcel_shape import shape_of
from dias_cbm.seasons import Season
from dias_cbm.whole_file import whole_file

#: Pixels nearer than this to the outline are mixed with what lies beside the parcel.
INNER_BUFFER_M = 10


@dataclass(frozen=True, slots=True)
class ParcelSplit:
    """The best split of a parcel, whether or not two crops are seen.

    :param pixels: of the two parts.
    :param areas_m2: of the two parts; together that of the parcel.
    :param shapes: the two parts, in the season's CRS.
    :param border: the line inside the parcel.
    """

    pid: str
    found: Split
    pixels: tuple[int, int]
    areas_m2: tuple[float, float]
    shapes: tuple[shapely.Geometry, shapely.Geometry]
    border: shapely.Geometry

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "pid": self.pid,
            "separated": self.found.separated,
            "separation": round(self.found.separation, 4),
            "limit": SEPARATED,
            "explained": round(self.found.explained, 4),
            "agreement": round(self.found.agreement, 4),
            "pixels": list(self.pixels),
            "areas_m2": [round(area, 1) for area in self.areas_m2],
            "line": shapely.to_wkt(self.border, rounding_precision=7),
        }


def of_parcel(connection: Connection, season: Season, pid: str, image: Path) -> ParcelSplit:
    """Look for two crops in a parcel.

    :param image: raster of reflectance that covers the parcel; all of its bands are used.
    :raises ParcelUnknown: the season has no such parcel.
    :raises NotEnoughData: the image has too few pixels of it, or they are all the same.
    :raises CorruptProduct: the image cannot be read.
    """
    shape, area_m2 = shape_of(connection, season, pid)
    pixels, points = split_image.read(image, shape, season.srid, INNER_BUFFER_M)
    found = split(pixels, points)
    if found is None:
        raise NotEnoughData(
            f"{len(pixels)} pixels of it are in the image, or they are all the same",
            subject=pid,
            hint=f"a part needs {LEAST_PIXELS} pixels, {INNER_BUFFER_M} m from the outline",
        )
    one, other, border = parts(shape, found.line)
    side = int(found.line.side(points).sum())
    share = shapely.area(one) / shapely.area(shape)
    areas = (float(area_m2 * share), float(area_m2 * (1 - share)))
    return ParcelSplit(pid, found, (side, len(points) - side), areas, (one, other), border)


def write(parcel: ParcelSplit, season: Season, path: Path) -> None:
    """Write the two parts and the line as layers of a GeoPackage, complete or not at all."""
    import geopandas

    about = {"pid": parcel.pid, "separation": parcel.found.separation}
    halves = geopandas.GeoDataFrame(
        [
            {**about, "part": number, "pixels": pixels, "area_m2": area}
            for number, pixels, area in zip((1, 2), parcel.pixels, parcel.areas_m2, strict=True)
        ],
        geometry=list(parcel.shapes),
        crs=season.srid,
    )
    line = geopandas.GeoDataFrame([about], geometry=[parcel.border], crs=season.srid)
    with whole_file(path) as aside:
        write_layer(halves, aside, "parts")
        write_layer(line, aside, "line", mode="a")
