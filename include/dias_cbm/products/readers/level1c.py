"""Sentinel-2 Level-1C in SAFE folders, to be looked at: reflectance at the sensor.

Reflectance = (DN + RADIO_ADD_OFFSET) / QUANTIFICATION_VALUE (Sentinel-2 PSD). Products without
offsets in their metadata have none.
"""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CorruptProduct
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.raster import files_under, opened, parse_xml
from dias_cbm.products.readers.safe import BAND_IDS, NODATA
from dias_cbm.scenes import Kind

_METADATA = r"(?:[^/]+/)?MTD_MSIL1C\.xml"
_IMAGE = re.compile(r"_(B\d[0-9A])\.(?:jp2|tiff?)$", re.IGNORECASE)


def open_l1c(path: Path) -> Product:
    """Open an L1C product, each band in its own pixels.

    :param path: the SAFE folder.
    :raises CorruptProduct: no image, one that cannot be opened, or no readable metadata.
    """
    files = files_under(path, _METADATA)
    if len(files) != 1:
        raise CorruptProduct(f"has {len(files)} files MTD_MSIL1C.xml, expected one", subject=path)
    metadata = parse_xml(files[0].read_bytes(), files[0])
    quantification = _number(next(metadata.iter("{*}QUANTIFICATION_VALUE"), None), files[0])
    if quantification <= 0:
        raise CorruptProduct(f"QUANTIFICATION_VALUE is {quantification:g}", subject=files[0])
    offsets = {
        _band_of(element, files[0]): _number(element, files[0]) / quantification
        for element in metadata.iter("{*}RADIO_ADD_OFFSET")
    }
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
        {
            name: _band(name, file, 1 / quantification, offsets.get(name, 0.0))
            for name, file in sorted(bands.items())
        },
    )


def _band(name: str, file: Path, scale: float, offset: float) -> Band:
    with opened(file) as dataset:
        return Band(name, str(file), 1, dataset.dtypes[0], NODATA, scale, offset, grid_of(dataset))


def _band_of(element: etree._Element, file: Path) -> str:
    number = element.get("band_id", "")
    if not number.isdecimal() or int(number) >= len(BAND_IDS):
        raise CorruptProduct(f"RADIO_ADD_OFFSET of an unknown band {number!r}", subject=file)
    return BAND_IDS[int(number)]


def _number(element: etree._Element | None, file: Path) -> float:
    try:
        return float(element.text if element is not None else "")
    except (TypeError, ValueError):
        raise CorruptProduct("has a number that cannot be read", subject=file) from None
