"""Blame: which weeks of which band speak against the declared crop and for another one.

Two measures. The distance to the typical curves costs nothing and needs no model; occlusion asks
the models themselves what they would say if a block looked like the declared crop.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dias_cbm.outliers.curves import Curves
from dias_cbm.outliers.layout import WINDOWS_PER_BLOCK, Layout

#: Probabilities float32[m, crops] of values float32[m, columns]; the second argument holds the row
#: in the season's matrix of each, so that a model can answer which did not train on the parcel.
Predict = Callable[[NDArray[np.float32], NDArray[np.int64]], NDArray[np.floating]]

#: Blocks that occlusion tries, those that distance blames most. Of 45, these 12 hold what undoes
#: most of the log odds; more cost time and find little.
CANDIDATES = 12

# Smallest probability in a log odds, as in the score.
_TINY = 1e-4

# Rows handed to the models at a time.
_ROWS = 4096


def distance_blame(
    values: NDArray[np.float32],
    curves: Curves,
    declared: NDArray[np.integer],
    other: NDArray[np.integer],
) -> NDArray[np.float32]:
    """How far each block of 25 days leads from the declared crop towards another one.

    ``(other median - declared median) * (parcel - declared median) / variance``, with the mean of
    both crops' variances: the share of a block in the log odds of two normal distributions.

    :param values: float32[parcels, columns].
    :param declared: row of the declared crop in the curves, for each parcel.
    :param other: row of the crop it is compared with.
    :returns: float32[parcels, series, blocks]; NaN where the parcel has no value or a crop has no
        typical value.
    """
    layout = curves.layout
    median = layout.blocks(curves.medians)
    variance = layout.blocks(curves.variance)
    between = (variance[declared] + variance[other]) / 2
    blame = (median[other] - median[declared]) * (layout.blocks(values) - median[declared])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(between > 0, blame / between, np.nan).astype(np.float32)


def occlusion(
    values: NDArray[np.float32],
    curves: Curves,
    declared: NDArray[np.integer],
    predict: Predict,
    rows: NDArray[np.int64],
    first_guess: NDArray[np.float32],
    group: NDArray[np.integer] | None = None,
    candidates: int = CANDIDATES,
) -> NDArray[np.float32]:
    """How much of the log odds against the declaration goes when a block is made typical of it.

    :param values: float32[parcels, columns].
    :param declared: the declared crop of each parcel: row in the curves, column of probabilities.
    :param predict: the models.
    :param rows: of the parcels in the season's matrix, handed on to ``predict``.
    :param first_guess: :func:`distance_blame` of the parcels; only the blocks with the highest
        blame are tried.
    :param group: int[crops], group of each crop, as in the score.
    :param candidates: how many blocks are tried.
    :returns: float32[parcels, series, blocks]; NaN where a block was not tried.
    """
    blame = np.full(first_guess.shape, np.nan, np.float32)
    flat = blame.reshape(len(values), -1)
    step = max(1, _ROWS // (candidates + 1))
    for start in range(0, len(values), step):
        here = slice(start, start + step)
        tried = guiltiest(first_guess[here], candidates)
        sizes = np.array([len(blocks) for blocks in tried])
        parcel = np.repeat(np.arange(len(sizes)) + start, sizes)
        block = np.concatenate(tried)
        changed = occluded(values[parcel], curves, declared[parcel], block[:, None])
        asked = np.concatenate([values[here], changed])
        who = np.concatenate([np.arange(len(sizes)) + start, parcel])
        odds = log_odds(predict(asked, rows[who]), declared[who], group)
        flat[parcel, block] = odds[: len(sizes)][parcel - start] - odds[len(sizes) :]
    return blame


def occluded(
    values: NDArray[np.float32],
    curves: Curves,
    declared: NDArray[np.integer],
    blocks: NDArray[np.integer],
) -> NDArray[np.float32]:
    """A copy of parcels in which some blocks are replaced by the declared crop's median.

    :param values: float32[parcels, columns].
    :param blocks: int[parcels, some], numbers in the flattened [series, blocks].
    """
    layout = curves.layout
    changed = np.array(values)
    median = curves.medians[declared]
    windows, typical = layout.windows(changed), layout.windows(median)
    means, typical_means = layout.blocks(changed), layout.blocks(median)
    parcel = np.arange(len(values))
    for column in blocks.T:
        series, block = np.divmod(column, layout.block_count)
        means[parcel, series, block] = typical_means[parcel, series, block]
        for offset in range(WINDOWS_PER_BLOCK):
            window = block * WINDOWS_PER_BLOCK + offset
            there = window < len(layout.periods)
            at = parcel[there], series[there], window[there]
            windows[at] = typical[at]
    return changed


def guiltiest(blame: NDArray[np.floating], most: int) -> list[NDArray[np.int64]]:
    """For each parcel its most guilty blocks, worst first; only those with positive blame.

    :param blame: [parcels, series, blocks].
    :returns: numbers in the flattened [series, blocks].
    """
    flat = np.nan_to_num(blame.reshape(len(blame), -1), nan=-1.0)
    order = np.argsort(-flat, axis=1, kind="stable")[:, :most]
    return [row[flat[parcel, row] > 0] for parcel, row in enumerate(order)]


def log_odds(
    probability: NDArray[np.floating],
    declared: NDArray[np.integer],
    group: NDArray[np.integer] | None = None,
) -> NDArray[np.float64]:
    """``log P(best other crop) - log P(declared)`` of each row; with groups, of groups.

    :param probability: [m, crops].
    :param group: int[crops], group of each crop, from 0.
    """
    others = np.array(probability, np.float64)
    if group is not None:
        others = np.stack(
            [others[:, group == number].sum(axis=1) for number in range(int(group.max()) + 1)],
            axis=1,
        )
        declared = group[declared]
    row = np.arange(len(others))
    own = others[row, declared].copy()
    others[row, declared] = 0
    result: NDArray[np.float64] = np.log(others.max(axis=1) + _TINY) - np.log(own + _TINY)
    return result


def best_other(
    probability: NDArray[np.floating],
    declared: NDArray[np.integer],
    group: NDArray[np.integer] | None = None,
) -> NDArray[np.int64]:
    """The likeliest crop other than the declared one, for each parcel; with groups, outside it.

    :param probability: [parcels, crops].
    :param declared: below 0 for none.
    :param group: int[crops], group of each crop.
    """
    others = np.array(probability)
    group = np.arange(others.shape[1]) if group is None else group
    own = (declared[:, None] >= 0) & (group == group[declared][:, None])
    others[own] = -1
    return others.argmax(axis=1)


def block_periods(layout: Layout, block: int) -> range:
    """The windows of a block, as periods of the season."""
    first = layout.periods.start + block * WINDOWS_PER_BLOCK
    return range(first, min(first + WINDOWS_PER_BLOCK, layout.periods.stop))
