"""Exact confidence intervals of a share: Clopper-Pearson, and hypergeometric for small lots.

Two-sided: what lies below the lower limit and what lies above the upper one has at most half of the
remaining probability each. In plain Python, so that no statistics library is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log

CONFIDENCE = 0.95

#: Less than this of an item is none: weights do not add up to the last digit.
_NOTHING = 1e-9
#: Where the continued fraction ends.
_ENOUGH, _MOST_TERMS = 1e-15, 10_000


def clopper_pearson(
    wrong: float, judged: float, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval of a share in a large lot.

    Source: Clopper and Pearson 1934, Biometrika 26. The numbers need not be whole: a weighted
    sample stands for as many equally weighted items as are equally informative (Korn and Graubard).

    :param wrong: of ``judged``.
    :returns: lower and upper limit; 0 to 1 if nothing was judged.
    """
    _check(wrong, judged)
    tail = (1 - confidence) / 2
    right = judged - wrong
    low, high = 0.0, 1.0
    if wrong > _NOTHING:
        low = _root(lambda share: _beta_up_to(share, wrong, right + 1) >= tail)
    if right > _NOTHING:
        high = _root(lambda share: _beta_up_to(share, wrong + 1, right) >= 1 - tail)
    return low, high


def hypergeometric(
    wrong: int, judged: int, lot: int, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval of the share of a lot of known size, drawn without putting back.

    :param lot: rows in the lot, those judged included.
    :returns: lower and upper limit, both a whole number of rows by ``lot``.
    """
    _check(wrong, judged)
    if lot < judged:
        raise ValueError(f"a lot of {lot} cannot give {judged}")
    if judged == 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    fewest, most = wrong, lot - (judged - wrong)
    low = _first(fewest, most, lambda k: 1 - _drawn_up_to(wrong - 1, judged, k, lot) > tail)
    high = _first(fewest, most + 1, lambda k: _drawn_up_to(wrong, judged, k, lot) <= tail) - 1
    return low / lot, high / lot


def _check(wrong: float, judged: float) -> None:
    if not 0 <= wrong <= judged:
        raise ValueError(f"{wrong} of {judged} is not a share")


def _root(reached: Callable[[float], bool]) -> float:
    """The share at which a condition that grows true with the share becomes true."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return (low + high) / 2


def _first(low: int, high: int, reached: Callable[[int], bool]) -> int:
    """The smallest number at which a condition that stays true becomes true, at most ``high``."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle + 1, high)
    return low


def _beta_up_to(share: float, a: float, b: float) -> float:
    """The regularised incomplete beta function; with whole numbers, a sum of binomial terms.

    Its continued fraction (DLMF 8.17.22), by Lentz's method.
    """
    if share <= 0 or share >= 1:
        return float(share >= 1)
    if share > (a + 1) / (a + b + 2):
        # There the fraction of the other tail converges faster.
        return 1 - _beta_up_to(1 - share, b, a)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(share) + b * log(1 - share)
    upper = 1.0
    lower = fraction = 1 / (1 - (a + b) * share / (a + 1))
    for m in range(1, _MOST_TERMS):
        for term in (
            m * (b - m) * share / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * share / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            lower = 1 / (1 + term * lower or _NOTHING)
            upper = 1 + term / upper or _NOTHING
            fraction *= upper * lower
        if abs(upper * lower - 1) < _ENOUGH:
            break
    return exp(scale) * fraction / a


def _drawn_up_to(most: int, judged: int, bad: int, lot: int) -> float:
    """Probability of drawing at most ``most`` of ``bad`` rows among ``judged`` of ``lot``."""
    fewest, largest = max(0, judged - (lot - bad)), min(judged, bad, most)
    every = _choose(lot, judged)
    terms = (
        exp(_choose(bad, k) + _choose(lot - bad, judged - k) - every)
        for k in range(fewest, largest + 1)
    )
    return min(1.0, sum(terms))


def _choose(of: int, take: int) -> float:
    return lgamma(of + 1) - lgamma(take + 1) - lgamma(of - take + 1)
