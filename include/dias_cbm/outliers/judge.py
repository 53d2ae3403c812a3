"""Verdicts: from suspicion to a ranked list of confirmed, inconclusive and outlier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIRMED, INCONCLUSIVE, OUTLIER = "confirmed", "inconclusive", "outlier"

#: Reason of a parcel that is yellow by its signal, not for want of data.
NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that decide whether a parcel can be judged.

    :param smallest_crop: parcels below which a crop is too rare to judge.
    :param smallest_area_ha: hectares below which a parcel is inconclusive.
    """

    smallest_crop: int
    smallest_area_ha: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on every parcel; arrays in the order of the parcels.

    :param rank: 1 for the most suspicious declaration; 0 where it could not be scored.
    :param status: confirmed, inconclusive or outlier.
    :param reason: why inconclusive; empty otherwise.
    """

    rank: NDArray[np.int64]
    status: NDArray[Any]
    reason: NDArray[Any]


def unscored_reason(
    crops: NDArray[Any], observations: NDArray[np.int64], limits: Limits
) -> NDArray[Any]:
    """The reason why a declaration has no probability at all; empty where it has one.

    :param crops: declared crop of each parcel; empty text for none.
    :param observations: number of observations of each parcel.
    """
    names, where, counts = np.unique(crops, return_inverse=True, return_counts=True)
    reason = np.full(len(crops), "", dtype=object)
    reason[counts[where] < limits.smallest_crop] = "rare_crop"
    reason[names[where] == ""] = "no_declaration"
    reason[observations == 0] = "no_observations"
    return reason


def doubtful_reason(
    area_ha: NDArray[np.float64], observations: NDArray[np.int64], limits: Limits
) -> NDArray[Any]:
    """The reason why a probability is too uncertain for a verdict; empty where it is not.

    :param area_ha: area in hectares.
    :param observations: number of observations of each parcel; less than a third of the median
        parcel's is too few.
    """
    reason = np.full(len(area_ha), "", dtype=object)
    reason[observations * 3 < np.median(observations)] = "thin_data"
    reason[area_ha < limits.smallest_area_ha] = "small_parcel"
    return reason


def judge(
    suspicion: NDArray[np.float64],
    unscored: NDArray[Any],
    doubtful: NDArray[Any],
    listed: NDArray[np.bool_],
    confirmed: NDArray[np.bool_],
) -> Judgement:
    """Rank the declarations by suspicion and colour the parcels.

    :param suspicion: NaN where unscored.
    :param unscored: :func:`unscored_reason` of each parcel; these have no rank.
    :param doubtful: :func:`doubtful_reason` of each parcel; ranked, but neither red nor green.
    :param listed: parcels within the review budget: red.
    :param confirmed: parcels that meet the rule for green. What is neither is yellow.
    """
    scored = np.flatnonzero(unscored == "")
    order = scored[np.argsort(-suspicion[scored], kind="stable")]
    rank = np.zeros(len(unscored), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)

    reason = np.where(unscored == "", doubtful, unscored)
    firm = reason == ""
    status = np.full(len(unscored), INCONCLUSIVE, dtype=object)
    status[firm & confirmed] = CONFIRMED
    status[firm & listed] = OUTLIER
    reason[firm & ~listed & ~confirmed] = NOT_CONFIRMED
    return Judgement(rank, status, reason)
