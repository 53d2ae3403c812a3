"""Tiles of floating-point pixels, compressed by deflate in a GeoTIFF that lies here, decoded by us.

GDAL decodes one tile after the other, and that is most of the time a scene takes. Left to it is
what it decodes faster, long matches: of integers, or of a margin without data; and whatever is not
as expected here: another kind of file, or a tile that is left out. A damaged tile is told.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rasterio.enums import Compression, Interleaving
from rasterio.io import DatasetReader

from dias_cbm.extraction.plan import Window
from dias_cbm.inflate import Inflater
from dias_cbm.inflate.predictors import PREDICTORS, undo

_DTYPES = {"float32", "float64"}

# Bytes of a decoded tile: two are held, and the streams of two.
_LARGEST = 1 << 24

# How a TIFF begins, classic and big, whose numbers have their lowest byte first.
_LITTLE_ENDIAN = (b"II*\0", b"II+\0")


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a file keeps its pixels.

    :param samples: bands that a tile holds.
    """

    dtype: np.dtype
    rows: int
    columns: int
    samples: int
    predictor: int

    @property
    def tile_bytes(self) -> int:
        """Bytes of a decoded tile."""
        return self.rows * self.columns * self.samples * self.dtype.itemsize


class _Tile(NamedTuple):
    """A tile's bytes in the file, and where its pixels belong.

    :param layers: which of the window's layers it has, and as which of its samples.
    """

    offset: int
    size: int
    layers: list[tuple[int, int]]
    top: int
    left: int


class DamagedTile(Exception):
    """A tile is not what was compressed; GDAL does not see that if there are enough pixels."""


