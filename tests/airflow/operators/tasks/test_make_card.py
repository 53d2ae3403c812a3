"""The operator makes what it can, sleeps over orders, and goes on where it was."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from dias_cbm.card.make import Outcome
from dias_cbm.pipeline import day
from dias_cbm.scenes import Status
from dias_cbm_airflow.operators import connections
from dias_cbm_airflow.operators.tasks.make_card import MakeCard

CONTEXT: Any = {}


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """What becomes of a scene."""
    played: dict[int, str] = {}

    def make(database: str, scenes: list[int]) -> list[Outcome]:
        assert database == "database of cbm_postgres"
        return [Outcome(one, Status.INGESTED, played[one]) for one in scenes]

    def opened(task: str, conn_id: str) -> Any:
        return nullcontext(f"database of {conn_id}")

    monkeypatch.setattr(connections, "open_database", opened)
    monkeypatch.setattr(day, "make", make)
    return played


def operator(*scenes: int) -> MakeCard:
    return MakeCard(task_id="make_card", scenes=list(scenes))


def told(outcomes: list[dict[str, Any]]) -> dict[int, str]:
    return {one["scene"]: one["outcome"] for one in outcomes}


def test_without_orders_it_is_done_at_once(outcomes: dict[int, str]) -> None:
    outcomes |= {7: "ready", 9: "failed"}
    assert told(operator(7, 9).execute(CONTEXT)) == {7: "ready", 9: "failed"}


def test_it_sleeps_over_orders_until_all_are_in(outcomes: dict[int, str]) -> None:
    outcomes |= {7: "ready", 8: "ordered", 9: "ordered"}
    task = operator(7, 8, 9)
    with pytest.raises(TaskDeferred) as first:
        task.execute(CONTEXT)
    assert first.value.method_name == "execute_complete"
    assert first.value.trigger.serialize()[1]["scenes"] == [8, 9]
    assert timedelta(hours=47) < first.value.timeout < timedelta(hours=50)
    outcomes |= {7: "unchanged", 8: "ready"}
    with pytest.raises(TaskDeferred) as second:
        task.execute_complete(CONTEXT, {"status": "complete"})
    assert second.value.trigger.serialize()[1]["scenes"] == [9]
    outcomes |= {8: "unchanged", 9: "failed"}
    done = task.execute_complete(CONTEXT, {"status": "complete"})
    assert told(done) == {7: "unchanged", 8: "unchanged", 9: "failed"}


def test_what_does_not_come_in_time_stays_ordered(outcomes: dict[int, str]) -> None:
    outcomes |= {9: "ordered"}
    done = operator(9).execute_complete(CONTEXT, {"status": "late"})
    assert told(done) == {9: "ordered"}


@pytest.mark.parametrize("event", [None, {"status": "error", "message": "SchemaChanged: x"}])
def test_a_broken_trigger_fails_the_task(outcomes: dict[int, str], event: Any) -> None:
    with pytest.raises(AirflowException, match="the trigger failed"):
        operator(9).execute_complete(CONTEXT, event)


@pytest.mark.parametrize(
    ("executors", "own"),
    [
        ("CeleryExecutor,KubernetesExecutor", "KubernetesExecutor"),
        ("CeleryExecutor", None),
        ("KubernetesExecutor", None),
        ("LocalExecutor, CeleryExecutor", None),
    ],
)
def test_it_has_a_pod_of_its_own_where_pods_are_the_second_choice(
    executors: str, own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executors)
    assert operator(7).executor == own
