"""A band while it is written: raw numbers in a file, so that blocks may come in any order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.products.atomic_folder import begin_to_write
from dias_cbm.products.writers.stored import runs_above_zero, stored

_ITEM = np.dtype(">f4")
_FILL_ROWS = 256
#: Numbers that are converted at a time: they stay in the processor's cache.
_PART = 64 << 10


class Layer:
    """Rows x columns of big-endian float32 in one file, allocated at once.

    A full disk is thus found here, not in the middle of the work.

    :param file: created with its folder.
    :param nodata: value of pixels before they are written.
    :raises OSError: the disk is full.
    """

    def __init__(self, file: Path, rows: int, columns: int, nodata: float) -> None:
        self.file, self.rows, self.columns, self.nodata = file, rows, columns, nodata
        file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor: int | None = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.posix_fallocate(self._descriptor, 0, rows * columns * _ITEM.itemsize)
            if nodata != 0:
                self._fill()
        except BaseException:
            self.close()
            raise

    def write(self, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write a block; NaN becomes nodata.

        :param values: [rows, columns], kept as float32.
        :raises ValueError: it is not a matrix, or extends beyond the raster.
        """
        for first, _, numbers in self._parts(row, column, values):
            if numbers.shape[1] == self.columns:
                self._put(numbers, first * self.columns)
            else:
                for offset, line in enumerate(numbers):
                    self._put(line, (first + offset) * self.columns + column)

    def lay(self, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write what a block has above 0; arguments as of :meth:`write`."""
        for first, part, numbers in self._parts(row, column, values):
            for line, start, stop in runs_above_zero(part).tolist():
                self._put(numbers[line, start:stop], (first + line) * self.columns + column + start)

    def _parts(
        self, row: int, column: int, values: NDArray[np.float32]
    ) -> Iterator[tuple[int, NDArray[np.float32], NDArray[np.uint32]]]:
        """Rows of a block that stay in the processor's cache: the first, values, and as stored."""
        if values.ndim != 2:
            raise ValueError(f"a block has rows and columns, not {values.ndim} dimensions")
        height, width = values.shape
        if min(row, column) < 0 or row + height > self.rows or column + width > self.columns:
            raise ValueError(
                f"block {height} x {width} at row {row}, column {column}"
                f" is outside {self.rows} x {self.columns}"
            )
        rows = max(_PART // max(width, 1), 1)
        numbers = np.empty((min(rows, height), width), np.uint32)
        for first in range(0, height, rows):
            # Of any other kind, the kernel would take the bits for those of float32.
            part = np.asarray(values[first : first + rows], np.float32)
            stored(part, self.nodata, numbers[: len(part)])
            yield row + first, part, numbers[: len(part)]

    def read(self, row: int, rows: int) -> NDArray[np.float32]:
        """Whole rows, as native numbers: rows x columns."""
        start = row * self.columns * _ITEM.itemsize
        with self.file.open("rb") as file:
            file.seek(start)
            numbers = np.fromfile(file, np.float32, rows * self.columns)
        return numbers.byteswap(inplace=True).reshape(rows, self.columns)

    def begin_flush(self, row: int, rows: int) -> None:
        """Let the system begin to put whole rows on the disk, without waiting for it.

        What was written before stays in memory: the whole file is read for its checksum as soon as
        it is made. An error of the disk is found when the file is flushed at the end.
        """
        if self._descriptor is not None:
            size = self.columns * _ITEM.itemsize
            begin_to_write(self._descriptor, row * size, rows * size)

    def close(self) -> None:
        """Close it; it can still be read. What of it is the product is flushed with its folder."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _fill(self) -> None:
        line = np.full((min(_FILL_ROWS, self.rows), self.columns), self.nodata, _ITEM)
        for row in range(0, self.rows, len(line)):
            self._put(line[: self.rows - row], row * self.columns)

    def _put(self, numbers: NDArray[Any], index: int) -> None:
        if self._descriptor is None:
            raise ValueError(f"{self.file} is closed")
        left = numbers.reshape(-1).view(np.uint8).data
        position = index * _ITEM.itemsize
        while left:
            written = os.pwrite(self._descriptor, left, position)
            left, position = left[written:], position + written
