"""Radiometry of Sentinel-2: what turns the numbers of an image into reflectance.

Reflectance = (DN + offset) / quantification (Sentinel-2 PSD). Whether there is an offset is read
from the product's own metadata, never derived from a date: reprocessed products of 2018 have one,
the original ones do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CorruptProduct, InconsistentProduct

#: Names of the bands by ``band_id`` of the metadata.
BAND_IDS = [*(f"B{number:02}" for number in range(1, 9)), "B8A", "B09", "B10", "B11", "B12"]

#: All products of ESA list offsets from this baseline on; 99.99 is that of products of others.
OFFSETS_SINCE, OF_OTHERS = 400, 9999
_BASELINE = re.compile(r"(\d\d)\.(\d\d)")
#: The largest number of an image.
_LARGEST = 65_535


@dataclass(frozen=True, slots=True)
class Radiometry:
    """Quantification and offsets in a product's metadata.

    :param quantification: DN of reflectance 1.
    :param offsets: DN to add, by band; empty for a product without.
    :param file: with the metadata.
    """

    quantification: float
    offsets: Mapping[str, float]
    file: Path

    def offset(self, band: str) -> float:
        """DN to add to a band.

        :raises InconsistentProduct: other bands have an offset, and this one has none.
        """
        if self.offsets and band not in self.offsets:
            raise InconsistentProduct(
                f"has no offset of {band}, but of other bands", subject=self.file
            )
        return self.offsets.get(band, 0.0)


def read_radiometry(
    root: etree._Element, file: Path, quantification: tuple[str, ...], offset: str
) -> Radiometry:
    """Read the metadata of a product.

    :param root: of ``MTD_MSIL1C.xml`` or ``MTD_MSIL2A.xml``; ``file`` is named in errors.
    :param quantification: names of its element; ``offset`` that of the offsets' elements.
    :raises CorruptProduct: a value is missing, or makes no sense.
    :raises InconsistentProduct: there are no offsets although the baseline has them.
    """
    element = next(root.iter(*(f"{{*}}{name}" for name in quantification)), None)
    if element is None:
        raise CorruptProduct(f"has no {quantification[0]}", subject=file)
    value = _number(element, file)
    if not 1 <= value <= _LARGEST:
        raise CorruptProduct(f"{quantification[0]} is {value:g}", subject=file)
    offsets: dict[str, float] = {}
    for element in root.iter(f"{{*}}{offset}"):
        band, added = _band_of(element, offset, file), _number(element, file)
        if not abs(added) <= value:
            raise CorruptProduct(
                f"{offset} of {band} is {added:g}, with a reflectance of 1 at {value:g}",
                subject=file,
            )
        if offsets.setdefault(band, added) != added:
            raise CorruptProduct(f"has two values of {offset} for {band}", subject=file)
    baseline = _BASELINE.fullmatch((root.findtext(".//{*}PROCESSING_BASELINE") or "").strip())
    since = int("".join(baseline.groups())) if baseline else 0
    if not offsets and OFFSETS_SINCE <= since < OF_OTHERS and baseline:
        raise InconsistentProduct(
            f"has no {offset}, which every product of baseline {baseline[0]} has", subject=file
        )
    return Radiometry(value, offsets, file)


def _band_of(element: etree._Element, name: str, file: Path) -> str:
    band_id = element.get("band_id", "")
    if not band_id.isdecimal() or int(band_id) >= len(BAND_IDS):
        raise CorruptProduct(f"{name} of an unknown band {band_id!r}", subject=file)
    return BAND_IDS[int(band_id)]


def _number(element: etree._Element, file: Path) -> float:
    try:
        return float(element.text or "")
    except ValueError:
        name = etree.QName(element).localname
        raise CorruptProduct(f"{name} is not a number: {element.text!r}", subject=file) from None
