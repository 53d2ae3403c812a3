"""P(wrong) of a declaration: a lower bound from swaps, a calibrated probability after inspections.

The swap odds of a parcel are the log of how much oftener a row like its own belongs to a swapped
declaration than to a declared one. Times the estimated share of errors that is P(wrong); but this
share comes out too low in every measurement with several per cent of errors, and so the product is
called a lower bound. It is none where hardly any declaration is wrong (:data:`PERHAPS_NONE`), and
may be none where the signal hardly tells the crops apart.

With at least :data:`ENOUGH` inspections a logistic curve with two parameters is fitted to what they
found: ``P(wrong) = 1 / (1 + exp(-(intercept + slope * odds)))``. It starts from the curve that is
closest to the lower bound, and moves as far from it as the inspections demand. Its odds are the
swap odds put in the order of the ranking (:func:`rank_odds`), because the ranking knows more than
they do: on the simulator that halves the calibration error, and P(wrong) falls along the list.

Inspections are taken mostly from the top of the list. They need not be weighted here: which
parcels were inspected depends on the rank, and P(wrong) at a given rank does not. On the simulator
(five seeds, twenty samples of 200 each) the plain fit keeps the expected errors of the top 5 %
within a tenth of the true number in 98 of 100 samples, the fit weighted by bands in 84. The report
on the list does weight them: see :mod:`dias_cbm.outliers.precision`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.budget import ranking

#: Inspections with a clear finding from which P(wrong) is calibrated, and how many of them must be
#: right, and wrong, at least.
ENOUGH = 60
ENOUGH_OF_EACH = 5

#: Below this estimate of the share of wrong declarations there may be none: in seasons in which all
#: were right, swaps estimated .5 to 1.7 %.
PERHAPS_NONE = 0.02

# Standard deviations of intercept and slope about the curve of the lower bound: wide enough for the
# inspections to decide, narrow enough that a sample without overlap does not make a step of it.
_SPREAD = np.array([3.0, 1.0])

_STEPS = 100
_LARGEST_STEP = 1.0


@dataclass(frozen=True, slots=True)
class Findings:
    """Clear findings of inspections, with the odds of the list that they were about.

    :param rank_odds: float64[m], of :func:`rank_odds`.
    :param wrong: bool[m], whether the declaration was found wrong.
    """

    rank_odds: NDArray[np.float64]
    wrong: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of findings."""
        return len(self.wrong)


