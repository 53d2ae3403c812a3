"""Vector files, and polygons as flat arrays; shared by parcels and extraction.

Geopandas and pyogrio are imported only where files are read: an extraction task does not need them,
and they take 100 MB.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely
from shapely import MultiPolygon, Polygon

from dias_cbm.crossings import MOST_CROSSINGS, crosses_too_often
from dias_cbm.errors import ParcelFileError, SettingsError
from dias_cbm.vector_archive import opened_by_ogr
from dias_cbm.vectors import OPTIONS, check_driver

if TYPE_CHECKING:
    import geopandas

# Type numbers of shapely.get_type_id.
_POLYGON = 3
_COLLECTIONS_OF_POLYGONS = (6, 7)
_LENGTHS = ("metre", "kilometre")
_WKT = re.compile(r"\s*(MULTI)?POLYGON\b|\s*GEOMETRYCOLLECTION\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FlatRings:
    """Polygons of k parcels as arrays; holes and parts are just further rings of their parcel.

    :param coordinates: float64[n, 2], x and y of every ring vertex; rings are closed.
    :param ring_offsets: int64[r + 1]; ring i is ``coordinates[ring_offsets[i]:ring_offsets[i+1]]``.
    :param parcel_ring_offsets: int64[k + 1]; parcel j has the rings from ``[j]`` to ``[j + 1]``.
    """

    coordinates: np.ndarray
    ring_offsets: np.ndarray
    parcel_ring_offsets: np.ndarray

    @property
    def vertex_offsets(self) -> np.ndarray:
        """int64[k + 1]: parcel j has the vertices from ``[j]`` to ``[j + 1]``."""
        return self.ring_offsets[self.parcel_ring_offsets]

    def take(self, parcels: np.ndarray) -> FlatRings:
        """Some of the parcels, in the order asked for.

        :param parcels: int64[m], their positions.
        """
        rings, parcel_ring_offsets = _ranges(self.parcel_ring_offsets, parcels)
        vertices, ring_offsets = _ranges(self.ring_offsets, rings)
        return FlatRings(self.coordinates[vertices], ring_offsets, parcel_ring_offsets)


def arc(west: np.ndarray, east: np.ndarray) -> tuple[float, float]:
    """The shortest arc of longitudes that holds some spans, e.g. 177 to 182 at the antimeridian.

    :param west: float[k], degrees, -180 to 180, k at least 1.
    :param east: float[k], not less than ``west``.
    :returns: its ends; the second is beyond 180 if it crosses the antimeridian.
    """
    order = np.argsort(west, kind="stable")
    starts = np.asarray(west, np.float64)[order]
    # How far east everything reaches that begins up to here.
    reach = np.maximum.accumulate(np.asarray(east, np.float64)[order])
    between = starts[1:] - reach[:-1]
    around = starts[0] + 360.0 - reach[-1]
    if not len(between) or between.max() <= max(around, 0.0):
        return float(starts[0]), float(reach[-1])
    last = int(between.argmax())
    return float(starts[last + 1]), float(reach[last]) + 360.0


def _ranges(offsets: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices between the offsets of the chosen items, concatenated, and the new offsets."""
    lengths = offsets[chosen + 1] - offsets[chosen]
    ends = np.concatenate(([0], np.cumsum(lengths)))
    shift = np.repeat(offsets[chosen] - ends[:-1], lengths)
    return np.arange(ends[-1]) + shift, ends


def flatten(geometries: Sequence[shapely.Geometry | None] | np.ndarray) -> FlatRings:
    """Convert Polygons and MultiPolygons to flat rings.

    Z is dropped. None and empty geometries have no rings; nor have points and lines, which cannot
    contain a pixel centre. Of a collection the polygons are taken. Shells run counter-clockwise and
    holes clockwise, so that signed areas add up.

    :param geometries: k geometries of any CRS.
    """
    geometries = np.asarray(geometries, dtype=object)
    parts, owner = polygons(geometries)
    parts = shapely.orient_polygons(parts)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    return FlatRings(
        coordinates=np.ascontiguousarray(coordinates, dtype=np.float64),
        ring_offsets=_offsets(ring, len(rings)),
        parcel_ring_offsets=_offsets(owner[polygon], len(geometries)),
    )


