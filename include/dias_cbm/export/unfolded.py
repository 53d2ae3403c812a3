"""Blocks unfolded into rows, with dictionaries for what repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Pids:
    """Parcel identifiers in the order of the arrays.

    :param of_block: for each block its identifiers, and for each position of its arrays which of
        them it is; -1 where there is no parcel.
    """

    of_block: dict[int, tuple[pa.StringArray, np.ndarray]]

    @classmethod
    def read(cls, connection: Connection, season: Season) -> Pids:
        """Read all identifiers of a season."""
        rows = connection.execute(query("export/pids"), {"season": season.id})
        return cls({row.blk: _numbered(row.pids) for row in rows})


def _numbered(pids: list[str | None]) -> tuple[pa.StringArray, np.ndarray]:
    there = np.array([pid is not None for pid in pids])
    named = pa.array([pid for pid in pids if pid is not None], pa.string())
    return named, np.where(there, np.cumsum(there) - 1, -1).astype(np.int32)


class Unfolded:
    """Arrays of blocks as rows, without parcels that a block has no data for.

    Columns of one value per block are dictionaries, which Parquet stores without looking at every
    row.

    :param rows: of the database, with ``blk``; at least one.
    :param kept: bool[parcels], of all rows one after the other.
    :param sizes: parcels of each row.
    """

    def __init__(self, rows: list[Any], kept: np.ndarray, sizes: list[int], pids: Pids) -> None:
        places: list[np.ndarray] = []
        names: list[pa.StringArray] = []
        of_block: dict[tuple[int, int], np.ndarray] = {}
        starts: dict[int, int] = {}
        after = 0
        for row, size in zip(rows, sizes, strict=True):
            if (row.blk, size) not in of_block:
                named, number = pids.of_block[row.blk]
                if row.blk not in starts:
                    starts[row.blk] = after
                    names.append(named)
                    after += len(named)
                place = np.full(size, -1, np.int32)
                place[: len(number)] = number[:size]
                place[place >= 0] += starts[row.blk]
                of_block[row.blk, size] = place
            places.append(of_block[row.blk, size])
        place = np.concatenate(places)
        kept = kept & (place >= 0)
        self._rows = rows
        self._kept = None if kept.all() else kept
        self._row = pa.array(self._of(np.repeat(np.arange(len(rows), dtype=np.int32), sizes)))
        self.pid = pa.DictionaryArray.from_arrays(self._of(place), pa.concat_arrays(names))

    def values(self, name: str) -> np.ndarray:
        """Flatten the arrays of a column into one value per row."""
        return self._of(flat(self._rows, name))

    def same(self, value: str) -> pa.DictionaryArray:
        """One value for all rows."""
        return pa.DictionaryArray.from_arrays(np.zeros(len(self._row), np.int32), [value])

    def repeated(self, values: list[Any], kind: pa.DataType) -> pa.DictionaryArray:
        """Repeat one value per database row for all of its parcels."""
        coded = pa.array(values, kind).dictionary_encode()
        return pa.DictionaryArray.from_arrays(coded.indices.take(self._row), coded.dictionary)

    def _of(self, values: np.ndarray) -> np.ndarray:
        return values if self._kept is None else values[self._kept]


def flat(rows: list[Any], name: str) -> np.ndarray:
    """The arrays of a column, one after the other."""
    return np.concatenate([getattr(row, name) for row in rows])
