"""The feature matrix: five-day means of every parcel, NaN in gaps.

Backscatter is in dB, separately for each orbit direction; coherence and reflectance are unchanged.
Besides the windows there are means over 25 days, which bridge short gaps without inventing values:
such a mean is NaN only where all its windows are. No parcel is left out.

The means are read one block of parcels at a time, directly into the rows of the matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData

WINDOWS_PER_BLOCK = 5

# Rows of means fetched at a time: 4 MB.
_FETCH = 500


@dataclass(frozen=True, slots=True)
class Features:
    """The input of the model, with measures of its coverage.

    :param names: one per column, e.g. ``bs VH A p07 dB``.
    :param values: float32[parcels, features], parcels in slot order.
    :param observations: observations per parcel, over all cards.
    :param longest_gap: per parcel, the longest run of windows without any observation.
    """

    names: list[str]
    pids: list[str]
    crops: NDArray[np.str_]
    area_ha: NDArray[np.float64]
    values: NDArray[np.float32]
    observations: NDArray[np.int64]
    longest_gap: NDArray[np.int64]


class Series(NamedTuple):
    """The five-day means of one band."""

    card: str
    band: str
    direction: str


class Columns:
    """The columns of the feature matrix of a season.

    :param series: those that have means, in the order of their columns.
    :param periods: windows, from the first with means to the last.
    """

    def __init__(self, series: list[Series], periods: range) -> None:
        self.series = series
        self.periods = periods
        self._index = {one: number for number, one in enumerate(series)}
        self._decibel = np.array([one.card == "bs" for one in series])
        self._ratios = [
            (self._index[cross], self._index[one])
            for one in series
            if one[:2] == ("bs", "VV") and (cross := one._replace(band="VH")) in self._index
        ]
        self._starts = np.arange(0, len(periods), WINDOWS_PER_BLOCK)

    def names(self) -> list[str]:
        """One name per column."""
        ratios = [self.series[co]._replace(band="VH-VV") for _, co in self._ratios]
        return [
            f"{card} {band} {direction} {window}{' dB' if card == 'bs' else ''}"
            for card, band, direction in [*self.series, *ratios]
            for window in self._windows()
        ]

    def _windows(self) -> list[str]:
        each = [f"p{period:02d}" for period in range(len(self.periods))]
        return each + [f"from p{start:02d}" for start in self._starts.tolist()]

    def gather(self, rows: Iterable[Any], size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """One block's rows of the table of means as arrays.

        :param rows: with ``card``, ``band``, ``direction``, ``period``, ``mean`` and ``n``, which
            is None where another band of the same card stands for its observations.
        :param size: parcels of the block.
        :returns: means, float32[series, windows, size], NaN where nothing was observed; and
            observations of all cards and directions, int64[windows, size].
        """
        means = np.full((len(self.series), len(self.periods), size), np.nan, np.float32)
        observations = np.zeros((len(self.periods), size), np.int64)
        for row in rows:
            window = row.period - self.periods.start
            series = Series(row.card, row.band, row.direction)
            means[self._index[series], window] = row.mean[:size]
            if row.n is not None:
                observations[window] += row.n[:size]
        return means, observations

    def values(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """The columns of a block.

        :param means: float32[series, windows, parcels].
        :returns: float32[parcels, columns].
        """
        scaled = means.copy()
        scaled[self._decibel] = decibel(means[self._decibel])
        ratios = [scaled[cross] - scaled[co] for cross, co in self._ratios]
        windows = np.concatenate([scaled, np.stack(ratios)]) if ratios else scaled
        both = np.concatenate([windows, self._block_means(windows)], axis=1)
        return both.reshape(-1, means.shape[2]).T

    def _block_means(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Means over the windows of 25 days, without NaN; NaN where all windows are NaN."""
        valid = ~np.isnan(windows)
        total = np.add.reduceat(np.where(valid, windows, 0).astype(float), self._starts, axis=1)
        number = np.add.reduceat(valid, self._starts, axis=1, dtype=np.int64)
        mean = np.full(total.shape, np.nan)
        np.divide(total, number, out=mean, where=number > 0)
        return mean.astype(np.float32)


def load(connection: Connection, season: int) -> Features:
    """Read the five-day means of a season into a feature matrix.

    :param season: id of the season.
    :raises NotEnoughData: no parcels, or no means.
    """
    blk, pids, crops, area_m2 = _parcels(connection, season)
    columns = _columns(connection, season)
    if columns is None:
        raise NotEnoughData(
            "no five-day means", subject=f"season {season}", hint="extract scenes first"
        )
    names = columns.names()
    values = np.full((len(pids), len(names)), np.nan, np.float32)
    observations = np.zeros(len(pids), np.int64)
    longest_gap = np.full(len(pids), len(columns.periods), np.int64)
    for here, means, seen in _blocks(connection, season, columns, blk):
        values[here] = columns.values(means)
        observations[here] = seen.sum(axis=0)
        longest_gap[here] = longest_run(seen.T == 0)
    return Features(
        names=names,
        pids=pids,
        crops=crops,
        area_ha=area_m2 / 1e4,
        values=values,
        observations=observations,
        longest_gap=longest_gap,
    )


def _parcels(
    connection: Connection, season: int
) -> tuple[NDArray[np.int64], list[str], NDArray[np.str_], NDArray[np.float64]]:
    """Block, identifier, crop and area in m2 of every parcel, in slot order.

    :raises NotEnoughData: the season has no parcels.
    """
    with connection.cursor(binary=True) as cursor:
        blocks = cursor.execute(query("outliers/parcels"), {"season": season}).fetchall()
    if not blocks:
        raise NotEnoughData("no parcels", subject=f"season {season}", hint="cbm parcels load")
    return (
        np.repeat([block.blk for block in blocks], [len(block.pids) for block in blocks]),
        list(chain.from_iterable(block.pids for block in blocks)),
        np.concatenate([block.crops for block in blocks]),
        np.concatenate([block.area_m2 for block in blocks]),
    )


def _columns(connection: Connection, season: int) -> Columns | None:
    found = connection.execute(query("outliers/series"), {"season": season}).fetchall()
    if not found:
        return None
    periods = range(min(row.first for row in found), max(row.last for row in found) + 1)
    used = [Series(row.card, row.band, row.direction) for row in found if row.used]
    return Columns(used, periods) if used else None


def _blocks(
    connection: Connection, season: int, columns: Columns, blk: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[Any], NDArray[Any]]]:
    """For each block its rows in the matrix, its means and its observations.

    :param blk: block of every parcel, in slot order.
    """
    numbers, starts, sizes = np.unique(blk, return_index=True, return_counts=True)
    place = {
        number: slice(start, start + size)
        for number, start, size in zip(
            numbers.tolist(), starts.tolist(), sizes.tolist(), strict=True
        )
    }
    with array_cursor(connection, "outliers/means", fetch=_FETCH) as cursor:
        cursor.execute(query("outliers/means"), {"season": season})
        for number, rows in groupby(cursor, attrgetter("blk")):
            here = place[number]
            yield here, *columns.gather(rows, here.stop - here.start)


def decibel(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """``10 log10``; NaN where there is no power."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (10 * np.log10(power)).astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values


def longest_run(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the longest run of True in each row."""
    longest = np.zeros(len(flags), dtype=np.int64)
    current = np.zeros(len(flags), dtype=np.int64)
    for column in flags.T:
        current = np.where(column, current + 1, 0)
        longest = np.maximum(longest, current)
    return longest
