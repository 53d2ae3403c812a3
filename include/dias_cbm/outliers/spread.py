"""The spread within parcels: how far the inner half of their pixels reaches, in dB.

Two crops in a parcel show in it, see :func:`dias_cbm.outliers.reasons.spread_excess`.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK
from dias_cbm.seasons import Season

#: Pixels of a parcel below which the quartiles of an observation say nothing.
FEWEST_PIXELS = 12

# Observations fetched at a time: 3 MB.
_FETCH = 250


def inner_halves(
    connection: Connection, season: Season, periods: range, blk: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Backscatter's quartiles in VH, one above the other, as a mean per block of 25 days.

    :param periods: windows of the feature matrix.
    :param blk: block of every parcel, in slot order.
    :returns: float32[parcels, blocks] in dB, NaN where nothing was observed; and the pixels of
        each parcel, float32[parcels], the most of any observation.
    """
    blocks = -(-len(periods) // WINDOWS_PER_BLOCK)
    spread = np.full((len(blk), blocks), np.nan, np.float32)
    pixels = np.zeros(len(blk), np.float32)
    with array_cursor(connection, "outliers/inner_halves", fetch=_FETCH) as cursor:
        cursor.execute(query("outliers/inner_halves"), {"season": season.id})
        for number, rows in groupby(cursor, attrgetter("blk")):
            first, last = np.searchsorted(blk, [number, number + 1])
            total = np.zeros((blocks, last - first))
            times = np.zeros((blocks, last - first), np.int64)
            for row in rows:
                block, rest = divmod(season.period(row.day) - periods.start, WINDOWS_PER_BLOCK)
                count, low, high = (
                    array[: last - first] for array in (row.count, row.p25, row.p75)
                )
                np.fmax(pixels[first:last], count, out=pixels[first:last])
                if not 0 <= block < blocks or block * WINDOWS_PER_BLOCK + rest >= len(periods):
                    continue
                good = (count >= FEWEST_PIXELS) & (low > 0) & (high > 0)
                total[block, good] += 10 * np.log10(high[good] / low[good])
                times[block] += good
            with np.errstate(invalid="ignore"):
                spread[first:last] = (total / np.where(times > 0, times, np.nan)).T
    return spread, pixels
