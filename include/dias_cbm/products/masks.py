"""Masks of a raster: which of its pixels hold no data, whatever number is stored there.

A band's nodata value is the reader's business. Everything else that GDAL knows is here: a mask
inside the file or beside it (``.msk``), of the whole raster or of one band, ``NODATA_VALUES``, and
an alpha band, which GDAL itself ignores where the raster has a nodata value too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

_ALPHA_NAMES = ("alpha", "mask", "opacity", "transparen", "valid")


def alpha_of(dataset: DatasetReader) -> int | None:
    """The number of the alpha band, from 1; None without one.

    GDAL declares the fourth band of any four bytes to be alpha; one with the name of something else
    is data.
    """
    for index, meaning in enumerate(dataset.colorinterp, start=1):
        name = (dataset.descriptions[index - 1] or "").lower()
        if meaning is ColorInterp.alpha and (not name or any(n in name for n in _ALPHA_NAMES)):
            return index
    return None


def undeclare(alpha: int) -> str:
    """A hint for an alpha band that is data."""
    return f"gdal_edit.py -colorinterp_{alpha} undefined makes band {alpha} a band of data"


def data_indexes(dataset: DatasetReader) -> list[int]:
    """The numbers of the bands that hold data, from 1."""
    alpha = alpha_of(dataset)
    return [index for index in range(1, dataset.count + 1) if index != alpha]


def hidden(dataset: DatasetReader, index: int, **place: Any) -> NDArray[np.bool_] | None:
    """The pixels of a band that a mask leaves out; None where nothing does.

    :param index: of the band, from 1.
    :param place: ``window`` or ``out_shape``, as rasterio's ``read`` takes them.
    :raises RasterioError: the mask cannot be decoded.
    """
    found = None
    flags = dataset.mask_flag_enums[index - 1]
    # Rasterio does not tell a nodata value that a double cannot hold, such as uint64's largest.
    told = flags == [MaskFlags.nodata] and dataset.nodatavals[index - 1] is not None
    if MaskFlags.alpha not in flags and flags != [MaskFlags.all_valid] and not told:
        found = dataset.read_masks(index, **place) == 0
    alpha = alpha_of(dataset)
    if alpha is not None and alpha != index:
        transparent = dataset.read(alpha, **place) == 0
        found = transparent if found is None else found | transparent
    return found
