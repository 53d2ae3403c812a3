"""The signatures of a tile's parcels in one product: bands, indices and pixels as set."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.indices import parse_indices, possible
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.stream import ClearMask, Zonal, histogram, zonal
from dias_cbm.geometry import FlatRings
from dias_cbm.ledger import LedgerScene
from dias_cbm.parcel_arrays import TileParcels
from dias_cbm.products.open import Product
from dias_cbm.products.overlap import limited
from dias_cbm.products.terrain_layers import SEEN
from dias_cbm.scenes import Card

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signatures of a tile's parcels in a product.

    :param histogram: pixels of each scene class by parcel, and whether the image holds it; None
        without scene classes.
    :param rule: the name under which they are recorded.
    """

    zonal: Zonal
    histogram: tuple[np.ndarray, np.ndarray] | None
    rule: str


def signatures_of(scene: LedgerScene, product: Product, parcels: TileParcels) -> Signatures:
    """Compute the signatures of a tile's parcels in a product, as the settings ask.

    :param product: of the scene; opened.
    :raises InconsistentProduct: it has none of the bands that are asked for.
    """
    rings = FlatRings(parcels.coordinates, parcels.ring_offsets, parcels.parcel_ring_offsets)
    limits = settings().extraction
    rule, mask = Rule(limits.pixel_rule), None
    indices: tuple[str, ...] = ()
    names = list(product.bands)
    if scene.card is Card.BS:
        indices = limits.bs_indices
    elif scene.card is Card.S2:
        indices = limits.s2_indices
        names = _wanted(product, limits.s2_bands)
    there, missing = possible(parse_indices(indices), product.bands)
    for index in missing:
        log.warning("%s: no %s: needs %s", product.path, index.name, ", ".join(index.inputs))
    product = _limited(product, {*names, *(name for index in there for name in index.inputs)})
    if scene.card is Card.S2 and product.scl and limits.clear_classes:
        mask = ClearMask(product.scl, limits.clear_classes)
    seen = None
    if scene.card is Card.BS and limits.bs_seen:
        mask = seen = _seen(product)
    return Signatures(
        zonal(
            rings,
            parcels.srid,
            [product.bands[name] for name in names],
            rule=rule,
            indices=there,
            inputs=list(product.bands.values()),
            mask=mask,
        ),
        histogram(rings, parcels.srid, product.scl) if product.scl else None,
        rule.name_with(
            inner_buffer_m=limits.inner_buffer_m,
            clear=mask is not None and seen is None,
            seen=seen is not None,
        ),
    )


def _seen(product: Product) -> ClearMask | None:
    """The pixels that are neither in layover nor in shadow; None if the product does not tell."""
    if product.terrain_mask is None:
        log.warning("%s: no mask of layover and shadow: all of its pixels count", product.path)
        return None
    return ClearMask(product.terrain_mask, (SEEN,))


def _limited(product: Product, names: Collection[str]) -> Product:
    """The bands that are used, and the scene classes, on the ground that all of them cover."""
    used = [name for name in product.bands if name in names]
    scl = [product.scl] if product.scl else []
    layers, left_out = limited([*(product.bands[name] for name in used), *scl])
    if left_out:
        log.warning("%s: %s", product.path, left_out)
    return replace(
        product,
        bands=dict(zip(used, layers, strict=False)),
        scl=layers[-1] if scl else None,
    )


def _wanted(product: Product, names: Collection[str]) -> list[str]:
    there = [name for name in names if name in product.bands]
    if not there:
        raise InconsistentProduct(f"has none of the bands {', '.join(names)}", subject=product.path)
    return there
