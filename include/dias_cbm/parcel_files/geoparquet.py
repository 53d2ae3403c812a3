"""A GeoParquet file as a vector layer, read by Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcel_files.encodings import check_encoding, decode_texts
from dias_cbm.parcel_files.nul import cut_at_nul

_NATIVE = ("point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon")
_LONLAT = {"authority": "OGC", "code": "CRS84"}


class GeoParquetLayer:
    """The primary geometry of a GeoParquet file, with its attributes; rows are features, from 0.

    Format: https://geoparquet.org/releases/v1.1.0/

    :param name: of the layer; None or the file's name without suffix.
    :param encoding: of texts that are not in UTF-8.
    :param columns: names of the attributes.
    :param crs: as the file has it; None if it is unknown.
    :param features: their number.
    :raises ParcelFileError: the file is damaged, or not GeoParquet.
    """

    def __init__(self, path: Path, name: str | None = None, encoding: str | None = None) -> None:
        check_encoding(encoding)
        self.path = path
        self.name = path.stem
        if name not in (None, self.name):
            raise ParcelFileError(f"no layer {name!r}", subject=path, hint=f"one of {[self.name]}")
        self._encoding = encoding
        with self._errors():
            schema = pq.read_schema(path)
            self.features = pq.read_metadata(path).num_rows
        described = self._description(schema)
        self._geometry = str(described["primary_column"])
        geometry = described["columns"][self._geometry]
        self._native = str(geometry.get("encoding", "WKB")).lower() in _NATIVE
        self.crs = _crs(geometry)
        helpers = {place[0] for place in geometry.get("covering", {}).get("bbox", {}).values()}
        hidden = helpers | set(described["columns"])
        self.columns = [name for name in schema.names if name not in hidden]
        self._wkb: pa.ChunkedArray | None = None
        self._cut: dict[str, int] = {}

    def attributes(self, columns: Sequence[str] | None = None) -> tuple[pa.Table, dict[str, int]]:
        """The attributes of all features; the first column is the feature number.

        :param columns: attributes to read; all if None.
        :returns: the table, with dates and times as text; invalid dates do not exist in Parquet.
        :raises ParcelFileError: the file is damaged, has no features or text in another encoding.
        """
        if not self.features:
            raise ParcelFileError("has no features", subject=self.path)
        with self._errors():
            table = pq.read_table(
                self.path, columns=list(self.columns if columns is None else columns)
            )
            table = decode_texts(_simple(table), self._encoding, self.path)
        table, self._cut = cut_at_nul(table)
        number = pa.array(np.arange(self.features))
        return table.add_column(0, "feature", pa.chunked_array([number])), {}

    def geometries(self, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Feature numbers and geometries, as well-known binary, of consecutive features.

        :raises ParcelFileError: the file is damaged.
        """
        if self._wkb is None:
            with self._errors():
                self._wkb = self._all_geometries()
        values = self._wkb.slice(first, size).to_pylist()
        wkb = np.full(len(values), None)
        wkb[:] = values
        return np.arange(first, first + len(values)), wkb

    def curves(self) -> int:
        """Number of features with curves, which GeoParquet does not have."""
        return 0

    def cut_texts(self) -> dict[str, int]:
        """By column, the texts that were cut at a NUL."""
        return self._cut

    def _all_geometries(self) -> pa.ChunkedArray:
        if self._native:
            import geopandas

            frame = geopandas.read_parquet(self.path, columns=[self._geometry])
            return pa.chunked_array([pa.array(frame.geometry.to_wkb().tolist(), pa.binary())])
        return pq.read_table(self.path, columns=[self._geometry], partitioning=None).column(0)

    def _description(self, schema: pa.Schema) -> dict[str, Any]:
        """The metadata that make Parquet GeoParquet."""
        try:
            described = json.loads((schema.metadata or {})[b"geo"])
            if described["primary_column"] in described["columns"]:
                return dict(described)
        except (KeyError, TypeError, ValueError):
            pass
        raise ParcelFileError(
            "is Parquet without the metadata of GeoParquet, so its geometries are unknown",
            subject=self.path,
            hint="write it with geopandas or ogr2ogr",
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ParcelFileError(f"cannot be read: {error}", subject=self.path) from error


def _crs(geometry: dict[str, Any]) -> str | None:
    """The CRS as text for pyproj; longitude and latitude if the file does not name one."""
    if "crs" not in geometry:
        return "EPSG:4326"
    crs = geometry["crs"]
    if crs is None:
        return None
    return "EPSG:4326" if crs.get("id") == _LONLAT else json.dumps(crs)


def _simple(table: pa.Table) -> pa.Table:
    """A table without dictionaries, and with dates and times as text in ISO 8601."""
    for index, field in enumerate(table.schema):
        column = table.column(index)
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        column = column.cast(kind)
        if pa.types.is_timestamp(kind):
            zoned = column if kind.tz is None else column.cast(pa.timestamp(kind.unit, "UTC"))
            column = pc.replace_substring(zoned.cast(pa.string()), " ", "T")
        elif pa.types.is_temporal(kind):
            column = column.cast(pa.string())
        table = table.set_column(index, field.name, column)
    return table
