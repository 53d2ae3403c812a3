"""The tasks that judge the parcels of each season by the schemes of the rule file."""

from __future__ import annotations

import dataclasses
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import task

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection
    from dias_cbm.rules.language import RuleFile

log = logging.getLogger(__name__)


@task(execution_timeout=timedelta(minutes=15))
def seasons_to_judge(**context: Any) -> list[str]:
    """Names of the seasons to judge now.

    Started by hand or with the Param ``force``: the season asked for, or all. Started by schedule
    or asset: seasons where the rule file or the markers' answers have changed since the last run.

    :raises AirflowFailException: the rule file has faults; a retry would not help.
    :raises AirflowSkipException: the setting ``rules.file`` names no file.
    """
    from dias_cbm import seasons
    from dias_cbm.rules import run
    from dias_cbm_airflow.operators.seasons_due import seasons_due as due_of

    rules = _rules()

    def is_due(connection: Connection, season: int) -> bool:
        (one,) = (known for known in seasons.all_seasons(connection) if known.id == season)
        return run.is_due(connection, one, rules)

    return due_of("seasons_to_judge", context, is_due)


@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(hours=2),
    map_index_template="{{ task.op_kwargs['season'] }}",
)
def run_rules(season: str, **context: Any) -> dict[str, Any]:
    """Judge every parcel of a season; nothing is done if nothing has changed.

    :raises AirflowFailException: the rule file has faults, or does not fit the season.
    :raises AirflowSkipException: no marker has answered yet.
    """
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    from dias_cbm import seasons
    from dias_cbm.errors import NotEnoughData, RuleError
    from dias_cbm.rules import run
    from dias_cbm_airflow.operators.connections import open_database

    rules = _rules()
    with open_database("run_rules") as connection:
        try:
            report = run.run(connection, seasons.get(connection, season), rules)
        except NotEnoughData as error:
            raise AirflowSkipException(str(error)) from error
        except RuleError as error:
            raise AirflowFailException(_advice(error)) from error
    for note in report.notes:
        log.info("%s", note)
    log.info("%s: %s", season, report)
    return json.loads(json.dumps(dataclasses.asdict(report)))


def _rules() -> RuleFile:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

    from dias_cbm.errors import RuleError
    from dias_cbm.rules import reading

    try:
        rules = reading.configured()
    except RuleError as error:
        raise AirflowFailException(_advice(error)) from error
    if rules is None:
        raise AirflowSkipException("no parcels are judged: the setting rules.file names no file")
    return rules


def _advice(error: Exception) -> str:
    return f"{error}. Nothing was stored, and earlier verdicts stay. Correct the rule file:" + (
        " `cbm rules check FILE` tells every fault. Then clear this task."
    )
