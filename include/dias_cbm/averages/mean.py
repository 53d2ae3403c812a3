"""The arithmetic of five-day means, one block of parcels at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

#: All orbit directions together, as JRC averages.
ALL = "*"


class Observations(Protocol):
    """One block and band in all observations of a window, as read from the database."""

    @property
    def blk(self) -> int:
        """Block of parcels."""

    @property
    def band(self) -> str:
        """Band name."""

    @property
    def directions(self) -> Sequence[str | None]:
        """Per observation ``A``, ``D``, or None where the platform did not list it."""

    @property
    def means(self) -> Sequence[np.ndarray]:
        """Per observation the parcel means, float32[k], in linear units; NaN for no valid pixel."""


@dataclass(frozen=True, slots=True)
class BlockMean:
    """The means of one block, band and direction.

    :param mean: float32[k], NaN where no observation has a value.
    :param n: observations per parcel, int16[k].
    :param known: parcels with a mean.
    """

    blk: int
    band: str
    direction: str
    mean: np.ndarray
    n: np.ndarray
    known: int


def block_means(blocks: Iterable[Observations], *, by_direction: bool) -> list[BlockMean]:
    """Average one window: unweighted over its observations, summed in double precision.

    An observation counts for a parcel when it has a finite mean there.

    :param blocks: each block and band once.
    :param by_direction: also separately for the directions ``A`` and ``D``.
    :returns: only blocks with at least one observation of one parcel.
    """
    found = []
    for block in blocks:
        values = np.array(block.means, np.float64)
        valid = np.isfinite(values)
        complete = bool(valid.all())
        if not complete:
            np.copyto(values, 0.0, where=~valid)
        for direction, rows in _rows(block.directions, by_direction).items():
            mean, n = _average(values[rows], None if complete else valid[rows])
            known = len(n) if complete else int(np.count_nonzero(n))
            if known:
                found.append(BlockMean(block.blk, block.band, direction, mean, n, known))
    return found


def _rows(directions: Sequence[str | None], by_direction: bool) -> dict[str, slice | list[int]]:
    """The observations that each mean is of."""
    rows: dict[str, slice | list[int]] = {ALL: slice(None)}
    if by_direction:
        for name in sorted({name for name in directions if name}):
            rows[name] = [row for row, direction in enumerate(directions) if direction == name]
    return rows


def _average(values: np.ndarray, valid: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The mean of each parcel's valid observations, float32[k], and their number, int16[k].

    :param values: float64[observations, k]; 0 where not valid.
    :param valid: bool[observations, k]; None where all are.
    """
    total = np.add.reduce(values)
    if valid is None:
        n = np.full(len(total), len(values), np.int16)
        return (total / len(values)).astype(np.float32), n
    n = np.add.reduce(valid, dtype=np.int16)
    with np.errstate(invalid="ignore"):
        return (total / n).astype(np.float32), n
