"""The trigger of ordered products."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.module_loading import import_string

from dias_cbm.errors import Unavailable
from dias_cbm.pipeline import orders
from dias_cbm_airflow.operators import connections
from dias_cbm_airflow.operators.triggers.orders import OrdersTrigger


def events(**options: Any) -> list[dict[str, Any]]:
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    options = {"interval": 0.01, "longest_interval": 0.02, **options}
    trigger = OrdersTrigger([7, 9], deadline.isoformat(), **options)

    async def collect() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    return asyncio.run(asyncio.wait_for(collect(), 20))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[list[int] | Exception]:
    """What the service answers, in turn; what is left shows how often it was asked."""
    played: list[list[int] | Exception] = []

    def waiting(database: str, scenes: list[int]) -> list[int]:
        assert (database, scenes) == ("database of cbm_postgres", [7, 9])
        answer = played.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def opened(task: str, conn_id: str) -> Any:
        return nullcontext(f"database of {conn_id}")

    monkeypatch.setattr(orders, "waiting", waiting)
    monkeypatch.setattr(connections, "open_database", opened)
    return played


def test_the_first_scene_that_comes_ends_it(answers: list[list[int] | Exception]) -> None:
    answers += [[7, 9], Unavailable("HTTP 503"), [9], []]
    (event,) = events()
    assert event == {"status": "complete", "message": "1 of 2 scenes are waiting for their order"}
    assert answers == [[]]


def test_a_service_that_stays_away_is_an_error(answers: list[list[int] | Exception]) -> None:
    answers += [Unavailable("HTTP 503")] * 3
    assert events(patience=2) == [{"status": "error", "message": "Unavailable: HTTP 503"}]


def test_it_can_be_made_again_from_what_it_tells() -> None:
    made = OrdersTrigger([7], datetime.now(UTC).isoformat(), patience=5, conn_id="x")
    path, arguments = made.serialize()
    again = import_string(path)(**arguments)
    assert isinstance(again, OrdersTrigger)
    assert again.serialize() == made.serialize()
