"""Records in the ledger and in the blocks: compared unit by unit, and counted anew by sampling.

A unit of extraction keeps in the ledger how many records each of its rows of blocks has. That all
rows are there, and that the ledger adds up, shows without reading an array. A sample of the rows is
counted anew; whatever unit looks wrong is counted whole, as is one that kept no counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season
from dias_cbm.signature_counts import UnitCounts

#: Rows of blocks that a sample has, over all cards.
SAMPLE = 10_000
#: Seeds are below this.
SEEDS = 1_000_000

# A unit: scene and tile.
_Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of blocks that were counted anew.

    :param seed: chooses them; the same seed chooses the same rows.
    :param rows: all rows of the season's blocks.
    :param counted: of these, counted anew.
    """

    seed: int
    rows: int
    counted: int

    @property
    def whole(self) -> bool:
        """Whether every row was counted."""
        return self.counted >= self.rows

    def missed(self, wrong: int) -> float:
        """The probability that a sample of this size has none of some wrong rows."""
        if wrong > self.rows - self.counted:
            return 0.0
        # The chance that one after the other is among those that were not counted.
        return math.prod(1 - self.counted / (self.rows - number) for number in range(wrong))


@dataclass(slots=True)
class UnitState:
    """One unit, from both sides.

    :param name: for people.
    :param unit: its state in the ledger; None: the ledger knows of none.
    :param outdated: its parcels were replaced since.
    :param ledger: records as the ledger has them.
    :param written_rows: rows of blocks as they were written; None: not kept.
    :param written: records of these rows.
    :param rows: rows of blocks that are there.
    :param records: in the blocks; counted if the unit was counted whole, else as written.
    :param changed: rows counted anew that have other records than were written.
    """

    name: str
    unit: str | None
    cause: Cause | None
    outdated: bool
    ledger: int
    written_rows: int | None
    written: int
    rows: int
    records: int
    valued: int
    blank: int
    outside: int
    bands: tuple[int, int]
    counted: int = 0
    changed: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether only a count of all its rows can tell what it holds."""
        return (
            self.unit is None
            or self.rows != self.written_rows
            or self.ledger != self.written
            or self.changed > 0
        )

    def take(self, counts: UnitCounts) -> None:
        """Replace what was written by what was counted; all rows of the unit were."""
        parcels = counts.parcels()
        self.records = sum(counts.block_records())
        self.valued, self.blank, self.outside = parcels.valued, parcels.blank, parcels.outside
        self.bands = counts.bands()


@dataclass
class CardUnits:
    """The units of one card, and the rows of their blocks that were counted."""

    units: dict[_Key, UnitState] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of blocks."""
        return sum(unit.rows for unit in self.units.values())

    @property
    def counted(self) -> int:
        """Of these, counted anew."""
        return sum(unit.counted for unit in self.units.values())


def read(connection: Connection, season: Season, card: Card) -> CardUnits:
    """The units of one card as the ledger has them, beside the rows that are there."""
    rows = connection.execute(
        query("completeness/proof_units"), {"season": season.id, "card": card}
    )
    return CardUnits({(row.obsid, row.tile): _state(row) for row in rows})


def count(
    connection: Connection,
    season: Season,
    card: Card,
    found: CardUnits,
    share: float,
    seed: int,
) -> None:
    """Count a share of the rows anew, and all rows of doubtful units.

    :param share: from 0 to 1.
    """
    doubtful = {key: unit for key, unit in found.units.items() if unit.doubtful}
    for unit in doubtful.values():
        unit.take(UnitCounts())  # nothing, for those of which no row is there
    whole = [key for key, unit in doubtful.items() if unit.rows]
    _count(connection, season, card, found, whole, share, seed)
    # What the sample has found is now counted whole.
    more = {key for key, unit in found.units.items() if unit.changed and unit.counted < unit.rows}
    if more:
        _count(connection, season, card, found, more, 0.0, seed)


def _count(
    connection: Connection,
    season: Season,
    card: Card,
    found: CardUnits,
    whole: Iterable[_Key],
    share: float,
    seed: int,
) -> None:
    keys = sorted(whole)
    if not keys and not share:
        return
    values = {
        "season": season.id,
        "card": card,
        "obsids": [obsid for obsid, _ in keys],
        "tiles": [tile for _, tile in keys],
        "share": share,
        "seed": seed,
    }
    with array_cursor(connection, "proof_counts") as cursor:
        cursor.execute(query("completeness/proof_counts"), values)
        for key, rows in groupby(cursor, key=lambda row: (row.obsid, row.tile)):
            # A unit that was extracted since is not part of this proof.
            if key in found.units:
                _compare(found.units[key], rows)


def _compare(unit: UnitState, rows: Iterator[Any]) -> None:
    counts, changed = UnitCounts(), 0
    for row in rows:
        records = counts.add(row.blk, row.band, row.count).valued
        changed += row.written is not None and row.written != records
    unit.counted, unit.changed = len(counts.rows), changed
    if unit.counted == unit.rows:
        unit.take(counts)


def _state(row: Any) -> UnitState:
    return UnitState(
        name=f"scene {row.obsid} ({row.reference}) over {row.tile}",
        unit=row.unit,
        cause=None if row.cause is None else Cause(row.cause),
        outdated=row.outdated,
        ledger=row.ledger_records,
        written_rows=row.written_rows,
        written=row.written_records or 0,
        rows=row.rows,
        records=row.written_records or 0,
        valued=row.valued,
        blank=row.blank,
        outside=row.outside,
        bands=(row.fewest_bands, row.most_bands),
    )
