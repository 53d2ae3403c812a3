"""The arithmetic of five-day means, one block of parcels at a time."""

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
    """One block and band of one scene, as read from the database."""

    @property
    def blk(self) -> int:
        """Block of parcels."""

    @property
    def band(self) -> str:
        """Band name."""

    @property
    def direction(self) -> str | None:
        """``A``, ``D``, or None where the platform did not list it."""

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


class _Sum:
    """Running sums of one block and band, updated in place: a season has millions of them."""

    def __init__(self, parcels: int) -> None:
        self.total = np.zeros(parcels)
        self.n = np.zeros(parcels, np.int16)

    def add(self, mean: np.ndarray) -> None:
        """Add one observation; it does not count for parcels without a finite mean."""
        valid = np.isfinite(mean)
        if valid.all():
            self.total += mean
            self.n += 1
        else:
            np.add(self.total, mean, out=self.total, where=valid)
            self.n += valid

    def __add__(self, other: _Sum) -> _Sum:
        together = _Sum(len(self.n))
        np.add(self.total, other.total, out=together.total)
        np.add(self.n, other.n, out=together.n)
        return together

    def mean(self) -> np.ndarray:
        """float32[k], NaN without an observation."""
        with np.errstate(invalid="ignore"):
            return (self.total / self.n).astype(np.float32)


def block_means(observations: Iterable[Observation], *, by_direction: bool) -> Iterator[BlockMean]:
    """Average one window: unweighted over its observations, summed in double precision.

    An observation counts for a parcel when it has a finite mean there.

    :param observations: ordered by block and band, so that one block is in memory at a time.
    :param by_direction: also separately for the directions ``A`` and ``D``.
    :returns: only blocks with at least one observation of one parcel.
    """
    for (blk, band), group in groupby(observations, key=lambda o: (o.blk, o.band)):
        sums: dict[str | None, _Sum] = {}
        for observation in group:
            direction = observation.direction
            if direction not in sums:
                sums[direction] = _Sum(len(observation.mean))
            sums[direction].add(observation.mean)
        together = reduce(add, sums.values())
        apart = {name: part for name, part in sums.items() if name and by_direction}
        for direction, part in sorted({ALL: together, **apart}.items()):
            if part.n.any():
                yield BlockMean(blk, band, direction, part.mean(), part.n)
