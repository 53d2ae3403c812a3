"""One run of the outlier step: features, out-of-fold probabilities, verdicts, table."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from dias_cbm import __version__
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers import features as feature_matrix
from dias_cbm.outliers.features import Features
from dias_cbm.outliers.judge import Judgement, Limits, doubtful_reason, judge, unscored_reason
from dias_cbm.outliers.model import (
    DOUBTFUL_SHARE,
    PARAMETERS,
    ROUNDS,
    Prediction,
    predict_out_of_fold,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutlierReport:
    """Result of a run.

    :param run: id in ``outlier_run``.
    :param model: hash of features, labels, parameters and code version.
    :param by_status: parcels per status.
    :param by_reason: inconclusive parcels per reason.
    :param agreement: share of the scored parcels whose likeliest crop is the declared one.
    :param rare_crops: crops with too few parcels to learn from, with their number of parcels.
    """

    run: int
    model: str
    parcels: int
    features: int
    crops: int
    by_status: dict[str, int]
    by_reason: dict[str, int]
    agreement: float
    rare_crops: dict[str, int]


def run(connection: Connection, season: int) -> OutlierReport:
    """Score every parcel of a season and store the verdicts, in one transaction.

    :param season: id of the season.
    :raises NotEnoughData: no means, or fewer than two crops common enough to learn.
    """
    options = settings().outliers
    limits = Limits(options.review_share, options.smallest_crop, options.smallest_area_ha)
    matrix = feature_matrix.load(connection, season)
    unscored = unscored_reason(matrix.crops, matrix.observations, limits)
    trainable = unscored == ""
    if len(np.unique(matrix.crops[trainable])) < 2:
        raise NotEnoughData(
            f"fewer than two crops with at least {limits.smallest_crop} observed parcels",
            subject=f"season {season}",
            hint="load more parcels, or lower smallest_crop",
        )
    log.info("learning %d parcels x %d features", trainable.sum(), len(matrix.names))
    prediction = predict_out_of_fold(matrix.values, matrix.crops, trainable, options.folds)
    declared = _declared_probability(prediction, matrix.crops, trainable)
    doubtful = doubtful_reason(matrix.area_ha, matrix.observations, limits)
    verdict = judge(declared, unscored, doubtful, limits)
    return _store(connection, season, matrix, prediction, declared, verdict)


def _declared_probability(
    prediction: Prediction, crops: NDArray[Any], scored: NDArray[np.bool_]
) -> NDArray[np.float64]:
    column = np.searchsorted(prediction.classes, crops[scored])
    declared = np.full(len(crops), np.nan)
    declared[scored] = prediction.probability[scored, column]
    return declared


def _store(
    connection: Connection,
    season: int,
    matrix: Features,
    prediction: Prediction,
    declared: NDArray[np.float64],
    verdict: Judgement,
) -> OutlierReport:
    labels = _hash([matrix.pids, matrix.crops.tolist()])
    schema = {
        "features": matrix.names,
        "parameters": PARAMETERS,
        "rounds": ROUNDS,
        "doubtful_share": DOUBTFUL_SHARE,
        "folds": int(prediction.fold.max()) + 1,
        "code": __version__,
    }
    model = _hash([schema, labels, hashlib.sha256(matrix.values.tobytes()).hexdigest()])
    findings = _findings(matrix, prediction, verdict)
    with connection.transaction():
        values = {
            "season": season,
            "model": model,
            "features": Jsonb(schema),
            "labels": labels,
            "report": Jsonb(findings),
        }
        row = connection.execute(query("outliers/run"), values).fetchone()
        if row is None:
            raise AssertionError("an insert with returning gives a row")
        _copy(connection, row.id, season, matrix, prediction, declared, verdict)
    connection.commit()
    return OutlierReport(run=row.id, model=model, **findings)


def _findings(matrix: Features, prediction: Prediction, verdict: Judgement) -> dict[str, Any]:
    scored = verdict.rank > 0
    likeliest = np.array(prediction.classes)[prediction.probability.argmax(axis=1)]
    rare = verdict.reason == "rare_crop"
    return {
        "parcels": len(matrix.pids),
        "features": len(matrix.names),
        "crops": len(prediction.classes),
        "by_status": dict(Counter(verdict.status.tolist())),
        "by_reason": dict(Counter(verdict.reason[verdict.reason != ""].tolist())),
        "agreement": float((likeliest == matrix.crops)[scored].mean()),
        "rare_crops": dict(Counter(matrix.crops[rare].tolist())),
    }


def _copy(
    connection: Connection,
    run_id: int,
    season: int,
    matrix: Features,
    prediction: Prediction,
    declared: NDArray[np.float64],
    verdict: Judgement,
) -> None:
    best = prediction.probability.argmax(axis=1)
    step = connection.execute(query("seasons/step"), {"season": season}).fetchone()
    columns = (
        "run, season, pid, declared, predicted, probability, predicted_probability, rank, status,"
        " reason, observations, longest_gap_days"
    )
    observed = matrix.observations > 0
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy outlier ({columns}) from stdin") as copy,
    ):
        for index, pid in enumerate(matrix.pids):
            copy.write_row(
                (
                    run_id,
                    season,
                    pid,
                    str(matrix.crops[index]) or None,
                    prediction.classes[best[index]] if observed[index] else None,
                    None if np.isnan(declared[index]) else float(declared[index]),
                    float(prediction.probability[index, best[index]]) if observed[index] else None,
                    int(verdict.rank[index]) or None,
                    verdict.status[index],
                    verdict.reason[index] or None,
                    int(matrix.observations[index]),
                    int(matrix.longest_gap[index]) * step.step_days if step else None,
                )
            )


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
