"""Days of a season without Airflow: what is done once, what waits, and what the end says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import psycopg
import pytest
from full_disk import full_disk, make_room
from typer.testing import CliRunner

from dias_cbm import ledger
from dias_cbm.cli import season as command
from dias_cbm.db.connection import connect
from dias_cbm.errors import ExtractionFailed, SeasonError
from dias_cbm.extraction import unit
from dias_cbm.pipeline import season as pipeline
from dias_cbm.pipeline.day import look, make, plan
from dias_cbm.pipeline.recheck import recheck
from dias_cbm.pipeline.season import RETRIES, End, SeasonRunner
from dias_cbm.scenes import Card

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)


def runner(connection: Any, season: Any, first: date, last: date, **options: Any) -> SeasonRunner:
    return SeasonRunner(connection, season, (Card.BS,), first, last, **options)


def cbm(*arguments: object) -> Any:
    return CliRunner().invoke(command.app, [str(argument) for argument in arguments])


def test_a_day_is_done_once(connection: Any, season: Any, clear_day: date) -> None:
    first = runner(connection, season, clear_day, clear_day).run()
    (done,) = first.days.values()
    assert (done.end, done.scenes, done.units) == (End.DONE, 1, 1)
    assert done.records > 100
    assert done.means > 100
    second = runner(connection, season, clear_day, clear_day).run()
    assert (second.days, second.skipped) == ({}, {Card.BS: 1})
    again = runner(connection, season, clear_day, clear_day, again=True).run()
    (done,) = again.days.values()
    assert (done.end, done.scenes, done.units) == (End.DONE, 1, 0)


def test_a_done_day_with_a_new_product_is_worked_on_again(
    connection: Any, season: Any, clear_day: date
) -> None:
    runner(connection, season, clear_day, clear_day).run()
    connection.execute("update dias_catalogue set status = 'ready' where card = 'bs'")
    connection.execute("update extraction set status = 'ready'")
    connection.commit()
    done = runner(connection, season, clear_day, clear_day).run()
    assert [one.units for one in done.days.values()] == [1]


def test_the_days_of_today_and_later_stay_open(
    connection: Any, season: Any, clear_day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime.now(UTC) - datetime.combine(clear_day, clock(), UTC)
    monkeypatch.setenv("CBM_COMPLETENESS_BS_LATENCY_HOURS", str(late / timedelta(hours=1)))
    told: list[str] = []
    run = runner(connection, season, clear_day, clear_day + DAY, tell=told.append)
    done = run.run(now=datetime.combine(clear_day, clock(12), UTC))
    assert [(one.day, one.end, one.units) for one in done.unfinished] == [
        (clear_day, End.NOT_OVER, 1)
    ]
    assert told[0] == f"the days after {clear_day} are in the future"
    assert connection.execute("select from observed_day").fetchone() is None


def test_a_silent_catalogue_is_asked_again_and_then_told(
    connection: Any, season: Any, clear_day: date, dias_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", "http://127.0.0.1:9/odata/v1")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        # It is back at the third try.
        if len(slept) == 2:
            monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", dias_url)
            connection.execute("truncate platform_pause")
            connection.commit()

    done = runner(connection, season, clear_day, clear_day, sleep=sleep).run()
    assert [one.end for one in done.days.values()] == [End.DONE]
    assert all(20 <= seconds <= 300 for seconds in slept)
    assert len(slept) == 2


def test_a_store_that_stays_away_holds_up_only_its_own_work(
    connection: Any,
    season: Any,
    clear_day: date,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/nowhere")
    slept: list[float] = []
    run = runner(connection, season, clear_day, clear_day + DAY, sleep=slept.append)
    done = run.run()
    assert len(slept) == RETRIES
    (left,) = done.unfinished
    assert (left.day, left.end) == (clear_day, End.PAUSED)
    assert "is paused" in left.reasons[0]
    assert "is it mounted?" in left.reasons[0]
    assert len(done.days) == 2
    failing = run.prove().failing
    assert any("is ingested" in line for lines in failing.values() for line in lines)


@pytest.mark.parametrize("table", ["signature_block", "five_day_mean_block", "dias_catalogue"])
def test_a_full_database_pauses_days_which_go_on_when_there_is_room(
    connection: Any, season: Any, clear_day: date, table: str
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == RETRIES:
            make_room(connection)

    told: list[str] = []
    options = {"sleep": sleep, "tell": told.append}
    with full_disk(connection, **{table: "insert or update"}):
        done = runner(connection, season, clear_day, clear_day, **options).run()
    assert [one.end for one in done.days.values()] == [End.DONE]
    assert sum("the database has no room" in line for line in told) == RETRIES
    assert all(20 <= seconds <= 300 for seconds in slept)
    units = connection.execute("select status, attempts from extraction").fetchall()
    assert [tuple(one) for one in units] == [("extracted", 1)]
    assert connection.execute("select from five_day_mean_block").fetchone() is not None


def test_what_a_full_database_has_left_is_taken_up_by_the_next_run_and_by_the_recheck(
    connection: Any, season: Any, clear_day: date
) -> None:
    run = runner(connection, season, clear_day, clear_day, sleep=lambda _: None)
    with full_disk(connection, signature_block="insert"):
        (left,) = run.run().unfinished
    assert left.end is End.PAUSED
    assert "the database has no room" in left.reasons[0]
    (unit,) = connection.execute("select status, attempts, cause from extraction").fetchall()
    assert tuple(unit) == ("ready", 0, "paused")
    found = recheck(connection)
    assert len(found.scenes) >= 1
    assert [one.end for one in run.run().days.values()] == [End.DONE]


def test_a_defect_ends_its_day_and_not_the_run(
    connection: Any, season: Any, clear_day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pipeline.run_day

    def broken(connection: Any, card: Card, day: date, *more: Any, **options: Any) -> Any:
        if day == clear_day:
            connection.execute("select 1")
            raise ValueError("no such thing")
        return real(connection, card, day, *more, **options)

    monkeypatch.setattr(pipeline, "run_day", broken)
    done = runner(connection, season, clear_day, clear_day + DAY).run()
    assert [(one.day, one.end) for one in done.days.values()] == [
        (clear_day, End.FAILED),
        (clear_day + DAY, End.DONE),
    ]
    assert done.unfinished[0].reasons == ["ValueError: no such thing"]


def test_a_database_that_has_gone_away_ends_the_run(
    connection: Any, season: Any, clear_day: date, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(connection: Any, *more: Any, **options: Any) -> Any:
        with connect(database) as other:
            other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        connection.execute("select 1")

    monkeypatch.setattr(pipeline, "run_day", cut_off)
    with connect(database) as own, pytest.raises(psycopg.OperationalError):
        runner(own, season, clear_day, clear_day + DAY).run()


def test_what_a_killed_run_has_claimed_is_taken_over(
    connection: Any, season: Any, clear_day: date
) -> None:
    scenes = look(connection, Card.BS, clear_day).scenes
    make(connection, scenes)
    (claimed,) = plan(connection, scenes)
    assert ledger.claim(connection, claimed, f"cbm season run {season.name} bs")
    done = runner(connection, season, clear_day, clear_day).run()
    assert [one.end for one in done.days.values()] == [End.DONE]


def test_what_another_worker_has_is_left_to_it_and_told(
    connection: Any, season: Any, clear_day: date
) -> None:
    scenes = look(connection, Card.BS, clear_day).scenes
    make(connection, scenes)
    (claimed,) = plan(connection, scenes)
    assert ledger.claim(connection, claimed, "cbm_bs/a run of Airflow/extract/0")
    done = runner(connection, season, clear_day, clear_day).run()
    (left,) = done.unfinished
    assert left.end is End.WAITS
    assert left.reasons == [f"{claimed} is claimed by another worker"]


def test_a_unit_that_has_failed_too_often_is_not_waited_for(
    connection: Any, season: Any, clear_day: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> Any:
        raise ExtractionFailed("cannot be computed")

    monkeypatch.setattr(unit, "signatures_of", broken)
    run = runner(connection, season, clear_day, clear_day, again=True)
    for _ in range(10):
        assert [one.end for one in run.run().days.values()] == [End.DONE]
    row = connection.execute("select attempts, status::text from extraction").fetchone()
    assert (row.attempts < 10, row.status) == (True, "failed")
    assert not run.prove().holds


def test_two_runs_of_one_card_do_not_work_under_one_name(
    connection: Any,
    season: Any,
    clear_day: date,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "LOCK_PATIENCE", timedelta(seconds=0.2))
    name = f"cbm season run {season.name} bs"
    with connect(database) as first:
        first.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
        first.commit()
        with pytest.raises(SeasonError, match="another run is working"):
            runner(connection, season, clear_day, clear_day).run()
        other = SeasonRunner(connection, season, (Card.S2,), clear_day, clear_day)
        assert len(other.run().days) == 1


def test_days_outside_the_season_are_refused(connection: Any, season: Any) -> None:
    with pytest.raises(SeasonError, match="are not days of the season"):
        runner(connection, season, season.starts - DAY, season.starts).run()


def test_the_command_ends_with_the_proof(connection: Any, season: Any, clear_day: date) -> None:
    days = ["--card", "bs", "--from", clear_day, "--to", clear_day]
    done = cbm("run", season.name, *days)
    assert done.exit_code == 0, done.output
    assert f"[1/1] bs {clear_day}: done; 1 scenes, 1 units" in done.stderr
    assert "PROVEN: finished" in done.stdout
    assert "days: 1 done; 0 already done" in done.stdout

    again = cbm("run", season.name, *days, "--json")
    told = json.loads(again.stdout)
    assert (again.exit_code, told["finished"]) == (0, True)
    assert (told["days"], told["skipped"]) == ([], {"bs": 1})
    more = cbm("run", season.name, *days, "--json", "--reprocess")
    (day,) = json.loads(more.stdout)["days"]
    assert (day["day"], day["end"], day["units"]) == (str(clear_day), "done", 0)


def test_the_command_says_what_is_missing_and_why(
    connection: Any, season: Any, simulated: Any
) -> None:
    day = simulated.truth()["faults"]["truncated"]["date"]
    done = cbm("run", season.name, "--card", "bs", "--from", day, "--to", day)
    assert done.exit_code == 1
    assert "NO  every expected pass has an end state" in done.stdout
    assert "corrupt" in done.stdout
    assert "NOT finished" in done.stdout


def test_a_dry_run_estimates_and_does_nothing(
    connection: Any, season: Any, clear_day: date
) -> None:
    days = ["--card", "bs", "--card", "s2", "--from", clear_day, "--to", clear_day]
    done = cbm("run", season.name, *days, "--dry-run", "--json")
    assert done.exit_code == 0, done.output
    radar, optical = json.loads(done.stdout)
    assert (radar["card"], radar["days"], radar["todo"] > 0) == ("bs", 1, True)
    assert optical["card"] == "s2"
    assert connection.execute("select from dias_catalogue").fetchone() is None


def test_a_command_interrupted_while_it_writes_says_how_to_go_on(
    connection: Any, season: Any, clear_day: date, database: str
) -> None:
    days = ["--card", "bs", "--from", str(clear_day), "--to", str(clear_day)]
    connection.execute("lock table signature_block in exclusive mode")
    process = subprocess.Popen(
        [Path(sys.executable).with_name("cbm"), "season", "run", season.name, *days],
        env=os.environ | {"CBM_DATABASE_URL": database},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever is started in the background of a shell ignores it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with connect(database) as looking:
        looking.autocommit = True
        blocked = (
            "select from pg_stat_activity where application_name = 'cbm season run'"
            " and datname = current_database() and wait_event_type = 'Lock'"
        )
        while looking.execute(blocked).fetchone() is None:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    connection.rollback()
    assert process.returncode == 130, told
    assert "interrupted; run the same command to continue" in told
    done = runner(connection, season, clear_day, clear_day).run()
    assert [(one.end, one.units) for one in done.days.values()] == [(End.DONE, 1)]
