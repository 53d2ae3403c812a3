"""Probabilities of the rule's falls: the fit of the table in ``dias_cbm.markers.mowing_odds``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.mowing import MOWING, Mowing
from dias_cbm.markers.mowing_odds import TABLE, classes
from dias_cbm_lab.evidence.mowing.meadows import Meadows
from dias_cbm_lab.evidence.mowing.scoring import Interval, true

#: Weight of the penalty that shrinks classes towards the mean rate: the best by folds of sites.
SHRINKAGE = 3.0
_FOLDS = 5
_STEPS = 30


class Falls:
    """The rule's cuts: class of drop and of width, site, and whether it is true; [m] each."""

    def __init__(self, meadows: Sequence[Meadows]) -> None:
        rows, columns, sites, hits = [], [], [], []
        for one in meadows:
            _, events = Mowing().run(one.series, one.window, {})
            mown = events.select(events.kind == MOWING)
            row, column = classes(mown.values["ndmi_drop"], mown.end - mown.start)
            found: list[list[Interval]] = [[] for _ in one.mown]
            for parcel, start, end in zip(
                mown.parcel.tolist(), mown.start.tolist(), mown.end.tolist(), strict=True
            ):
                found[parcel].append(Interval(start, end))
            rows.append(row)
            columns.append(column)
            sites.append(one.site[mown.parcel])
            hits.append(true(found, one.mown))
        self.row, self.column = np.concatenate(rows), np.concatenate(columns)
        self.site, self.hit = np.concatenate(sites), np.concatenate(hits)


def table(falls: Falls, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Probability by class of drop and of width, fitted on some of the falls.

    A logistic model with a term for each class, found by Newton's method.
    """
    chosen = np.ones(len(falls.hit), bool) if chosen is None else chosen
    rows, columns = TABLE.shape
    inputs = np.concatenate(
        [
            np.ones((int(chosen.sum()), 1)),
            np.eye(rows)[falls.row[chosen]],
            np.eye(columns)[falls.column[chosen]],
        ],
        axis=1,
    )
    penalty = np.full(inputs.shape[1], SHRINKAGE)
    penalty[0] = 1e-6
    terms = np.zeros(inputs.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-inputs @ terms))
        gradient = inputs.T @ (falls.hit[chosen] - p) - penalty * terms
        curvature = (inputs.T * (p * (1 - p))) @ inputs + np.diag(penalty)
        terms += np.linalg.solve(curvature, gradient)
    odds = terms[0] + terms[1 : 1 + rows, None] + terms[None, 1 + rows :]
    return np.asarray(1 / (1 + np.exp(-odds)))


def by_folds(falls: Falls) -> NDArray[np.float64]:
    """Probability of each fall, by a table fitted without its site."""
    sites = np.unique(falls.site)
    parts = np.array_split(np.random.default_rng(0).permutation(sites), min(_FOLDS, len(sites)))
    result = np.zeros(len(falls.hit))
    for part in parts:
        mine = np.isin(falls.site, part)
        result[mine] = table(falls, ~mine)[falls.row[mine], falls.column[mine]]
    return result
