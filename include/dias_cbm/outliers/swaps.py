"""Swap scores: how much a declaration looks like one that was exchanged for another crop.

The out-of-fold probabilities of a parcel do not depend on its own declaration. So wrong
declarations can be made by the thousand without training again: every parcel is given another
crop, and a logistic regression learns to tell these from the crops as declared, cross-fitted over
the folds. Real errors hide better than swaps do, so the share of errors that it estimates is a
lower bound.

Rows are parcels with a declared class; the classes are crops, or groups of crops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.logistic import Logistic, fit

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: How often each parcel is given another crop.
COPIES = 3

#: Share of them drawn by the frequency of the crops; the others are crops that the model confuses.
RANDOM_SHARE = 0.5

# Fewer swaps into a class do not show how many would be found.
_LEAST_SWAPS = 20

# Standard errors on each side of the self-test: 99 per cent.
_SPREAD = 2.576

_SMALLEST = 1e-5
_LEAST_ODDS = 1e-4
_ROWS = 20_000

# Rows that one logistic regression is fitted on; it has eleven parameters.
_MOST_FITTED = 60_000


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Whether declarations fit their parcels better than if two parcels exchange them.

    Both sets hold the same declarations, so that without any signal the chance is one half.

    :param auc: probability that an exchanged declaration looks more wrong than a declared one.
    :param low: lower end of its 99 % interval.
    :param high: upper end.
    :param exchanged: number of parcels exchanged.
    """

    auc: float
    low: float
    high: float
    exchanged: int

    @property
    def passed(self) -> bool:
        """Whether it is certainly better than chance."""
        return self.low > 0.5


@dataclass(frozen=True, slots=True)
class SwapScores:
    """What the swaps say about the declarations.

    :param odds: float64[rows], log of how much likelier a declaration is among swaps than among
        declarations.
    :param log_odds: float32[rows], see :func:`log_odds`.
    :param error_share: lower bound of the share of wrong declarations.
    :param swapped_class: int64[swaps], class that was put in place of the declared one.
    :param swapped_odds: float64[swaps], their ``odds``.
    :param swapped_log_odds: float32[swaps], their ``log_odds``.
    """

    odds: NDArray[np.float64]
    log_odds: Floats
    error_share: float
    self_test: SelfTest
    swapped_class: Ints
    swapped_odds: NDArray[np.float64]
    swapped_log_odds: Floats

    def wrong_at_least(self) -> Floats:
        """Lower bound of each declaration's probability to be wrong."""
        with np.errstate(over="ignore"):
            bound = self.error_share * np.exp(self.odds)
        return np.minimum(bound, 1).astype(np.float32)

    def found(self, share: float) -> NDArray[np.bool_]:
        """Which swaps would be among the given share of the parcels that look most wrong.

        A share of 0 has room for none.

        :returns: bool[swaps].
        """
        declared = standing(self.log_odds) + standing(self.odds)
        swapped = standing(self.swapped_log_odds, self.log_odds)
        swapped = swapped + standing(self.swapped_odds, self.odds)
        return (swapped > np.quantile(declared, 1 - share)) & (share > 0)

    def power(self, share: float, classes: int) -> Floats:
        """Share of the swaps into each class that would be found.

        :param share: of the parcels, that can be reviewed.
        :returns: float32[classes]; NaN where too few swaps show it.
        """
        number = np.bincount(self.swapped_class, minlength=classes)
        found = np.bincount(self.swapped_class, self.found(share), minlength=classes)
        return np.where(number >= _LEAST_SWAPS, found / np.maximum(number, 1), np.nan).astype(
            np.float32
        )