NO_FINDINGS = Findings(np.empty(0), np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The way from odds to P(wrong).

    :param error_share: estimated share of wrong declarations, a lower bound.
    :param inspections: clear findings known.
    :param intercept: of the logistic curve; None while P(wrong) is not calibrated.
    :param slope: likewise.
    :param note: why P(wrong) is not calibrated; empty if it is.
    :param inspections_missing: clear findings needed before P(wrong) can be calibrated; 0 if it
        is, or if those that are there contradict the ranking.
    """

    error_share: float
    inspections: int
    intercept: float | None = None
    slope: float | None = None
    note: str = ""
    inspections_missing: int = 0

    @property
    def calibrated(self) -> bool:
        """Whether :meth:`probability` is one, and not only a lower bound."""
        return self.intercept is not None

    @property
    def contradicted(self) -> bool:
        """Whether there are findings enough, and they contradict the ranking."""
        return not self.calibrated and not self.inspections_missing

    @property
    def name(self) -> str:
        """The name of the number: ``P(wrong)`` or ``wrong at least``."""
        return "P(wrong)" if self.calibrated else "wrong at least"

    def probability(
        self, swap_odds: NDArray[np.floating], suspicion: NDArray[np.floating]
    ) -> NDArray[np.float32]:
        """P(wrong) of each parcel, or its lower bound; NaN where the odds are.

        :param swap_odds: [n].
        :param suspicion: [n], the ranking; NaN where the odds are.
        """
        if self.intercept is None or self.slope is None:
            return wrong_at_least(swap_odds, self.error_share)
        odds = rank_odds(swap_odds, suspicion)
        return _logistic(self.intercept + self.slope * odds).astype(np.float32)

    def sentence(self) -> str:
        """What the number is worth, for reports."""
        if self.calibrated:
            return f"P(wrong) is calibrated with {self.inspections} inspections"
        if self.contradicted:
            return f"P(wrong) is not known: {self.note}"
        line = f"P(wrong) is a lower bound: {self.note}"
        if self.error_share < PERHAPS_NONE:
            line += f"; where swaps estimate {self.error_share:.1%} wrong, perhaps none is"
        return line


def calibrate(
    swap_odds: NDArray[np.floating], error_share: float, findings: Findings = NO_FINDINGS
) -> Calibration:
    """Fit P(wrong) to what inspections found; without enough of them keep the lower bound.

    :param swap_odds: [n], of the run whose parcels get a probability; NaN where not scored.
    :param error_share: of that run, estimated from swaps.
    :param findings: of earlier runs; no model may have been trained on them.
    """
    known = len(findings)
    wrong = int(findings.wrong.sum())

    def bound(note: str) -> Calibration:
        few = ENOUGH_OF_EACH - min(wrong, known - wrong)
        missing = max(ENOUGH - known, few, 0)
        return Calibration(error_share, known, note=note, inspections_missing=missing)

    if known < ENOUGH:
        return bound(f"{known} of {ENOUGH} inspections are recorded")
    if min(wrong, known - wrong) < ENOUGH_OF_EACH:
        return bound(
            f"of {known} inspections {wrong} found a wrong declaration and {known - wrong} a right"
            f" one; at least {ENOUGH_OF_EACH} of each are needed"
        )
    start = _closest_to_bound(swap_odds, error_share)
    intercept, slope = _fit(findings.rank_odds, findings.wrong, start, _SPREAD)
    if slope <= 0:
        return bound(f"{known} inspections contradict the ranking")
    return Calibration(error_share, known, float(intercept), float(slope))


def rank_odds(
    swap_odds: NDArray[np.floating], suspicion: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The swap odds in the order of the ranking: the first parcel has the highest, and so on.

    :param swap_odds: [n].
    :param suspicion: [n]; NaN where not scored, like the odds.
    :returns: [n]; NaN where not scored.
    """
    order = ranking(suspicion)
    odds = np.full(len(suspicion), np.nan)
    odds[order] = np.sort(swap_odds[order])[::-1]
    return odds


def wrong_at_least(swap_odds: NDArray[np.floating], error_share: float) -> NDArray[np.float32]:
    """The lower bound of P(wrong): error share times odds, at most 1.

    :param swap_odds: [n], natural logarithm.
    """
    with np.errstate(over="ignore"):
        return np.minimum(error_share * np.exp(swap_odds), 1).astype(np.float32)


def _closest_to_bound(swap_odds: NDArray[np.floating], error_share: float) -> NDArray[np.float64]:
    """Intercept and slope of the logistic curve closest to the lower bound, over all parcels."""
    odds = swap_odds[~np.isnan(swap_odds)].astype(np.float64)
    share = float(np.clip(error_share, 1e-6, 0.5))
    start = np.array([np.log(share / (1 - share)), 1.0])
    # A thousandth of a parcel holds the curve in place where the odds cannot.
    return _fit(odds, wrong_at_least(odds, share), start, np.full(2, 1000**0.5))


def _fit(
    odds: NDArray[np.float64],
    target: NDArray[np.generic],
    start: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The likeliest intercept and slope, normally distributed about a start.

    Newton's method; the objective is concave, steps are bounded so that none overshoots.

    :param target: 0 to 1 for each of the odds.
    """
    wanted = target.astype(np.float64)
    design = np.column_stack([np.ones_like(odds), odds])
    precision = np.diag(spread**-2.0)
    curve = start
    for _ in range(_STEPS):
        expected = _logistic(design @ curve)
        slope = design.T @ (wanted - expected) - precision @ (curve - start)
        curvature = (design * (expected * (1 - expected))[:, None]).T @ design + precision
        step = np.linalg.solve(curvature, slope)
        step *= min(1.0, _LARGEST_STEP / max(float(np.abs(step).max()), 1e-12))
        curve = curve + step
        if np.abs(step).max() < 1e-9:
            break
    return curve


def _logistic(value: NDArray[np.floating]) -> NDArray[np.float64]:
    half: NDArray[np.float64] = 0.5 * (1 + np.tanh(0.5 * value.astype(np.float64)))
    return half
