"""Typical curves per orbit direction, in the units that a chart shows.

The feature matrix has the directions joined; a chart shows each, as observed. So their curves are
read from the five-day means, one card and window at a time: 26 MB for 560,000 parcels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.outliers.curves import SHARES, summary
from dias_cbm.outliers.matrix import Means, signal


@dataclass(frozen=True, slots=True)
class DirectionCurves:
    """Typical curves of one band in one orbit direction; backscatter in dB.

    :param means: card, band and direction; the band ``VH-VV`` is the ratio.
    :param level: float32[windows], mean over all parcels of the season; NaN without values.
    :param percentiles: float32[3, crops and groups, windows].
    :param number: int32[crops and groups, windows], trusted parcels with a value.
    """

    means: Means
    level: NDArray[np.float32]
    percentiles: NDArray[np.float32]
    number: NDArray[np.int32]


def direction_curves(
    connection: Connection,
    season: int,
    periods: range,
    blk: NDArray[np.int64],
    members: Sequence[NDArray[np.int64]],
) -> list[DirectionCurves]:
    """The 10, 50 and 90 % per band, direction and window; no rows for bands without directions.

    :param season: id of the season.
    :param periods: windows.
    :param blk: block of every parcel, in slot order.
    :param members: trusted parcels of each crop and group, by
        :func:`dias_cbm.outliers.curves.members_of`.
    """
    place = _places(blk)
    found = connection.execute(query("outliers/series"), {"season": season}).fetchall()
    used = [row for row in found if row.used and row.direction != "*"]
    means = [Means(row.card, row.band, row.direction) for row in used]
    return [
        curves
        for card in sorted({one.card for one in means})
        for curves in _of_card(
            connection,
            season,
            periods,
            place,
            len(blk),
            members,
            [one for one in means if one.card == card],
        )
    ]


def _of_card(
    connection: Connection,
    season: int,
    periods: range,
    place: dict[int, slice],
    parcels: int,
    members: Sequence[NDArray[np.int64]],
    means: list[Means],
) -> Iterator[DirectionCurves]:
    every = [*means, *(one for one, _, _ in ratios(means))]
    shape = (len(every), len(members), len(periods))
    percentiles = np.full((len(SHARES), *shape), np.nan, np.float32)
    number = np.zeros(shape, np.int32)
    level = np.full((len(every), len(periods)), np.nan, np.float32)
    statement = query("outliers/means_of_window")
    with array_cursor(connection) as cursor:
        for window, period in enumerate(periods):
            parameters = {"season": season, "card": means[0].card, "period": period}
            rows = cursor.execute(statement, parameters)
            values = observed(means, _gathered(rows, means, place, parcels))
            known = ~np.isnan(values)
            some = known.any(axis=1)
            level[some, window] = np.nanmean(values[some], axis=1, dtype=np.float64)
            for row, chosen in enumerate(members):
                counted, _, shares = summary(values[:, chosen])
                number[:, row, window] = counted
                percentiles[:, :, row, window] = shares
    for index, one in enumerate(every):
        yield DirectionCurves(one, level[index], percentiles[:, index], number[index])


def observed(means: list[Means], values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means in the units of the curves: backscatter in dB, and its ratios below.

    :param means: of one card.
    :param values: float32[means, parcels], as stored.
    """
    scaled = signal(means[0].card, values)
    extra = [scaled[cross] - scaled[co] for _, cross, co in ratios(means)]
    return np.concatenate([scaled, np.stack(extra)]) if extra else scaled


def ratios(means: Sequence[Means]) -> list[tuple[Means, int, int]]:
    """VH by VV of each direction that has both: its name, and where VH and VV are."""
    index = {one: number for number, one in enumerate(means)}
    return [
        (one._replace(band="VH-VV"), index[cross], number)
        for number, one in enumerate(means)
        if one[:2] == ("bs", "VV") and (cross := one._replace(band="VH")) in index
    ]


def _places(blk: NDArray[np.int64]) -> dict[int, slice]:
    numbers, starts, sizes = np.unique(blk, return_index=True, return_counts=True)
    return {
        number: slice(start, start + size)
        for number, start, size in zip(
            numbers.tolist(), starts.tolist(), sizes.tolist(), strict=True
        )
    }


def _gathered(
    rows: Iterable[Any], means: list[Means], place: dict[int, slice], parcels: int
) -> NDArray[np.float32]:
    """Rows of one window as float32[means, parcels]; NaN where nothing was observed."""
    index = {one[1:]: number for number, one in enumerate(means)}
    values = np.full((len(means), parcels), np.nan, np.float32)
    for row in rows:
        here = place[row.blk]
        values[index[row.band, row.direction], here] = row.mean[: here.stop - here.start]
    return values
