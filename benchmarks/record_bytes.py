"""Bytes per record: of a season that keeps its statistics in full, and of one that rounds them.

Sizes are of a card's partition with its keys, as the database reports them, over so many records
that what an empty table takes no longer counts. What is stored is read back and compared.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from benchmarks import blocks, ground
from benchmarks.bench import Bench
from benchmarks.generator import Work
from benchmarks.ground import CARD
from benchmarks.report import Row, Table
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.extraction.statistics import COUNT, STATISTICS
from dias_cbm.precision import LARGEST_ERROR, Precision
from dias_cbm.seasons import Season

_STARTS, _SCENES = date(2018, 1, 1), 25
_SIZE = "select pg_total_relation_size('signature_block_{}_{}') as bytes"
_STORED = """
select
    array_bytes(count) as count, array_bytes(mean) as mean, array_bytes(std) as std,
    array_bytes(min) as min, array_bytes(max) as max, array_bytes(p25) as p25,
    array_bytes(p50) as p50, array_bytes(p75) as p75
from signature_block
where season = %s and obsid = 1
order by band desc, blk
"""
# Through the view that analysts read, which knows nothing of either kind.
_THROUGH_SQL = """
select signatures.mean
from signatures join parcel_slot as slot on slot.season = %s and slot.pid = signatures.pid
where signatures.season = %s and obsid = 1 and band = 'VV'
order by slot.blk, slot.pos
"""
_BOUNDS = {Precision.FULL: (34.0, None), Precision.QUANTISED: (None, 20.0)}


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Write the same records into a season of either kind, and measure."""
    work = bench.tile()
    with ground.scratch(bench, work) as connection:
        return [_row(connection, work, precision) for precision in Precision], []


def _row(connection: Connection, work: Work, precision: Precision) -> Row:
    ends = _STARTS + timedelta(days=_SCENES)
    season = ground.open_season(connection, work, f"{precision}-2018", _STARTS, ends, precision)
    layout = blocks.layout(connection, season.id)
    parcels = sum(size for _, size in layout)
    records = 0
    for obsid in range(1, _SCENES + 1):
        made = blocks.values(parcels, obsid)
        records += blocks.write(connection, season.id, obsid, made, layout, precision)
    error = _largest_error(connection, season, blocks.values(parcels, 1))
    sized = connection.execute(_SIZE.format(season.id, CARD)).fetchone()
    size = 0 if sized is None else int(sized.bytes)
    must, aim = _BOUNDS[precision]
    return Row(
        f"bytes_per_record_{precision}",
        f"bytes per record in PostgreSQL, keys included, {precision.in_words()}",
        size / records,
        "B",
        must,
        aim,
        least=False,
        note=f"{records:,} records; largest error of a stored number {error:.3%}",
        details={"bytes": size, "records": records, "largest_error": error},
    )


def _largest_error(connection: Connection, season: Season, made: np.ndarray) -> float:
    """By what share of itself a number of the first scene changed at most.

    :param made: float32[bands, 8, parcels], as it was computed.
    :raises RuntimeError: by more than is said, or a count changed, or SQL reads something else.
    """
    stored = [
        np.stack([getattr(row, name) for name in STATISTICS])
        for row in array_cursor(connection).execute(_STORED, (season.id,))
    ]
    found = np.concatenate(stored, axis=1).reshape(len(STATISTICS), len(made), -1).swapaxes(0, 1)
    read = connection.execute(_THROUGH_SQL, (season.id, season.name)).fetchall()
    changed = np.abs(found.astype(np.float64) - made)
    largest = float((changed[:, COUNT + 1 :] / np.abs(made[:, COUNT + 1 :])).max(initial=0))
    same = np.array_equal(np.array([row.mean for row in read], np.float32), found[0, COUNT + 1])
    if largest > LARGEST_ERROR or changed[:, COUNT].any() or not same:
        raise RuntimeError(f"a stored number is off by {largest:.3%}, or SQL reads another one")
    return largest
