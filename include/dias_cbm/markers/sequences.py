"""Sequences: the looks of each parcel in a row, so that neighbours can be compared at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sequences:
    """The k looks of a block, by parcel and then by day.

    :param parcel: int64[k], index of the parcel.
    :param column: int64[k], column of the look in the series.
    :param day: int32[k], days since 1970-01-01.
    :param previous: bool[k], whether the row before it is the same parcel's look before it.
    :param next: bool[k], whether the row after it is the same parcel's next look.
    """

    parcel: NDArray[np.int64]
    column: NDArray[np.int64]
    day: NDArray[np.int32]
    previous: NDArray[np.bool_]
    next: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.parcel)

    @classmethod
    def of(cls, days: NDArray[np.int32], looks: NDArray[np.bool_]) -> Sequences:
        """The sequences of looks bool[n, D] on days int32[D]."""
        parcel, column = np.nonzero(looks)
        same = parcel[1:] == parcel[:-1]
        edge = np.zeros(min(len(parcel), 1), bool)
        return cls(
            parcel, column, days[column],
            np.concatenate([edge, same]), np.concatenate([same, edge]),
        )  # fmt: skip

    def of_parcels(self, chosen: NDArray[np.bool_]) -> Sequences:
        """Only the looks of some parcels.

        :param chosen: bool[n].
        """
        kept = chosen[self.parcel]
        return Sequences(
            self.parcel[kept], self.column[kept], self.day[kept],
            self.previous[kept], self.next[kept],
        )  # fmt: skip

    def take(self, matrix: NDArray[Any]) -> NDArray[Any]:
        """The values [k] of a matrix [n, D] at the looks."""
        return matrix[self.parcel, self.column]

    def at(self, values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
        """The values [k] of the same parcel's look so many looks later; NaN where there is none.

        :param step: not 0; below 0: so many looks before.
        """
        moved = np.full(len(values), np.nan)
        if abs(step) >= len(values):
            return moved
        later, earlier = slice(abs(step), None), slice(-abs(step))
        here, there = (earlier, later) if step > 0 else (later, earlier)
        same = self.parcel[here] == self.parcel[there]
        moved[here] = np.where(same, values[there], np.nan)
        return moved

    def near(self, values: NDArray[np.float64], days: int, most: int) -> NDArray[np.float64]:
        """The values [2 * most, k] of the same parcel's other looks so many days around, or NaN.

        :param most: looks before, and looks after, that are considered.
        """
        day = self.day.astype(np.float64)
        rows = []
        for step in (*range(-most, 0), *range(1, most + 1)):
            close = np.abs(self.at(day, step) - day) <= days
            rows.append(np.where(close, self.at(values, step), np.nan))
        return np.array(rows)

    def since(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Change of values [k] since the look before; NaN where there is none."""
        change = np.diff(values.astype(np.float64), prepend=np.nan)[: len(self)]
        return np.where(self.previous, change, np.nan)

    def until_next(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Change of values [k] to the next look; NaN where there is none."""
        change = np.diff(values.astype(np.float64), append=np.nan)[-len(self) :]
        return np.where(self.next, change, np.nan)


def strongest_apart(
    parcel: NDArray[Any], day: NDArray[Any], strength: NDArray[Any], apart: int
) -> NDArray[np.bool_]:
    """Which of several candidates stay if each parcel keeps the strongest some days apart.

    Candidates are taken by strength, the later one first among equals; one that is nearer than
    ``apart`` days to one that was taken is left out.

    :param apart: days, at least 1.
    :returns: bool[m].
    """
    kept = np.zeros(len(parcel), bool)
    left = np.lexsort((-day, -strength, parcel))
    while len(left):
        top = np.diff(parcel[left], prepend=-1) != 0
        chosen = left[top]
        kept[chosen] = True
        away = np.abs(day[left] - day[chosen][np.cumsum(top) - 1])
        left = left[~top & (away >= apart)]
    return kept
