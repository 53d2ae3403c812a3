"""Evidence for what a list says of itself: P(wrong), expected errors, plausible crops, groups.

The simulated season knows which declarations are wrong. An inspection sample is drawn as an agency
would draw it, its findings calibrate P(wrong), and that is compared with the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.budget import By, Wanted, ranking
from dias_cbm.outliers.calibration import Findings
from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.matrix import Matrix, Means
from dias_cbm.outliers.sample import PLAN, draw
from dias_cbm.outliers.score import ScoreOptions, Scores, score
from dias_cbm.outliers.verdicts import Verdicts, assess
from dias_cbm_lab.evidence.outliers.crops import DECLARED_CODES
from dias_cbm_lab.evidence.outliers.planting import plant
from dias_cbm_lab.evidence.outliers.simulator import BANDS, DIRECTIONS, PERIODS, Season, simulate

BUDGET = 0.05
INSPECTIONS = sum(band.inspections for band in PLAN)

_BINS = 10

#: Groups of the simulated crops that an agency might make; the others stay alone.
GROUPS = {
    "GRA": "grassland", "FAL": "grassland",
    "WWH": "cereals", "WBA": "cereals", "WRY": "cereals", "SCE": "cereals",
    "POT": "row crops", "SBT": "row crops", "ONI": "row crops", "VEG": "row crops",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sureness:
    """One season's P(wrong) and plausible crops against the truth.

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


def features(season: Season) -> tuple[NDArray[np.float32], Layout]:
    """The feature matrix of a simulated season, float32[n, columns], and its layout."""
    series = [Means(card, band, direction) for direction in DIRECTIONS for card, band in BANDS]
    parcels = len(season.crop)
    matrix = Matrix(series, PERIODS, parcels)
    flat = season.means.reshape(parcels, len(series), len(PERIODS))
    order = [series.index(one) for one in matrix.means]
    matrix.add(slice(0, parcels), np.ascontiguousarray(flat[:, order].transpose(1, 2, 0)))
    matrix.complete()
    return matrix.values, matrix.layout


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
    before, after = (
        verdicts(scores, declared, fold, findings)
        for findings in (
            Findings(np.empty(0), np.empty(0, np.bool_)),
            Findings(scores.swap_odds[seen], wrong[seen]),
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


def found_across(
    suspicion: NDArray[np.floating],
    declared: NDArray[np.int64],
    true: NDArray[np.int64],
    group: NDArray[np.int64],
) -> float:
    """Share of the errors across groups among the first parcels, as many as there are such errors.

    :param group: int[K].
    """
    across = group[declared] != group[true]
    listed = ranking(suspicion)[: int(across.sum())]
    return float(across[listed].sum() / max(int(across.sum()), 1))


def groups_of_crops() -> NDArray[np.int64]:
    """Group of each declared crop of the simulator, int[K]."""
    names = [GROUPS.get(code, code) for code in DECLARED_CODES]
    return np.array([names.index(name) for name in names], np.int64)


def seasons(
    parcels: int, seeds: range, options: ScoreOptions | None = None
) -> Iterator[tuple[Sureness, float, float]]:
    """For each seed the sureness, and the errors across groups found by crop and by group score.

    Takes about a minute for 8,000 parcels.
    """
    group = groups_of_crops()
    for seed in seeds:
        season = simulate(parcels, seed)
        planted = plant(season.crop, seed + 1)
        values, layout = features(season)
        fold = assign_folds(planted.declared, 4, seed)
        apart, together = (
            score(values, layout, planted.declared, len(DECLARED_CODES), fold, options, by)
            for by in (None, group)
        )
        yield (
            measure(apart, planted.declared, planted.true, fold, seed),
            found_across(apart.suspicion, planted.declared, planted.true, group),
            found_across(together.suspicion, planted.declared, planted.true, group),
        )
