"""The task that records what a day of observation has brought."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import TriggerRule, task

from operators import names

if TYPE_CHECKING:
    from cbm.completeness.day import DayReport


# A day whose scenes hold no parcels skips its extraction, and is closed all the same.
@task(
    pool=names.DATABASE_POOL,
    execution_timeout=timedelta(minutes=15),
    trigger_rule=TriggerRule.NONE_FAILED,
)
def close_day(card: str, **context: Any) -> dict[str, DayReport]:
    """Give every expected pass of the day its end state, in every open season."""
    from cbm.database import connect
    from operators import acquisitions
    from operators.connections import database_url
    from operators.observation_day import observation_day

    with connect(database_url(), application="airflow close_day") as connection:
        return acquisitions.close(connection, card, observation_day(context))
