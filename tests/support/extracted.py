"""What a unit of extraction has written into the database, and the pixels that tests give it."""

from __future__ import annotations

from typing import Any

import numpy as np
from fields import field

from dias_cbm.db.connection import Connection
from dias_cbm.ledger import Unit

PARCELS = {
    "north": field(0, 0, 4, 2),
    "overlapping": field(2, 1, 6, 3),
    "narrow": field(5.6, 0, 5.9, 4),
    "outside": field(100, 100, 104, 104),
}
VV = np.arange(1, 49, dtype=np.float32).reshape(6, 8)
BANDS = {"Gamma0_VV": VV, "Gamma0_VH": VV / 8}

SCL = np.array([[4, 9, 4, 4], [5, 3, 4, 4], [0, 0, 4, 4]])
REFLECTANCE = np.arange(1000, 1048).reshape(6, 8)


def records(connection: Connection, view: str = "signatures") -> dict[tuple[str, str], Any]:
    rows = connection.execute(f"select * from {view}").fetchall()
    connection.commit()
    return {(row.pid, row.band): row for row in rows}


def stored(connection: Connection) -> list[Any]:
    rows = connection.execute(
        "select season, card, obsid, blk, band, rule, count, mean, std, min, max, p25, p50, p75"
        " from signature_block order by 1, 2, 3, 4, 5"
    ).fetchall()
    connection.commit()
    return [str(row) for row in rows]


def status(connection: Connection, unit: Unit) -> Any:
    row = connection.execute(
        "select * from extraction where obsid = %s and tile = %s", (unit.obsid, unit.tile)
    ).fetchone()
    connection.commit()
    return row