def shrink(geometries: np.ndarray, metres: float, crs: Any) -> tuple[np.ndarray, np.ndarray]:
    """Shrink polygons by a margin along their outlines, including holes.

    :param geometries: k valid geometries; None and empty ones stay so.
    :param metres: width of the margin.
    :param crs: of the geometries, anything pyproj takes.
    :returns: k geometries, and bool[k], True for those of which nothing remains: they become a ring
        without area, which keeps their position.
    :raises SettingsError: the CRS measures angles.
    """
    units = pyproj.CRS.from_user_input(crs).axis_info
    if not all(axis.unit_name in _LENGTHS or "foot" in axis.unit_name for axis in units):
        raise SettingsError(
            f"a margin of {metres:g} m needs parcels in a projected CRS",
            subject=crs,
            hint="reproject them, e.g. with ogr2ogr -t_srs",
        )
    present = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
    shrunk = geometries.copy()
    margin = metres / units[0].unit_conversion_factor
    shrunk[present] = shapely.buffer(geometries[present], -margin)
    vanished = present & shapely.is_empty(shrunk)
    places = shapely.get_coordinates(shapely.point_on_surface(geometries[vanished]))
    shrunk[vanished] = shapely.polygons(np.repeat(places[:, None], 4, axis=1))
    return shrunk, vanished


@lru_cache
def is_true_to_scale(srid: int) -> bool:
    """Whether planar lengths and areas in a CRS are metres and square metres, near enough.

    Degrees and feet are not, nor is Mercator, whose scale grows with the latitude.

    :param srid: EPSG code.
    """
    crs = pyproj.CRS.from_epsg(srid)
    method = crs.coordinate_operation.method_name if crs.coordinate_operation else ""
    metric = crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)
    return metric and ("Mercator" not in method or "Transverse" in method)


