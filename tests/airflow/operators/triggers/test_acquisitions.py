"""The trigger: it always ends in one event."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string

from dias_cbm.errors import SchemaChanged, Unavailable
from dias_cbm.pipeline import day
from dias_cbm.pipeline.day import Arrivals
from dias_cbm_airflow.operators import connections
from dias_cbm_airflow.operators.triggers.acquisitions import AcquisitionsTrigger

Look = Callable[[int], bool]


def trigger(seconds: float = 30.0, **options: Any) -> AcquisitionsTrigger:
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    options = {"interval": 0.01, "longest_interval": 0.02, **options}
    return AcquisitionsTrigger("bs", "2018-05-03", deadline.isoformat(), **options)


def events(run: AcquisitionsTrigger) -> list[dict[str, Any]]:
    async def collect() -> list[Any]:
        return [event.payload async for event in run.run()]

    return asyncio.run(asyncio.wait_for(collect(), 20))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Look], list[tuple[Any, ...]]]:
    """Let every look be answered by a function of its number, from 1."""

    def answer(complete: Look) -> list[tuple[Any, ...]]:
        calls: list[tuple[Any, ...]] = []

        def look(*arguments: Any) -> Arrivals:
            calls.append(arguments)
            done = complete(len(calls))
            return Arrivals(["dk-2018"], [1], done, datetime.now(UTC), f"look {len(calls)}")

        monkeypatch.setattr(day, "look", look)
        return calls

    def opened(task: str, conn_id: str) -> Any:
        return nullcontext(f"database of {conn_id}")

    monkeypatch.setattr(connections, "open_database", opened)
    return answer


def test_it_looks_until_all_is_there(looks: Any) -> None:
    calls = looks(lambda number: number == 3)
    assert events(trigger()) == [{"status": "complete", "message": "look 3"}]
    assert calls == [("database of cbm_postgres", "bs", date(2018, 5, 3))] * 3


def test_it_never_fires_at_once(looks: Any) -> None:
    looks(lambda number: True)
    started = time.monotonic()
    events(trigger(interval=0.3))
    assert time.monotonic() - started >= 0.3


def test_the_deadline_ends_it(looks: Any) -> None:
    looks(lambda number: False)
    (event,) = events(trigger(seconds=0.2))
    assert event["status"] == "late"


def test_a_deadline_gone_by_ends_it_without_a_look(looks: Any) -> None:
    calls = looks(lambda number: True)
    (event,) = events(trigger(seconds=-1))
    assert event["status"] == "late"
    assert calls == []


def test_a_defect_ends_it_with_an_error(looks: Any) -> None:
    def broken(number: int) -> bool:
        raise SchemaChanged("has no Id", subject="value[0]")

    calls = looks(broken)
    (event,) = events(trigger())
    assert event == {"status": "error", "message": "SchemaChanged: value[0]: has no Id"}
    assert len(calls) == 1


def test_a_catalogue_that_is_away_for_a_while_is_waited_for(looks: Any) -> None:
    def away(number: int) -> bool:
        if number <= 3:
            raise Unavailable("HTTP 503")
        return True

    looks(away)
    assert events(trigger(patience=3))[0]["status"] == "complete"


def test_a_catalogue_that_stays_away_is_an_error(looks: Any) -> None:
    def away(number: int) -> bool:
        raise Unavailable("HTTP 503")

    calls = looks(away)
    (event,) = events(trigger(patience=3))
    assert event == {"status": "error", "message": "Unavailable: HTTP 503"}
    assert len(calls) == 4


def test_a_look_does_not_hold_up_the_event_loop_of_all_triggers(looks: Any) -> None:
    threads = []

    def note(number: int) -> bool:
        threads.append(threading.get_ident())
        return True

    looks(note)
    events(trigger())
    assert threads
    assert threading.get_ident() not in threads


def test_it_can_be_made_again_from_what_it_tells() -> None:
    made = trigger(patience=5, conn_id="other")
    path, arguments = made.serialize()
    again = import_string(path)(**arguments)
    assert isinstance(again, AcquisitionsTrigger)
    assert again.serialize() == made.serialize()
    assert all(isinstance(value, str | int | float) for value in arguments.values())
