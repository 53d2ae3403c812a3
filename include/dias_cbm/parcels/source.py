"""Reading a parcel file in chunks, with identifiers and crops as exact text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyproj

from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import parse_crs
from dias_cbm.parcel_files.identifiers import check_columns, id_columns, identifiers
from dias_cbm.parcel_files.nul import check_whole
from dias_cbm.parcel_files.opening import open_layer
from dias_cbm.parcel_files.values import check_exact, json_objects, plain, texts

#: For a CRS without EPSG code: equal-area, all of Europe.
FALLBACK_SRID = 3035

_CHUNK_FEATURES = 50_000


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

    :param path: anything OGR reads, including zipped files, or GeoParquet.
    :param id_column: one name, or several with commas between; ``fid`` is the feature number,
        unless an attribute has this name.
    :param crs: CRS to assume if the file has none.
    :param encoding: of texts that are not in UTF-8 or as the file declares.
    :param invalid_dates: by column the number of values that are not dates.
    :param cut_texts: by column the number of texts that end at the character NUL.
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
        encoding: str | None = None,
    ) -> None:
        self.path = Path(path)
        self._layer = open_layer(self.path, layer, encoding)
        self.layer = self._layer.name
        ids = id_columns(id_column, self._layer.columns)
        taken = check_columns(self.path, self.layer, [*ids, crop_column], self._layer.columns)
        self.crs = _horizontal(self._layer.crs or crs, self.path)
        self.srid: int | None = self.crs.to_epsg()
        self.crs_name = self.crs.name if self.srid is None else f"EPSG:{self.srid}"
        table, self.invalid_dates = self._layer.attributes()
        self.cut_texts = self._layer.cut_texts()
        check_whole(self.cut_texts, taken, self.path)
        self._fid = table.column(0)
        self.pid = identifiers(table, ids, self.path)
        attributes = table.select(range(1, table.num_columns))
        crop = self._fid if crop_column not in taken else attributes.column(crop_column)
        check_exact(crop, crop_column, self.path)
        self.crop = texts(crop)
        self._others = plain(attributes.drop_columns(taken))

    def __len__(self) -> int:
        return len(self._fid)

    def chunks(self, size: int | None = None) -> Iterator[Chunk]:
        """The features in order, in chunks.

        :raises ParcelFileError: the file is damaged, or changed while it was read.
        """
        size = size or _CHUNK_FEATURES
        for first in range(0, len(self), size):
            fid, wkb = self._layer.geometries(first, size)
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
                attributes=json_objects(self._others.slice(first, size)),
            )

    def curves(self) -> int:
        """Number of features with curves, which are converted to lines."""
        return self._layer.curves()


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
