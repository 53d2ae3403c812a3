"""The values of two sources, a block of parcels at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.days import day_number
from dias_cbm.db.by_block import ByBlock, rows_by_block
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.series import store
from dias_cbm.series.records import DIRECTIONS

_FETCH = 500

#: Card and band.
Band = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one band in one block.

    :param pos: int64[n], positions of the parcels.
    :param day: int64[n], since 1970-01-01.
    :param direction: int64[n], positions in ``DIRECTIONS``.
    :param value: float64[n], finite.
    :param count: float64[n], pixels; NaN: unknown.
    """

    pos: NDArray[np.int64]
    day: NDArray[np.int64]
    direction: NDArray[np.int64]
    value: NDArray[np.float64]
    count: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: NDArray[Any]) -> Series:
        """Some of the values, by position or mask."""
        return Series(
            self.pos[rows], self.day[rows], self.direction[rows], self.value[rows], self.count[rows]
        )

    def one_a_day(self, *, by_direction: bool) -> Series:
        """One value per parcel and day: that with most pixels, then the first one.

        :param by_direction: one for each direction of the orbit.
        """
        direction = self.direction if by_direction else np.zeros_like(self.direction)
        pixels = np.nan_to_num(self.count, nan=-1.0)
        order = np.lexsort((-pixels, direction, self.day, self.pos))
        key = keys_of(self.pos, self.day, direction)[order]
        first = np.ones(len(order), bool)
        first[1:] = key[1:] != key[:-1]
        return self.take(order[first])


EMPTY = Series(*(np.empty(0, np.int64),) * 3, *(np.empty(0, np.float64),) * 2)


@dataclass(frozen=True, slots=True)
class Both:
    """A block of parcels in both sources.

    :param pos: int64[k], positions of its parcels.
    :param crops: k crops.
    """

    pos: NDArray[np.int64]
    crops: list[str]
    a: dict[Band, Series]
    b: dict[Band, Series]


def keys_of(
    pos: NDArray[np.int64], day: NDArray[np.int64], direction: NDArray[np.int64]
) -> NDArray[np.int64]:
    """One number for parcel, day and direction, in their order."""
    return (pos << 40) | ((day + (1 << 31)) << 8) | direction


def blocks(connection: Connection, season: Season, a: str, b: str) -> Iterator[Both]:
    """All blocks of a season, inside the caller's transaction.

    :param a: name of a source; ``own`` is the season's own.
    :param b: of another, or the same.
    :raises SeriesError: there is no such source.
    """
    sources = [
        None if name == store.OWN else store.get(connection, season, name).id for name in (a, b)
    ]
    found = connection.execute(query("series/blocks"), {"season": season.id}).fetchall()
    with ExitStack() as stack:
        # A source that is compared with itself is read once.
        once = sources[0] == sources[1]
        rows = [
            _rows(stack, connection, season, one, n) for n, one in enumerate(sources[: 2 - once])
        ]
        for one in found:
            values = [_series(each.of(one.blk)) for each in rows]
            yield Both(np.array(one.pos, np.int64), one.crops, values[0], values[-1])


def _rows(
    stack: ExitStack, connection: Connection, season: Season, source: int | None, number: int
) -> ByBlock:
    values = {"season": season.id, "source": source}
    name = "series/own" if source is None else "series/imported"
    return rows_by_block(stack, connection, name, values, _FETCH, cursor=f"series {number}")


def _series(rows: Iterable[Any]) -> dict[Band, Series]:
    """The bands of one block."""
    parts: dict[Band, list[Series]] = defaultdict(list)
    for row in rows:
        pos = row.pos if hasattr(row, "pos") else np.arange(1, len(row.mean) + 1)
        given = np.isfinite(row.mean) & ~(row.count <= 0)
        if hasattr(row, "obsid"):
            given &= np.isfinite(row.count)  # NaN: the parcel is outside the product
        n = int(given.sum())
        parts[row.card, row.band].append(
            Series(
                pos[given].astype(np.int64),
                np.full(n, day_number(row.day), np.int64),
                np.full(n, DIRECTIONS.index(row.direction), np.int64),
                row.mean[given].astype(np.float64),
                row.count[given].astype(np.float64),
            )
        )
    return {band: _joined(found) for band, found in parts.items()}


def _joined(parts: list[Series]) -> Series:
    return Series(
        np.concatenate([one.pos for one in parts]),
        np.concatenate([one.day for one in parts]),
        np.concatenate([one.direction for one in parts]),
        np.concatenate([one.value for one in parts]),
        np.concatenate([one.count for one in parts]),
    )
