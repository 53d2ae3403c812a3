"""Airflow DAGs of the lab: 300 tasks that do nothing, and four that wait, to measure their cost."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from airflow.sdk import dag, task

TASKS, WAITING, WAIT_S = 300, 4, 120
START = datetime(2014, 4, 3, tzinfo=UTC)


@dag(schedule=None, start_date=START, catchup=False, max_active_tasks=64)
def soak() -> None:
    """Do nothing, many times."""

    @task(retries=2)
    def nothing(number: int) -> None:
        """Do nothing."""

    nothing.expand(number=list(range(TASKS)))


@dag(schedule=None, start_date=START, catchup=False)
def soak_waiting() -> None:
    """Wait, a few times at once."""

    @task(retries=2)
    def wait(number: int) -> None:
        """Wait."""
        time.sleep(WAIT_S)

    wait.expand(number=list(range(WAITING)))


soak()
soak_waiting()
