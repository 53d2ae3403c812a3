"""Small L1C products of one reflectance, and changes to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lxml import etree

from dias_cbm_lab.level1.l1c import BANDS, GRANULE

SIZE = 120
EVERYWHERE = dict.fromkeys(BANDS, 0.2)


def edited(product: Path, change: Callable[[etree._Element], None]) -> Path:
    """The product with a change to its tile's metadata."""
    file = product / "GRANULE" / GRANULE / "MTD_TL.xml"
    root = etree.fromstring(file.read_bytes())
    change(root)
    file.write_bytes(etree.tostring(root))
    return product
