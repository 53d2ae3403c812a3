"""Scores of a detector against dated cuts: one-to-one matches, the nearest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Interval(NamedTuple):
    """A detected cut: last day before it, first day after it, its probability."""

    start: int
    end: int
    probability: float = float("nan")


class Tally(NamedTuple):
    """Of n parcels: hits, detections and dated cuts, int64[n] each, and the errors in days."""

    hits: NDArray[np.int64]
    found: NDArray[np.int64]
    dated: NDArray[np.int64]
    errors: NDArray[np.int64]

    @property
    def f1(self) -> float:
        """F1 of all of them."""
        return f1(self.hits.sum(), self.found.sum(), self.dated.sum())

    @property
    def mae(self) -> float:
        """Mean absolute error of the matched, in days."""
        return float(np.abs(self.errors).mean()) if len(self.errors) else float("nan")


def f1(hits: float, found: float, dated: float) -> float:
    """``2 TP / (detections + events)``; 0 without any."""
    return float(2 * hits / max(found + dated, 1))


def within(days: int, interval: Interval, dated: int) -> int | None:
    """Days from a cut to the first look after it, if they are so few."""
    away = abs(interval.end - dated)
    return away if away <= days else None


def near_interval(days: int, interval: Interval, dated: int) -> int | None:
    """Days from a cut to the interval, if they are so few (Sen4CAP's criterion: 3)."""
    away = max(interval.start - dated, dated - interval.end, 0)
    return away if away <= days else None


def matched(
    found: Sequence[Interval], dated: Sequence[int], days: int, *, interval: bool = False
) -> list[tuple[int, int]]:
    """Pairs of positions (detection, dated cut), each in one pair at most."""
    distance = near_interval if interval else within
    pairs = sorted(
        (away, i, j)
        for i, one in enumerate(found)
        for j, day in enumerate(dated)
        if (away := distance(days, one, day)) is not None
    )
    taken: list[tuple[int, int]] = []
    for _, i, j in pairs:
        if all(i != one and j != other for one, other in taken):
            taken.append((i, j))
    return taken


def tally(
    found: Sequence[Sequence[Interval]],
    dated: Sequence[Sequence[int]],
    days: int,
    *,
    interval: bool = False,
) -> Tally:
    """Hits and errors of a detector, by parcel."""
    hits, errors = [], []
    for mine, truth in zip(found, dated, strict=True):
        pairs = matched(mine, truth, days, interval=interval)
        hits.append(len(pairs))
        errors += [mine[i].end - truth[j] for i, j in pairs]
    return Tally(
        np.array(hits, np.int64),
        np.array([len(one) for one in found], np.int64),
        np.array([len(one) for one in dated], np.int64),
        np.array(errors, np.int64),
    )


def true(found: Sequence[Sequence[Interval]], dated: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Whether each detection has a dated cut within ten days, in their order: bool[m]."""
    result = []
    for mine, truth in zip(found, dated, strict=True):
        hit = {i for i, _ in matched(mine, truth, 10)}
        result += [i in hit for i in range(len(mine))]
    return np.array(result, bool)


def bootstrap(
    one: Tally, other: Tally, site: NDArray[np.int64], samples: int = 2000
) -> tuple[float, float, float]:
    """Difference of two F1, with 95 % bounds by drawing sites, the same for both.

    :param site: int64[n].
    """
    drawn = _drawn(one, site, samples) - _drawn(other, site, samples)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return one.f1 - other.f1, float(low), float(high)


def bounds(tally: Tally, site: NDArray[np.int64], samples: int = 2000) -> tuple[float, float]:
    """95 % bounds of an F1 by drawing sites."""
    low, high = np.percentile(_drawn(tally, site, samples), [2.5, 97.5])
    return float(low), float(high)


def _drawn(tally: Tally, site: NDArray[np.int64], samples: int) -> NDArray[np.float64]:
    """F1 of samples of the sites; the same sites each time."""
    _, place = np.unique(site, return_inverse=True)
    sites = int(place.max()) + 1
    drawn = np.random.default_rng(0).multinomial(sites, np.full(sites, 1 / sites), samples)
    hits, found, dated = (drawn @ np.bincount(place, values, sites) for values in tally[:3])
    return np.asarray(2 * hits / np.maximum(found + dated, 1))


def deciles(
    probability: NDArray[np.float64], hit: NDArray[np.bool_]
) -> list[tuple[int, float, float]]:
    """Events, mean probability and share of true ones, by tenths of probability that have any."""
    tenth = np.minimum((probability * 10).astype(np.int64), 9)
    return [
        (int(mine.sum()), float(probability[mine].mean()), float(hit[mine].mean()))
        for mine in (tenth == number for number in range(10))
        if mine.any()
    ]
