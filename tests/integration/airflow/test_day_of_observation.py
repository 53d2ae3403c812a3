"""A day of observation through its DAG, on a small simulated season."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from order_service import OrderPlace, serving

from dias_cbm.pipeline.day import look, make, plan
from dias_cbm_airflow.operators.triggers import polling

pytestmark = pytest.mark.integration

ORDER = [
    "await_acquisitions",
    "make_card",
    "plan_extraction",
    "extract",
    "five_day_means",
    "close_day",
]

Run = Callable[[str, date], tuple[str, dict[str, list[str]]]]


@pytest.fixture
def run(airflow_database: None, dagbag: Any, season: Any) -> Run:
    """Run a day of a DAG; gives the state of the run, and of its tasks."""

    def of_day(dag_id: str, day: date) -> tuple[str, dict[str, list[str]]]:
        done = dagbag.dags[dag_id].test(logical_date=datetime.combine(day, time(), UTC))
        states: dict[str, list[str]] = {}
        for instance in done.get_task_instances():
            states.setdefault(instance.task_id, []).append(str(instance.state))
        return str(done.state), states

    return of_day


def every(state: str, **others: list[str]) -> dict[str, list[str]]:
    return {name: [state] for name in ORDER} | others


def records(connection: Any) -> list[Any]:
    connection.rollback()
    signatures = connection.execute("select * from signatures order by obsid, pid, band").fetchall()
    means = connection.execute(
        "select * from five_day_means order by card, period, pid, band, direction"
    ).fetchall()
    return [signatures, means]


def closed(connection: Any) -> list[tuple[str, date]]:
    connection.rollback()
    rows = connection.execute("select card, day from observed_day order by card, day")
    return [(row.card, row.day) for row in rows]


def test_a_pass_goes_all_the_way(run: Run, connection: Any, days: Any) -> None:
    assert run("cbm_bs", days.clear) == ("success", every("success"))
    signatures, means = records(connection)
    assert {row.band for row in signatures} == {"VV", "VH"}
    assert len({row.pid for row in signatures}) > 100
    assert {row.direction for row in means} == {"A", "*"}
    (window,) = {(row.window_start, row.window_end) for row in means}
    assert window[0] <= days.clear < window[1] == window[0] + timedelta(days=5)
    assert closed(connection) == [("bs", days.clear)]


def test_the_same_day_again_changes_nothing(run: Run, connection: Any, days: Any) -> None:
    run("cbm_bs", days.clear)
    before = records(connection)
    state, tasks = run("cbm_bs", days.clear)
    assert state == "success"
    assert tasks["extract"] == ["skipped"]
    assert tasks["five_day_means"] == tasks["close_day"] == ["success"]
    assert records(connection) == before


def test_a_day_without_scenes_runs_one_task_and_is_closed(
    run: Run, connection: Any, days: Any
) -> None:
    expected = every("skipped", await_acquisitions=["success"])
    assert run("cbm_bs", days.empty) == ("success", expected)
    assert closed(connection) == [("bs", days.empty)]


def test_a_day_outside_all_seasons_runs_one_task(run: Run, connection: Any) -> None:
    expected = every("skipped", await_acquisitions=["success"])
    assert run("cbm_bs", date(2019, 5, 15)) == ("success", expected)
    assert closed(connection) == []


def test_a_corrupt_product_is_recorded_and_the_run_is_green(
    run: Run, connection: Any, days: Any
) -> None:
    state, tasks = run("cbm_bs", days.truncated)
    assert state == "success"
    assert tasks == every("success", extract=["skipped"])
    (scene,) = connection.execute(
        "select status, cause, reason from dias_catalogue where card = 'bs'"
    ).fetchall()
    assert scene.status == "failed"
    assert scene.cause == "corrupt"
    assert closed(connection) == [("bs", days.truncated)]


def test_of_twins_the_better_one_is_extracted(run: Run, connection: Any, days: Any) -> None:
    state, tasks = run("cbm_bs", days.twin)
    assert state == "success"
    assert tasks["make_card"] == ["success"]
    rows = connection.execute(
        "select status, count(*) as n from dias_catalogue where card = 'bs' group by 1 order by 1"
    ).fetchall()
    assert [(row.status, row.n) for row in rows] == [("extracted", 1), ("superseded", 1)]


def test_a_slice_without_parcels_ends_as_such(run: Run, connection: Any, days: Any) -> None:
    state, tasks = run("cbm_bs", days.beyond)
    assert state == "success"
    assert tasks["make_card"] == ["success"], "both are quickly located, and share a task"
    rows = connection.execute("select status from dias_catalogue where card = 'bs' order by 1")
    assert sorted(row.status for row in rows) == ["extracted", "no_parcels"]


@pytest.mark.parametrize(
    ("dag_id", "kind"), [("cbm_c6", "coherent"), ("cbm_c12", "coherent"), ("cbm_s2", "optical")]
)
def test_the_other_cards_go_the_same_way(
    run: Run, connection: Any, days: Any, dag_id: str, kind: str
) -> None:
    assert run(dag_id, getattr(days, kind)) == ("success", every("success"))
    signatures, means = records(connection)
    assert signatures
    card = dag_id.removeprefix("cbm_")
    assert {row.card for row in signatures} == {row.card for row in means} == {card}


def test_what_a_store_that_is_away_holds_waits_and_the_day_goes_on(
    run: Run, connection: Any, days: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/nowhere")
    assert run("cbm_bs", days.clear)[0] == "success"
    (scene,) = connection.execute(
        "select status, cause, reason from dias_catalogue where card = 'bs'"
    ).fetchall()
    assert scene.status == "ingested"
    assert scene.cause == "paused"
    assert "is it mounted?" in scene.reason


def test_while_the_day_is_not_over_it_is_waited_for(
    run: Run, connection: Any, days: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.combine(days.clear + timedelta(days=1), time(), UTC)
    latency = datetime.now(UTC) + timedelta(seconds=6) - over
    monkeypatch.setenv("CBM_COMPLETENESS_BS_LATENCY_HOURS", str(latency / timedelta(hours=1)))
    deadline = over + latency
    assert run("cbm_bs", days.clear) == ("success", every("success"))
    assert datetime.now(UTC) >= deadline
    assert closed(connection) == [("bs", days.clear)]


def test_a_try_takes_over_what_a_killed_one_has_claimed(
    season: Any, connection: Any, days: Any
) -> None:
    from dias_cbm import ledger
    from dias_cbm_airflow.operators.tasks.extract import extract

    def attempt(run_id: str) -> str:
        instance = SimpleNamespace(dag_id="cbm_bs", run_id=run_id, task_id="extract", map_index=0)
        (report,) = extract.function([[unit.season, unit.obsid, unit.tile]], ti=instance)
        return str(report["outcome"])

    (scene_id,) = look(connection, "bs", days.clear).scenes
    make(connection, [scene_id])
    (unit,) = plan(connection, [scene_id])
    assert ledger.claim(connection, unit, "cbm_bs/killed/extract/0")
    assert attempt("another") == "taken"
    assert attempt("killed") == "extracted"


def test_a_look_tells_what_is_there(season: Any, connection: Any, days: Any) -> None:
    found = look(connection, "bs", days.twin)
    assert found.seasons == [season.name]
    assert len(found.scenes) == 1
    assert found.complete
    assert found.deadline < datetime.now(UTC)
    assert season.name in found.message


def test_pairs_to_be_made_are_looked_for_before_the_season(
    season: Any, connection: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def earliest() -> date:
        look(connection, "c6", season.starts)
        statement = "select min(obstime)::date as day from dias_catalogue where kind = 'S1_SLC'"
        found: date = connection.execute(statement).fetchone().day
        connection.rollback()
        return found

    assert earliest() == season.starts
    monkeypatch.setenv("CBM_CARD_C6_ENGINES", "ready,embedded")
    assert earliest() == season.starts - timedelta(days=6)


def test_a_look_at_a_day_outside_all_seasons_asks_nobody(season: Any, connection: Any) -> None:
    found = look(connection, "bs", date(2019, 1, 1))
    assert (found.seasons, found.scenes, found.complete) == ([], [], True)


def test_a_product_on_order_is_slept_over(
    run: Run, connection: Any, days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the catalogue lists of the day is of no use: the platform makes it anew, on order."""
    run("cbm_bs", days.clear)
    connection.rollback()
    listed = connection.execute(
        "update dias_catalogue set status = 'failed', engine = null, cause = 'not_indexed',"
        " reason = 'x' where card = 'bs' returning id, reference, location"
    ).fetchone()
    connection.execute("truncate extraction, signature_block, five_day_mean_block")
    connection.execute("truncate card_order")
    connection.commit()
    grd = listed.reference.removesuffix("_CARD_BS")
    service = OrderPlace(locations={grd: listed.location})

    async def briefly(seconds: float) -> None:
        assert seconds > 100
        for order in service.orders:
            order["Status"] = "completed"

    monkeypatch.setattr(polling, "asyncio", SimpleNamespace(sleep=briefly, to_thread=to_thread))
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "order")
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE", f"files:{tmp_path / 'made'}")
    monkeypatch.setenv("CBM_CARD_FREE_GB", "0")
    with serving(service) as url:
        monkeypatch.setenv("CBM_PLATFORMS_LOCAL_ORDER_URL", url)
        state, tasks = run("cbm_bs", days.clear)
    assert state == "success"
    assert tasks["make_card"] == tasks["extract"] * 2 == ["success", "success"]
    assert len(service.orders) == 1
    connection.rollback()
    made = connection.execute(
        "select scene.status, scene.engine ->> 'engine' as engine, source.reference"
        " from dias_catalogue as scene"
        " join card_source on card_source.card_id = scene.id"
        " join dias_catalogue as source on source.id = card_source.source_id"
        " where scene.platform = 'made'"
    ).fetchall()
    assert [tuple(row) for row in made] == [("extracted", "order", grd)]
    assert records(connection)[0]
