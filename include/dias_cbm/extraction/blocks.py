"""Signatures as rows of the database: one per block of parcels and band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dias_cbm.extraction.statistics import COUNT, STATISTICS
from dias_cbm.extraction.stream import Zonal
from dias_cbm.ledger import Unit
from dias_cbm.precision import Precision, quantised
from dias_cbm.signature_counts import UnitCounts

SIGNATURE_COLUMNS = {
    "season": "smallint",
    "card": "text",
    "obsid": "integer",
    "blk": "integer",
    "band": "text",
    "rule": "text",
    **dict.fromkeys(STATISTICS, "real[]"),
}

HISTOGRAM_COLUMNS = {
    "season": "smallint",
    "obsid": "integer",
    "blk": "integer",
    "class": "smallint",
    "count": "real[]",
}


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """The positions of k parcels in blocks.

    :param blk: int32[k], the parcel's block.
    :param pos: int16[k], its position there, from 1.
    """

    blk: np.ndarray
    pos: np.ndarray

    def arrays(self, values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Values cut into blocks, by block number; blocks with only NaN are left out.

        :param values: float[..., k].
        :returns: block, float32[..., parcels of the block].
        """
        order = np.lexsort((self.pos, self.blk))
        blocks, first = np.unique(self.blk[order], return_index=True)
        for blk, members in zip(blocks.tolist(), np.split(order, first[1:]), strict=True):
            place = self.pos[members] - 1
            block = np.full((*values.shape[:-1], int(place[-1]) + 1), np.nan, np.float32)
            block[..., place] = values[..., members]
            if not np.isnan(block).all():
                yield blk, block


def signature_rows(
    layout: BlockLayout,
    zonal: Zonal,
    unit: Unit,
    card: str,
    rule: str,
    counts: UnitCounts,
    precision: Precision = Precision.FULL,
) -> Iterator[tuple[Any, ...]]:
    """Rows of ``signature_block``; parcels outside a band's grid have NaN in every array.

    :param rule: which pixels count; the column also tells that values are rounded.
    :param counts: every row is counted here.
    :param precision: of all statistics but count, which is exact.
    """
    statistics = zonal.statistics.transpose(0, 2, 1).copy()  # band, statistic, parcel
    statistics[:, COUNT][~zonal.inside] = np.nan
    if precision is Precision.QUANTISED:
        statistics[:, COUNT + 1 :] = quantised(statistics[:, COUNT + 1 :])
    rule = precision.name_with(rule)
    for blk, block in layout.arrays(statistics):
        for name, values in zip(zonal.names, block, strict=True):
            if not np.isnan(values[COUNT]).all():
                counts.add(blk, name, values[COUNT])
                yield (unit.season, card, unit.obsid, blk, name, rule, *values)


def histogram_rows(
    layout: BlockLayout, counts: np.ndarray, inside: np.ndarray, unit: Unit
) -> Iterator[tuple[Any, ...]]:
    """Rows of ``histogram_block``, for the classes that occur in a block's parcels.

    :param counts: int[k, classes].
    :param inside: bool[k]; parcels outside have NaN.
    """
    values = np.where(inside[:, None], counts, np.nan).T
    for blk, block in layout.arrays(values):
        for number, count in enumerate(block):
            if np.nansum(count) > 0:
                yield unit.season, unit.obsid, blk, number, count
