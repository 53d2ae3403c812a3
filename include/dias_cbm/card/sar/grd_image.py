"""A detected image (GRD) as gamma0, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import numba
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.sar.annotation import Annotation, read_annotation
from dias_cbm.card.sar.border import CLEAN_SINCE, Borders, find_borders
from dias_cbm.card.sar.luts import Noise, RangeVectors, read_calibration, read_noise
from dias_cbm.card.sar.safe import Image, Safe
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import open_unplaced

#: Numbers that mean no data at the sides of the swath.
_NO_DATA = 0


@dataclass(frozen=True, slots=True)
class GrdTables:
    """The look-up tables of an image."""

    gamma: RangeVectors
    noise: Noise


class GrdImage:
    """One polarisation of a GRD product; a context manager.

    :param safe: the product.
    :param image: its files for this polarisation.
    :ivar noisy_borders: its processor left noise outside the swath.
    :ivar borders: what is removed of it; None without such noise, or without a table to find it by.
    :raises CorruptProduct: a file is missing or broken.
    :raises InconsistentProduct: annotation and raster contradict each other.
    """

    def __init__(self, safe: Safe, image: Image) -> None:
        self.annotation: Annotation = read_annotation(image.annotation)
        if self.annotation.polarisation != image.polarisation:
            raise InconsistentProduct(
                f"annotates {self.annotation.polarisation}, its name says {image.polarisation}",
                subject=image.annotation,
            )
        self.polarisation = image.polarisation
        self.tables = GrdTables(read_calibration(image.calibration), read_noise(image.noise))
        if image.measurement is None:
            raise CorruptProduct(f"has no image of {image.polarisation}", subject=safe.root)
        self.path = image.measurement
        self._reading = Lock()
        self._dataset = open_unplaced(self.path)
        try:
            self._check()
            self.noisy_borders = safe.processor is not None and safe.processor < CLEAN_SINCE
            self.borders: Borders | None = None
            if self.noisy_borders and self.tables.noise.usable:
                self.borders = find_borders(self._dataset, self.tables.noise)
        except BaseException:
            self._dataset.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._dataset.close()

    def amplitudes(self, row: int, column: int, height: int, width: int) -> NDArray[np.uint16]:
        """Numbers of a block within the image; one thread at a time reads.

        :raises CorruptProduct: it cannot be decoded.
        """
        with self._reading:
            return _read(self._dataset, self.path, row, column, height, width)

    def gamma0(self, amplitudes: NDArray[np.uint16], row: int, column: int) -> NDArray[np.float32]:
        """Backscatter of a block, linear power, without its thermal noise.

        Where there is hardly any signal it may be negative: clipping would bias the means of
        parcels. NaN outside the swath.

        :param row: of the block in the image.
        """
        block = (row, column, *amplitudes.shape)
        gamma = self.tables.gamma.block(*block)
        noise = self.tables.noise.block(*block)
        _calibrate(amplitudes, gamma, noise)
        if self.borders is not None:
            noise[self.borders.mask(*block)] = np.nan
        return noise

    def _check(self) -> None:
        found, annotated = self._dataset, self.annotation
        if (found.height, found.width) != (annotated.lines, annotated.samples):
            raise InconsistentProduct(
                f"has {found.height} x {found.width} pixels, its annotation says"
                f" {annotated.lines} x {annotated.samples}",
                subject=self.path,
            )
        # A truncated file, read directly, would give zeros and no error.
        with rasterio.Env(GTIFF_DIRECT_IO="NO"), open_unplaced(self.path) as whole:
            _read(whole, self.path, whole.height - 1, 0, 1, whole.width)
        if found.count != 1 or np.dtype(found.dtypes[0]).kind != "u":
            raise InconsistentProduct(
                f"has {found.count} bands of {found.dtypes[0]}, not one of amplitudes",
                subject=self.path,
            )


def _read(
    dataset: DatasetReader, path: Path, row: int, column: int, height: int, width: int
) -> NDArray[np.uint16]:
    try:
        return dataset.read(1, window=Window(column, row, width, height))
    except RasterioError as error:
        raise CorruptProduct(f"cannot be decoded: {error}", subject=path) from error


@numba.njit(cache=True, nogil=True)
def _calibrate(
    amplitude: NDArray[np.uint16], gamma: NDArray[np.float32], noise: NDArray[np.float32]
) -> None:  # pragma: no cover - compiled
    """(DN squared - noise) / A squared, in place of the noise."""
    for row in range(noise.shape[0]):
        for column in range(noise.shape[1]):
            number = np.float32(amplitude[row, column])
            if number == _NO_DATA:
                noise[row, column] = np.nan
            else:
                table = gamma[row, column]
                noise[row, column] = (number * number - noise[row, column]) / (table * table)
