"""Opening of a vector layer by the reader of its format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from dias_cbm.errors import ParcelFileError

_PARQUET = b"PAR1"


class VectorLayer(Protocol):
    """One layer of a file, whatever its format; features keep the order of the file."""

    name: str
    columns: list[str]
    crs: str | None
    features: int

    def attributes(self, columns: Sequence[str] | None = None) -> tuple[pa.Table, dict[str, int]]:
        """Attributes after the feature number, and by column the values that are not dates."""

    def geometries(self, first: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and well-known binary of consecutive features."""

    def curves(self) -> int:
        """Number of features with curves, which are converted to lines."""

    def cut_texts(self) -> dict[str, int]:
        """By column, the texts whose end is lost, from a NUL on; after :meth:`attributes`."""


def open_layer(path: Path, name: str | None = None, encoding: str | None = None) -> VectorLayer:
    """Open a layer: GeoParquet by Arrow, all else by OGR.

    :param name: of the layer; needed only if the file has several.
    :param encoding: of texts that are not in UTF-8 or as the file declares.
    :raises ParcelFileError: there is no such file or layer, or it cannot be read.
    """
    # Imported here, since each reader takes much memory.
    if path.is_file() and _begins_with(path, _PARQUET):
        from dias_cbm.parcel_files.geoparquet import GeoParquetLayer

        return GeoParquetLayer(path, name, encoding)
    from dias_cbm.parcel_files.ogr import OgrLayer

    return OgrLayer(path, name, encoding)


def _begins_with(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(mark)) == mark
    except OSError as error:
        raise ParcelFileError(f"cannot be read: {error}", subject=path) from error
