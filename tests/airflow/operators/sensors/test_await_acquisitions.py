"""The sensor: one look, then its trigger; and what it hands over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowException, DownstreamTasksSkipped, TaskDeferred

from dias_cbm.pipeline import day
from dias_cbm.pipeline.day import Arrivals
from dias_cbm_airflow.operators import connections
from dias_cbm_airflow.operators.sensors.await_acquisitions import AwaitAcquisitions
from dias_cbm_airflow.operators.triggers.acquisitions import AcquisitionsTrigger

DAY = date(2018, 5, 3)
SOON = datetime.now(UTC) + timedelta(hours=6)


def arrivals(**changes: Any) -> Arrivals:
    values = {
        "seasons": ["dk-2018"],
        "scenes": [7, 9],
        "complete": True,
        "deadline": SOON,
        "message": "2 of 2 passes",
    }
    return Arrivals(**values | changes)


def opened(task: str, conn_id: str) -> Any:
    return nullcontext(f"database of {conn_id}")


class Bench:
    """A sensor whose looks are written down in advance."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found = arrivals()
        self.looks: list[tuple[Any, ...]] = []
        self.closed: list[tuple[str, date]] = []
        with DAG("any", schedule=None):
            self.sensor = AwaitAcquisitions(task_id="await_acquisitions", card="bs")
            self.sensor >> BaseOperator(task_id="next") >> BaseOperator(task_id="last")
        self.context: Any = {
            "params": {"day": None},
            "logical_date": datetime(2018, 5, 3, tzinfo=UTC),
            "ti": SimpleNamespace(map_index=-1, xcom_push=lambda key, value: None),
            "task": self.sensor,
        }
        monkeypatch.setattr(connections, "open_database", opened)
        monkeypatch.setattr(day, "look", self._look)
        monkeypatch.setattr(day, "close", self._close)

    def _look(self, *arguments: Any) -> Arrivals:
        self.looks.append(arguments)
        return self.found

    def _close(self, database: str, card: str, closed: date, only: list[str] | None) -> None:
        assert (database, card) == ("database of cbm_postgres", "bs")
        assert only == ([self.context["params"]["season"]] if only else None)
        self.closed.append(closed)

    @contextmanager
    def nothing_follows(self) -> Iterator[None]:
        """Airflow is told to skip all that comes after, and the sensor itself succeeds."""
        with pytest.raises(DownstreamTasksSkipped) as skipped:
            yield
        assert set(skipped.value.tasks) == {"next", "last"}

    def execute(self) -> Any:
        return self.sensor.execute(self.context)

    def resume(self, event: dict[str, str] | None) -> Any:
        return self.sensor.execute_complete(self.context, event)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_scenes_that_are_there_are_handed_over_at_once(bench: Bench) -> None:
    assert bench.execute() == [[7], [9]]
    assert bench.looks == [("database of cbm_postgres", "bs", DAY, None)]
    assert not bench.closed


def test_it_defers_while_something_is_to_come(bench: Bench) -> None:
    bench.found = arrivals(complete=False, scenes=[7])
    with pytest.raises(TaskDeferred) as deferred:
        bench.execute()
    trigger = deferred.value.trigger
    assert isinstance(trigger, AcquisitionsTrigger)
    assert (trigger.card, trigger.day, trigger.deadline) == ("bs", "2018-05-03", SOON.isoformat())
    assert trigger.conn_id == "cbm_postgres"
    assert deferred.value.method_name == "execute_complete"
    assert SOON - datetime.now(UTC) < deferred.value.timeout < timedelta(days=1)
    assert len(bench.looks) == 1


def test_on_a_day_outside_all_seasons_nothing_follows(bench: Bench) -> None:
    bench.found = arrivals(seasons=[], scenes=[])
    with bench.nothing_follows():
        bench.execute()
    assert not bench.closed


def test_a_day_without_scenes_is_closed_and_nothing_follows(bench: Bench) -> None:
    bench.found = arrivals(scenes=[])
    with bench.nothing_follows():
        bench.execute()
    assert bench.closed == [DAY]


def test_a_run_of_one_product_waits_for_nothing_and_closes_no_day(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def within(database: str, found: Arrivals, *only: Any, alone: bool) -> Arrivals:
        asked.append((*only, alone))
        return replace(found, scenes=found.scenes[:1], complete=True)

    monkeypatch.setattr(day, "within", within)
    bench.context["params"] |= {"season": "dk-2018", "product": 7}
    bench.found = arrivals(complete=False)
    assert bench.execute() == [[7]]
    assert asked == [("bs", 7, True)]
    assert bench.looks[0][-1] == ["dk-2018"]
    bench.found = arrivals(scenes=[])
    with bench.nothing_follows():
        bench.execute()
    assert bench.closed == []


@pytest.mark.parametrize("status", ["complete", "late"])
def test_it_hands_over_what_is_there_when_the_trigger_ends(bench: Bench, status: str) -> None:
    bench.found = arrivals(complete=status == "complete")
    assert bench.resume({"status": status, "message": ""}) == [[7], [9]]


def test_a_late_pass_does_not_fail_the_day(bench: Bench) -> None:
    bench.found = arrivals(complete=False, scenes=[])
    with bench.nothing_follows():
        bench.resume({"status": "late", "message": "0 of 1"})
    assert bench.closed == [DAY]


@pytest.mark.parametrize(
    "event", [None, {}, {"status": "error", "message": "SchemaChanged: value[0].Id"}]
)
def test_an_error_of_the_trigger_fails_the_task(bench: Bench, event: dict[str, str] | None) -> None:
    with pytest.raises(AirflowException, match="SchemaChanged" if event else "no event"):
        bench.resume(event)


def test_its_arguments_can_be_templates() -> None:
    assert set(AwaitAcquisitions.template_fields) == {"card", "conn_id"}
