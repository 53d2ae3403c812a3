"""Pictures of chips: stretched to colours by the band set, encoded as PNG, WebP or GeoTIFF."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rasterio.io import MemoryFile

from dias_cbm.chips.bands import BandSet, Channel
from dias_cbm.chips.frame import Frame
from dias_cbm.chips.pixels import enlarged, no_data
from dias_cbm.products.model import Band

_WEBP_QUALITY = 80


class Format(StrEnum):
    """Formats of a chip: pictures to look at, or the stored numbers."""

    PNG = "png"
    WEBP = "webp"
    TIFF = "tif"

    @property
    def media_type(self) -> str:
        """The type that HTTP has for it."""
        return "image/tiff" if self is Format.TIFF else f"image/{self.value}"


def colours(chosen: BandSet, values: Mapping[str, NDArray[np.float32]]) -> NDArray[np.uint8]:
    """The picture of a band set.

    :param values: float32[rows, columns] of each of its bands, all of one shape; NaN: no data.
    :returns: uint8[rows, columns, 4]: red, green, blue and opacity, 0 where a band has no data.
    """
    shown = [_stretched(one, values) for one in chosen.channels]
    shown = shown * 3 if len(shown) == 1 else shown
    there = np.isfinite(np.stack(shown)).all(axis=0)
    layers = [np.nan_to_num(one) for one in shown]
    return np.dstack([np.where(there, one, 0).astype(np.uint8) for one in (*layers, 255 * there)])


def _stretched(channel: Channel, values: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """0 to 255 between the channel's limits; NaN where it has no value."""
    first = values[channel.bands[0]]
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = first if len(channel.bands) == 1 else first / values[channel.bands[1]]
        if channel.decibel:
            # Noise below 0 has no logarithm, but it is data: as dark as can be.
            positive = np.where(shown > 0, shown, np.float32(1e-12))
            shown = np.where(np.isfinite(shown), 10 * np.log10(positive), np.nan)
        part = (shown - channel.low) / (channel.high - channel.low)
    stretched: NDArray[np.float32] = np.round(np.clip(part, 0, 1) * 255).astype(np.float32)
    return stretched


def picture(pixels: NDArray[np.uint8], form: Format) -> bytes:
    """A picture as a file.

    :param pixels: uint8[rows, columns, 4].
    """
    stream = io.BytesIO()
    image = Image.fromarray(pixels)
    if form is Format.WEBP:
        image.save(stream, "WEBP", quality=_WEBP_QUALITY)
    else:
        image.save(stream, "PNG", compress_level=6)
    return stream.getvalue()


def raw(
    bands: Sequence[Band],
    layers: Sequence[tuple[NDArray, NDArray[np.bool_]]],
    frame: Frame,
    tags: Mapping[str, str],
) -> bytes:
    """The stored numbers as GeoTIFF on the frame's grid; coarser pixels are repeated.

    Each band has its name, its scale and its offset: value = number * scale + offset.

    :param layers: of each band, its numbers and whether they are data.
    :param tags: of the file.
    """
    dtype = np.result_type(*(band.dtype for band in bands))
    nodata = _nodata(bands, dtype)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=frame.width,
            height=frame.height,
            count=len(bands),
            dtype=dtype.name,
            crs=frame.crs,
            transform=frame.transform,
            nodata=nodata,
            compress="deflate",
        ) as dataset:
            for index, (band, (numbers, data)) in enumerate(zip(bands, layers, strict=True), 1):
                factor = frame.of_band(band)[-1]
                filled = np.where(data, numbers, dtype.type(nodata)).astype(dtype)
                dataset.write(enlarged(filled, factor), index)
                dataset.set_band_description(index, band.name)
            dataset.scales = tuple(band.scale for band in bands)
            dataset.offsets = tuple(band.offset for band in bands)
            dataset.update_tags(**tags)
        return bytes(memory.read())


def _nodata(bands: Sequence[Band], dtype: np.dtype) -> float:
    """The bands' number for no data; where they differ NaN, or 0 for whole numbers."""
    numbers = {no_data(band) for band in bands}
    if len(numbers) == 1:
        return numbers.pop()
    return float("nan") if dtype.kind == "f" else 0
