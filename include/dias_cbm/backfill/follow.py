"""A backfill in Airflow: started or resumed, queued behind another, followed to its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from dias_cbm.backfill.airflow_api import AirflowApi, Backfill
from dias_cbm.errors import ServiceError

POLL_S = 5.0

_ENDED = ("success", "failed")


@dataclass(frozen=True, slots=True)
class Order:
    """What to backfill; days are included.

    :param reprocess: which days that had a run get another: ``none``, ``failed`` or ``completed``.
    """

    dag_id: str
    first: date
    last: date
    active_runs: int = 2
    reprocess: str = "none"

    @property
    def days(self) -> list[date]:
        """Every day."""
        number = (self.last - self.first).days + 1
        return [self.first + timedelta(days=n) for n in range(number)]

    def is_of(self, backfill: Backfill) -> bool:
        """Whether a backfill is over the same days."""
        return (backfill.first, backfill.last) == (self.first, self.last)


@dataclass(frozen=True, slots=True)
class Ended:
    """The result of a backfill.

    :param states: how many days ended in which state.
    :param failed: days whose run failed.
    :param without_run: days that got no run.
    """

    states: Counter[str] = field(default_factory=Counter)
    failed: list[date] = field(default_factory=list)
    without_run: list[date] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Follower:
    """Drives one backfill through Airflow's REST API.

    :param tell: takes messages for the user.
    :param sleep: waits between two polls.
    """

    api: AirflowApi
    order: Order
    tell: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep

    def start(self) -> None:
        """Start the backfill; resume one over the same days; wait for one over other days.

        :raises ServiceError: Airflow does not answer, or has no such DAG, or it is paused.
        """
        dag_id = self.order.dag_id
        dags = self.api.dags()
        if dags.get(dag_id, True):
            what = "is paused" if dag_id in dags else "is not known to Airflow"
            raise ServiceError(
                f"{what}, its runs would not start",
                subject=dag_id,
                hint=f"airflow dags unpause {dag_id}",
            )
        announced: int | None = None
        while running := self._running():
            for backfill in running:
                if self.order.is_of(backfill):
                    self._resume(backfill)
                    return
            if announced != running[0].id:
                announced = running[0].id
                days = f"{running[0].first} to {running[0].last}"
                self.tell(f"queued: backfill {announced} of {dag_id} ({days}) is running")
            self.sleep(POLL_S)
        self.api.backfill(
            dag_id,
            self.order.first,
            self.order.last,
            active_runs=self.order.active_runs,
            reprocess=self.order.reprocess,
        )
        self.tell(f"started: {dag_id}, {self.order.first} to {self.order.last}")

    def pause(self) -> bool:
        """Pause the backfill over these days.

        :returns: whether one is running.
        """
        own = [backfill for backfill in self._running() if self.order.is_of(backfill)]
        for backfill in own:
            self.api.pause_backfill(backfill.id, True)
        return bool(own)

    def follow(self, progress: Callable[[int], None]) -> Ended:
        """Wait until the backfill has ended.

        :param progress: takes the number of days that have ended since it was last called.
        """
        before = 0
        while True:
            running = any(self.order.is_of(backfill) for backfill in self._running())
            runs = self.api.runs(self.order.dag_id, self.order.first, self.order.last)
            ended = sum(state in _ENDED for state in runs.values())
            progress(max(ended - before, 0))
            before = max(ended, before)
            if not running:
                break
            self.sleep(POLL_S)
        return Ended(
            Counter(runs.values()),
            sorted(day for day, state in runs.items() if state == "failed"),
            [day for day in self.order.days if day not in runs],
        )

    def _running(self) -> list[Backfill]:
        return [one for one in self.api.backfills(self.order.dag_id) if not one.completed]

    def _resume(self, backfill: Backfill) -> None:
        if backfill.paused:
            self.api.pause_backfill(backfill.id, False)
        state = "resumed" if backfill.paused else "already running"
        self.tell(f"{state}: backfill {backfill.id} of {self.order.dag_id}")
