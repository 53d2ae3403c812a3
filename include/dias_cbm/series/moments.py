"""Bias, spread and correlation of many groups of pairs, from pairs that arrive in pieces.

Means and sums of squares are merged as by Chan, Golub and LeVeque (1979), so that no value has to
be kept. Median and quartiles of the differences come from counts in classes whose bounds grow by
2 %: they are right to 1 % of their size, and below a millionth they are 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_SMALLEST = 1e-6
_GROWTH = np.log(1.02)
_CLASSES = 1300  # up to 1.5e5
#: Quartiles of a normal distribution are this far apart, in standard deviations.
_NORMAL = 1.3489795


@dataclass(frozen=True, slots=True)
class Difference:
    """How values of B differ from those of A.

    :param bias: mean of B - A.
    :param spread: standard deviation of B - A.
    :param median: of B - A.
    :param robust_spread: distance of the quartiles of B - A, as a standard deviation.
    :param correlation: Pearson's; None for fewer than three pairs, or if one is constant.
    """

    pairs: int
    mean_a: float
    mean_b: float
    bias: float
    spread: float
    median: float
    robust_spread: float
    correlation: float | None


@dataclass(slots=True)
class Moments:
    """Sums over the pairs of g groups."""

    groups: int
    n: Whole = field(init=False)
    mean: Floats = field(init=False)
    squares: Floats = field(init=False)
    products: Floats = field(init=False)
    classes: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        self.n = np.zeros(self.groups, np.int64)
        self.mean = np.zeros((3, self.groups))  # of A, B and B - A
        self.squares = np.zeros((3, self.groups))
        self.products = np.zeros(self.groups)
        self.classes = np.zeros((self.groups, 2 * _CLASSES + 1), np.int32)

    def add(self, group: Whole, a: Floats, b: Floats) -> None:
        """Add pairs.

        :param group: of each pair.
        """
        difference = b - a
        n = np.bincount(group, minlength=self.groups)
        present = np.maximum(n, 1)
        mean, squares = np.empty_like(self.mean), np.empty_like(self.squares)
        centred = []
        for row, values in enumerate((a, b, difference)):
            mean[row] = np.bincount(group, values, self.groups) / present
            centred.append(values - mean[row][group])
            squares[row] = np.bincount(group, centred[-1] * centred[-1], self.groups)
        products = np.bincount(group, centred[0] * centred[1], self.groups).astype(float)
        self._merge(n, mean, squares, products)
        np.add.at(self.classes, (group, _class_of(difference)), 1)

    def _merge(self, n: Whole, mean: Floats, squares: Floats, products: Floats) -> None:
        both = np.maximum(self.n + n, 1)
        apart = mean - self.mean
        weight = self.n * n / both
        self.squares += squares + apart * apart * weight
        self.products += products + apart[0] * apart[1] * weight
        self.mean += apart * (n / both)
        self.n += n

    def together(self, group: Whole, groups: int) -> Moments:
        """The same pairs in fewer groups.

        :param group: the new group of each old one.
        """
        merged = Moments(groups)
        for old in np.flatnonzero(self.n):
            only = np.arange(groups) == group[old]
            merged._merge(
                only * self.n[old],
                only * self.mean[:, old, None],
                only * self.squares[:, old, None],
                only * self.products[old],
            )
            merged.classes[group[old]] += self.classes[old]
        return merged

    def difference(self, group: int) -> Difference | None:
        """The result for one group; None if it has no pairs."""
        n = int(self.n[group])
        if not n:
            return None
        mean = self.mean[:, group]
        squares_a, squares_b, squares = self.squares[:, group]
        correlation = None
        if n >= 3 and squares_a > 0 and squares_b > 0:
            ratio = self.products[group] / np.sqrt(squares_a * squares_b)
            correlation = float(np.clip(ratio, -1, 1))
        low, middle, high = self._quantiles(group, (0.25, 0.5, 0.75))
        return Difference(
            n, float(mean[0]), float(mean[1]), float(mean[2]), float(np.sqrt(squares / n)),
            middle, (high - low) / _NORMAL, correlation,
        )  # fmt: skip

    def _quantiles(self, group: int, shares: tuple[float, ...]) -> list[float]:
        reached = np.cumsum(self.classes[group])
        places = np.searchsorted(reached, np.array(shares) * reached[-1])
        return [_middle_of(int(place)) for place in places]


def _class_of(difference: Floats) -> Whole:
    size = np.abs(difference)
    with np.errstate(divide="ignore"):
        number = 1 + np.floor(np.log(size / _SMALLEST) / _GROWTH)
    number = np.clip(number, 0, _CLASSES).astype(np.int64)
    return np.where(difference < 0, -number, number) + _CLASSES


def _middle_of(place: int) -> float:
    number = place - _CLASSES
    if not number:
        return 0.0
    return float(np.sign(number) * _SMALLEST * np.exp((abs(number) - 0.5) * _GROWTH))
