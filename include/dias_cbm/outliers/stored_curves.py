"""The typical curves of a run, read back, and one parcel's means on the same footing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers.curves import Curves
from dias_cbm.outliers.direction_curves import observed, ratios
from dias_cbm.outliers.layout import Layout, Series
from dias_cbm.outliers.matrix import Means, block_means

#: The crops of a run, their curves, and the levels of directions.
RunCurves = tuple[list[str], Curves, dict[Means, NDArray[np.float32]]]


def run_curves(connection: Connection, run: int) -> RunCurves:
    """The crops of a run, their typical curves as in its matrix, and the levels of directions.

    :raises NotEnoughData: the run has no curves.
    """
    rows = connection.execute(query("outliers/curves_of_run"), {"run": run}).fetchall()
    if not rows:
        raise NotEnoughData(
            "has no typical curves to explain by",
            subject=f"run {run}",
            hint="make a new list with `cbm outliers run`",
        )
    found = connection.execute(query("outliers/levels_of_run"), {"run": run}).fetchall()
    levels = {
        Means(row.card, row.band, row.direction): np.array(row.mean, np.float32) for row in found
    }
    names = sorted({row.name for row in rows})
    series = tuple(sorted({Series(row.card, row.band) for row in rows}))
    first, windows = rows[0].first_period, len(rows[0].p50)
    layout = Layout(series, range(first, first + windows))
    shape = len(names), layout.columns
    curves = Curves(
        layout,
        np.full((3, *shape), np.nan, np.float32),
        np.full(shape, np.nan, np.float32),
        np.zeros(shape, np.int32),
        np.zeros(len(names), np.int64),
    )
    for row in rows:
        place = names.index(row.name), series.index(Series(row.card, row.band))
        level = _level(levels, row.card, row.band)
        for share, values in enumerate((row.p10, row.p50, row.p90)):
            curves.windows(share)[place] = np.array(values, np.float32) - level
        layout.blocks(curves.medians)[place] = row.block_p50
        layout.windows(curves.variance)[place] = row.variance
        layout.blocks(curves.variance)[place] = row.block_variance
        layout.windows(curves.number)[place] = row.n
        curves.parcels[place[0]] = row.parcels
    return names, curves, levels


def _level(
    levels: dict[Means, NDArray[np.float32]], card: str, band: str
) -> NDArray[np.float32] | float:
    """The mean of the levels of the directions; 0 for a band without directions."""
    every = [level for one, level in levels.items() if one[:2] == (card, band)]
    if not every:
        return 0.0
    known = ~np.isnan(every)
    number = known.sum(axis=0)
    total = np.where(known, every, 0).sum(axis=0, dtype=np.float64)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan).astype(np.float32)


def joined(
    rows: Iterable[Any], levels: dict[Means, NDArray[np.float32]], layout: Layout
) -> NDArray[np.float32]:
    """One parcel's means as a row of the feature matrix of a run.

    :param rows: with ``card``, ``band``, ``direction``, ``period`` and ``mean``.
    :param levels: mean over all parcels of each band and direction, float32[windows].
    :returns: float32[columns]; means outside the run's windows are left out.
    """
    windows = len(layout.periods)
    means: dict[Means, NDArray[np.float32]] = {}
    for row in rows:
        if row.period in layout.periods and row.mean is not None:
            one = Means(row.card, row.band, row.direction)
            means.setdefault(one, np.full(windows, np.nan, np.float32))
            means[one][row.period - layout.periods.start] = row.mean
    total = np.zeros((len(layout.series), windows))
    number = np.zeros(total.shape, np.int64)
    for card in sorted({one.card for one in means}):
        of_card = sorted(one for one in means if one.card == card)
        scaled = observed(of_card, np.stack([means[one] for one in of_card]))
        every = [*of_card, *(one for one, _, _ in ratios(of_card))]
        for one, values in zip(every, scaled, strict=True):
            series = Series(one.card, one.band)
            if series not in layout.series or (one.direction != "*" and one not in levels):
                continue
            less = values - levels.get(one, np.zeros(1, np.float32))
            place, known = layout.series.index(series), ~np.isnan(less)
            total[place, known] += less[known]
            number[place] += known
    with np.errstate(invalid="ignore"):
        joint = (total / np.where(number > 0, number, np.nan)).astype(np.float32)
    return np.concatenate([joint, block_means(joint)], axis=1).reshape(-1)
