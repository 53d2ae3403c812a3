"""Export of signatures and five-day means: blocks unfolded into rows, as in the views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.export.parquet import parquet_writer
from dias_cbm.seasons import Season

STATISTICS = ("count", "mean", "std", "min", "max", "p25", "p50", "p75")

# Rows of the database in a row group: a quarter of a million rows, 10 MB of statistics.
_BLOCKS = 256

SIGNATURES = pa.schema(
    [
        ("pid", pa.string()),
        ("obsid", pa.int32()),
        ("obstime", pa.timestamp("us", "UTC")),
        ("sensor", pa.string()),
        ("rel_orbit", pa.int16()),
        ("direction", pa.string()),
        ("card", pa.string()),
        ("band", pa.string()),
        *((name, pa.float32()) for name in STATISTICS),
        ("season", pa.string()),
        ("rule", pa.string()),
    ]
)

MEANS = pa.schema(
    [
        ("pid", pa.string()),
        ("period", pa.int16()),
        ("window_start", pa.date32()),
        ("window_end", pa.date32()),
        ("card", pa.string()),
        ("band", pa.string()),
        ("direction", pa.string()),
        ("mean", pa.float32()),
        ("n", pa.int16()),
        ("season", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Pids:
    """Parcel identifiers in the order of the arrays.

    :param of_block: for each block one identifier per position; null where there is no parcel.
    """

    of_block: dict[int, pa.StringArray]

    @classmethod
    def read(cls, connection: Connection, season: Season) -> Pids:
        """Read all identifiers of a season."""
        rows = connection.execute(query("export/pids"), {"season": season.id})
        return cls({row.blk: pa.array(row.pids, pa.string()) for row in rows})


@dataclass(frozen=True, slots=True)
class Written:
    """Row counts of a file.

    :param rows: all rows.
    :param records: rows with at least one pixel or observation.
    """

    rows: int
    records: int


def months_of(connection: Connection, season: Season, card: str) -> list[date]:
    """First days of the months (in UTC) that a card has signatures of."""
    values = {"season": season.id, "card": card}
    return [row.month for row in connection.execute(query("export/months"), values)]


def write_signatures(
    connection: Connection, season: Season, card: str, month: date, pids: Pids, path: Path
) -> Written:
    """Write the signatures of one month and card, in the order of the observations.

    :param month: its first day.
    """
    after = (month + timedelta(days=31)).replace(day=1)
    values = {
        "season": season.id,
        "card": card,
        "start": datetime(month.year, month.month, 1, tzinfo=UTC),
        "end": datetime(after.year, after.month, 1, tzinfo=UTC),
    }
    with array_cursor(connection, "export", fetch=_BLOCKS) as cursor:
        cursor.execute(query("export/signatures"), values)
        tables = (_signatures(rows, season, card, pids) for rows in _batches(cursor))
        return _write(tables, SIGNATURES, "count", path)


def write_means(
    connection: Connection, season: Season, card: str, pids: Pids, path: Path
) -> Written:
    """Write the five-day means of a card, in the order of the windows."""
    values = {"season": season.id, "card": card}
    with array_cursor(connection, "export", fetch=_BLOCKS) as cursor:
        cursor.execute(query("export/means"), values)
        tables = (_means(rows, season, card, pids) for rows in _batches(cursor))
        return _write(tables, MEANS, "n", path)


def _batches(cursor: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(cursor)
    while batch := list(islice(rows, _BLOCKS)):
        yield batch


def _write(tables: Iterable[pa.Table], schema: pa.Schema, counted: str, path: Path) -> Written:
    rows = records = 0
    with parquet_writer(path, schema) as writer:
        for table in tables:
            writer.write_table(table)
            rows += table.num_rows
            records += int((table[counted].to_numpy() > 0).sum())
    return Written(rows, records)


def _signatures(rows: list[Any], season: Season, card: str, pids: Pids) -> pa.Table:
    unfolded = _Unfolded(rows, [~np.isnan(row.count) for row in rows], pids)
    columns: dict[str, Any] = {
        name: unfolded.repeated([getattr(row, name) for row in rows], SIGNATURES.field(name).type)
        for name in ("obsid", "obstime", "sensor", "rel_orbit", "direction", "band", "rule")
    }
    for name in STATISTICS:
        values = unfolded.values([getattr(row, name) for row in rows])
        columns[name] = pa.array(values, mask=np.isnan(values))
    return _table(SIGNATURES, unfolded, columns | {"season": season.name, "card": card})


def _means(rows: list[Any], season: Season, card: str, pids: Pids) -> pa.Table:
    unfolded = _Unfolded(rows, [row.n > 0 for row in rows], pids)
    windows = [season.window(row.period) for row in rows]
    columns: dict[str, Any] = {
        name: unfolded.repeated([getattr(row, name) for row in rows], MEANS.field(name).type)
        for name in ("period", "band", "direction")
    }
    columns["window_start"] = unfolded.repeated([first for first, _ in windows], pa.date32())
    columns["window_end"] = unfolded.repeated([after for _, after in windows], pa.date32())
    columns["mean"] = unfolded.values([row.mean for row in rows])
    columns["n"] = unfolded.values([row.n for row in rows])
    return _table(MEANS, unfolded, columns | {"season": season.name, "card": card})


class _Unfolded:
    """Arrays of blocks as rows, without parcels that a block has no data for.

    :param rows: with ``blk``.
    :param kept: bool[parcels] per row.
    """

    def __init__(self, rows: list[Any], kept: list[np.ndarray], pids: Pids) -> None:
        place = [np.flatnonzero(one) for one in kept]
        self._place = place
        self._row = pa.array(np.repeat(np.arange(len(rows)), [len(one) for one in place]))
        named = [
            pids.of_block[row.blk].take(pa.array(p)) for row, p in zip(rows, place, strict=True)
        ]
        self.pid = pa.concat_arrays(named)

    def __len__(self) -> int:
        return len(self._row)

    def values(self, arrays: list[np.ndarray]) -> np.ndarray:
        """Flatten one array per database row into one value per row."""
        return np.concatenate([a[place] for a, place in zip(arrays, self._place, strict=True)])

    def repeated(self, values: list[Any], kind: pa.DataType) -> pa.Array:
        """Repeat one value per database row for all of its parcels."""
        return pa.array(values, kind).take(self._row)


def _table(schema: pa.Schema, unfolded: _Unfolded, columns: dict[str, Any]) -> pa.Table:
    arrays = {"pid": unfolded.pid} | {
        name: pa.repeat(pa.scalar(value), len(unfolded)) if isinstance(value, str) else value
        for name, value in columns.items()
    }
    return pa.table([arrays[name] for name in schema.names], schema=schema)
