"""CARD-2A: Sentinel-2 L2A in SAFE folders, all baselines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.model import Band, Product, grid_of
from dias_cbm.products.readers.radiometry import (
    BAND_IDS,
    OF_OTHERS,
    OFFSETS_SINCE,
    Radiometry,
    read_radiometry,
)
from dias_cbm.products.readers.raster import files_under, opened, read_xml
from dias_cbm.scenes import Kind, parse_name

#: DN of a pixel without data; compared before the offset is added.
NODATA = 0.0

# For products without their XML: this offset from the baseline on that has one. Several kinds of
# products have the baseline 99.99; only the XML can tell them apart.
_DEFAULT_QUANTIFICATION = 10000.0
_OFFSET = -1000.0

# The second name is that of products before baseline 02.07.
_QUANTIFICATION = ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE")
_METADATA = r"(?:[^/]+/)?MTD_MSIL2A\.xml"
_IMAGE = re.compile(r"_(B\d[0-9A]|SCL)_(10|20)m\.(?:jp2|tiff?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of an L2A product.

    :param source: of the offsets: ``metadata`` or ``name``.
    :param baseline: processing baseline, e.g. ``04.00``.
    :param product: the product's name.
    """

    radiometry: Radiometry
    source: str
    baseline: str | None
    product: str | None

    def scale_offset(self, band: str) -> tuple[float, float]:
        """Scale and offset such that reflectance = DN * scale + offset.

        :raises InconsistentProduct: the band has no offset, and others have.
        """
        scale = 1.0 / self.radiometry.quantification
        return scale, self.radiometry.offset(band) * scale


def open_l2a(path: Path) -> Product:
    """Open an L2A product: each band at its finest resolution of 10 or 20 m, and the SCL.

    :param path: the SAFE folder.
    :raises CorruptProduct: no image, one that cannot be opened, or metadata that is not XML.
    :raises InconsistentProduct: several granules, or an unknown offset.
    """
    images = _images(path)
    metadata = read_metadata(path)
    scl = images.pop("SCL", None)
    bands = {name: _band(name, images[name], *metadata.scale_offset(name)) for name in images}
    return Product(
        str(path),
        Kind.S2_L2A,
        bands,
        scl=None if scl is None else _band("SCL", scl, 1.0, 0.0),
        attributes={
            "product": metadata.product,
            "baseline": metadata.baseline,
            "quantification": metadata.radiometry.quantification,
            "offset_from": metadata.source,
            "granule": _granule(path),
        },
    )


def _granule(path: Path) -> str:
    names = sorted({f.relative_to(path).parts[1] for f in files_under(path, r"GRANULE/[^/]+/.*")})
    if len(names) != 1:
        raise InconsistentProduct(f"has {len(names)} granules, expected one", subject=path)
    return names[0]


def _images(path: Path) -> dict[str, Path]:
    finest: dict[str, tuple[int, Path]] = {}
    for file in files_under(path, r"GRANULE/[^/]+/IMG_DATA/.*"):
        if match := _IMAGE.search(file.name):
            name, resolution = match[1].upper(), int(match[2])
            if name not in finest or resolution < finest[name][0]:
                finest[name] = resolution, file
    if not finest:
        raise CorruptProduct("holds no image of 10 or 20 m", subject=path)
    return {name: file for name, (_, file) in sorted(finest.items())}


def _band(name: str, file: Path, scale: float, offset: float) -> Band:
    with opened(file) as dataset:
        return Band(name, str(file), 1, dataset.dtypes[0], NODATA, scale, offset, grid_of(dataset))


def read_metadata(path: Path) -> Metadata:
    """Read quantification, offsets and names from ``MTD_MSIL2A.xml``, however its name is spelt.

    For a product without the file, the baseline in its name decides.

    :raises CorruptProduct: the file is not XML, or a value in it makes no sense.
    :raises InconsistentProduct: it lacks offsets that it should have, or is missing and the name
        does not decide it.
    """
    files = files_under(path, _METADATA)
    if not files:
        return _by_name(path)
    root = read_xml(files[0])
    radiometry = read_radiometry(root, files[0], _QUANTIFICATION, "BOA_ADD_OFFSET")
    baseline = _text(root, "PROCESSING_BASELINE")
    return Metadata(radiometry, "metadata", baseline, _text(root, "PRODUCT_URI"))


def _text(root: etree._Element, tag: str) -> str | None:
    # Products before baseline 02.07 call it PRODUCT_URI_2A.
    element = next(root.iter(f"{{*}}{tag}", f"{{*}}{tag}_2A"), None)
    return None if element is None else str(element.text)


def _by_name(path: Path) -> Metadata:
    baseline = parse_name(path.name).get("baseline")
    if baseline is None or int(baseline) == OF_OTHERS:
        raise InconsistentProduct("has no offset in MTD_MSIL2A.xml or by its name", subject=path)
    offset = _OFFSET if int(baseline) >= OFFSETS_SINCE else 0.0
    offsets = dict.fromkeys(BAND_IDS, offset)
    radiometry = Radiometry(_DEFAULT_QUANTIFICATION, offsets, path)
    return Metadata(radiometry, "name", baseline, path.name)
