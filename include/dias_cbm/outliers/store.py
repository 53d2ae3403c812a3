"""Storage of a list: the run, the verdict on every parcel, and the models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.outliers.assess import Assessment
from dias_cbm.outliers.calibration import rank_odds
from dias_cbm.outliers.features import Features

_COLUMNS = (
    "run", "season", "pid", "declared", "predicted", "probability", "predicted_probability",
    "rank", "status", "reason", "observations", "longest_gap_days", "suspicion", "log_odds",
    "swap_odds", "aum", "wrong_at_least", "fold", "rank_odds", "wrong_probability", "plausible",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a run beside its list.

    :param model: hash of everything below that decides the list.
    :param schema: names of the columns, and parameters of the models.
    :param labels: hash of the declared crops.
    :param means: hash of the feature matrix.
    :param code: version that made the list.
    :param options: settings and seeds.
    :param environment: of :func:`dias_cbm.outliers.provenance.environment`.
    :param parcels: version of the season's parcels that was read; None if no load brought them.
    :param report: counts and measures.
    """

    model: str
    schema: Mapping[str, Any]
    labels: str
    means: str
    code: str
    options: Mapping[str, Any]
    environment: Mapping[str, Any]
    parcels: str | None
    report: Mapping[str, Any]


def store(
    connection: Connection,
    season: int,
    step_days: int,
    record: Record,
    features: Features,
    assessment: Assessment,
) -> int:
    """Store a list, in one transaction.

    :param season: id of the season.
    :param step_days: length of its windows.
    :returns: id of the run.
    :raises StateConflict: the parcels were loaded anew since they were read.
    """
    values = {
        "season": season,
        "model": record.model,
        "features": Jsonb(record.schema),
        "labels": record.labels,
        "report": Jsonb(record.report),
        "means": record.means,
        "code": record.code,
        "options": Jsonb(record.options),
        "environment": Jsonb(record.environment),
        "parcels": record.parcels,
    }
    with connection.transaction():
        row = connection.execute(query("outliers/run"), values).fetchone()
        if row is None:
            raise StateConflict(
                "its parcels were loaded anew while the list was made",
                subject=f"season {season}",
                hint="make the list again",
            )
        statement = f"copy outlier ({', '.join(_COLUMNS)}) from stdin"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for verdict in _rows(features, assessment, step_days):
                copy.write_row((row.id, season, *verdict))
        for name, content in assessment.scores.models.items():
            connection.execute(
                query("outliers/model"), {"run": row.id, "name": name, "content": content}
            )
    return int(row.id)


def _rows(features: Features, assessment: Assessment, step_days: int) -> Iterator[tuple[Any, ...]]:
    """One row per parcel, in the order of the columns from ``pid``."""
    scores, verdict, parcels = assessment.scores, assessment.verdict, features.parcels
    best = scores.probability.argmax(axis=1)
    highest = scores.probability[np.arange(len(best)), best]
    observed = features.observations > 0
    calibrated = assessment.verdicts.calibration.calibrated
    columns = (
        parcels.pids,
        [name or None for name in parcels.crops.tolist()],
        [
            assessment.classes[one] if seen else None
            for one, seen in zip(best, observed, strict=True)
        ],
        _known(assessment.declared_probability()),
        _known(np.where(observed, highest, np.nan)),
        [rank or None for rank in verdict.rank.tolist()],
        verdict.status.tolist(),
        [reason or None for reason in verdict.reason.tolist()],
        features.observations.tolist(),
        (features.longest_gap * step_days).tolist(),
        _known(scores.suspicion),
        _known(scores.log_odds),
        _known(scores.swap_odds),
        _known(scores.aum),
        _known(scores.wrong_at_least),
        assessment.fold.tolist(),
        _known(rank_odds(scores.swap_odds, scores.suspicion)),
        _known(assessment.verdicts.wrong if calibrated else np.full(len(best), np.nan)),
        _plausible(assessment, observed),
    )
    yield from zip(*columns, strict=True)


def _plausible(assessment: Assessment, observed: NDArray[np.bool_]) -> list[list[str] | None]:
    """Names of each parcel's plausible crops, the likeliest first; None where nothing was seen."""
    likeliest = np.argsort(-assessment.scores.probability, axis=1, kind="stable")
    inside = np.take_along_axis(assessment.verdicts.plausible, likeliest, axis=1)
    names = np.array(assessment.classes, dtype=object)
    return [
        names[order[kept]].tolist() if seen else None
        for order, kept, seen in zip(likeliest, inside, observed, strict=True)
    ]


def _known(values: NDArray[Any]) -> list[float | None]:
    """Numbers, None in place of NaN."""
    return [None if value != value else value for value in values.tolist()]
