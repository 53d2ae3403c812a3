"""Counts of what a unit of extraction holds, as it is written and as it is found later."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """The parcels of one row of ``signature_block``.

    :param valued: with a pixel; each is a record.
    :param blank: without a valid pixel.
    :param outside: outside of the product.
    """

    valued: int
    blank: int
    outside: int


def counts_of(count: np.ndarray) -> BlockCounts:
    """Count the parcels of one row.

    :param count: float32[k], pixels per parcel; NaN outside of the product.
    """
    valued = int(np.count_nonzero(count > 0))
    blank = int(np.count_nonzero(count == 0))
    return BlockCounts(valued, blank, len(count) - valued - blank)


@dataclass(slots=True)
class UnitCounts:
    """The rows of one unit: a scene over a tile.

    :param rows: by block and band.
    """

    rows: dict[tuple[int, str], BlockCounts] = field(default_factory=dict)

    def add(self, blk: int, band: str, count: np.ndarray) -> BlockCounts:
        """Count one row, as :func:`counts_of`."""
        counts = self.rows[blk, band] = counts_of(count)
        return counts

    def block_records(self) -> list[int]:
        """The records of each row, in order of block and band."""
        return [self.rows[key].valued for key in sorted(self.rows)]

    def parcels(self) -> BlockCounts:
        """The parcels of all blocks, each by the first band that its block has."""
        first: dict[int, BlockCounts] = {}
        for blk, band in sorted(self.rows):
            first.setdefault(blk, self.rows[blk, band])
        return BlockCounts(
            sum(one.valued for one in first.values()),
            sum(one.blank for one in first.values()),
            sum(one.outside for one in first.values()),
        )

    def bands(self) -> tuple[int, int]:
        """The fewest and the most bands of a block that has a value; 0, 0 without such a block."""
        bands = Counter(blk for blk, _ in self.rows)
        valued = {blk for (blk, _), counts in self.rows.items() if counts.valued}
        numbers = [bands[blk] for blk in valued]
        return min(numbers, default=0), max(numbers, default=0)