def polygons(geometries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All polygons, at any depth of collections.

    :param geometries: k geometries; None and empty ones have no polygons.
    :returns: p polygons that are not empty, and int64[p], the number of the geometry each is of.
    """
    parts, owner = shapely.get_parts(geometries, return_index=True)
    while np.isin(shapely.get_type_id(parts), _COLLECTIONS_OF_POLYGONS).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    is_polygon = (shapely.get_type_id(parts) == _POLYGON) & ~shapely.is_empty(parts)
    return parts[is_polygon], owner[is_polygon]


def _offsets(index: np.ndarray, size: int) -> np.ndarray:
    """Start of each group of sorted group numbers, and the end of the last: int64[size + 1]."""
    counts = np.bincount(index, minlength=size)
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


@lru_cache(maxsize=64)
def _transformer(source: Any, target: Any) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def transform(coordinates: np.ndarray, from_crs: Any, to_crs: Any) -> np.ndarray:
    """Coordinates in another CRS; x is always the easting or longitude.

    :param coordinates: float64[n, 2].
    :param from_crs: anything pyproj takes: an EPSG number, ``"EPSG:4326"``, WKT, a CRS.
    :returns: float64[n, 2]; infinite where the projection is not defined.
    """
    transformer = _transformer(from_crs, to_crs)
    x, y = transformer.transform(coordinates[:, 0], coordinates[:, 1])
    return np.column_stack((x, y))


def read_vector(
    path: str | Path,
    layer: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    crs: str | None = None,
) -> geopandas.GeoDataFrame:
    """Read one layer of any file that OGR reads, including zipped files.

    The index, named ``fid``, is OGR's feature number.

    :param layer: needed only when the file has several spatial layers.
    :param columns: attributes to read; all if None.
    :param crs: CRS to assume if the file has none, e.g. ``EPSG:25832``.
    :raises ParcelFileError: no such file, layer or column, not a vector file, damaged, no CRS.
    """
    import geopandas
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    path = Path(path)
    name = layer_name(path, layer)
    if columns is not None:
        check_columns(path, name, columns)
    check_driver(str(pyogrio.read_info(ogr_source(path), layer=name)["driver"]), path)
    try:
        with warnings.catch_warnings():
            # Measures and old geometry types are dropped deliberately; the load report counts Z.
            warnings.simplefilter("ignore", UserWarning)
            frame = pyogrio.read_dataframe(
                ogr_source(path),
                layer=name,
                columns=columns,
                fid_as_index=True,
                on_invalid="ignore",
            )
    except (DataSourceError, DataLayerError, OSError, ValueError, RuntimeError) as error:
        raise ParcelFileError(f"cannot be read: {error}", subject=path) from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise ParcelFileError("has no geometry column", subject=f"{path} layer {name}")
    if frame.crs is None:
        if crs is None:
            raise ParcelFileError(
                "has no CRS", subject=path, hint="name it with --crs EPSG:n, or add a .prj file"
            )
        frame = frame.set_crs(parse_crs(crs))
    return frame


def read_area(path: str | Path, layer: str | None = None) -> MultiPolygon:
    """The union of all polygons of a file, in EPSG:4326, longitude first.

    :raises ParcelFileError: the file cannot be read, or holds no polygon.
    """
    frame = read_vector(path, layer, columns=[])
    return _merged(np.asarray(frame.to_crs(4326).geometry.array, dtype=object), path)


def area_of(text: str) -> MultiPolygon:
    """An area as a user names it: the path of a vector file, or WKT in EPSG:4326.

    :returns: in EPSG:4326, longitude first.
    :raises ParcelFileError: the file or the text cannot be read, or holds no polygon.
    """
    if not _WKT.match(text):
        return read_area(text)
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        raise ParcelFileError(f"is not WKT: {error}", subject=f"{text:.40}") from error
    return _merged(np.array([shape], dtype=object), f"{text:.40}")


def _merged(shapes: np.ndarray, subject: object) -> MultiPolygon:
    """The union of the polygons among k geometries."""
    parts, _ = polygons(shapes)
    if not len(parts):
        raise ParcelFileError("holds no polygon", subject=subject)
    if not np.isfinite(shapely.get_coordinates(parts)).all():
        raise ParcelFileError("has a coordinate that is not a finite number", subject=subject)
    if any(crosses_too_often(part) for part in parts[~shapely.is_valid(parts)]):
        raise ParcelFileError(
            f"holds a polygon that crosses itself more than {MOST_CROSSINGS:,} times",
            subject=subject,
        )
    merged = shapely.union_all(shapely.make_valid(shapely.force_2d(parts)))
    return MultiPolygon([part for part in shapely.get_parts(merged) if isinstance(part, Polygon)])


def parse_crs(text: str) -> pyproj.CRS:
    """A CRS from user input.

    :raises ParcelFileError: pyproj does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError as error:
        raise ParcelFileError("unknown CRS", subject=text, hint="for example EPSG:25832") from error


def ogr_source(path: Path) -> str | Path:
    """The path that OGR opens: the file, or the one vector file at any depth of an archive.

    :raises ParcelFileError: no such file, or an archive that cannot be used.
    """
    import pyogrio

    if not path.exists():
        raise ParcelFileError("no such file", subject=path)
    pyogrio.set_gdal_config_options(OPTIONS)
    return opened_by_ogr(path)


def layer_name(path: Path, layer: str | None) -> str:
    """The layer to read: the one asked for, or the only spatial one.

    :raises ParcelFileError: no such file or layer, or several layers and none chosen.
    """
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        layers = pyogrio.list_layers(ogr_source(path))
    except (DataSourceError, RuntimeError) as error:
        raise ParcelFileError(
            f"is not a vector file that OGR can open: {error}", subject=path
        ) from error
    names = [str(name) for name, _ in layers]
    if layer is not None:
        if layer not in names:
            raise ParcelFileError(f"no layer {layer!r}", subject=path, hint=f"one of {names}")
        return layer
    spatial = [str(name) for name, kind in layers if kind is not None]
    if not spatial:
        raise ParcelFileError("has no layer with geometries", subject=path)
    if len(spatial) > 1:
        raise ParcelFileError(
            f"has {len(spatial)} layers", subject=path, hint=f"choose with --layer: {spatial}"
        )
    return spatial[0]


def check_columns(path: Path, layer: str, columns: Sequence[str]) -> None:
    """Check that a layer has these attributes.

    :raises ParcelFileError: names the missing ones and those present.
    """
    import pyogrio

    fields = [str(field) for field in pyogrio.read_info(ogr_source(path), layer=layer)["fields"]]
    missing = [column for column in columns if column not in fields]
    if missing:
        raise ParcelFileError(
            f"no column {', '.join(map(repr, missing))} in layer {layer!r}",
            subject=path,
            hint=f"columns: {', '.join(fields)}",
        )
