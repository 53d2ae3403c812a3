"""Homogeneity and split lines on planted pairs: fitted in the west, measured in the east."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.homogeneity import INTERCEPT, MIXED, WEIGHTS
from dias_cbm.markers.split import SEPARATED
from dias_cbm_lab.evidence.markers.bars import Bar
from dias_cbm_lab.evidence.markers.planted import Units

_FALSE = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """How well a score tells pairs from parcels of one crop.

    :param auc: area under the curve.
    :param recall: share of the pairs above 95 % of the single parcels.
    :param false: share of the single parcels above the shipped limit.
    :param found: share of the pairs above it.
    """

    auc: float
    recall: float
    false: float
    found: float


@dataclass(frozen=True, slots=True)
class HomogeneityEvidence:
    """Of the stored statistics, and of split lines."""

    single: int
    pairs: int
    statistics: Told
    splits: Told

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def bars(self) -> list[Bar]:
        """Beside what they must be."""
        return [
            Bar("homogeneity: area under the curve", self.statistics.auc, 0.95, 0.97),
            Bar("homogeneity: recall at 5 % false", self.statistics.recall, 0.84, 0.90),
        ]

    def lines(self) -> list[str]:
        """As text."""
        text = [f"homogeneity, {self.single} parcels and {self.pairs} planted pairs in the east:"]
        for name, one in (("stored statistics", self.statistics), ("split line", self.splits)):
            text.append(
                f"  {name:18} AUC {one.auc:.3f}, recall at 5 % false {one.recall:.3f}; at the"
                f" shipped limit {one.found:.3f}, false {one.false:.3f}"
            )
        return text


def homogeneity(east: Units) -> HomogeneityEvidence:
    """The figures of units that were not fitted on."""
    weights = np.array([weight for pair in WEIGHTS.values() for weight in pair])
    score = east.measures @ weights + INTERCEPT
    return HomogeneityEvidence(
        single=int((~east.mixed).sum()),
        pairs=int(east.mixed.sum()),
        statistics=_told(score, east.mixed, float(np.log(MIXED / (1 - MIXED)))),
        splits=_told(east.separation, east.mixed, SEPARATED),
    )


def _told(score: NDArray[np.float64], mixed: NDArray[np.bool_], limit: float) -> Told:
    single, pairs = score[~mixed], score[mixed]
    return Told(
        auc=float((pairs[:, None] > single).mean()),
        recall=float((pairs > np.quantile(single, 1 - _FALSE)).mean()),
        false=float((single > limit).mean()),
        found=float((pairs > limit).mean()),
    )
