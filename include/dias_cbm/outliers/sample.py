"""Inspection sample: the parcels to look at first, so that P(wrong) can be calibrated.

Most are taken from the top of the ranking, where the errors are, and some from everywhere else. The
ranking is cut into bands; inside a band parcels are drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.budget import ranking


class Band(NamedTuple):
    """A stretch of the ranking.

    :param first: share of the ranked parcels before it.
    :param last: share up to its end.
    :param inspections: parcels drawn from it.
    """

    first: float
    last: float
    inspections: int

    @property
    def name(self) -> str:
        """E.g. ``top 2 %``, ``2 to 7 %`` or ``the rest``."""
        if self.last == 1:
            return "the rest"
        if self.first == 0:
            return f"top {self.last:.0%}".replace("%", " %")
        return f"{100 * self.first:.0f} to {100 * self.last:.0f} %"


PLAN = (Band(0, 0.02, 100), Band(0.02, 0.07, 70), Band(0.07, 1, 30))


@dataclass(frozen=True, slots=True)
class Sample:
    """Parcels to inspect.

    :param parcel: int64[m], row of each parcel, the most suspicious first.
    :param band: int64[m], number of its band in the plan.
    :param weight: float64[m], parcels of the band that each one stands for.
    """

    parcel: NDArray[np.int64]
    band: NDArray[np.int64]
    weight: NDArray[np.float64]


def draw(
    suspicion: NDArray[np.floating],
    seed: int,
    done: NDArray[np.bool_] | None = None,
    plan: tuple[Band, ...] = PLAN,
) -> Sample:
    """Draw an inspection sample; one seed always gives the same one.

    :param suspicion: [n], the ranking; NaN where not scored. Such parcels are never drawn.
    :param done: [n], parcels that have been inspected; they count as drawn already.
    """
    order = ranking(suspicion)
    place = band_of(np.arange(1, len(order) + 1), np.full(len(order), len(order)), plan)
    known = np.zeros(len(order), np.bool_) if done is None else done[order]
    generator = np.random.default_rng(seed)
    chosen = []
    for number, band in enumerate(plan):
        free = np.flatnonzero((place == number) & ~known)
        wanted = max(0, band.inspections - int((known & (place == number)).sum()))
        chosen.append(np.sort(generator.permutation(free)[:wanted]))
    taken = np.concatenate(chosen)
    drawn = np.bincount(place[taken], minlength=len(plan))
    size = np.bincount(place, minlength=len(plan))
    return Sample(order[taken], place[taken], (size / np.maximum(drawn, 1))[place[taken]])


def band_of(
    rank: NDArray[np.integer], ranked: NDArray[np.integer], plan: tuple[Band, ...] = PLAN
) -> NDArray[np.int64]:
    """Number of the band of a rank.

    :param rank: [m], from 1.
    :param ranked: [m], parcels with a rank in the same list.
    """
    share = (rank - 0.5) / np.maximum(ranked, 1)
    ends = [band.last for band in plan[:-1]]
    return np.searchsorted(ends, share, side="right").astype(np.int64)


def weights(
    rank: NDArray[np.integer], ranked: NDArray[np.integer], plan: tuple[Band, ...] = PLAN
) -> NDArray[np.float64]:
    """Weight of each inspected parcel, so that together they stand for the whole ranking.

    :param rank: [m], from 1.
    :param ranked: [m], parcels with a rank in the same list.
    :returns: [m], with mean 1.
    """
    if not len(rank):
        return np.empty(0)
    place = band_of(rank, ranked, plan)
    number = np.bincount(place, minlength=len(plan))
    share = np.array([band.last - band.first for band in plan])
    weight = (share / np.maximum(number, 1))[place]
    return np.asarray(weight / weight.mean(), np.float64)
