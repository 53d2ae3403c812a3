"""Export of signatures and five-day means: blocks unfolded into rows, as in the views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.export.parquet import parquet_writer
from dias_cbm.export.unfolded import Pids, Unfolded, flat
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


#: Columns that are the same for all parcels of a block, and the parcels of a block.
REPEATED = (
    "pid", "obsid", "obstime", "sensor", "rel_orbit", "direction", "card", "band", "season",
    "rule", "period", "window_start", "window_end",
)  # fmt: skip


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
    connection: Connection,
    season: Season,
    card: str,
    month: date,
    pids: Pids,
    path: Path,
    stopped: Event,
) -> Written:
    """Write the signatures of one month and card, in the order of the observations.

    :param month: its first day.
    :param stopped: once it is set, the file ends where it is.
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
        tables = (_signatures(rows, season, card, pids) for rows in _batches(cursor, stopped))
        return _write(tables, SIGNATURES, "count", path)


def write_means(
    connection: Connection, season: Season, card: str, pids: Pids, path: Path, stopped: Event
) -> Written:
    """Write the five-day means of a card, in the order of the windows.

    :param stopped: once it is set, the file ends where it is.
    """
    values = {"season": season.id, "card": card}
    with array_cursor(connection, "export", fetch=_BLOCKS) as cursor:
        cursor.execute(query("export/means"), values)
        tables = (_means(rows, season, card, pids) for rows in _batches(cursor, stopped))
        return _write(tables, MEANS, "n", path)


def _batches(cursor: Iterable[Any], stopped: Event) -> Iterator[list[Any]]:
    rows = iter(cursor)
    while not stopped.is_set() and (batch := list(islice(rows, _BLOCKS))):
        yield batch


def _write(tables: Iterable[pa.Table], schema: pa.Schema, counted: str, path: Path) -> Written:
    rows = records = 0
    with parquet_writer(path, schema, repeated=REPEATED) as writer:
        for table in tables:
            writer.write_table(table)
            rows += table.num_rows
            records += int((table[counted].to_numpy() > 0).sum())
    return Written(rows, records)


def _signatures(rows: list[Any], season: Season, card: str, pids: Pids) -> pa.Table:
    sizes = [len(row.count) for row in rows]
    unfolded = Unfolded(rows, ~np.isnan(flat(rows, "count")), sizes, pids)
    # What is not a number becomes null.
    columns = {name: pa.array(unfolded.values(name), from_pandas=True) for name in STATISTICS}
    named = ("obsid", "obstime", "sensor", "rel_orbit", "direction", "band", "rule")
    columns |= _repeated(unfolded, rows, SIGNATURES, named)
    return _table(SIGNATURES, unfolded, columns, season, card)


def _means(rows: list[Any], season: Season, card: str, pids: Pids) -> pa.Table:
    unfolded = Unfolded(rows, flat(rows, "n") > 0, [len(row.n) for row in rows], pids)
    windows = [season.window(row.period) for row in rows]
    columns = {name: pa.array(unfolded.values(name)) for name in ("mean", "n")}
    columns |= _repeated(unfolded, rows, MEANS, ("period", "band", "direction"))
    columns["window_start"] = unfolded.repeated([first for first, _ in windows], pa.date32())
    columns["window_end"] = unfolded.repeated([after for _, after in windows], pa.date32())
    return _table(MEANS, unfolded, columns, season, card)


def _repeated(
    unfolded: Unfolded, rows: list[Any], schema: pa.Schema, names: Iterable[str]
) -> dict[str, pa.Array]:
    return {
        name: unfolded.repeated([getattr(row, name) for row in rows], schema.field(name).type)
        for name in names
    }


def _table(
    schema: pa.Schema, unfolded: Unfolded, columns: dict[str, pa.Array], season: Season, card: str
) -> pa.Table:
    same = {"season": season.name, "card": str(card)}
    columns |= {name: unfolded.same(value) for name, value in same.items()}
    columns["pid"] = unfolded.pid
    return pa.table([columns[name] for name in schema.names], schema.names)
