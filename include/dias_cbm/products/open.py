"""Opening a product, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dias_cbm.cards import PAIR_KINDS
from dias_cbm.errors import CorruptProduct, ProductError
from dias_cbm.products.model import Band, Grid, Product
from dias_cbm.products.range_reads import ranged
from dias_cbm.products.readers.dimap import open_backscatter
from dias_cbm.products.readers.geotiff import open_stack
from dias_cbm.products.readers.polarised import open_polarised
from dias_cbm.products.readers.safe import open_l2a
from dias_cbm.scenes import Kind, kind_of_name

__all__ = ["Band", "Grid", "Product", "needed_files", "open_product", "ranged"]

#: Files that readers do not use, by kind: previews, masks and the 60 m images are a third of an
#: L2A product.
_NEEDED = {
    Kind.S2_L2A: re.compile(
        r"(?:[^/]+/)?MTD_MSIL2A\.xml|.*_(?:B\d[0-9A]|SCL)_(?:10|20)m\.(?:jp2|tiff?)", re.IGNORECASE
    )
}


def needed_files(kind: Kind | None) -> Callable[[str], bool] | None:
    """A test for the files of a product to fetch, by their path in it; None means all of them."""
    pattern = _NEEDED.get(kind) if kind else None
    return None if pattern is None else lambda name: pattern.fullmatch(name) is not None


def open_product(
    path: str | Path, kind: Kind | None = None, *, names: tuple[str, ...] | None = None
) -> Product:
    """Open a product: reads its headers and metadata, but no pixels.

    :param path: folder or file, as fetched from the store.
    :param kind: of the product; by default taken from its name. A raster file that is not a CARD
        product opens as a plain stack of bands.
    :param names: the bands' names in order, for a stack, or for a coherence product without
        polarisations in its metadata.
    :raises CorruptProduct: a file is missing or cannot be opened.
    :raises InconsistentProduct: its files contradict each other or lack something needed.
    """
    path = Path(path)
    if not path.exists():
        raise CorruptProduct("does not exist", subject=path)
    name = path.name.removesuffix(".data").removesuffix(".dim")
    kind = Kind(kind) if kind else kind_of_name(name)
    if kind is Kind.CARD_BS:
        return open_backscatter(path)
    if kind is not None and kind in PAIR_KINDS:
        return open_polarised(path, kind, names)
    if kind is Kind.S2_L2A:
        return open_l2a(path)
    if kind is None and path.is_file():
        return open_stack(path, names)
    raise ProductError(
        f"a {kind or 'folder of unknown kind'} is not a CARD product",
        subject=path,
        hint="name the product's own folder, under the name that it came with",
    )
