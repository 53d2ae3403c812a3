"""Defaults shared by all DAGs and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.failure_mail import send_failure_mail

#: What every task is given. Retries wait 30 s, 1, 2 and 4 minutes: long enough for a service to
#: come back after a restart.
TASK: Mapping[str, Any] = {
    "owner": names.OWNER,
    "retries": 4,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": send_failure_mail,
}

#: First acquisition of Sentinel-1A; no season begins before it.
FIRST_DAY = datetime(2014, 4, 3, tzinfo=UTC)

#: Days of observation that may be waiting at one time. A late product is waited for up to four
#: days, and must not keep the next days from starting. A backfill has a limit of its own.
ACTIVE_DAYS = 8

#: What every DAG is given.
DAG: Mapping[str, Any] = {
    "start_date": FIRST_DAY,
    "catchup": False,
    "default_args": dict(TASK),
}


def every_day(hour: int = 0) -> CronTriggerTimetable:
    """A run a day at this hour of UTC; its logical date is the moment it starts.

    Said outright, since ``@daily`` means different things in different versions of Airflow.
    """
    return CronTriggerTimetable(f"0 {hour} * * *", timezone="UTC")
