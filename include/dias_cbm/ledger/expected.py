"""Expected durations of units and of products, for tasks that share short work."""

from __future__ import annotations

from collections.abc import Sequence

from dias_cbm.config.platforms import MADE
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.ledger.units import Unit

# Of a tile that was never extracted: to open the product, and per parcel.
_UNIT_S, _PARCEL_S = 1.0, 1e-4
# To locate and check a product that a platform has, and to see that one is ready; one to be made
# here takes minutes.
_LOCATED_S, _KNOWN_S, _MADE_S = 2.0, 0.1, 600.0


def seconds_of_units(connection: Connection, units: Sequence[Unit]) -> list[float]:
    """Expected durations of extractions, in the order of the units.

    It is the mean of those of the same card over the same tile of the season; for the first of
    them a guess from the number of parcels.
    """
    values = {
        "seasons": [unit.season for unit in units],
        "obsids": [unit.obsid for unit in units],
        "tiles": [unit.tile for unit in units],
    }
    rows = connection.execute(query("ledger/unit_seconds"), values)
    return [
        row.parcels * _PARCEL_S + _UNIT_S if row.seconds is None else row.seconds for row in rows
    ]


def seconds_of_products(connection: Connection, scenes: Sequence[int]) -> list[float]:
    """Expected durations until the products of scenes are ready, in the order of the scenes."""
    rows = connection.execute(query("ledger/products_open"), {"scenes": list(scenes)})
    expected = {
        row.id: _KNOWN_S if not row.open else _MADE_S if row.platform == MADE else _LOCATED_S
        for row in rows
    }
    return [expected.get(scene, _KNOWN_S) for scene in scenes]
