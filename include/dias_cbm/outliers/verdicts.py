"""Verdicts from scores: plausible crops, P(wrong), the length of the list, and who is green."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers import conformal
from dias_cbm.outliers.budget import Budget, Wanted, choose, ranking
from dias_cbm.outliers.calibration import NO_FINDINGS, Calibration, Findings, calibrate


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a run says of its parcels, in their order.

    :param plausible: bool[n, K], crops that cannot be excluded.
    :param wrong: float32[n], P(wrong) or its lower bound (``calibration.name``); NaN where not
        scored.
    :param listed: bool[n], the parcels of the budget: red, where nothing else speaks against it.
    :param confirmed: bool[n], green by ``rule``; never one of ``listed``.
    :param rule: the rule for green, in one sentence.
    """

    plausible: NDArray[np.bool_]
    wrong: NDArray[np.float32]
    listed: NDArray[np.bool_]
    confirmed: NDArray[np.bool_]
    calibration: Calibration
    budget: Budget
    rule: str

    def sentences(self) -> list[str]:
        """The run's numbers and rules in plain words, for its report."""
        return [self.budget.sentence(), self.calibration.sentence(), self.rule]


def assess(
    probability: NDArray[np.floating],
    declared: NDArray[np.integer],
    fold: NDArray[np.integer],
    suspicion: NDArray[np.floating],
    swap_odds: NDArray[np.floating],
    error_share: float,
    wanted: Wanted,
    findings: Findings = NO_FINDINGS,
    group: NDArray[np.integer] | None = None,
    firm: NDArray[np.bool_] | None = None,
) -> Verdicts:
    """Turn the scores of a run into verdicts.

    :param probability: [n, K], out of fold; NaN where nothing was observed.
    :param declared: [n], -1 where there is no declaration that the run can judge.
    :param fold: [n].
    :param suspicion: [n], the ranking; NaN where not scored.
    :param swap_odds: [n]; NaN where not scored.
    :param error_share: estimated share of wrong declarations, a lower bound.
    :param wanted: the review budget.
    :param findings: of inspections of earlier runs.
    :param group: [K], number of each crop's group.
    :param firm: [n], parcels whose data suffice for a verdict; only these may be listed. None: all.
    """
    calibration = calibrate(swap_odds, error_share, findings)
    wrong = calibration.probability(swap_odds, suspicion)
    judged = suspicion if firm is None else np.where(firm, suspicion, np.nan)
    budget = choose(
        wrong, judged, wanted, calibration.inspections_missing, calibration.contradicted
    )
    listed = np.zeros(len(wrong), np.bool_)
    listed[ranking(judged)[: budget.parcels]] = True
    plausible = conformal.plausible_sets(probability, declared, fold)
    green = conformal.confirmed(plausible, declared, wrong, group) & ~listed
    return Verdicts(
        plausible=plausible,
        wrong=wrong,
        listed=listed,
        confirmed=green if firm is None else green & firm,
        calibration=calibration,
        budget=budget,
        rule=conformal.rule(calibration.calibrated),
    )
