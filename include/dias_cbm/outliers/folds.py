"""Folds: which model leaves out which parcel, so that no parcel is judged by what it taught."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def assign_folds(
    labels: NDArray[np.int64], folds: int, seed: int, holding: NDArray[Any] | None = None
) -> NDArray[np.int64]:
    """Deal the parcels of each crop into folds, so that every fold has its share of every crop.

    :param labels: int[parcels], number of the declared crop of each parcel; -1 for none.
    :param folds: how many.
    :param holding: [parcels], the holding of each parcel; all parcels of a holding share a fold.
        A parcel whose holding is empty text is a holding of its own.
    :returns: int64[parcels], number of the fold, 0-based.
    """
    generator = np.random.default_rng(seed)
    if holding is not None:
        return _by_holding(labels, folds, generator, np.asarray(holding))
    fold = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        start = generator.integers(folds)
        fold[generator.permutation(members)] = (np.arange(len(members)) + start) % folds
    return fold


def _by_holding(
    labels: NDArray[np.int64], folds: int, generator: np.random.Generator, holding: NDArray[Any]
) -> NDArray[np.int64]:
    """Deal whole holdings, the largest first, each to the fold that needs its crops most."""
    group = _numbered(holding)
    crops, crop = np.unique(labels, return_inverse=True)
    weight = 1 / np.bincount(crop)
    loads = np.zeros((folds, len(crops)))
    sizes = np.bincount(group)
    shuffled = generator.permutation(len(sizes))
    largest_first = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
    fold = np.empty(len(labels), dtype=np.int64)
    for number in largest_first.tolist():
        parcels = members[number]
        own, counts = np.unique(crop[parcels], return_counts=True)
        # Shares of a crop, so that a rare crop is spread as evenly as a common one.
        growth = loads[:, own] @ (counts * weight[own])
        chosen = int(np.argmin(growth))
        loads[chosen, own] += counts * weight[own]
        fold[parcels] = chosen
    return fold


def _numbered(holding: NDArray[Any]) -> NDArray[np.int64]:
    """A number for each holding, and a number of its own for each parcel without one."""
    names, group = np.unique(holding, return_inverse=True)
    alone = np.flatnonzero(holding == "")
    group = group.astype(np.int64)
    group[alone] = len(names) + np.arange(len(alone))
    return np.unique(group, return_inverse=True)[1].astype(np.int64)
