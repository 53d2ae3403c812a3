"""Plausible crops of each parcel: conformal sets per crop, with the folds as calibration.

A crop is plausible for a parcel unless its probability is lower than that of almost every parcel
which declares this crop. "Almost every" is ``1 - alpha``: of the parcels that declare a crop, about
the share ``alpha`` lose it from their set, crop by crop, whatever the model is worth. Of those that
really grow it fewer do, because the wrong declarations are among the first to lose it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Share of a crop's parcels that may lose it from their set.
ALPHA = 0.1

#: P(wrong) up to which a declaration with several plausible crops is still confirmed.
CONFIRMED_WRONG = 0.02

_MOST_NAMED = 3


def plausible_sets(
    probability: NDArray[np.floating],
    declared: NDArray[np.integer],
    fold: NDArray[np.integer],
    alpha: float = ALPHA,
) -> NDArray[np.bool_]:
    """The crops that cannot be excluded for each parcel.

    :param probability: [n, K], each row by a model that did not train on its parcel; NaN where
        nothing was observed.
    :param declared: [n], -1 for none.
    :param fold: [n]; a parcel is compared with parcels of the other folds.
    :param alpha: share of a crop's parcels that may lose it, between 0 and 1.
    :returns: [n, K]. A row of NaN excludes nothing, and so does a crop that has too few parcels.
    """
    n, crops = probability.shape
    scored = ~np.isnan(probability).any(axis=1)
    plausible = np.ones((n, crops), np.bool_)
    for left_out in np.unique(fold):
        here = fold == left_out
        limit = _limits(probability, np.where(scored & ~here, declared, -1), alpha)
        plausible[here] = ~(probability[here] < limit)
    plausible[~scored] = True
    return plausible


def _limits(
    probability: NDArray[np.floating], declared: NDArray[np.integer], alpha: float
) -> NDArray[np.floating]:
    """Per crop the probability below which it is not plausible; minus infinity with few parcels."""
    crops = probability.shape[1]
    limit = np.full(crops, -np.inf, probability.dtype)
    for crop in range(crops):
        own = probability[declared == crop, crop]
        # The tolerance keeps alpha * (m + 1) from falling short of the whole number that it is.
        allowed = int(np.floor(alpha * (len(own) + 1) + 1e-9))
        if allowed >= 1:
            limit[crop] = np.partition(own, allowed - 1)[allowed - 1]
    return limit


def confirmed(
    plausible: NDArray[np.bool_],
    declared: NDArray[np.integer],
    wrong: NDArray[np.floating],
    group: NDArray[np.integer] | None = None,
    limit: float = CONFIRMED_WRONG,
) -> NDArray[np.bool_]:
    """The declarations that the signal confirms (green), by :func:`rule`.

    :param plausible: [n, K], of :func:`plausible_sets`.
    :param declared: [n], -1 for none; such a parcel is never confirmed.
    :param wrong: [n], P(wrong) or its lower bound; NaN where not scored, never confirmed.
    :param group: [K], number of each crop's group; a declared crop whose group alone is plausible
        counts as alone.
    """
    if group is None:
        group = np.arange(plausible.shape[1])
    known = (declared >= 0) & ~np.isnan(wrong)
    own = np.where(known, declared, 0)
    inside = plausible[np.arange(len(own)), own]
    alone = ~(plausible & (group[None, :] != group[own][:, None])).any(axis=1)
    result: NDArray[np.bool_] = known & inside & (alone | (wrong <= limit))
    return result


def rule(calibrated: bool, alpha: float = ALPHA, limit: float = CONFIRMED_WRONG) -> str:
    """The rule for green in one sentence, for reports and screens.

    :param calibrated: whether P(wrong) rests on inspections.
    """
    number = f"P(wrong) is at most {limit:.0%}"
    if not calibrated:
        number = f"the lower bound of P(wrong) is at most {limit:.0%}"
    return (
        "Green: the declared crop is plausible, and it is the only plausible crop or"
        f" {number}. A crop is plausible unless its probability is lower than on"
        f" {1 - alpha:.0%} of the parcels that declare it."
    )


def in_words(plausible: Sequence[str], crops: int) -> str:
    """A parcel's plausible crops in plain words, e.g. ``plausible: rye, wheat``.

    :param plausible: names, the most probable first.
    :param crops: number of crops that the run knows.
    """
    if not plausible:
        return "no declared crop looks like this parcel"
    if len(plausible) == crops > 1:
        return "no crop can be excluded"
    more = len(plausible) - _MOST_NAMED
    return f"plausible: {', '.join(plausible[:_MOST_NAMED])}" + (
        f" and {more} more" if more > 0 else ""
    )
