"""Parcels on the ground of the tiny CARD products, and the fixtures' types."""

from __future__ import annotations

from collections.abc import Callable

import shapely
from card_products import TRANSFORM_10M

from dias_cbm.ledger import LedgerScene, Unit

#: ``load_parcels({"pid": geometry, ...}, crs=...)`` -> id of the season.
LoadParcels = Callable[..., int]
#: ``ready(product, kind)`` -> the scene and its only unit.
Ready = Callable[..., tuple[LedgerScene, Unit]]


def field(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    """A rectangle in pixels of 10 m on the tiny products' grid, a metre smaller on every side.

    The grid begins at the corner of an MGRS tile; so the fields are surely of the one tile.
    """
    x, y = TRANSFORM_10M.c, TRANSFORM_10M.f
    corners = (x + 10 * left, y - 10 * bottom, x + 10 * right, y - 10 * top)
    return shapely.box(*corners).buffer(-1, join_style="mitre")