def swap_scores(probability: Floats, declared: Ints, fold: Ints, seed: int) -> SwapScores:
    """Score declarations by what swapped ones look like.

    :param probability: float32[rows, classes], of models that did not train on the row.
    :param declared: int64[rows], at least two classes.
    :param fold: int64[rows], the fold in which each row was left out; at least two.
    """
    generator = np.random.default_rng(seed)
    view = _View(probability, declared)
    swaps = [view.draw(generator) for _ in range(COPIES)]
    partners = _exchange(declared, generator)
    as_declared = view.pairs(declared)
    as_swapped = [view.pairs(labels) for labels in swaps]
    as_exchanged = view.pairs(declared[partners])

    odds = np.empty(len(declared))
    exchanged = np.empty(len(declared))
    swapped = np.empty((COPIES, len(declared)))
    for number in np.unique(fold):
        model = _fit(as_declared, as_swapped, np.flatnonzero(fold != number), generator)
        here = fold == number
        odds[here] = model.log_odds(as_declared[here])
        exchanged[here] = model.log_odds(as_exchanged[here])
        for copy, pairs in enumerate(as_swapped):
            swapped[copy, here] = model.log_odds(pairs[here])
    moved = declared[partners] != declared
    return SwapScores(
        odds=odds,
        log_odds=log_odds(probability, declared),
        error_share=error_share(odds, swapped.ravel()),
        self_test=self_test(odds[moved], exchanged[moved]),
        swapped_class=np.concatenate(swaps),
        swapped_odds=swapped.ravel(),
        swapped_log_odds=np.concatenate([log_odds(probability, labels) for labels in swaps]),
    )


def log_odds(probability: Floats, declared: Ints) -> Floats:
    """Log of how much likelier the best other class is than the declared one, float32[rows]."""
    here = np.arange(len(declared))
    own = probability[here, declared]
    best = np.empty_like(own)
    for start in range(0, len(own), _ROWS):
        others = probability[start : start + _ROWS].copy()
        others[np.arange(len(others)), declared[start : start + _ROWS]] = 0
        best[start : start + _ROWS] = others.max(axis=1)
    odds: Floats = np.log(best + np.float32(_LEAST_ODDS)) - np.log(own + np.float32(_LEAST_ODDS))
    return odds


def error_share(odds: NDArray[np.float64], swapped: NDArray[np.float64]) -> float:
    """Estimate of the share of wrong declarations; a lower bound in practice.

    If errors were like swaps, the declared above any limit of the odds would be at least their
    share times the swaps above it. The smallest ratio of the two is taken, over tails of enough
    parcels. Real errors are more often between crops that look alike, and stay below the limits:
    with 5 % planted the estimate was 2 to 4 % in all of 15 seasons. It is not a bound where next to
    nothing is wrong, since the shortest tail is never empty: without any errors it was .5 to 1.7 %.
    Neither is it one where the signal hardly tells the classes apart.

    :param odds: of the declared.
    :param swapped: of the swaps.
    """
    size = len(odds)
    declared, wrong = np.sort(odds), np.sort(swapped)
    shortest = max(min(20, 0.01 * size), 0.004 * size, 1)
    ranks = np.unique(np.geomspace(shortest, max(0.15 * size, 1), 25))
    ranks = ranks.astype(np.int64)
    limits = declared[size - ranks]
    above = 1 - np.searchsorted(wrong, limits, side="right") / len(wrong)
    return float(np.min(np.minimum(ranks / size / np.maximum(above, 1e-9), 1)))


def self_test(declared: NDArray[np.float64], exchanged: NDArray[np.float64]) -> SelfTest:
    """The AUC of exchanged declarations against the same parcels' own.

    Its standard error is Hanley and McNeil's of 1982.

    :param declared: odds of the parcels' own declarations.
    :param exchanged: odds of the declarations exchanged between them.
    """
    from scipy.stats import rankdata

    size = len(declared)
    if size == 0:
        return SelfTest(0.5, 0.0, 1.0, 0)
    rank = rankdata(np.concatenate([declared, exchanged]))[size:]
    auc = float((rank.sum() - size * (size + 1) / 2) / size**2)
    above, below = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (size - 1) * (above + below - 2 * auc**2)
    spread = _SPREAD * float(np.sqrt(max(variance, 0.25 / size))) / size
    return SelfTest(auc, max(auc - spread, 0.0), min(auc + spread, 1.0), size)


