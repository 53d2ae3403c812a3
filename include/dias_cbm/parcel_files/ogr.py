"""One layer of a vector file, read by OGR."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import layer_name, ogr_source
from dias_cbm.parcel_files.encodings import (
    check_encoding,
    check_not_misread,
    decode_texts,
    not_utf8,
)
from dias_cbm.parcel_files.nul import cut_at_nul, cut_in_json
from dias_cbm.parcel_files.values import dates
from dias_cbm.vectors import check_driver

_UNREADABLE = (
    DataSourceError,
    DataLayerError,
    OSError,
    RuntimeError,
    ValueError,
    pa.ArrowException,
)
_SHAPEFILE = "ESRI Shapefile"
_JSON = ("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON")
_SQLITE = ("GPKG", "SQLite")
_WITHOUT_CURVES = (_SHAPEFILE, "GeoJSON", "GeoJSONSeq", "TopoJSON")
_CURVED = ("CURVEPOLYGON", "MULTISURFACE", "COMPOUNDCURVE", "MULTICURVE", "CIRCULARSTRING")
_TEMPORAL = ("OFTDate", "OFTTime", "OFTDateTime")
_INT32 = 2**31


class OgrLayer:
    """One layer of a file that OGR reads; features keep the order of the file.

    :param name: of the layer; needed only if the file has several.
    :param encoding: of texts that are not in UTF-8 or as the file declares.
    :param columns: names of the attributes.
    :param crs: as the file has it; None without one.
    :param features: their number by the file's header; negative if unknown.
    :raises ParcelFileError: there is no such file or layer, or it cannot be read.
    """

    def __init__(self, path: Path, name: str | None = None, encoding: str | None = None) -> None:
        check_encoding(encoding)
        self.path = path
        with self._errors():
            self.name = layer_name(path, name)
            self._source = ogr_source(path)
            info = pyogrio.read_info(self._source, layer=self.name)
            self._driver = str(info["driver"])
            check_driver(self._driver, path)
            self._encoding = encoding
            self._options: dict[str, Any] = {}
            if self._driver == _SHAPEFILE:
                # Numbers of 18 digits and more stay whole where all of them fit 64 bits.
                self._options = {"encoding": encoding, "ADJUST_TYPE": "YES"}
                info = pyogrio.read_info(self._source, layer=self.name, **self._options)
        self.columns = [str(field) for field in info["fields"]]
        self.crs: str | None = info["crs"]
        self.features = int(info["features"])
        self._cut: dict[str, int] = {}
        self._kinds = dict(zip(self.columns, info["ogr_types"], strict=True))

    def attributes(self, columns: Sequence[str] | None = None) -> tuple[pa.Table, dict[str, int]]:
        """The attributes of all features; the first column is the feature number.

        Dates and times are text, null where a value is not a date.

        :param columns: attributes to read; all if None.
        :returns: the table, and by column the number of values that are not dates.
        :raises ParcelFileError: the file is damaged, has no features or text in another encoding.
        """
        with self._errors():
            _, table = pyogrio.raw.read_arrow(
                self._source,
                layer=self.name,
                columns=columns,
                read_geometry=False,
                return_fids=True,
                datetime_as_string=True,
                **self._options,
            )
            table = decode_texts(table, self._encoding, self.path)
        table, self._cut = cut_at_nul(table)
        if self._driver == _SHAPEFILE and self._encoding is None:
            check_not_misread(table, self.path)
        if not len(table):
            raise ParcelFileError("has no features", subject=f"{self.path} layer {self.name}")
        if len(table) < self.features:
            raise ParcelFileError(
                f"has {self.features} features, of which only {len(table)} can be read",
                subject=self.path,
                hint="the file is damaged, or its index is stale: rewrite it with ogr2ogr",
            )
        self._check_narrow(table)
        return self._with_dates(table)

    def geometries(self, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Feature numbers and geometries, as well-known binary, of consecutive features.

        :raises ParcelFileError: the file is damaged.
        """
        with self._errors():
            _, fid, wkb, _ = pyogrio.raw.read(
                self._source,
                layer=self.name,
                columns=[],
                skip_features=first,
                max_features=size,
                return_fids=True,
                **self._options,
            )
        return fid, wkb

    def curves(self) -> int:
        """Number of features with curves, which OGR converts to lines."""
        if self._driver in _WITHOUT_CURVES:
            return 0
        kinds = ", ".join(f"'{kind}{z}'" for kind in _CURVED for z in ("", " Z", " M", " ZM"))
        statement = f"select FID from {_quoted(self.name)} where OGR_GEOMETRY in ({kinds})"  # noqa: S608 (OGR's own SQL, no values)
        return len(self._select(statement, "OGRSQL"))

    def cut_texts(self) -> dict[str, int]:
        """By column, the texts that were cut at a NUL, by OGR or here.

        A dbf pads its texts with NUL, so that nothing is lost there.
        """
        if self._driver in _JSON:
            with self._errors():
                return self._cut | cut_in_json(self._source, self.columns)
        if self._driver not in _SQLITE:
            return self._cut
        names = [name for name in self.columns if self._kinds.get(name) == "OFTString"]
        if not names:
            return self._cut
        quoted = [_quoted(name, '""') for name in names]
        counts = ", ".join(
            f"sum(instr(cast({name} as blob), x'00') > 0) as c{number}"
            for number, name in enumerate(quoted)
        )
        layer = _quoted(self.name, '""')
        row = self._select(f"select {counts} from {layer}", None)  # noqa: S608
        found = zip(names, row.columns[1:], strict=True)
        return self._cut | {name: count for name, one in found if (count := one[0].as_py())}

    def _with_dates(self, table: pa.Table) -> tuple[pa.Table, dict[str, int]]:
        """The table with its dates as text, since Arrow lacks year 0 and takes no date for 1970."""
        temporal = [name for name in table.column_names[1:] if self._kinds.get(name) in _TEMPORAL]
        if not temporal:
            return table, {}
        casts = ", ".join(f"cast({_quoted(name)} as character(40))" for name in temporal)
        cast = self._select(f"select {casts} from {_quoted(self.name)}", "OGRSQL")  # noqa: S608
        if len(cast) != len(table):
            raise ParcelFileError("changed while it was read", subject=self.path)
        invalid: dict[str, int] = {}
        for number, name in enumerate(temporal, start=1):
            index = table.column_names.index(name)
            given = table.column(index).is_valid().to_pylist()
            iso, wrong = dates(cast.column(number).to_pylist(), given)
            table = table.set_column(index, name, pa.array(iso, pa.string()))
            if wrong:
                invalid[name] = wrong
        return table, invalid

    def _check_narrow(self, table: pa.Table) -> None:
        """Check that no number was cut to 32 bits, as SQLite's files allow."""
        if self._driver not in _SQLITE:
            return
        narrow = [
            field.name
            for field in table.schema
            if pa.types.is_integer(field.type) and field.type.bit_width < 64
        ]
        for name in narrow:
            column, layer = _quoted(name, '""'), _quoted(self.name, '""')
            statement = (
                f"select 1 as wide from {layer} where typeof({column}) = 'integer'"  # noqa: S608
                f" and ({column} >= {_INT32} or {column} < -{_INT32}) limit 1"
            )
            if len(self._select(statement, None)):
                raise ParcelFileError(
                    f"column {name!r} is declared with 32 bits and holds larger numbers",
                    subject=self.path,
                    hint="declare it as 64-bit integer or as text, e.g. with ogr2ogr",
                )

    def _select(self, statement: str, dialect: str | None) -> pa.Table:
        with self._errors():
            _, table = pyogrio.raw.read_arrow(
                self._source,
                sql=statement,
                sql_dialect=dialect,
                read_geometry=False,
                return_fids=True,
                **self._options,
            )
        return table

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Convert OGR's errors, and keep its warnings away from the reader of our message."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except UnicodeDecodeError as error:
            raise not_utf8(error.object, "the name of a column", self.path) from error
        except _UNREADABLE as error:
            raise ParcelFileError(f"cannot be read: {error}", subject=self.path) from error


def _quoted(name: str, quote: str = '\\"') -> str:
    """A name for OGR's SQL; SQLite doubles a quote within."""
    return '"' + name.replace('"', quote) + '"'
