"""The feature matrix of a season: five-day means with their orbit directions joined, NaN in gaps.

Backscatter is in dB. The two orbit directions of a band see a field at different angles, so each
is first set against its own mean over all parcels in that window; the value of the window is the
mean of what is there. Reflectance has no directions and stays as it is. Means over 25 days stand
beside the windows: they bridge short gaps without inventing values, and are NaN only where all
their windows are. No parcel is left out.

The matrix is filled block of parcels by block, and completed once all parcels are in.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK, Layout, Series

#: A larger matrix is a file that the system pages in and out, instead of memory of its own.
LARGEST_IN_MEMORY = 256 << 20

# No mean of any card is larger in size. A fill value that got in would take all precision from the
# other parcels of its window, which are set against their common mean.
_LARGEST_MEAN = 1e6

# Parcels completed at a time: 20 MB of 265 columns.
_ROWS = 20_000
_BITS = {"A": 1, "D": 2}
# By set of directions: how many they are, NaN for the empty set.
_DIRECTIONS_IN = np.array([np.nan, 1, 1, 2], np.float32)


class Means(NamedTuple):
    """The five-day means of one band in one orbit direction.

    :param direction: ``A``, ``D``, or ``*`` for a band that has no directions.
    """

    card: str
    band: str
    direction: str


class Matrix:
    """A feature matrix that is being filled.

    :param means: those of the season, in any order.
    :param periods: windows, from the first with means to the last.
    :param parcels: number of rows.
    """

    def __init__(self, means: Iterable[Means], periods: range, parcels: int) -> None:
        self.means = sorted(means)
        self._parts = [*self.means, *_ratios(self.means)]
        self.layout = layout_of(self.means, periods)
        series = self.layout.series
        self.values = _allocate((parcels, self.layout.columns))
        self._index = {one: number for number, one in enumerate(self.means)}
        self._series = [series.index(Series(part.card, part.band)) for part in self._parts]
        self._bit = [_BITS.get(part.direction, 0) for part in self._parts]
        # Which directions are in a value, one bit each: their means are known only at the end.
        self._joined = sorted(
            {one for one, bit in zip(self._series, self._bit, strict=True) if bit}
        )
        self._there = np.zeros((len(self._joined), parcels, len(periods)), np.uint8)
        self._sum = np.zeros((len(self._parts), len(periods)))
        self._count = np.zeros((len(self._parts), len(periods)), np.int64)

    def gather(self, rows: Iterable[Any], size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """One block's rows of the table of means as arrays.

        :param rows: with ``card``, ``band``, ``direction``, ``period``, ``mean`` and ``n``, which
            is None where another band of the same card stands for its observations.
        :param size: parcels of the block.
        :returns: means, float32[means, windows, size], NaN where nothing was observed; and
            observations of all cards and directions, int64[windows, size].
        """
        windows = len(self.layout.periods)
        means = np.full((len(self.means), windows, size), np.nan, np.float32)
        observations = np.zeros((windows, size), np.int64)
        for row in rows:
            window = row.period - self.layout.periods.start
            means[self._index[Means(row.card, row.band, row.direction)], window] = row.mean[:size]
            if row.n is not None:
                observations[window] += row.n[:size]
        return means, observations

    def add(self, here: slice, means: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Put a block's means into its rows, each row once.

        :param here: rows of the block's parcels.
        :param means: float32[means, windows, parcels], as observed: power, coherence, reflectance.
        :returns: bool[windows, parcels], whether any mean is a measurement.
        """
        measured = np.zeros(means.shape[1:], np.bool_)
        windows = self.layout.windows(self.values)
        total = np.zeros((len(self._joined), means.shape[2], means.shape[1]), np.float32)
        for part, values in enumerate(self._scaled(means)):
            known = ~np.isnan(values)
            measured |= known
            clean = np.where(known, values, 0)
            self._sum[part] += clean.sum(axis=1, dtype=np.float64)
            self._count[part] += known.sum(axis=1)
            if not self._bit[part]:
                windows[here, self._series[part]] = values.T
                continue
            place = self._joined.index(self._series[part])
            total[place] += clean.T
            self._there[place, here] |= known.T * np.uint8(self._bit[part])
        for place, series in enumerate(self._joined):
            windows[here, series] = total[place]
        return measured

    def complete(self) -> NDArray[np.float32]:
        """Join the directions and add the means over 25 days, once all blocks are in.

        :returns: float32[series, windows], the level that was taken away: the mean of the means of
            the directions; 0 for a series without directions, NaN for a window without values.
        """
        windows, blocks = self.layout.windows(self.values), self.layout.blocks(self.values)
        column = np.arange(len(self.layout.periods))
        offset = [self._offset(series) for series in self._joined]
        for start in range(0, len(self.values), _ROWS):
            here = slice(start, start + _ROWS)
            for place, series in enumerate(self._joined):
                there = self._there[place, here]
                windows[here, series] /= _DIRECTIONS_IN[there]
                windows[here, series] -= offset[place][there, column]
            blocks[here] = block_means(windows[here])
        self._there = self._there[:, :0]
        return self._levels()

    def _scaled(self, means: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        """Each part's values, [windows, parcels]: means, backscatter in dB, then the ratios."""
        scaled = [signal(one.card, values) for one, values in zip(self.means, means, strict=True)]
        yield from scaled
        for ratio in self._parts[len(self.means) :]:
            cross, co = (self._index[ratio._replace(band=band)] for band in ("VH", "VV"))
            yield scaled[cross] - scaled[co]

    def _offset(self, series: int) -> NDArray[np.float32]:
        """By set of directions and window: the mean of their means, [sets, windows]."""
        offset = np.zeros((len(_DIRECTIONS_IN), len(self.layout.periods)))
        for part in np.flatnonzero(np.equal(self._series, series)).tolist():
            has = (np.arange(len(offset)) & self._bit[part]) > 0
            offset[has] += self._mean(part)
        return (offset / _DIRECTIONS_IN[:, None]).astype(np.float32)

    def _levels(self) -> NDArray[np.float32]:
        shape = (len(self.layout.series), len(self.layout.periods))
        total, number = np.zeros(shape), np.zeros(shape)
        for part, series in enumerate(self._series):
            if self._bit[part]:
                total[series] += self._mean(part)
            number[series] += self._count[part] > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            return (total / number).astype(np.float32)

    def _mean(self, part: int) -> NDArray[np.float64]:
        mean: NDArray[np.float64] = self._sum[part] / np.maximum(self._count[part], 1)
        return mean


def layout_of(means: Iterable[Means], periods: range) -> Layout:
    """The columns that some five-day means give: every band, and VH by VV."""
    found = list(means)
    series = {Series(part.card, part.band) for part in [*found, *_ratios(found)]}
    return Layout(tuple(sorted(series)), periods)


def block_means(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over the windows of 25 days, without NaN; NaN where all windows are NaN.

    :param windows: float32[..., windows].
    :returns: float32[..., blocks].
    """
    starts = np.arange(0, windows.shape[-1], WINDOWS_PER_BLOCK)
    known = ~np.isnan(windows)
    total = np.add.reduceat(np.where(known, windows, 0), starts, axis=-1, dtype=np.float64)
    number = np.add.reduceat(known, starts, axis=-1, dtype=np.int64)
    mean = np.full(total.shape, np.nan, np.float32)
    np.divide(total, number, out=mean, where=number > 0, casting="same_kind")
    return mean


def signal(card: str, means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means in the units of the matrix: backscatter in dB, others as they are.

    :returns: NaN where a mean is not a measurement: no power, infinite, or beyond any real value.
    """
    values = np.where(np.abs(means) <= _LARGEST_MEAN, means, np.float32(np.nan))
    return decibel(values) if card == "bs" else values


def decibel(power: NDArray[np.float32]) -> NDArray[np.float32]:
    """``10 log10``; NaN where there is no power."""
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (10 * np.log10(power)).astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values


def _ratios(means: list[Means]) -> list[Means]:
    """VH by VV of each direction that has both."""
    return [
        one._replace(band="VH-VV")
        for one in means
        if one[:2] == ("bs", "VV") and one._replace(band="VH") in means
    ]


def _allocate(shape: tuple[int, int]) -> NDArray[np.float32]:
    """NaN everywhere; a large matrix is mapped to a nameless temporary file.

    The file is written out before it is mapped, so that a full disk is an error and not a crash.
    """
    size = 4 * shape[0] * shape[1]
    if size <= LARGEST_IN_MEMORY:
        return np.full(shape, np.nan, np.float32)
    with tempfile.TemporaryFile(prefix="cbm-outliers-") as file:
        row = np.full(min(size, 1 << 24) // 4, np.nan, np.float32).tobytes()
        for start in range(0, size, len(row)):
            file.write(row[: size - start])
        file.flush()
        return np.memmap(file, np.float32, "r+", shape=shape)
