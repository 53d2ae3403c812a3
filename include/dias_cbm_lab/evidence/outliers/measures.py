"""Measures of how well a ranking finds planted errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.evidence.outliers.planting import CONFUSABLE, RANDOM, RIGHT


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one ranking; all between 0 and 1.

    :param recall: share of all errors that are in the list, also its precision.
    :param random: the same, of the random errors.
    :param confusable: the same, of the look-alikes.
    :param average_precision: area under the curve of precision over recall.
    :param first: share of errors among the first 1 %.
    """

    recall: float
    random: float
    confusable: float
    average_precision: float
    first: float


def measure(suspicion: NDArray[Any], error: NDArray[np.int64]) -> Measures:
    """Measure a ranking by a list with as many places as there are errors.

    :param suspicion: float[n]; the highest comes first. NaN comes last.
    :param error: int[n]; kind of error, see :mod:`.planting`.
    """
    order = np.argsort(-np.nan_to_num(suspicion, nan=-np.inf), kind="stable")
    ranked = error[order]
    first = ranked[: np.count_nonzero(error != RIGHT)]
    return Measures(
        recall=_share(first != RIGHT, error != RIGHT),
        random=_share(first == RANDOM, error == RANDOM),
        confusable=_share(first == CONFUSABLE, error == CONFUSABLE),
        average_precision=_average_precision(ranked != RIGHT),
        first=float((ranked[: max(1, round(0.01 * len(error)))] != RIGHT).mean()),
    )


def _share(found: NDArray[np.bool_], there: NDArray[np.bool_]) -> float:
    return float(found.sum() / max(there.sum(), 1))


def _average_precision(wrong: NDArray[np.bool_]) -> float:
    """Mean precision at the rank of each error.

    :param wrong: bool[n], in the order of the ranking.
    """
    rank = np.flatnonzero(wrong) + 1
    return float((np.arange(1, len(rank) + 1) / rank).mean()) if len(rank) else 0.0
