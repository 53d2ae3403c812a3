"""The arithmetic of a window, a block of parcels at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import add
from typing import Protocol

import numpy as np

#: All orbit directions together, as JRC averages.
ALL = "*"


class Observation(Protocol):
    """One block and band of one scene, as the database gives it."""

    @property
    def blk(self) -> int:
        """Block of parcels."""

    @property
    def band(self) -> str:
        """Band name."""

    @property
    def direction(self) -> str | None:
        """``A``, ``D``, or None where the platform did not say."""

    @property
    def mean(self) -> np.ndarray:
        """Parcel means in linear units, float[k]; NaN where the parcel has no valid pixel."""


@dataclass(frozen=True, slots=True)
class BlockMean:
    """The means of one block, band and direction.

    :param mean: float32[k], NaN where no observation has a value.
    :param n: observations per parcel, int16[k].
    """

    blk: int
    band: str
    direction: str
    mean: np.ndarray
    n: np.ndarray


@dataclass(slots=True)
class _Sum:
    total: np.ndarray
    n: np.ndarray

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(self.total + other.total, self.n + other.n)

    def mean(self) -> np.ndarray:
        mean = np.full(len(self.total), np.nan)
        np.divide(self.total, self.n, out=mean, where=self.n > 0)
        return mean.astype(np.float32)


def block_means(observations: Iterable[Observation], *, by_direction: bool) -> Iterator[BlockMean]:
    """Average one window: unweighted over its observations, sums kept in double precision.

    An observation counts for a parcel when it has a finite mean there.

    :param observations: ordered by block and band, so that one block is in memory at a time.
    :param by_direction: also apart for the directions ``A`` and ``D``.
    :returns: only what has at least one observation of one parcel.
    """
    for (blk, band), group in groupby(observations, key=lambda o: (o.blk, o.band)):
        sums: dict[str | None, _Sum] = {}
        for observation in group:
            one = _one(observation.mean)
            known = sums.get(observation.direction)
            sums[observation.direction] = one if known is None else known + one
        together = reduce(add, sums.values())
        apart = {name: part for name, part in sums.items() if name and by_direction}
        for direction, part in sorted({ALL: together, **apart}.items()):
            if part.n.any():
                yield BlockMean(blk, band, direction, part.mean(), part.n)


def _one(mean: np.ndarray) -> _Sum:
    valid = np.isfinite(mean)
    return _Sum(np.where(valid, mean, 0).astype(np.float64), valid.astype(np.int16))
