"""Explanations of a run: typical curves, and for each listed parcel a sentence with its evidence.

:func:`prepare` does the work and writes nothing; :func:`store` writes all of it in the transaction
of the run.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.outliers.curves import FEWEST_PARCELS, Curves, members_of, typical_curves
from dias_cbm.outliers.direction_curves import DirectionCurves, direction_curves
from dias_cbm.outliers.doubts import Doubts
from dias_cbm.outliers.explain import (
    CANDIDATES,
    Predict,
    distance_blame,
    guiltiest,
    occlusion,
)
from dias_cbm.outliers.features import Features
from dias_cbm.outliers.layout import Layout
from dias_cbm.outliers.reasons import Reason, falls, reason, remark, spread_excess
from dias_cbm.outliers.sentences import (
    WindowDays,
    day_in_words,
    day_range,
    guilty_spans,
    sentence,
    unknown_crop,
)
from dias_cbm.outliers.spread import inner_halves
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

# Listed parcels explained at a time.
_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Explanation:
    """What speaks against the declaration of one parcel.

    :param compared: name of the crop that it is compared with.
    :param reason: a special one, and in words.
    :param blame: float32[series, blocks]; NaN where unknown or not tried.
    """

    pid: str
    compared: str
    sentence: str
    reason: Reason | None
    remark: str | None
    method: Literal["distance", "occlusion"]
    blame: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Explanations:
    """Everything that :func:`store` writes.

    :param names: kind and name of each row of the curves.
    """

    names: list[tuple[str, str]]
    level: NDArray[np.float32]
    curves: Curves
    directions: list[DirectionCurves]
    listed: list[Explanation] = field(default_factory=list)

    @property
    def reasons(self) -> dict[str, int]:
        """How many listed parcels have each special reason."""
        return dict(Counter(str(one.reason) for one in self.listed if one.reason))


def prepare(
    connection: Connection,
    season: Season,
    features: Features,
    doubts: Doubts,
    predict: Predict | None = None,
) -> Explanations:
    """Typical curves of the season, and an explanation of every listed parcel. Writes nothing.

    :param predict: the models, for occlusion; without them, distance to the typical curves is all.
    :raises StateConflict: the parcels were loaded anew since the matrix was read.
    """
    _check_blocks(connection, season, features)
    group, group_names = _real_groups(doubts)
    names = [("crop", name) for name in doubts.crops] + [("group", name) for name in group_names]
    chosen = doubts.declared, doubts.trusted, len(doubts.crops), group
    curves = typical_curves(features.values, features.layout, *chosen)
    blk, periods = features.parcels.blk, features.layout.periods
    log.info("typical curves of %d crops and groups", len(names))
    by_direction = direction_curves(connection, season.id, periods, blk, members_of(*chosen))
    log.info("typical curves of %d bands per orbit direction", len(by_direction))
    explanations = Explanations(names, features.level, curves, by_direction)
    spread, pixels = inner_halves(connection, season, periods, blk)
    excess = spread_excess(spread, pixels, doubts.declared, doubts.trusted, len(doubts.crops))
    for start in range(0, len(doubts.listed), _ROWS):
        rows = doubts.listed[start : start + _ROWS]
        explanations.listed.extend(
            _explained(season.window, features, doubts, curves, rows, excess[rows], predict)
        )
    log.info("%d explanations, reasons: %s", len(doubts.listed), explanations.reasons)
    return explanations


def _check_blocks(connection: Connection, season: Season, features: Features) -> None:
    rows = connection.execute(query("outliers/block_sizes"), {"season": season.id}).fetchall()
    numbers, sizes = np.unique(features.parcels.blk, return_counts=True)
    if dict(rows) != dict(zip(numbers.tolist(), sizes.tolist(), strict=True)):
        raise StateConflict(
            "its parcels were loaded anew while the list was made",
            subject=season.name,
            hint="make the list again",
        )


def _real_groups(doubts: Doubts) -> tuple[NDArray[np.int64] | None, list[str]]:
    """Groups of several crops, numbered from 0: a crop alone in its group has its own curve."""
    if doubts.group is None:
        return None, []
    numbers, counts = np.unique(doubts.group, return_counts=True)
    real = numbers[counts > 1]
    group = np.full(len(doubts.group), -1)
    for number, old in enumerate(real):
        group[doubts.group == old] = number
    return group, [doubts.group_names[old] for old in real.tolist()]


def _explained(
    days: WindowDays,
    features: Features,
    doubts: Doubts,
    curves: Curves,
    rows: NDArray[np.int64],
    excess: NDArray[np.float64],
    predict: Predict | None,
) -> Iterator[Explanation]:
    values = np.array(features.values[rows])
    declared, other = doubts.declared[rows], doubts.other[rows]
    blame = distance_blame(values, curves, declared, other)
    method: Literal["distance", "occlusion"] = "distance"
    if predict is not None:
        blame = occlusion(values, curves, declared, predict, rows, blame, doubts.group)
        method = "occlusion"
    fallen = falls(values, curves, declared, len(doubts.crops)).window.tolist()
    for place, row in enumerate(rows.tolist()):
        name, compared = doubts.crops[declared[place]], doubts.crops[other[place]]
        spans = guilty_spans(
            values[place], blame[place], curves, int(declared[place]), int(other[place]), days
        )
        area = float(features.parcels.area_ha[row])
        window = fallen[place]
        found = reason(window >= 0, float(excess[place]), area)
        since = day_in_words(days(features.layout.periods.start + window)[0])
        yield Explanation(
            pid=features.parcels.pids[row],
            compared=compared,
            sentence=sentence(spans, name, compared)
            if curves.parcels[declared[place]] >= FEWEST_PARCELS
            else unknown_crop(name),
            reason=found,
            remark=remark(found, name, since=since, area_ha=area) if found else None,
            method=method,
            blame=blame[place],
        )


def store(connection: Connection, run: int, season: Season, explanations: Explanations) -> None:
    """Write the explanations of a run, whose parcels are there already; does not commit.

    :param run: its id in ``outlier_run``.
    """
    _store_curves(connection, run, season.id, explanations)
    layout = explanations.curves.layout
    columns = "run, season, pid, compared, sentence, reason, remark, method, blame"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy outlier_explanation ({columns}) from stdin") as copy,
    ):
        for one in explanations.listed:
            blame = json.dumps(blamed(one.blame, layout, season.window), default=str)
            copy.write_row(
                (run, season.id, one.pid, one.compared, one.sentence, one.reason, one.remark,
                 one.method, blame)
            )  # fmt: skip


def blamed(
    blame: NDArray[np.float32], layout: Layout, days: WindowDays
) -> list[dict[str, str | float | date]]:
    """The most guilty blocks of 25 days of a parcel, worst first, as many as occlusion tries.

    :param blame: float32[series, blocks].
    :returns: with ``card``, ``band``, ``from``, ``to`` (included) and ``blame``, above 0.
    """
    (worst,) = guiltiest(blame[None], CANDIDATES)
    found: list[dict[str, str | float | date]] = []
    for place in worst.tolist():
        series, block = divmod(place, layout.block_count)
        first, last = day_range(layout, block, block, days)
        card, band = layout.series[series]
        value = round(float(blame[series, block]), 3)
        found.append({"card": card, "band": band, "from": first, "to": last, "blame": value})
    return found


def _store_curves(
    connection: Connection, run: int, season: int, explanations: Explanations
) -> None:
    first = explanations.curves.layout.periods.start
    columns = {
        "run": "integer", "season": "smallint", "kind": "text", "name": "text", "card": "text",
        "band": "text", "direction": "text", "first_period": "smallint", "parcels": "integer",
        "n": "integer[]", "p10": "real[]", "p50": "real[]", "p90": "real[]",
        "variance": "real[]", "block_p50": "real[]", "block_variance": "real[]",
    }  # fmt: skip
    copy_rows(
        connection,
        "typical_curve",
        columns,
        (
            (run, season, *explanations.names[row], *place, first, parcels, *arrays)
            for row, parcels, place, arrays in _curve_rows(explanations)
        ),
    )
    columns = {
        "run": "integer", "season": "smallint", "card": "text", "band": "text",
        "direction": "text", "first_period": "smallint", "mean": "real[]",
    }  # fmt: skip
    levels = ((run, season, *one.means, first, one.level) for one in explanations.directions)
    copy_rows(connection, "typical_level", columns, levels)


def _curve_rows(
    explanations: Explanations,
) -> Iterator[tuple[int, int, tuple[str, str, str], tuple[Any, ...]]]:
    """Row of the curves, trusted parcels, (card, band, direction) and arrays of each stored row."""
    curves = explanations.curves
    layout = curves.layout
    number, between = layout.windows(curves.number), layout.windows(curves.variance)
    typical, variance = layout.blocks(curves.medians), layout.blocks(curves.variance)
    for row, parcels in enumerate(curves.parcels.tolist()):
        for index, (card, band) in enumerate(layout.series):
            shares = [curves.windows(share)[row, index] for share in range(3)]
            level = explanations.level[index]
            yield (
                row,
                parcels,
                (card, band, "*"),
                (
                    number[row, index],
                    *(share + level for share in shares),
                    between[row, index],
                    typical[row, index],
                    variance[row, index],
                ),
            )
        for one in explanations.directions:
            arrays = (one.number[row], *one.percentiles[:, row], None, None, None)
            yield row, parcels, (one.means.card, one.means.band, one.means.direction), arrays
