"""The assessment of a season: its features scored and judged, without a database."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.config.tables import Outliers
from dias_cbm.errors import NotEnoughData, SettingsError
from dias_cbm.outliers import verdicts
from dias_cbm.outliers.budget import Wanted
from dias_cbm.outliers.calibration import NO_FINDINGS, Findings
from dias_cbm.outliers.features import Features
from dias_cbm.outliers.folds import assign_folds
from dias_cbm.outliers.groups import alike, grouping
from dias_cbm.outliers.judge import Judgement, Limits, doubtful_reason, judge, unscored_reason
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.score import ScoreOptions, Scores, score
from dias_cbm.outliers.verdicts import Verdicts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on every parcel of a season, and what it rests on.

    :param classes: crops that are common enough to learn, in the order of the probabilities.
    :param declared: int64[parcels], place of the declared crop in ``classes``; -1 where it is not
        learnt.
    :param fold: int64[parcels].
    :param groups: group of each of the classes; None without groups.
    :param verdicts: plausible crops, P(wrong), the budget, and the rule for green.
    """

    classes: list[str]
    declared: NDArray[np.int64]
    fold: NDArray[np.int64]
    groups: list[str] | None
    scores: Scores
    verdicts: Verdicts
    verdict: Judgement

    def declared_probability(self) -> NDArray[np.float32]:
        """Probability of each declared crop; NaN where it is not learnt."""
        probability = np.full(len(self.declared), np.nan, np.float32)
        known = np.flatnonzero(self.declared >= 0)
        probability[known] = self.scores.probability[known, self.declared[known]]
        return probability


@dataclass(frozen=True, slots=True)
class Learnable:
    """What there is to learn from.

    :param unscored: reason why a parcel gets no suspicion; empty text where it gets one.
    :param classes: crops, sorted.
    :param declared: place of each parcel's crop in ``classes``; -1 where it is not learnt.
    """

    unscored: NDArray[Any]
    classes: list[str]
    declared: NDArray[np.int64]


def assess(
    features: Features,
    options: Outliers,
    groups: Mapping[str, str] | None = None,
    inspected: Findings = NO_FINDINGS,
    show: Callable[[str], None] = log.info,
) -> Assessment:
    """Score and judge every parcel of a season.

    :param groups: group of a crop, by the crop's text; a crop that is not in it is a group of its
        own. Confusion inside a group is not suspicious.
    :param inspected: what people found on parcels of earlier lists. It calibrates P(wrong); no
        model learns from it.
    :param show: is given lines about the progress.
    :raises NotEnoughData: fewer than two crops can be learnt, or the scores are no better than
        chance.
    """
    limits, wanted = limits_of(options), Wanted.parse(options.budget)
    crops = features.parcels.crops
    learnable = to_learn(crops, features.observations, limits)
    fold = folds_of(learnable, options, features.parcels.holding)
    grouped = grouping(learnable.classes, groups) if groups else None
    scores = score(
        features.values,
        features.layout,
        learnable.declared,
        len(learnable.classes),
        fold,
        scoring(options, int(np.count_nonzero(learnable.declared >= 0))),
        grouped.group if grouped else None,
        show,
    )
    unscored = learnable.unscored.copy()
    # A crop whose parcels are all in few holdings may not be in the other folds at all.
    unscored[np.isnan(scores.suspicion) & (unscored == "")] = "rare_crop"
    doubtful = doubtful_reason(features.parcels.area_ha, features.observations, limits)
    found = verdicts.assess(
        scores.probability,
        np.where(unscored == "", learnable.declared, -1),
        fold,
        np.where(unscored == "", scores.suspicion, np.nan),
        scores.swap_odds,
        scores.error_share,
        wanted,
        inspected,
        grouped.group if grouped else None,
        (unscored == "") & (doubtful == ""),
    )
    verdict = judge(scores.suspicion, unscored, doubtful, found.listed, found.confirmed)
    names = [grouped.names[number] for number in grouped.group.tolist()] if grouped else None
    return Assessment(learnable.classes, learnable.declared, fold, names, scores, found, verdict)


def limits_of(options: Outliers) -> Limits:
    """The limits of the settings."""
    return Limits(options.smallest_crop, options.smallest_area_ha)


