"""Images of L1C: reflectance at the sensor of a whole tile, coarsely, and DNs of parts of it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from dias_cbm.card.optical.l1c import NODATA, Level1C
from dias_cbm.card.optical.wavelet import halved
from dias_cbm.errors import CorruptProduct
from dias_cbm.products.atomic_folder import disk_errors
from dias_cbm.products.readers.raster import opened

log = logging.getLogger(__name__)

#: Longest side of a tile of JPEG 2000 that is decoded whole; Sentinel-2 has up to 1,024 pixels.
_LARGEST_TILE = 4096


@dataclass(frozen=True, slots=True)
class Sensed:
    """Pixels of one band, rows x columns.

    :param reflectance: at the sensor.
    :param valid: pixels that hold data.
    """

    reflectance: NDArray[np.float32]
    valid: NDArray[np.bool_]


def require(product: Level1C, bands: Sequence[str], corrected: Sequence[str] = ()) -> Level1C:
    """Check that a product has what is needed of it.

    :param bands: whose images are needed.
    :param corrected: whose view angles are needed too.
    :returns: the product with angles for these bands, replaced where its metadata lack them.
    :raises CorruptProduct: a band has no image, or its angles cannot be read.
    :raises InconsistentProduct: there are no view angles at all.
    """
    missing = sorted(set(bands) - set(product.images))
    if missing:
        raise CorruptProduct(f"lacks the images of {', '.join(missing)}", subject=product.name)
    angles = product.angles.completed(corrected, product.name)
    for band, origin in angles.replaced.items():
        log.warning("%s: lacks view angles of %s: taken as %s", product.name, band, origin)
    return replace(product, angles=angles)


def read(
    product: Level1C, band: str, shape: tuple[int, int] | None = None, keep: Path | None = None
) -> Sensed:
    """All pixels of a band.

    :param shape: resample the image to this many rows and columns, by averaging DNs or repeating
        them; a pixel is no data if one of the nearest is.
    :param keep: file for the DNs of the whole image, row by row, to be written if the image can be
        decoded once for both; see :func:`read_numbers`.
    :raises CorruptProduct: the image cannot be decoded.
    """
    with _decoded(product, band) as dataset:
        factor = _coarse_factor(dataset, shape)
        if keep is None or factor is None:
            numbers, nearest = _resampled(dataset, shape)
        else:
            coarse = _kept(dataset, factor, keep)
            with _in_memory(coarse) as smaller:
                numbers, nearest = _resampled(smaller, shape)
    valid = (numbers != NODATA) & (nearest != NODATA)
    offset = np.float32(product.offsets.get(band, 0.0))
    reflectance = (numbers.astype(np.float32) + offset) / np.float32(product.quantification)
    return Sensed(reflectance, valid)


def read_numbers(
    product: Level1C, band: str, window: Window, keep: Path | None = None
) -> NDArray[np.uint16]:
    """DNs of a part of a band, rows x columns.

    :param keep: file that :func:`read` was given for it, whether or not it has written it.
    :raises CorruptProduct: the image cannot be decoded.
    """
    if keep is None or not keep.exists():
        with _decoded(product, band) as dataset:
            return np.asarray(dataset.read(1, window=window))
    grid = product.grids[band]
    numbers = np.memmap(keep, np.uint16, "r", shape=(grid.height, grid.width))
    return np.array(numbers[window.toslices()])


def _resampled(
    dataset: DatasetReader, shape: tuple[int, int] | None
) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """DNs averaged, and the nearest ones."""
    finer = shape is not None and shape[0] < dataset.height
    method = Resampling.average if finer else Resampling.nearest
    numbers = dataset.read(1, out_shape=shape, resampling=method)
    return numbers, dataset.read(1, out_shape=shape) if finer else numbers


def _coarse_factor(dataset: DatasetReader, shape: tuple[int, int] | None) -> int | None:
    """The size of the coarse image's pixels from which GDAL resamples, if it can be computed.

    Of the coarse images that a file has, GDAL takes the coarsest that is not coarser than wanted.
    """
    if shape is None:
        return None
    ratio, rest = divmod(dataset.height, shape[0])
    exact = rest == 0 and ratio * shape[1] == dataset.width and ratio in (3, 6)
    # Or "LOSSLESS (possibly)": either way the wavelet is the reversible one.
    kind = dataset.tags(ns="IMAGE_STRUCTURE").get("COMPRESSION_REVERSIBILITY", "")
    if dataset.driver != "JP2OpenJPEG" or not exact or not kind.startswith("LOSSLESS"):
        return None
    factor = max((one for one in dataset.overviews(1) if one <= ratio), default=1)
    tile = dataset.block_shapes[0]
    whole = all(
        side % factor == 0 or side == size for side, size in zip(tile, dataset.shape, strict=True)
    )
    return factor if whole and max(tile) <= _LARGEST_TILE else None


def _kept(dataset: DatasetReader, factor: int, file: Path) -> NDArray[np.uint16]:
    """Decode an image into a file, and return its coarse image."""
    rows, columns = dataset.block_shapes[0]
    shape = -(-dataset.height // factor), -(-dataset.width // factor)
    coarse = np.empty(shape, np.int32)
    for row in range(0, dataset.height, rows):
        window = Window(0, row, dataset.width, min(rows, dataset.height - row))
        strip = dataset.read(1, window=window)
        with disk_errors(file), file.open("ab") as into:
            # Not by tofile, which loses what does not find room when it closes the file.
            into.write(np.ascontiguousarray(strip).data)
        for column in range(0, dataset.width, columns):
            part = np.ascontiguousarray(strip[:, column : column + columns], np.int32)
            for _ in range(factor.bit_length() - 1):
                part = halved(part)
            down, across = row // factor, column // factor
            coarse[down : down + part.shape[0], across : across + part.shape[1]] = part
    # As the decoder does, which knows no other numbers.
    bits = int(dataset.tags(1, ns="IMAGE_STRUCTURE").get("NBITS", 16))
    return coarse.clip(0, 2**bits - 1).astype(np.uint16)


@contextmanager
def _in_memory(image: NDArray[np.uint16]) -> Iterator[DatasetReader]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        height, width = image.shape
        profile = {"height": height, "width": width, "count": 1, "dtype": "uint16"}
        with rasterio.open("image", "w+", driver="MEM", **profile) as dataset:
            dataset.write(image, 1)
            yield dataset


def tile_shape(product: Level1C, band: str) -> tuple[int, int]:
    """Rows and columns of the tiles in which a band's image can be decoded."""
    with _decoded(product, band) as dataset:
        height, width = dataset.block_shapes[0]
    return height, width


@contextmanager
def _decoded(product: Level1C, band: str) -> Iterator[DatasetReader]:
    path = product.images[band]
    with opened(path) as dataset:
        try:
            yield dataset
        except RasterioError as error:
            raise CorruptProduct(f"{band} cannot be decoded: {error}", subject=path) from error
