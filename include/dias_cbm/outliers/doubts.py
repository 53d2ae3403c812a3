"""Doubts: the verdicts of a run that are explained, and the crop each is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.assess import Assessment
from dias_cbm.outliers.explain import Predict, best_other
from dias_cbm.outliers.judge import NOT_CONFIRMED, OUTLIER
from dias_cbm.outliers.predictor import tree_predictor


@dataclass(frozen=True, slots=True)
class Doubts:
    """The verdicts of a run, as far as they are to be explained; parcels in the matrix's order.

    :param crops: names, in the order of the probabilities.
    :param declared: int64[parcels], declared crop as a number; below 0 where it was not learnt.
    :param other: int64[parcels], the crop it is compared with, by
        :func:`dias_cbm.outliers.explain.best_other`.
    :param trusted: bool[parcels], those that the typical curves are made of: not doubtful.
    :param listed: int64[m], parcels to explain, red and yellow, in order of their rank; each has a
        declared crop.
    :param group: int64[crops], group of each crop, if the run has groups.
    :param group_names: names of the groups, by number.
    """

    crops: Sequence[str]
    declared: NDArray[np.int64]
    other: NDArray[np.int64]
    trusted: NDArray[np.bool_]
    listed: NDArray[np.int64]
    group: NDArray[np.int64] | None = None
    group_names: Sequence[str] = ()


def doubts_of(assessment: Assessment) -> Doubts:
    """The parcels of a season to explain: the red ones, and the yellow ones behind them.

    :param assessment: parcels that are yellow for want of data are not explained.
    """
    scores, verdict = assessment.scores, assessment.verdict
    names = sorted(set(assessment.groups or []))
    group = None
    if assessment.groups is not None:
        group = np.array([names.index(name) for name in assessment.groups], np.int64)
    listed = np.flatnonzero((verdict.status == OUTLIER) | (verdict.reason == NOT_CONFIRMED))
    return Doubts(
        crops=assessment.classes,
        declared=assessment.declared,
        other=best_other(scores.probability, assessment.declared, group),
        trusted=(assessment.declared >= 0) & ~scores.doubtful,
        listed=listed[np.argsort(verdict.rank[listed], kind="stable")],
        group=group,
        group_names=names,
    )


def predictor_of(assessment: Assessment) -> Predict | None:
    """The models of an assessment, for occlusion; None if it has no trees."""
    return tree_predictor(assessment.scores.models, assessment.fold)
