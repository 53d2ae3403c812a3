"""A small local file in the place of an object that stays in its store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader


def stand_in(source: str, size: int, destination: Path) -> bool:
    """Write a file through which GDAL reads an object by ranges; within the store's environment.

    It holds what GDAL knows of the raster and where the object is, and no credentials.

    :param source: GDAL's path of the object.
    :param size: bytes of the object, as the store tells.
    :returns: False when the object has to be fetched: it cannot be opened as it is, its length is
        not what its header says, or it keeps the names of its bands where only its own software
        looks.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(f"{destination.name}.part")
    try:
        with rasterio.open(source) as dataset:
            if not _tells_all(dataset, size):
                return False
            rows, columns = dataset.block_shapes[0]
            blocks = {"BLOCKXSIZE": columns, "BLOCKYSIZE": rows}
            rasterio.shutil.copy(dataset, part, driver="VRT", strict=True, **blocks)
    except RasterioError:
        part.unlink(missing_ok=True)
        return False
    part.replace(destination)
    return True


def _tells_all(dataset: DatasetReader, size: int) -> bool:
    if dataset.driver == "ENVI":
        # GDAL reads as zeros what is missing at its end.
        offset = int(dataset.tags(ns="ENVI").get("header_offset", 0))
        itemsize = sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes)
        return size == offset + dataset.width * dataset.height * itemsize
    return dataset.driver == "GTiff" and all(dataset.descriptions)