def scoring(options: Outliers, parcels: int) -> ScoreOptions:
    """How the settings want declarations scored.

    :param parcels: number of them that can be scored.
    """
    defaults = ScoreOptions()
    share = Wanted.parse(options.budget).share_of(parcels)
    return replace(
        defaults,
        learners=options.learners,
        review_share=defaults.review_share if share is None else max(share, 1e-3),
    )


def to_learn(crops: NDArray[Any], observations: NDArray[np.int64], limits: Limits) -> Learnable:
    """Which parcels and crops can be learnt.

    :raises NotEnoughData: fewer than two crops.
    """
    unscored = unscored_reason(crops, observations, limits)
    trainable = unscored == ""
    classes, label = np.unique(crops[trainable], return_inverse=True)
    if len(classes) < 2:
        raise NotEnoughData(
            f"fewer than two crops with at least {limits.smallest_crop} observed parcels",
            subject=", ".join(map(str, classes)) or None,
            hint="load more parcels, wait for more scenes, or lower outliers.smallest_crop",
        )
    declared = np.full(len(crops), -1, np.int64)
    declared[trainable] = label
    return Learnable(unscored, [str(name) for name in classes], declared)


def folds_of(
    learnable: Learnable, options: Outliers, holding: NDArray[Any] | None
) -> NDArray[np.int64]:
    """The fold of each parcel.

    :raises SettingsError: fewer than two folds: a parcel would be judged by what it taught.
    """
    if options.folds < 2:
        raise SettingsError(
            f"{options.folds} is too few", subject="outliers.folds", hint="2 or more; 4 is usual"
        )
    return assign_folds(learnable.declared, options.folds, ScoreOptions().seed, holding)


def shortcomings(layout: Layout, observations: NDArray[np.int64]) -> list[str]:
    """What a season lacks that makes a list worse, in sentences."""
    cards = {one.card for one in layout.series}
    found = []
    if "bs" not in cards and "s2" not in cards:
        found.append("there is neither backscatter nor reflectance")
    elif not cards & {"c6", "c12"}:
        found.append("there is no coherence: expect a few more wrong declarations to stay unseen")
    per_window = float(np.median(observations)) / (len(cards) * len(layout.periods))
    if per_window < 1:
        found.append(
            f"half of the parcels have at most {per_window:.2f} observations per card and window,"
            " as with one satellite: expect a few more wrong declarations to stay unseen"
        )
    unseen = int(np.count_nonzero(observations == 0))
    if unseen:
        found.append(f"parcels without any observation: {unseen}")
    return found


def findings(features: Features, assessment: Assessment) -> dict[str, Any]:
    """The assessment in numbers, for the report of a run."""
    crops, verdict, scores = features.parcels.crops, assessment.verdict, assessment.scores
    scored = verdict.rank > 0
    listed = assessment.verdicts.budget.parcels
    power = scores.power(listed / max(int(np.count_nonzero(scored)), 1))
    likeliest = scores.probability.argmax(axis=1)
    return {
        "parcels": len(crops),
        "features": features.layout.columns,
        "crops": len(assessment.classes),
        "by_status": dict(Counter(verdict.status.tolist())),
        "by_reason": dict(Counter(verdict.reason[verdict.reason != ""].tolist())),
        "agreement": float((likeliest == assessment.declared)[scored].mean()),
        "rare_crops": dict(Counter(crops[verdict.reason == "rare_crop"].tolist())),
        "alike_crops": [list(texts) for texts in alike(crops[crops != ""].tolist())],
        "shortcomings": shortcomings(features.layout, features.observations),
        "learners": list(scores.learners),
        "learners_because": scores.choice.reason,
        "wrong_share_at_least": scores.error_share,
        "self_test": {
            "auc": scores.self_test.auc,
            "low": scores.self_test.low,
            "high": scores.self_test.high,
        },
        "power": {
            name: None if np.isnan(found) else round(float(found), 3)
            for name, found in zip(assessment.classes, power, strict=True)
        },
        "doubtful": int(np.count_nonzero(scores.doubtful)),
        "listed": listed,
        "expected_wrong": round(assessment.verdicts.budget.expected_wrong, 1),
        "inspections": assessment.verdicts.calibration.inspections,
        "calibrated": assessment.verdicts.calibration.calibrated,
        "in_words": assessment.verdicts.sentences(),
    }
