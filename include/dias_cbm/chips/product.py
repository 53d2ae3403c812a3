"""A scene's product, opened in its store for the few bands of a chip."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dias_cbm.chips.bands import CLASSES
from dias_cbm.chips.looks import Held, Look
from dias_cbm.errors import (
    InconsistentProduct,
    ObjectMissing,
    ProductGone,
    ProductNotHeld,
    StoreError,
)
from dias_cbm.products.model import Band, Product
from dias_cbm.products.open import open_product
from dias_cbm.products.readers.archive import unpack_whole, unpacked
from dias_cbm.products.readers.level1c import open_l1c
from dias_cbm.scenes import Kind
from dias_cbm.storage import open_chain

#: Rasters that GDAL reads by ranges; a chip needs a thousandth of one.
_RASTER = re.compile(r".*\.(?:img|tiff?|jp2)", re.IGNORECASE)
#: Smaller files are fetched whole: as quick, and verified.
_RANGED_BYTES = 4 << 20
_OPTICAL = (Kind.S2_L2A, Kind.S2_L1C)
_IMAGE = re.compile(r".*/IMG_DATA/.*_(B\d[0-9A]|SCL)(?:_(?:10|20)m)?\.(?:jp2|tiff?)", re.IGNORECASE)
_METADATA = re.compile(r"(?:[^/]+/)?MTD_MSIL(?:1C|2A)\.xml", re.IGNORECASE)


@contextmanager
def opened(look: Look, names: Collection[str]) -> Iterator[tuple[list[Band], Band | None]]:
    """Some bands of a scene's product while entered, and its scene classes if it has them.

    In an object store the rasters stay where they are and are read by ranges.

    :param names: of the bands.
    :raises ProductGone: the store does not hold it any more.
    :raises ProductNotHeld: there never was one here.
    :raises StoreError: the store cannot or may not deliver it.
    :raises ProductError: it cannot be used, or lacks a band.
    """
    if look.location is None:
        raise ProductNotHeld(
            "there are only statistics of this scene, no product", subject=look.product
        )
    with ExitStack() as held:
        try:
            path = held.enter_context(
                open_chain(look.platform).opened(
                    look.location,
                    needed=_needed(look.kind, names),
                    ranged=_ranged,
                    part=f"chip {' '.join(sorted(names))}",
                )
            )
            product = held.enter_context(_product(path, look.kind, names))
        except ObjectMissing as error:
            raise gone(look, error) from error
        except OSError as error:
            raise StoreError(f"the store failed: {error}", subject=look.location) from error
        known = dict(product.bands)
        if product.scl is not None:
            known[CLASSES] = product.scl
        missing = sorted(set(names) - set(known))
        if missing:
            raise InconsistentProduct(
                f"has no band {', '.join(missing)}",
                subject=look.product,
                hint=f"it has {', '.join(known)}",
            )
        yield [known[name] for name in names], product.scl


def gone(look: Look, error: ObjectMissing) -> ProductGone:
    """The error of a product that is not in its store, which says since when that is known."""
    if look.held is Held.DELETED:
        since = f"its platform has deleted it: {look.why}"
    elif look.extracted_at is None:
        since = f"it is not there on {datetime.now(UTC):%Y-%m-%d}"
    else:
        since = (
            f"it was there on {look.extracted_at:%Y-%m-%d}, when its statistics were made, and is"
            f" not on {datetime.now(UTC):%Y-%m-%d}"
        )
    return ProductGone(
        f"is not in the store any more; {since}", subject=look.product, hint=error.hint
    )


@contextmanager
def _product(path: Path, kind: Kind, names: Collection[str]) -> Iterator[Product]:
    if not (path.suffix.lower() == ".zip" and path.is_file() and zipfile.is_zipfile(path)):
        yield _read(path, kind)
        return
    with TemporaryDirectory(prefix="cbm-chip-") as scratch:
        if kind in _OPTICAL:
            with unpacked(path, Path(scratch), _selected(names), marker="GRANULE") as folder:
                yield _read(folder, kind)
            return
        folder = Path(scratch, path.stem)
        unpack_whole(path, folder)
        yield open_product(folder, kind)


def _read(path: Path, kind: Kind) -> Product:
    # Level-1C is not a CARD product: it is looked at, and never extracted.
    return open_l1c(path) if kind is Kind.S2_L1C else open_product(path, kind)


def _needed(kind: Kind, names: Collection[str]) -> Callable[[str], bool] | None:
    """A test for the files of a product that are needed; None means all of them."""
    return _selected(names) if kind in _OPTICAL else None


def _selected(names: Collection[str]) -> Callable[[str], bool]:
    """A test for the files of an L2A or L1C that hold the bands, the classes or the radiometry."""
    wanted = {*names, "SCL"}

    def needed(name: str) -> bool:
        image = _IMAGE.fullmatch(name)
        return image[1].upper() in wanted if image else _METADATA.fullmatch(name) is not None

    return needed


def _ranged(name: str, size: int) -> bool:
    return size >= _RANGED_BYTES and _RASTER.fullmatch(name) is not None
