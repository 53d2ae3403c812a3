"""Sentinel-2 Level-1C in SAFE folders, to be looked at: reflectance at the sensor."""

from __future__ import annotations

import re
from pathlib import Path

from dias_cbm.errors import CorruptProduct
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.radiometry import Radiometry, read_radiometry
from dias_cbm.products.readers.raster import files_under, opened, read_xml
from dias_cbm.products.readers.safe import NODATA
from dias_cbm.scenes import Kind

_METADATA = r"(?:[^/]+/)?MTD_MSIL1C\.xml"
_IMAGE = re.compile(r"_(B\d[0-9A])\.(?:jp2|tiff?)$", re.IGNORECASE)


def open_l1c(path: Path) -> Product:
    """Open an L1C product, each band in its own pixels.

    :param path: the SAFE folder.
    :raises CorruptProduct: no image, one that cannot be opened, or no readable metadata.
    :raises InconsistentProduct: it lacks offsets that it should have.
    """
    files = files_under(path, _METADATA)
    if len(files) != 1:
        raise CorruptProduct(f"has {len(files)} files MTD_MSIL1C.xml, expected one", subject=path)
    metadata = read_xml(files[0])
    radiometry = read_radiometry(metadata, files[0], ("QUANTIFICATION_VALUE",), "RADIO_ADD_OFFSET")
    bands = {
        match[1].upper(): file
        for file in files_under(path, r"GRANULE/[^/]+/IMG_DATA/.*")
        if (match := _IMAGE.search(file.name))
    }
    if not bands:
        raise CorruptProduct("holds no image", subject=path)
    return Product(
        str(path),
        Kind.S2_L1C,
        {name: _band(name, file, radiometry) for name, file in sorted(bands.items())},
    )


def _band(name: str, file: Path, radiometry: Radiometry) -> Band:
    scale = 1 / radiometry.quantification
    offset = radiometry.offset(name) * scale
    with opened(file) as dataset:
        return Band(name, str(file), 1, dataset.dtypes[0], NODATA, scale, offset, grid_of(dataset))
