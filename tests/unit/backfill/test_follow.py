"""Driving a backfill through a stand-in for Airflow's API."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dias_cbm.backfill.airflow_api import Backfill
from dias_cbm.backfill.follow import POLL_S, Follower, Order
from dias_cbm.errors import ServiceError

ORDER = Order("cbm_bs", date(2018, 5, 1), date(2018, 5, 3))
OWN = Backfill(7, ORDER.first, ORDER.last, paused=False, completed=False)
OTHER = Backfill(6, date(2018, 1, 1), date(2018, 1, 9), paused=False, completed=False)


class Airflow:
    """Answers each look with the next state; keeps what it was told to do."""

    def __init__(self, *looks: list[Backfill], runs: list[dict[date, str]] | None = None) -> None:
        self.looks, self.states = list(looks), runs or [{}]
        self.paused_dags: dict[str, bool] = {"cbm_bs": False}
        self.done: list[tuple[Any, ...]] = []

    def dags(self) -> dict[str, bool]:
        return self.paused_dags

    def backfills(self, dag_id: str) -> list[Backfill]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def runs(self, dag_id: str, first: date, last: date) -> dict[date, str]:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def backfill(self, *values: Any, **more: Any) -> None:
        self.done.append(("backfill", *values, more["reprocess"]))

    def pause_backfill(self, backfill_id: int, paused: bool) -> None:
        self.done.append(("pause" if paused else "unpause", backfill_id))


def follower(api: Any, order: Order = ORDER) -> tuple[Follower, list[str], list[float]]:
    told: list[str] = []
    slept: list[float] = []
    return Follower(api, order, told.append, slept.append), told, slept


def test_it_is_started_with_its_days() -> None:
    api = Airflow([replace(OWN, completed=True)])
    driver, told, _ = follower(api, replace(ORDER, reprocess="completed"))
    driver.start()
    assert api.done == [("backfill", "cbm_bs", ORDER.first, ORDER.last, "completed")]
    assert told == ["started: cbm_bs, 2018-05-01 to 2018-05-03"]


def test_one_over_the_same_days_is_taken_up_again() -> None:
    api = Airflow([OWN])
    driver, told, _ = follower(api)
    driver.start()
    assert (api.done, told) == ([], ["already running: backfill 7 of cbm_bs"])
    api = Airflow([replace(OWN, paused=True)])
    driver, told, _ = follower(api)
    driver.start()
    assert (api.done, told) == ([("unpause", 7)], ["resumed: backfill 7 of cbm_bs"])


def test_it_queues_behind_another() -> None:
    api = Airflow([OTHER], [OTHER], [])
    driver, told, slept = follower(api)
    driver.start()
    assert told[0] == "queued: backfill 6 of cbm_bs (2018-01-01 to 2018-01-09) is running"
    assert len(told) == 2
    assert slept == [POLL_S, POLL_S]
    assert api.done[0][0] == "backfill"


@pytest.mark.parametrize(
    ("dags", "message"), [({"cbm_bs": True}, "is paused"), ({}, "is not known to Airflow")]
)
def test_what_would_never_start_is_said_so(dags: dict[str, bool], message: str) -> None:
    api = Airflow([])
    api.paused_dags = dags
    with pytest.raises(ServiceError, match=message):
        follower(api)[0].start()


def test_it_is_followed_to_its_end() -> None:
    first, second, third = ORDER.days
    api = Airflow(
        [OWN],
        [OWN],
        [],
        runs=[
            {first: "running"},
            {first: "success", second: "running"},
            {first: "success", second: "failed"},
        ],
    )
    driver, _, slept = follower(api)
    steps: list[int] = []
    ended = driver.follow(steps.append)
    assert steps == [0, 1, 1]
    assert len(slept) == 2
    assert ended.states == Counter(success=1, failed=1)
    assert (ended.failed, ended.without_run) == ([second], [third])


def test_pausing() -> None:
    api = Airflow([OTHER, OWN])
    assert follower(api)[0].pause()
    assert api.done == [("pause", 7)]
    assert not follower(Airflow([OTHER]))[0].pause()
