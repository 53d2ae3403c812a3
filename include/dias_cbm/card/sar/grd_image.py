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
from lxml import etree
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.sar.agreement import agreed_annotation
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.border import CLEAN_SINCE, Borders, find_borders
from dias_cbm.card.sar.luts import Noise, RangeVectors, around, read_calibration, read_noise
from dias_cbm.card.sar.safe import Image, Safe
from dias_cbm.card.sar.table_agreement import check_gamma, check_header, check_noise
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import open_unplaced

Floats = NDArray[np.float64]
Amplitudes = NDArray[np.uint16]

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
        self.annotation: Annotation = agreed_annotation(image, safe.name)
        self.polarisation = image.polarisation
        if image.measurement is None:
            raise CorruptProduct(f"has no image of {image.polarisation}", subject=safe.root)
        self.path = image.measurement
        self._reading = Lock()
        self._dataset = open_unplaced(self.path)
        try:
            self._check()
            self.tables = tables_of(image, self.annotation)
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

    def read(self, row: int, column: int, amplitudes: Amplitudes) -> None:
        """Read the amplitudes of a block within the image; one thread at a time does.

        :param amplitudes: height x width, filled.
        :raises CorruptProduct: it cannot be decoded.
        """
        with self._reading:
            _read(self._dataset, self.path, row, column, amplitudes)

    def calibrate(
        self, amplitudes: Amplitudes, row: int, column: int, gamma0: NDArray[np.float32]
    ) -> None:
        """Backscatter of a block, linear power, without its thermal noise.

        Where there is hardly any signal it may be negative: clipping would bias the means of
        parcels. NaN outside the swath.

        :param row: of the block in the image.
        :param gamma0: filled.
        """
        block = (row, column, *amplitudes.shape)
        noise = self.tables.noise
        _calibrate(
            amplitudes,
            row,
            self.tables.gamma.at_samples(*block),
            noise.range.at_samples(*block),
            noise.along_azimuth(*block),
            gamma0,
        )
        if self.borders is not None:
            gamma0[self.borders.mask(*block)] = np.nan

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
            _read(whole, self.path, whole.height - 1, 0, np.empty((1, whole.width), np.uint16))
        if found.count != 1 or found.dtypes[0] != "uint16":
            raise InconsistentProduct(
                f"has {found.count} bands of {found.dtypes[0]}, not one of amplitudes",
                subject=self.path,
            )


def tables_of(image: Image, annotation: Annotation) -> GrdTables:
    """The tables of an image, which agree with its annotation.

    :raises CorruptProduct: one is missing or damaged.
    :raises InconsistentProduct: one is of another image, or does not cover this one.
    """

    def check(root: etree._Element, path: Path) -> None:
        check_header(root, path, annotation)

    gamma = read_calibration(image.calibration, check=check)
    check_gamma(gamma, image.calibration, annotation)
    noise = read_noise(image.noise, check)
    check_noise(noise, gamma, image.noise, annotation)
    return GrdTables(gamma, noise)


def _read(
    dataset: DatasetReader, path: Path, row: int, column: int, amplitudes: Amplitudes
) -> None:
    height, width = amplitudes.shape
    try:
        dataset.read(1, window=Window(column, row, width, height), out=amplitudes)
    except RasterioError as error:
        raise CorruptProduct(f"cannot be decoded: {error}", subject=path) from error


@numba.njit(cache=True, nogil=True)
def _calibrate(
    amplitudes: Amplitudes,
    row: int,
    gamma: tuple[Floats, Floats],
    noise: tuple[Floats, Floats],
    azimuth: tuple[NDArray[np.float32], NDArray[np.int64]],
    result: NDArray[np.float32],
) -> None:  # pragma: no cover - compiled
    """(DN squared - noise) / A squared.

    :param gamma: the table's lines, and its vectors at the samples of the block.
    :param noise: likewise.
    :param azimuth: as :meth:`Noise.along_azimuth`.
    """
    height, width = result.shape
    factors, parts = azimuth
    power = np.empty(width, np.float32)
    for i in range(height):
        before, after, share = around(noise[0], row + i)
        earlier, later = noise[1][before], noise[1][after]
        for j in range(width):
            power[j] = earlier[j] + share * (later[j] - earlier[j])
        for k in range(len(factors)):
            if parts[k, 0] <= i < parts[k, 1]:
                power[parts[k, 2] : parts[k, 3]] *= factors[k, i]
        before, after, share = around(gamma[0], row + i)
        earlier, later = gamma[1][before], gamma[1][after]
        for j in range(width):
            table = np.float32(earlier[j] + share * (later[j] - earlier[j]))
            number = np.float32(amplitudes[i, j])
            value = (number * number - power[j]) / (table * table)
            result[i, j] = value if number != _NO_DATA else np.nan