def standing(
    score: NDArray[np.floating], among: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """A score in units of its own upper tail: 0 at the median, 1 at the 97.5th percentile.

    :param among: the scores that give median and percentile; the same if None.
    """
    reference = score if among is None else among
    middle, high = np.quantile(reference, [0.5, 0.975])
    return (score.astype(np.float64) - middle) / max(float(high - middle), 1e-9)


class _View:
    """Probabilities of the rows, and what they say about pairs of a row and a class.

    :param probability: float32[rows, classes].
    :param declared: int64[rows].
    """

    def __init__(self, probability: Floats, declared: Ints) -> None:
        self._probability = probability
        self._declared = declared
        classes = probability.shape[1]
        number = np.bincount(declared, minlength=classes)
        self._frequency = number / len(declared)
        total = np.zeros((classes, classes))
        for label in range(classes):
            total[label] = probability[declared == label].sum(axis=0, dtype=np.float64)
        # By declared class the mean probability of every class.
        self._confusion = np.where(
            number[:, None] > 0, total / np.maximum(number, 1)[:, None], self._frequency
        )

    def draw(self, generator: np.random.Generator) -> Ints:
        """Another class than the declared one for each row."""
        size, classes = self._probability.shape
        by_frequency = generator.random(size) < RANDOM_SHARE
        chance: NDArray[np.float64] = generator.random((size,))
        drawn = np.empty(size, np.int64)
        for declared in range(classes):
            for weights, chosen in (
                (self._frequency, by_frequency),
                (self._confusion[declared], ~by_frequency),
            ):
                rows = np.flatnonzero(chosen & (self._declared == declared))
                others = weights + _SMALLEST * self._frequency
                others[declared] = 0
                limits = np.cumsum(others)
                at = np.searchsorted(limits, chance[rows] * others.sum(), side="right")
                drawn[rows] = np.minimum(at, np.flatnonzero(others).max(initial=0))
        return drawn

    def pairs(self, labels: Ints) -> Floats:
        """Each row with a label as ten numbers, float32[rows, 10]."""
        size = len(labels)
        made = np.empty((size, 10), np.float32)
        for start in range(0, size, _ROWS):
            here = slice(start, start + _ROWS)
            made[here] = self._pairs(self._probability[here], labels[here])
        return made

    def _pairs(self, probability: Floats, labels: Ints) -> Floats:
        here = np.arange(len(labels))
        logs = np.log(np.clip(probability, _SMALLEST, 1))
        own = logs[here, labels]
        others = logs.copy()
        others[here, labels] = -np.inf
        rival = others.argmax(axis=1)
        best = others[here, rival]
        columns = [
            own,
            best,
            own - best,
            -(probability * logs).sum(axis=1),
            (logs > own[:, None]).sum(axis=1),
            np.log(self._frequency[labels] + _SMALLEST),
            np.log(self._frequency[rival] + _SMALLEST),
            np.log(self._confusion[rival, labels] + _SMALLEST),
            np.log(self._confusion[labels, rival] + _SMALLEST),
            self._confusion[labels, labels],
        ]
        return np.stack(columns, axis=1).astype(np.float32)


def _exchange(declared: Ints, generator: np.random.Generator) -> Ints:
    """A partner for each row, mutually; the last of an odd number is its own."""
    order = generator.permutation(len(declared))
    half = len(order) // 2
    partners = np.arange(len(declared))
    partners[order[:half]] = order[half : 2 * half]
    partners[order[half : 2 * half]] = order[:half]
    return partners


def _fit(
    declared: Floats, swapped: list[Floats], rows: Ints, generator: np.random.Generator
) -> Logistic:
    """A regression that tells the swaps of some rows from their declarations."""
    if len(rows) > _MOST_FITTED:
        rows = np.sort(generator.choice(rows, _MOST_FITTED, replace=False))
    pairs = np.concatenate([declared[rows], *(one[rows] for one in swapped)])
    copies = len(swapped)
    target = np.repeat([0.0, 1.0], [len(rows), copies * len(rows)])
    weight = np.repeat([1.0, 1 / copies], [len(rows), copies * len(rows)])
    return fit(pairs, target, weight)
