"""Evidence for what a list says of itself: P(wrong), expected errors and plausible crops.

The simulated season knows which declarations are wrong. An inspection sample is drawn as an agency
would draw it, its findings calibrate P(wrong), and that is compared with the truth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.budget import By, Wanted, ranking
from dias_cbm.outliers.calibration import NO_FINDINGS, Findings, rank_odds
from dias_cbm.outliers.conformal import ALPHA
from dias_cbm.outliers.sample import PLAN, draw
from dias_cbm.outliers.score import ScoreOptions, Scores, score
from dias_cbm.outliers.verdicts import Verdicts, assess
from dias_cbm_lab.evidence.outliers.case import CLASSES, simulated_case
from dias_cbm_lab.evidence.outliers.study import Bar

INSPECTIONS = sum(band.inspections for band in PLAN)

#: Inspection samples drawn of each season.
SAMPLES = 20

_MOST_ECE = 0.02
_MOST_OFF = 0.1
#: Share of the parcels that are listed.
BUDGET = 0.05

_BINS = 10


@dataclass(frozen=True, slots=True)
class Sureness:
    """One season's P(wrong), after one sample, and its plausible crops against the truth.

    :param wrong: share of wrong declarations.
    :param bound: the estimated share, a lower bound.
    :param there: wrong declarations in the budget.
    :param expected: of them, by P(wrong) after inspections.
    :param expected_at_least: by the lower bound, without inspections.
    :param ece: expected calibration error of P(wrong), in ten bins.
    :param inside: share of parcels whose true crop is plausible.
    :param crops: plausible crops, on average.
    :param green: share of parcels that are green.
    :param false_green: wrong declarations among them.
    :param green_by_bound: green without inspections.
    :param false_green_by_bound: wrong declarations among them.
    """

    seed: int
    wrong: float
    bound: float
    there: int
    expected: float
    expected_at_least: float
    ece: float
    inside: float
    crops: float
    green: float
    false_green: float
    green_by_bound: float
    false_green_by_bound: float


def measure(
    scores: Scores,
    declared: NDArray[np.int64],
    true: NDArray[np.int64],
    fold: NDArray[np.int64],
    seed: int,
    inspections: int = INSPECTIONS,
) -> Sureness:
    """Inspect a sample, calibrate with it, and compare with the truth.

    :param declared: int[n].
    :param true: int[n].
    :param seed: of the sample.
    :param inspections: findings kept of the sample, at random.
    """
    wrong = declared != true
    drawn = draw(scores.suspicion, seed).parcel
    seen = np.random.default_rng(seed).permutation(drawn)[:inspections]
    odds = rank_odds(scores.swap_odds, scores.suspicion)
    before, after = (
        verdicts(scores, declared, fold, findings)
        for findings in (
            NO_FINDINGS,
            Findings(odds[seen], wrong[seen]),
        )
    )
    listed = ranking(scores.suspicion)[: after.budget.parcels]
    return Sureness(
        seed=seed,
        wrong=float(wrong.mean()),
        bound=float(scores.error_share),
        there=int(wrong[listed].sum()),
        expected=after.budget.expected_wrong,
        expected_at_least=before.budget.expected_wrong,
        ece=ece(after.wrong, wrong),
        inside=float(after.plausible[np.arange(len(true)), true].mean()),
        crops=float(after.plausible.sum(axis=1).mean()),
        green=float(after.confirmed.mean()),
        false_green=float(wrong[after.confirmed].mean()),
        green_by_bound=float(before.confirmed.mean()),
        false_green_by_bound=float(wrong[before.confirmed].mean()),
    )


def verdicts(
    scores: Scores, declared: NDArray[np.int64], fold: NDArray[np.int64], findings: Findings
) -> Verdicts:
    """The verdicts that a run would give."""
    return assess(
        scores.probability,
        declared,
        fold,
        scores.suspicion,
        scores.swap_odds,
        scores.error_share,
        Wanted(By.SHARE, BUDGET),
        findings,
    )


def ece(probability: NDArray[np.floating], wrong: NDArray[np.bool_]) -> float:
    """Expected calibration error: mean difference between P(wrong) and what is wrong, by bins.

    :param probability: [n]; NaN where not scored, left out.
    :param wrong: [n].
    """
    known = ~np.isnan(probability)
    p = probability[known].astype(np.float64)
    bins = np.minimum((p * _BINS).astype(np.int64), _BINS - 1)
    expected = np.bincount(bins, p, minlength=_BINS)
    there = np.bincount(bins, wrong[known], minlength=_BINS)
    return float(np.abs(expected - there).sum() / max(len(p), 1))


def study(
    parcels: int, seeds: list[int], learners: str, show: Callable[[str], None]
) -> list[Sureness]:
    """Score simulated seasons, inspect samples of each, and compare with the truth.

    Whether a single sample is lucky says little; so there are :data:`SAMPLES` of every season.

    :param parcels: in each season.
    :param show: is given a line after each season.
    """
    found = []
    for seed in seeds:
        case = simulated_case(parcels, seed)
        true, declared, _ = case.declarations
        options = ScoreOptions(learners=learners)
        scores = score(
            case.values, case.layout, declared, CLASSES, case.fold, options, show=lambda _: None
        )
        found += [
            replace(measure(scores, declared, true, case.fold, sample), seed=seed)
            for sample in range(SAMPLES)
        ]
        show(f"seed {seed}: {_mean(found[-SAMPLES:], 'expected'):.0f} expected wrong")
    return found


def bars(found: list[Sureness]) -> list[Bar]:
    """The bars: calibration in four samples of five, expected errors in nine of ten."""
    close = [abs(one.expected / max(one.there, 1) - 1) <= _MOST_OFF for one in found]
    return [
        Bar(
            "calibration error of P(wrong), four samples of five",
            float(np.quantile([one.ece for one in found], 0.8)),
            _MOST_ECE,
            at_least=False,
        ),
        Bar("samples whose expected errors are within a tenth", float(np.mean(close)), 0.9),
        Bar("true crop plausible, worst season", min(one.inside for one in found), 1 - ALPHA),
    ]


def rows(found: list[Sureness]) -> list[dict[str, str]]:
    """The seasons as a table, each the mean of its samples."""
    return [_row([one for one in found if one.seed == seed]) for seed in _seeds(found)]


def _row(season: list[Sureness]) -> dict[str, str]:
    expected = [one.expected for one in season]
    return {
        "season": str(season[0].seed),
        "wrong on the list": str(season[0].there),
        "expected": f"{min(expected):.0f} to {max(expected):.0f}",
        "at least": f"{season[0].expected_at_least:.0f}",
        "ECE": f"{_mean(season, 'ece'):.4f}",
        "true crop plausible": f"{season[0].inside:.1%}",
        "plausible crops": f"{season[0].crops:.1f}",
        "green": f"{_mean(season, 'green'):.1%}",
        "wrong in green": f"{_mean(season, 'false_green'):.2%}",
        "green by bound": f"{season[0].green_by_bound:.1%}",
        "wrong in it": f"{season[0].false_green_by_bound:.2%}",
    }


def _seeds(found: list[Sureness]) -> list[int]:
    return sorted({one.seed for one in found})


def _mean(season: list[Sureness], name: str) -> float:
    return float(np.mean([getattr(one, name) for one in season]))
