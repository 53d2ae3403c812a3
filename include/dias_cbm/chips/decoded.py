"""Decoded tiles of JPEG 2000 images, kept in memory: the next chip of a tile decodes nothing.

A tile of a Sentinel-2 image is 10 km wide and takes 0.2 s to decode, whether one pixel of it is
wanted or all of them. Its parcels, and the bands of its calendar, ask for it again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from pathlib import Path
from threading import Lock

import numpy as np
import rasterio.windows
from numpy.typing import NDArray
from rasterio.io import DatasetReader

#: Bytes of all tiles of a process: some 60 of 1,024 x 1,024 numbers of 16 bits.
_MOST_BYTES = 128 << 20
#: Of one tile. A file of one huge tile is left to GDAL.
_MOST_TILE = 16 << 20
#: The driver whose files are slow to decode.
SLOW = "JP2OpenJPEG"


class DecodedTiles:
    """The tiles that were read last. Safe to use from several threads.

    :param most_bytes: of all tiles together.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._tiles: OrderedDict[Hashable, NDArray] = OrderedDict()
        self._lock = Lock()

    def read(
        self, dataset: DatasetReader, index: int, place: rasterio.windows.Window
    ) -> NDArray | None:
        """A window of a band; None if the dataset is not one that this keeps.

        :param place: whole pixels, inside the dataset.
        :raises RasterioError: it cannot be decoded.
        """
        rows, columns = dataset.block_shapes[index - 1]
        size = rows * columns * np.dtype(dataset.dtypes[index - 1]).itemsize
        if dataset.driver != SLOW or size > _MOST_TILE:
            return None
        identity = _identity(dataset.name)
        if identity is None:
            return None
        found = np.empty((place.height, place.width), dataset.dtypes[index - 1])
        for row, column in _blocks(place, rows, columns):
            tile = self._tile(dataset, index, (row, column), (*identity, index, row, column))
            top, left = row * rows, column * columns
            first, last = max(place.row_off, top), min(_bottom(place), top + tile.shape[0])
            west, east = max(place.col_off, left), min(_right(place), left + tile.shape[1])
            found[
                first - place.row_off : last - place.row_off,
                west - place.col_off : east - place.col_off,
            ] = tile[first - top : last - top, west - left : east - left]
        return found

    def _tile(
        self, dataset: DatasetReader, index: int, block: tuple[int, int], key: Hashable
    ) -> NDArray:
        with self._lock:
            kept = self._tiles.get(key)
            if kept is not None:
                self._tiles.move_to_end(key)
                return kept
        tile: NDArray = dataset.read(index, window=dataset.block_window(index, *block))
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self._bytes += tile.nbytes
            while self._bytes > self._most_bytes:
                _, oldest = self._tiles.popitem(last=False)
                self._bytes -= oldest.nbytes
        return tile


#: Of this process.
TILES = DecodedTiles()


def _identity(name: str) -> tuple[str, int, int, int] | None:
    """A key that changes when another file takes the same name; None if it is not a file."""
    try:
        status = Path(name).stat()
    except OSError:
        return None
    return name, status.st_ino, status.st_size, status.st_mtime_ns


def _blocks(place: rasterio.windows.Window, rows: int, columns: int) -> Iterator[tuple[int, int]]:
    for row in range(place.row_off // rows, (_bottom(place) - 1) // rows + 1):
        for column in range(place.col_off // columns, (_right(place) - 1) // columns + 1):
            yield row, column


def _bottom(place: rasterio.windows.Window) -> int:
    return int(place.row_off + place.height)


def _right(place: rasterio.windows.Window) -> int:
    return int(place.col_off + place.width)
