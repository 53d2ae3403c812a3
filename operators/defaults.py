"""Defaults shared by all DAGs and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable

from dias_cbm_airflow.operators import names
from dias_cbm_airflow.operators.failed_run import tell_of_failed_run
from dias_cbm_airflow.operators.failure_mail import send_failure_mail, tell_of_cut_off

#: Arguments of every task. Retries wait 30 s, 1, 2 and 4 minutes: long enough for a service to
#: restart.
TASK: Mapping[str, Any] = {
    "owner": names.OWNER,
    "retries": 4,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=30),
    "execution_timeout": timedelta(hours=2),
    "on_failure_callback": send_failure_mail,
    "on_retry_callback": tell_of_cut_off,
}

#: First acquisition of Sentinel-1A; no season begins before it.
FIRST_DAY = datetime(2014, 4, 3, tzinfo=UTC)

#: Days of observation that may run at one time. A run waits up to four days for a late product and
#: must not keep the next days from starting. A backfill has its own limit.
ACTIVE_DAYS = 8

#: Arguments of every DAG.
DAG: Mapping[str, Any] = {
    "start_date": FIRST_DAY,
    "catchup": False,
    "default_args": dict(TASK),
    "on_failure_callback": tell_of_failed_run,
}


def every_day(hour: int = 0) -> CronTriggerTimetable:
    """One run a day at this hour (UTC); its logical date is the moment it starts.

    Stated explicitly, since ``@daily`` means different things in different versions of Airflow.
    """
    return CronTriggerTimetable(f"0 {hour} * * *", timezone="UTC")
