"""The operator makes what it can, sleeps over orders, and goes on where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred

from dias_cbm_airflow.operators import connections, orders
from dias_cbm_airflow.operators.sensors.await_orders import AwaitOrders
from dias_cbm_airflow.operators.tasks.make_card import GenerateCardOperator

CONTEXT: Any = {}


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """What becomes of a scene."""
    played: dict[int, str] = {}

    def make(url: str, scenes: list[int]) -> list[dict[str, Any]]:
        assert url == "url of cbm_postgres"
        return [{"scene": one, "outcome": played[one], "reason": None} for one in scenes]

    def waiting(url: str, scenes: list[int]) -> list[int]:
        return [one for one in scenes if played[one] == "ordered"]

    monkeypatch.setattr(connections, "database_url", lambda conn_id: f"url of {conn_id}")
    monkeypatch.setattr(orders, "make", make)
    monkeypatch.setattr(orders, "waiting", waiting)
    return played


def operator(*scenes: int) -> GenerateCardOperator:
    return GenerateCardOperator(task_id="make_card", scenes=list(scenes))


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
    with pytest.raises(AirflowException, match="the trigger failed"):
        AwaitOrders(task_id="await_orders", scenes=[9]).execute_complete(CONTEXT, event)


def test_the_sensor_waits_for_all(outcomes: dict[int, str]) -> None:
    outcomes |= {7: "ready", 9: "ordered"}
    sensor = AwaitOrders(task_id="await_orders", scenes=[7, 9])
    with pytest.raises(TaskDeferred) as sleeping:
        sensor.execute(CONTEXT)
    arguments = sleeping.value.trigger.serialize()[1]
    assert (arguments["scenes"], arguments["every"]) == ([9], True)
    assert sensor.execute_complete(CONTEXT, {"status": "late"}) == [7, 9]
    outcomes[9] = "ready"
    assert sensor.execute(CONTEXT) == [7, 9]
