"""The task that closes a day of observation and records its gaps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule, task

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    from dias_cbm.completeness.day import DayReport


# A day whose scenes hold no parcels skips its extraction but is closed too.
@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(minutes=15),
    trigger_rule=TriggerRule.NONE_FAILED,
)
def close_day(card: str, **context: Any) -> dict[str, DayReport]:
    """Record the state of every expected pass of the day, in every open season."""
    from dias_cbm.pipeline import day
    from dias_cbm_airflow.operators.connections import open_database
    from dias_cbm_airflow.operators.run_day import observation_day, only_season

    with open_database("close_day") as database:
        return day.close(database, card, observation_day(context), only_season(context))
