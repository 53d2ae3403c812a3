"""Synthetic signatures, and the two layouts that hold them: our blocks and one row per record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.generator import BANDS
from benchmarks.ground import CARD
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.extraction.blocks import SIGNATURE_COLUMNS
from dias_cbm.extraction.statistics import COUNT, STATISTICS
from dias_cbm.precision import Precision, quantised


def values(parcels: int, obsid: int) -> np.ndarray:
    """Statistics of one scene: float32[bands, 8, parcels], noise of coherence's size."""
    rng = np.random.default_rng([7, obsid])
    made = rng.random((len(BANDS), len(STATISTICS), parcels), dtype=np.float32)
    made[:, COUNT] = np.floor(1 + 900 * made[:, COUNT] ** 2)
    return made


def layout(connection: Connection, season: int) -> list[tuple[int, int]]:
    """The blocks of a season with their parcels, in order."""
    rows = connection.execute(
        "select blk, parcels from parcel_block where season = %s order by blk", (season,)
    )
    return [(row.blk, row.parcels) for row in rows]


def write(
    connection: Connection,
    season: int,
    obsid: int,
    statistics: np.ndarray,
    blocks: Sequence[tuple[int, int]],
    precision: Precision = Precision.FULL,
) -> int:
    """Write the blocks of one scene and commit; its records."""
    if precision is Precision.QUANTISED:
        statistics = statistics.copy()
        statistics[:, COUNT + 1 :] = quantised(statistics[:, COUNT + 1 :])
    rows = _rows(season, obsid, statistics, blocks, precision.name_with("centre"))
    copy_rows(connection, "signature_block", SIGNATURE_COLUMNS, rows)
    connection.commit()
    return statistics.shape[0] * statistics.shape[2]


def _rows(
    season: int,
    obsid: int,
    statistics: np.ndarray,
    blocks: Sequence[tuple[int, int]],
    rule: str,
) -> Iterator[tuple[Any, ...]]:
    first = 0
    for blk, size in blocks:
        for band, block in zip(BANDS, statistics[:, :, first : first + size], strict=True):
            yield (season, CARD, obsid, blk, band, rule, *block)
        first += size
