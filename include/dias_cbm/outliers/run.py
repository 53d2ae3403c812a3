"""One run of the outlier step: read, assess, explain, store.

The database is needed at both ends only. Nothing is held open while the models learn, which may
take an hour for a country; the list is stored in one transaction, and until then the last one is
in force.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dias_cbm import __version__, seasons
from dias_cbm.config.settings import settings
from dias_cbm.config.tables import Outliers
from dias_cbm.content_hash import content_hash
from dias_cbm.db.connection import Connection, compute_within
from dias_cbm.db.queries import query
from dias_cbm.outliers import (
    assess,
    decisions,
    doubts,
    explanations,
    features,
    group_table,
    provenance,
    store,
    swaps,
    trees,
)
from dias_cbm.outliers.assess import Assessment
from dias_cbm.outliers.calibration import Findings
from dias_cbm.outliers.estimate import Estimate, estimate
from dias_cbm.outliers.features import Features
from dias_cbm.outliers.groups import grouping
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

OpenDatabase = Callable[[], Connection]


@dataclass(frozen=True, slots=True)
class OutlierReport:
    """Result of a run.

    :param run: id in ``outlier_run``.
    :param model: hash of features, labels, parameters and code version.
    :param by_status: parcels per status.
    :param by_reason: inconclusive parcels per reason.
    :param agreement: share of the scored parcels whose likeliest crop is the declared one.
    :param special_reasons: listed parcels that may be odd in another way than by a wrong crop.
    :param rare_crops: crops with too few parcels to learn from, with their number of parcels.
    :param alike_crops: crops whose texts differ only by case or blanks; they are not merged.
    :param shortcomings: what the season lacks, in sentences.
    :param group_remarks: what is odd about the groups of crops, in sentences.
    :param season_seen: share of the season's windows from its start to the last with means.
    :param learners: those whose probabilities were averaged.
    :param learners_because: why these, in one sentence.
    :param wrong_share_at_least: lower bound of the share of wrong declarations, by swaps.
    :param self_test: AUC of declarations exchanged between parcels, with its 99 % interval.
    :param power: by crop, the share of wrong declarations of it that the list would show; None
        where unknown.
    :param doubtful: declarations that the second pass did not learn from.
    :param listed: red parcels, by the budget.
    :param expected_wrong: wrong declarations among them; a lower bound unless ``calibrated``.
    :param inspections: clear findings of people that P(wrong) could rest on.
    :param in_words: budget, calibration and the rule for green, in sentences.
    :param minutes: from the first read to the last score.
    """

    run: int
    model: str
    parcels: int
    features: int
    crops: int
    by_status: dict[str, int]
    by_reason: dict[str, int]
    special_reasons: dict[str, int]
    agreement: float
    rare_crops: dict[str, int]
    alike_crops: list[list[str]]
    shortcomings: list[str]
    group_remarks: list[str]
    season_seen: float
    learners: list[str]
    learners_because: str
    wrong_share_at_least: float
    self_test: dict[str, float]
    power: dict[str, float | None]
    doubtful: int
    listed: int
    expected_wrong: float
    inspections: int
    calibrated: bool
    in_words: list[str]
    minutes: float


def run(
    open_database: OpenDatabase, season: str, show: Callable[[str], None] = log.info
) -> OutlierReport:
    """Score every parcel of a season and store the verdicts.

    :param open_database: opens a new connection; called three times.
    :param season: name of the season.
    :param show: is given lines about the progress.
    :raises NotEnoughData: no means, fewer than two crops common enough to learn, or scores no
        better than chance. The last list stays in force.
    :raises StateConflict: the parcels were loaded anew meanwhile.
    """
    started = time.monotonic()
    options = settings().outliers
    with open_database() as connection:
        _snapshot(connection)
        judged = seasons.get(connection, season)
        version = _parcels_version(connection, judged.id)
        matrix = features.load(connection, judged.id, options.holding_attribute)
        groups = group_table.table_of(connection, judged.id)
        inspected = decisions.findings(decisions.in_force(connection, judged.id), groups)
    show(f"{len(matrix.values)} parcels x {matrix.layout.columns} columns read")
    assessment = assess.assess(matrix, options, groups, inspected, show)
    with open_database() as connection:
        _snapshot(connection)
        wanted, predict = doubts.doubts_of(assessment), doubts.predictor_of(assessment)
        why = explanations.prepare(connection, judged, matrix, wanted, predict)
    show(f"{len(why.listed)} parcels explained")
    found = assess.findings(matrix, assessment) | {
        "special_reasons": why.reasons,
        "group_remarks": _remarks(assessment, groups),
        "season_seen": _season_seen(judged, matrix.layout.periods.stop),
        "minutes": round((time.monotonic() - started) / 60, 2),
    }
    record = _record(matrix, assessment, options, groups, inspected, version, found)
    with open_database() as connection, connection.transaction():
        compute_within(connection)
        number = store.store(connection, judged.id, judged.step_days, record, matrix, assessment)
        explanations.store(connection, number, judged, why)
    return OutlierReport(run=number, model=record.model, **found)


def foresee(open_database: OpenDatabase, season: str) -> Estimate:
    """What a run would take now, without running it.

    :raises NotEnoughData: no means, or fewer than two crops common enough to learn.
    """
    options = settings().outliers
    with open_database() as connection:
        _snapshot(connection)
        judged = seasons.get(connection, season)
        parcels = features.read_parcels(connection, judged.id, options.holding_attribute)
        means, periods = features.read_means(connection, judged.id)
    return estimate(parcels, means, periods, options)


def _snapshot(connection: Connection) -> None:
    """Read parcels and means as of one moment, although others write."""
    from psycopg import IsolationLevel

    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    compute_within(connection)


def _parcels_version(connection: Connection, season: int) -> str | None:
    row = connection.execute(query("parcels/version"), {"season": season}).fetchone()
    return None if row is None else str(row.version)


def _remarks(assessment: Assessment, groups: dict[str, str]) -> list[str]:
    return grouping(assessment.classes, groups).remarks() if groups else []


def _season_seen(season: Season, last: int) -> float:
    """Share of a season's days that the windows cover, up to the last with means."""
    _, ends = season.window(last - 1)
    whole = season.ends - season.starts + timedelta(days=1)
    return round(min(max((ends - season.starts) / whole, 0.0), 1.0), 3)


def _record(
    matrix: Features,
    assessment: Assessment,
    options: Outliers,
    groups: dict[str, str],
    inspected: Findings,
    version: str | None,
    found: dict[str, Any],
) -> store.Record:
    schema = {
        "features": matrix.layout.names(),
        "first_window": matrix.layout.periods.start,
        "trees": trees.PARAMETERS
        | {
            "rounds": trees.ROUNDS,
            "bagging_share": trees.BAGGING_SHARE,
            "bagging_rows": trees.BAGGING_ROWS,
        },
        "swap_copies": swaps.COPIES,
        "learners": found["learners"],
    }
    scored = int((assessment.declared >= 0).sum())
    used = dataclasses.asdict(options) | dataclasses.asdict(assess.scoring(options, scored))
    used["groups"] = groups
    used["inspections"] = content_hash([inspected.rank_odds.tolist(), inspected.wrong.tolist()])
    labels = provenance.of_labels(matrix.parcels.pids, matrix.parcels.crops.tolist())
    means = provenance.of_array(matrix.values)
    return store.Record(
        model=content_hash([schema, used, labels, means, __version__]),
        schema=schema,
        labels=labels,
        means=means,
        code=__version__,
        options=used,
        environment=provenance.environment(),
        parcels=version,
        report=found,
    )
