"""A small local VRT through which GDAL reads an object that stays in its store."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from dias_cbm.rasters import remote_driver


def stand_in(source: str, size: int, destination: Path) -> bool:
    """Write a file through which GDAL reads an object by ranges, inside the store's environment.

    It holds the raster's properties and the object's path, and no credentials.

    :param source: GDAL's path of the object.
    :param size: bytes of the object, according to the store.
    :returns: False when the object has to be fetched: it cannot be opened in place, its length
        contradicts its header, or its band names are only in metadata of its own software.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    part = destination.with_name(f"{destination.name}.part")
    driver = remote_driver(source)
    if driver is None:
        return False
    try:
        with rasterio.open(source, driver=driver) as dataset:
            if not _tells_all(dataset, size) or not _stands_alone(dataset, source):
                return False
            rows, columns = dataset.block_shapes[0]
            blocks = {"BLOCKXSIZE": columns, "BLOCKYSIZE": rows}
            rasterio.shutil.copy(dataset, part, driver="VRT", strict=True, **blocks)
    except RasterioError:
        part.unlink(missing_ok=True)
        return False
    part.replace(destination)
    return True


def _stands_alone(dataset: DatasetReader, source: str) -> bool:
    """Whether it is one file, or a file and its header; masks and overviews are fetched."""
    header = str(PurePosixPath(source).with_suffix(".hdr"))
    return set(dataset.files) <= {source, header}


def _tells_all(dataset: DatasetReader, size: int) -> bool:
    if dataset.driver == "ENVI":
        # GDAL reads missing bytes at the end as zeros.
        offset = int(dataset.tags(ns="ENVI").get("header_offset", 0))
        itemsize = sum(np.dtype(dtype).itemsize for dtype in dataset.dtypes)
        return size == offset + dataset.width * dataset.height * itemsize
    # The name of a Sentinel-2 image's band is in the name of its file.
    return dataset.driver == "JP2OpenJPEG" or all(dataset.descriptions)
