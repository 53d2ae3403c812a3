"""Reading a parcel file in chunks, with identifiers and crops as exact text."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyproj
from pyogrio.errors import DataLayerError, DataSourceError

from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import check_columns, layer_name, ogr_source, parse_crs

#: As identifier column: the feature number of the file, where no attribute has this name.
FEATURE_NUMBER = "fid"
#: For a CRS without EPSG code: equal-area, all of Europe.
FALLBACK_SRID = 3035

_CHUNK_FEATURES = 50_000
_UNREADABLE = (
    DataSourceError,
    DataLayerError,
    OSError,
    RuntimeError,
    ValueError,
    pa.ArrowException,
)
_LINEAR = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_CURVES = "('CURVEPOLYGON', 'CURVEPOLYGON Z', 'MULTISURFACE', 'MULTISURFACE Z')"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive features of a file.

    :param first: number of the first one in the file, from 0.
    :param pid: identifiers as text; None for a missing one.
    :param wkb: geometries as well-known binary; None for a missing one.
    :param attributes: the other columns of each feature, as a JSON object.
    """

    first: int
    pid: list[str | None]
    crop: list[str | None]
    wkb: np.ndarray
    attributes: list[str]


class ParcelFile:
    """One layer of a parcel file; attributes are read at once, geometries in chunks.

    :param path: anything OGR reads, including zipped files.
    :param id_column: ``fid`` is the feature number, unless an attribute has this name.
    :param crs: CRS to assume if the file has none.
    :raises ParcelFileError: the file, the layer, a column or the CRS is missing or unusable.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        id_column: str,
        crop_column: str,
        layer: str | None = None,
        crs: str | None = None,
    ) -> None:
        self.path = Path(path)
        self.layer = layer_name(self.path, layer)
        self._source = ogr_source(self.path)
        info = pyogrio.read_info(self._source, layer=self.layer)
        by_number = id_column.lower() == FEATURE_NUMBER and id_column not in info["fields"]
        columns = [crop_column] if by_number else [id_column, crop_column]
        check_columns(self.path, self.layer, columns)
        self.crs = _horizontal(info["crs"] or crs, self.path)
        self.srid: int | None = self.crs.to_epsg()
        self.crs_name = self.crs.name if self.srid is None else f"EPSG:{self.srid}"
        self._linear = info["geometry_type"].removesuffix(" Z") in _LINEAR
        table = self._attributes(info["features"])
        self._fid = table.column(0)
        self.pid = texts(self._fid if by_number else table.column(id_column))
        self.crop = texts(table.column(crop_column))
        self._others = plain(table.drop_columns([table.column_names[0], *columns]))

    def __len__(self) -> int:
        return len(self._fid)

    def chunks(self, size: int = _CHUNK_FEATURES) -> Iterator[Chunk]:
        """The features in order, in chunks.

        :raises ParcelFileError: the file is damaged, or changed while it was read.
        """
        for first in range(0, len(self), size):
            fid, wkb = self._geometries(first, size)
            last = first + len(wkb)
            if fid.tolist() != self._fid[first : first + size].to_pylist():
                raise ParcelFileError(
                    f"cannot be read from feature {last} on: it is damaged, or was changed",
                    subject=self.path,
                )
            yield Chunk(
                first=first,
                pid=self.pid[first:last],
                crop=self.crop[first:last],
                wkb=wkb,
                attributes=[
                    json.dumps(row, ensure_ascii=False, default=str).replace("\\u0000", "")
                    for row in self._others.slice(first, size).to_pylist()
                ],
            )

    def curves(self) -> int:
        """Number of features with curves, which OGR converts to lines."""
        if self._linear:
            return 0
        name = self.layer.replace('"', '\\"')
        where = f"OGR_GEOMETRY in {_CURVES}"
        statement = f'select FID from "{name}" where {where}'  # noqa: S608 (OGR's own SQL, no values)
        return len(
            pyogrio.raw.read(
                self._source,
                sql=statement,
                sql_dialect="OGRSQL",
                read_geometry=False,
                return_fids=True,
            )[1]
        )

    def _attributes(self, announced: int) -> pa.Table:
        """All columns except the geometry; the first one is the feature number.

        :param announced: number of features by the file's header; negative if unknown.
        """
        try:
            _, table = pyogrio.raw.read_arrow(
                self._source, layer=self.layer, read_geometry=False, return_fids=True
            )
        except _UNREADABLE as error:
            raise ParcelFileError(f"cannot be read: {error}", subject=self.path) from error
        if not len(table):
            raise ParcelFileError("has no features", subject=f"{self.path} layer {self.layer}")
        if len(table) < announced:
            raise ParcelFileError(
                f"has {announced} features, of which only {len(table)} can be read",
                subject=self.path,
                hint="the file is damaged, or its index is stale: rewrite it with ogr2ogr",
            )
        return table

    def _geometries(self, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        try:
            _, fid, wkb, _ = pyogrio.raw.read(
                self._source,
                layer=self.layer,
                columns=[],
                skip_features=first,
                max_features=size,
                return_fids=True,
            )
        except _UNREADABLE as error:
            raise ParcelFileError(f"cannot be read: {error}", subject=self.path) from error
        return fid, wkb


def _horizontal(text: str | None, path: Path) -> pyproj.CRS:
    """The CRS without a vertical part."""
    if not text:
        raise ParcelFileError(
            "has no CRS", subject=path, hint="name it with --crs EPSG:n, or add a .prj file"
        )
    crs = parse_crs(text)
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return crs.sub_crs_list[0] if crs.is_compound else crs.to_2d()


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """A column as text: whole numbers without a point, missing and blank values as None."""

    def text(value: Any) -> str | None:
        if isinstance(value, float):
            if math.isnan(value):
                return None
            value = int(value) if value.is_integer() else value
        return None if value is None or not str(value).strip() else str(value)

    return [text(value) for value in column.to_pylist()]


def plain(table: pa.Table) -> pa.Table:
    """A table that JSON can hold: no NaN, and binary values as hexadecimal text."""
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_floating(field.type):
            finite = pc.is_finite(column)
            column = pc.if_else(finite, column, pa.scalar(None, field.type))
        elif pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            values = column.to_pylist()
            column = pa.array([None if v is None else v.hex() for v in values], pa.string())
        else:
            continue
        table = table.set_column(index, field.name, column)
    return table
