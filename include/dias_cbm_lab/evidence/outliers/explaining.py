"""Evidence for what a list says of its parcels: guilty blocks and special reasons.

The blocks that an explanation blames must matter to the models: made typical of the declared crop,
the three most guilty of 45 undo much of the log odds against the declaration. And a special reason
must be right, which a simulated season knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.curves import Curves, typical_curves
from dias_cbm.outliers.explain import (
    Predict,
    best_other,
    distance_blame,
    log_odds,
    occluded,
    occlusion,
)
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.predictor import tree_predictor
from dias_cbm.outliers.reasons import SMALL_HA, falls
from dias_cbm.outliers.score import ScoreOptions, score
from dias_cbm_lab.evidence.outliers.case import CLASSES, Case, simulated_case
from dias_cbm_lab.evidence.outliers.planting import RIGHT
from dias_cbm_lab.evidence.outliers.simulator import FAILED, simulate
from dias_cbm_lab.evidence.outliers.study import Bar

#: Share of the parcels that are red; as many are yellow.
BUDGET = 0.05

_LEAST_UNDONE, _MOST_BY_CHANCE, _LEAST_FAILED = 0.4, 0.2, 0.6

_BLOCKS = 3
_EXPLAINED = 100


@dataclass(frozen=True, slots=True)
class Explained:
    """One season's explanations against the truth.

    :param distance: share of the log odds of the 100 most suspicious parcels that their three most
        guilty blocks undo, by distance.
    :param occlusion: the same by occlusion.
    :param chance: the same by three blocks at random.
    :param failed: red and yellow parcels that are said to have failed.
    :param failed_right: of them, those that did.
    :param failed_wrong_crop: of them, those of a wrong crop.
    :param failed_there: red and yellow parcels, rightly declared, that failed.
    :param small: small red parcels.
    :param small_right: of them, those whose declaration is right.
    :param large: the other red parcels.
    :param large_right: of them, those whose declaration is right.
    """

    seed: int
    distance: float
    occlusion: float
    chance: float
    failed: int
    failed_right: int
    failed_wrong_crop: int
    failed_there: int
    small: int
    small_right: int
    large: int
    large_right: int


def study(parcels: int, seeds: list[int], show: Callable[[str], None]) -> list[Explained]:
    """Explain the lists of simulated seasons, by the product's own code.

    :param parcels: in each season.
    :param show: is given a line after each season.
    """
    found = []
    for seed in seeds:
        found.append(_measured(parcels, seed))
        show(f"seed {seed}: occlusion undoes {found[-1].occlusion:.0%}")
    return found


def bars(found: list[Explained]) -> list[Bar]:
    """The bars that explanations must meet in every season, failed crops over all of them."""
    said = sum(one.failed for one in found)
    return [
        Bar("undone by distance, worst season", min(one.distance for one in found), _LEAST_UNDONE),
        Bar(
            "undone by occlusion, worst season", min(one.occlusion for one in found), _LEAST_UNDONE
        ),
        Bar(
            "undone by chance, worst season",
            max(one.chance for one in found),
            _MOST_BY_CHANCE,
            at_least=False,
        ),
        Bar(
            "failed crops, right of those found",
            sum(one.failed_right for one in found) / max(said, 1),
            _LEAST_FAILED,
        ),
    ]


def rows(found: list[Explained]) -> list[dict[str, str]]:
    """The seasons as a table."""
    return [
        {
            "season": str(one.seed),
            "distance": f"{one.distance:.1%}",
            "occlusion": f"{one.occlusion:.1%}",
            "chance": f"{one.chance:.1%}",
            "said to have failed": str(one.failed),
            "did": str(one.failed_right),
            "wrong crop": str(one.failed_wrong_crop),
            "all failed": str(one.failed_there),
            "small": str(one.small),
            "declared right": str(one.small_right),
            "large": str(one.large),
            "right of them": str(one.large_right),
        }
        for one in found
    ]


def _measured(parcels: int, seed: int) -> Explained:
    case, truth = simulated_case(parcels, seed), simulate(parcels, seed)
    layout, declared = _layout(case), case.declarations.declared
    options = replace(ScoreOptions(), learners="trees")
    scores = score(case.values, layout, declared, CLASSES, case.fold, options, show=lambda _: None)
    predict = tree_predictor(scores.models, case.fold)
    if predict is None:
        raise AssertionError("trees were asked for")
    curves = typical_curves(case.values, layout, declared, ~scores.doubtful, CLASSES)
    other = best_other(scores.probability, declared)
    suspicion = np.where(np.isnan(scores.suspicion), -np.inf, scores.suspicion)
    order = np.argsort(-suspicion, kind="stable")
    red = order[: round(BUDGET * parcels)]
    listed = order[: 2 * len(red)]
    right = case.declarations.error == RIGHT
    fallen = listed[falls(case.values[listed], curves, declared[listed], CLASSES).window >= 0]
    did_fail = (truth.kind == FAILED) & right
    small = red[truth.area_ha[red] < SMALL_HA]
    large = np.setdiff1d(red, small)
    return Explained(
        seed,
        *_undone(case.values, curves, declared, other, predict, order[:_EXPLAINED], seed),
        failed=len(fallen),
        failed_right=int(did_fail[fallen].sum()),
        failed_wrong_crop=int((~right[fallen]).sum()),
        failed_there=int(did_fail[listed].sum()),
        small=len(small),
        small_right=int(right[small].sum()),
        large=len(large),
        large_right=int(right[large].sum()),
    )


def _layout(case: Case) -> Layout:
    """The simulator's series under the names that cards have in the database."""
    series = [Series(one.card.replace("coh6", "c6"), one.band) for one in case.layout.series]
    return Layout(tuple(series), case.layout.periods)


def _undone(
    values: NDArray[np.float32],
    curves: Curves,
    declared: NDArray[np.int64],
    other: NDArray[np.int64],
    predict: Predict,
    rows: NDArray[np.int64],
    seed: int,
) -> tuple[float, float, float]:
    """Share of the log odds undone by the guiltiest blocks: distance, occlusion, at random."""
    own = declared[rows]
    distance = distance_blame(values[rows], curves, own, other[rows])
    by_models = occlusion(values[rows], curves, own, predict, rows, distance)
    at_random = np.random.default_rng([seed, 2]).random(distance.shape)
    before = log_odds(predict(values[rows], rows), own)
    shares = []
    for blame in (distance, by_models, at_random):
        flat = np.where(np.isnan(blame), -np.inf, blame).reshape(len(rows), -1)
        guilty = np.argsort(-flat, axis=1, kind="stable")[:, :_BLOCKS]
        changed = occluded(values[rows], curves, own, guilty)
        after = log_odds(predict(changed, rows), own)
        shares.append(float((before - after).sum() / before.sum()))
    return shares[0], shares[1], shares[2]
