"""The inventory: contents of the database and their size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.precision import Precision


@dataclass(frozen=True, slots=True)
class Signatures:
    """The signatures of one season and card.

    :param blocks: rows of ``signature_block``.
    :param slots: parcel x observation x band values that fit into them.
    :param records: those with at least one pixel, as the extractions counted them.
    :param size: bytes, with keys and TOAST.
    :param precision: how exactly the season keeps them.
    """

    season: str
    card: str
    blocks: int
    slots: int
    records: int
    size: int
    precision: Precision

    @property
    def bytes_per_record(self) -> float | None:
        """Bytes per record, keys included; None without records."""
        return self.size / self.records if self.records else None


@dataclass(frozen=True, slots=True)
class Inventory:
    """Contents of the database.

    :param signatures: per season and card; those without blocks are left out.
    :param tables: bytes with keys and TOAST, partitions with their table, largest first.
    :param units: units of extraction, per season and status.
    :param scenes: per card (None: level 1) and status.
    """

    size: int
    signatures: list[Signatures]
    tables: dict[str, int]
    units: list[dict[str, Any]]
    scenes: list[dict[str, Any]]


def take(connection: Connection) -> Inventory:
    """Count and measure; reads no arrays, so it takes only seconds on a national season."""
    total = connection.execute("select pg_database_size(current_database()) as size").fetchone()
    signatures = connection.execute(query("db/inventory_signatures")).fetchall()
    tables = connection.execute(query("db/inventory_tables")).fetchall()
    return Inventory(
        0 if total is None else total.size,
        [
            Signatures(**row._asdict() | {"precision": Precision(row.precision)})
            for row in signatures
        ],
        {row.table: row.size for row in tables},
        [row._asdict() for row in connection.execute(query("db/inventory_units"))],
        [row._asdict() for row in connection.execute(query("db/status_scenes"))],
    )