class Tiles:
    """The tiles of an opened file; see :func:`open_tiles`.

    The first window is read by GDAL too, and compared: of a file that is not as it was taken to be,
    nothing is decoded here.
    """

    def __init__(self, dataset: DatasetReader, layout: _Layout, file: int) -> None:
        self._dataset, self._layout, self._file = dataset, layout, file
        self._inflater = Inflater(layout.tile_bytes)
        self._room = np.empty(layout.tile_bytes, np.uint8)
        self._understood: bool | None = None

    def read(self, indexes: Sequence[int], window: Window, out: np.ndarray) -> bool:
        """Read a window.

        :param indexes: of the bands, from 1.
        :param out: [bands, rows, columns]; written.
        :returns: False if GDAL is to read it.
        :raises DamagedTile: nor can GDAL.
        """
        return self._understood is True and self._decode(indexes, window, out)

    def compare(self, indexes: Sequence[int], window: Window, read: np.ndarray) -> None:
        """See that a window is decoded to what GDAL read.

        :raises DamagedTile: GDAL cannot have read it.
        """
        if self._understood is None:
            decoded = np.empty_like(read)
            if self._decode(indexes, window, decoded):
                self._understood = np.array_equal(decoded, read, equal_nan=True)

    def _decode(self, indexes: Sequence[int], window: Window, out: np.ndarray) -> bool:
        if not (self._is_whole(window) and np.can_cast(self._layout.dtype, out.dtype)):
            return False
        tiles, size = list(self._tiles(indexes, window)), self._layout.tile_bytes
        # No stream is longer than what it stands for but by a few bytes a block.
        if not all(0 < tile.size <= size + size // 64 + 64 for tile in tiles):
            return False
        # What shrinks to less than half is mostly matches.
        if 2 * sum(tile.size for tile in tiles) < size * len(tiles):
            return False
        return all(self._decode_two(tiles[i : i + 2], out) for i in range(0, len(tiles), 2))

    def _is_whole(self, window: Window) -> bool:
        rows, columns = self._layout.rows, self._layout.columns
        return (
            window.top % rows == 0
            and window.left % columns == 0
            and (window.bottom % rows == 0 or window.bottom == self._dataset.height)
            and (window.right % columns == 0 or window.right == self._dataset.width)
        )

    def _tiles(self, indexes: Sequence[int], window: Window) -> Iterator[_Tile]:
        rows, columns = self._layout.rows, self._layout.columns
        if self._layout.samples > 1:
            layers = [(1, [(layer, index - 1) for layer, index in enumerate(indexes)])]
        else:
            layers = [(index, [(layer, 0)]) for layer, index in enumerate(indexes)]
        for row in range(window.top // rows, -(-window.bottom // rows)):
            for column in range(window.left // columns, -(-window.right // columns)):
                top, left = row * rows - window.top, column * columns - window.left
                for index, held in layers:
                    yield _Tile(*self._place(index, row, column), held, top, left)

    def _place(self, index: int, row: int, column: int) -> tuple[int, int]:
        """Offset and size of a tile in the file; 0, 0 if it is left out."""
        offset, size = (
            self._dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=index)
            for what in ("OFFSET", "SIZE")
        )
        return int(offset or 0), int(size or 0)

    def _decode_two(self, tiles: Sequence[_Tile], out: np.ndarray) -> bool:
        """Decode two tiles, or the one that is left; False if one is not as expected."""
        sizes = [0, 0]
        for place, tile in enumerate(tiles):
            sizes[place] = tile.size
            try:
                read = os.preadv(self._file, [self._inflater.room(place, tile.size)], tile.offset)
            except OSError:
                return False
            if read < tile.size:
                return False
        sound = self._inflater.decode(*sizes)
        for place, tile in enumerate(tiles):
            if not sound[place]:
                self._see_damage(place, tile)
                return False
            self._put(self._inflater.decoded(place), tile, out)
        return True

    def _see_damage(self, place: int, tile: _Tile) -> None:
        """Tell a damaged stream from one that is only of another size than was thought."""
        stream, most = zlib.decompressobj(), 4 * self._layout.tile_bytes
        try:
            decoded = stream.decompress(self._inflater.room(place, tile.size), most)
        except zlib.error as error:
            raise DamagedTile(f"the tile at byte {tile.offset} is damaged: {error}") from error
        if not stream.eof and len(decoded) < most:
            raise DamagedTile(f"the tile at byte {tile.offset} is cut short")

    def _put(self, decoded: np.ndarray, tile: _Tile, out: np.ndarray) -> None:
        """Write the pixels of a tile to their place in a window."""
        layout = self._layout
        stored = decoded.view(layout.dtype).reshape(layout.rows, -1)
        pixels = undo(layout.predictor, stored, layout.samples, self._room)
        pixels = pixels.reshape(layout.rows, layout.columns, layout.samples)
        for layer, sample in tile.layers:
            within = out[layer, tile.top :, tile.left :][: layout.rows, : layout.columns]
            within[:] = pixels[: within.shape[0], : within.shape[1], sample]


@contextmanager
def open_tiles(dataset: DatasetReader) -> Iterator[Tiles | None]:
    """The tiles of an opened file; None if only GDAL can read them."""
    layout = _layout(dataset)
    if layout is None:
        yield None
        return
    file = os.open(dataset.name, os.O_RDONLY)
    try:
        yield Tiles(dataset, layout, file) if os.pread(file, 4, 0) in _LITTLE_ENDIAN else None
    finally:
        os.close(file)


def _layout(dataset: DatasetReader) -> _Layout | None:
    # Strips, of which the last is shorter, are as wide as the raster.
    tiled = dataset.driver == "GTiff" and dataset.block_shapes[0][1] < dataset.width
    if not tiled or dataset.compression != Compression.deflate or not Path(dataset.name).is_file():
        return None
    predictor = int(dataset.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR", 1))
    if predictor not in PREDICTORS or not {dataset.dtypes[0]} == set(dataset.dtypes) <= _DTYPES:
        return None
    samples = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    rows, columns = dataset.block_shapes[0]
    layout = _Layout(np.dtype(dataset.dtypes[0]), rows, columns, samples, predictor)
    return layout if layout.tile_bytes <= _LARGEST else None
