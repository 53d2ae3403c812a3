"""The explanation of one parcel: as stored with its run, or made again from the run's curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown, SeasonError
from dias_cbm.outliers.curves import FEWEST_PARCELS, Curves
from dias_cbm.outliers.explain import distance_blame
from dias_cbm.outliers.explanations import blamed
from dias_cbm.outliers.matrix import signal
from dias_cbm.outliers.reasons import falls, reason, remark
from dias_cbm.outliers.sentences import day_in_words, guilty_spans, sentence, unknown_crop
from dias_cbm.outliers.stored_curves import RunCurves, joined, run_curves
from dias_cbm.seasons import Season

_UNSCORED = {
    "no_declaration": "No crop is declared.",
    "no_observations": "The parcel was not observed.",
}


@dataclass(frozen=True, slots=True)
class ParcelExplanation:
    """What speaks against, or for, the declaration of a parcel in one run.

    :param compared: the crop it is compared with; None if there is none.
    :param status: confirmed, inconclusive or outlier; why inconclusive is beside it.
    :param reason: a special one, and in words as ``remark``.
    :param stored: whether it was made by the run; otherwise it was made now, from the run's curves
        and the means as they are now. Two signals in a parcel are found by the run only.
    :param method: ``occlusion`` or ``distance``; None without blame.
    :param blame: blocks of 25 days, the most guilty first.
    :param since: what has changed since the run, a sentence each.
    """

    run: int
    season: str
    made_at: datetime
    pid: str
    declared: str | None
    predicted: str | None
    compared: str | None
    probability: float | None
    rank: int | None
    status: str
    inconclusive_because: str | None
    sentence: str
    reason: str | None
    remark: str | None
    stored: bool
    method: str | None
    blame: list[dict[str, Any]]
    since: list[str]


@dataclass(frozen=True, slots=True)
class _Made:
    """An explanation that is not stored."""

    compared: str | None
    sentence: str
    reason: str | None = None
    remark: str | None = None
    method: str | None = None
    blame: Sequence[dict[str, Any]] = ()


def explain_parcel(
    connection: Connection,
    run: int | None,
    pid: str,
    season: str | None = None,
    curves_of: Callable[[Connection, int], RunCurves] = run_curves,
) -> ParcelExplanation:
    """Explain a parcel's verdict.

    :param run: id of the run; None for the latest.
    :param season: its name; needed for the latest run if several seasons have a verdict on it.
    :param curves_of: reads the curves of a run, which never change: a memory of them.
    :raises ParcelUnknown: there is no such verdict.
    :raises SeasonError: several seasons have one, or there is no such season.
    :raises NotEnoughData: the parcel was not listed, and the run has no typical curves.
    """
    if season is not None:
        seasons.get(connection, season)
    values = {"run": run, "pid": pid, "season": season}
    runs = connection.execute(query("outliers/runs_with_parcel"), values).fetchall()
    if not runs:
        where = "any run" if run is None else f"run {run}"
        raise ParcelUnknown(
            f"has no verdict in {where}", subject=pid, hint="cbm outliers list SEASON"
        )
    if len(names := sorted({row.season_name for row in runs})) > 1:
        raise SeasonError(
            f"has verdicts in several seasons: {', '.join(names)}",
            subject=pid,
            hint="give the season's name in place of latest",
        )
    chosen = runs[0]
    verdict = connection.execute(
        query("outliers/verdict_of_parcel"), {"run": chosen.id, "pid": pid}
    ).fetchone()
    if verdict is None:
        raise AssertionError("the run was found by its verdict")
    owner = seasons.get(connection, chosen.season_name)
    means = connection.execute(
        query("outliers/means_of_parcel"), {"season": owner.id, "pid": pid}
    ).fetchall()
    stored = verdict.sentence is not None
    if stored:
        found = verdict
    else:
        found = _made(partial(curves_of, connection, chosen.id), owner, verdict, means)
    return ParcelExplanation(
        run=chosen.id,
        season=owner.name,
        made_at=chosen.made_at,
        pid=pid,
        declared=verdict.declared,
        predicted=verdict.predicted,
        compared=found.compared,
        probability=verdict.probability,
        rank=verdict.rank,
        status=verdict.status,
        inconclusive_because=verdict.inconclusive_because,
        sentence=found.sentence,
        reason=found.reason,
        remark=found.remark,
        stored=stored,
        method=found.method,
        blame=list(found.blame),
        since=_since(verdict, _observations(means)),
    )


def _since(verdict: Any, observations: int) -> list[str]:
    """What has changed since the run."""
    if not verdict.is_there:
        return ["the parcel is not in the season any more"]
    found = []
    if verdict.crop_now != verdict.declared:
        was, now = verdict.declared or "nothing", verdict.crop_now or "nothing"
        found.append(f"{was} was declared in the run, {now} is now")
    if observations != verdict.observations:
        found.append(
            f"its means have changed: {verdict.observations} observations in the run,"
            f" {observations} now"
        )
    elif verdict.extracted_since:
        found.append("signatures in its tile are newer than the run; its means may have changed")
    return found


def _observations(means: Iterable[Any]) -> int:
    """Observations of all cards and directions; the last band of each stands for the others.

    Those of a window in which no band has a value do not count.
    """
    rows = list(means)
    measured = {
        row.period
        for row in rows
        if row.mean is not None
        and not np.isnan(signal(row.card, np.array([row.mean], np.float32))).any()
    }
    last: dict[tuple[str, str], str] = {}
    for row in rows:
        key = row.card, row.direction
        last[key] = max(last.get(key, ""), row.band)
    return sum(
        row.n or 0
        for row in rows
        if row.period in measured and last[row.card, row.direction] == row.band
    )


def _made(
    read_curves: Callable[[], RunCurves], season: Season, verdict: Any, means: Sequence[Any]
) -> _Made:
    if verdict.inconclusive_because in _UNSCORED:
        return _Made(None, _UNSCORED[verdict.inconclusive_because])
    names, curves, levels = read_curves()
    if verdict.declared not in names:
        return _Made(None, unknown_crop(verdict.declared))
    declared = names.index(verdict.declared)
    if curves.parcels[declared] < FEWEST_PARCELS:
        return _Made(None, unknown_crop(verdict.declared))
    values = joined(means, levels, curves.layout)
    if np.isnan(values).all():
        return _Made(None, "The parcel has no means any more.")
    other = _other(names, curves, values, declared, verdict.predicted)
    if other is None:
        return _Made(None, f"No other crop than {verdict.declared} has typical curves.")
    one, two = np.array([declared]), np.array([other])
    blame = distance_blame(values[None], curves, one, two)[0]
    spans = guilty_spans(values, blame, curves, declared, other, season.window)
    fall = int(falls(values[None], curves, one, len(names)).window[0])
    area = float("inf") if verdict.area_ha is None else float(verdict.area_ha)
    special = reason(fall >= 0, float("nan"), area)
    since = day_in_words(season.window(curves.layout.periods.start + max(fall, 0))[0])
    words = remark(special, verdict.declared, since=since, area_ha=area) if special else None
    return _Made(
        compared=names[other],
        sentence=sentence(spans, verdict.declared, names[other]),
        reason=special,
        remark=words,
        method="distance",
        blame=blamed(blame, curves.layout, season.window),
    )


def _other(
    names: list[str],
    curves: Curves,
    values: NDArray[np.float32],
    declared: int,
    predicted: str | None,
) -> int | None:
    """The predicted crop, or if that is the declared one the crop whose curves are nearest."""
    if predicted in names and predicted != names[declared]:
        return names.index(predicted)
    layout = curves.layout
    blocks = layout.blocks(values[None])
    with np.errstate(invalid="ignore", divide="ignore"):
        far = (blocks - layout.blocks(curves.medians)) ** 2 / layout.blocks(curves.variance)
    known = np.isfinite(far)
    number = known.sum(axis=(1, 2))
    distance = np.where(
        number > 0, np.where(known, far, 0).sum(axis=(1, 2)) / np.maximum(number, 1), np.inf
    )
    distance[declared] = np.inf
    best = int(np.argmin(distance))
    return best if np.isfinite(distance[best]) else None
