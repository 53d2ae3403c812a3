"""Days without Airflow give what the DAGs give, row by row, though they are killed half-way."""

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

from dias_cbm.completeness import gaps
from dias_cbm.db.connection import connect
from dias_cbm.db.migrations import migrate
from dias_cbm_lab.demo import reference_run

pytestmark = pytest.mark.integration

# Coherence goes the way of backscatter; the end-to-end test compares it.
CARDS = ("bs", "s2")


@pytest.fixture
def other(empty_database_url: str) -> str:
    """A second database, for the days without Airflow."""
    with connect(empty_database_url) as connection:
        migrate(connection)
    return empty_database_url


class Command:
    """``cbm season run`` in a process of its own."""

    def __init__(self, url: str, season: Any, progress: Path, *options: str) -> None:
        self.progress = progress
        cards = [word for card in CARDS for word in ("--card", card)]
        with progress.open("w") as stream:
            self.process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("cbm"),
                    "season",
                    "run",
                    season.name,
                    *cards,
                    *options,
                ],
                env=os.environ | {"CBM_DATABASE_URL": url},
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
            )

    def until(self, true: Any) -> None:
        deadline = time.monotonic() + 300
        while not true():
            assert self.process.poll() is None, self.progress.read_text()
            assert time.monotonic() < deadline, self.progress.read_text()
            time.sleep(0.02)

    def ends(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=300)
        return self.process.returncode, output


def kill_while_it_writes(command: Command, url: str, after: str) -> None:
    """Kill -9 a run in the transaction that writes signatures."""
    command.until(lambda: after in command.progress.read_text())
    with psycopg.connect(url) as connection, psycopg.connect(url, autocommit=True) as looking:
        connection.execute("lock table signature_block in exclusive mode")
        blocked = (
            "select from pg_stat_activity where application_name = 'cbm season run'"
            " and datname = current_database() and wait_event_type = 'Lock'"
        )
        command.until(lambda: looking.execute(blocked).fetchone() is not None)
        command.process.kill()
        assert command.ends()[0] == -signal.SIGKILL
        connection.rollback()


def days_of(season: Any) -> list[date]:
    return [
        season.starts + timedelta(days=n) for n in range((season.ends - season.starts).days + 1)
    ]


def test_the_same_tables_as_the_dags_give(
    airflow_database: None,
    dagbag: Any,
    season: Any,
    open_season: Any,
    demo_season: Any,
    connection: Any,
    other: str,
    tmp_path: Path,
) -> None:
    for day in days_of(season):
        for card in CARDS:
            run = dagbag.dags[f"cbm_{card}"].test(logical_date=datetime.combine(day, clock(), UTC))
            assert str(run.state) == "success", (day, card)

    with connect(other) as direct:
        open_season(direct, demo_season)
    killed = Command(other, season, tmp_path / "first.txt")
    kill_while_it_writes(killed, other, after="[15/42]")
    with connect(other) as direct:
        left = direct.execute("select status from extraction where status = 'inprogress'")
        assert len(left.fetchall()) == 1

    code, output = Command(other, season, tmp_path / "second.txt", "--json").ends()
    told = json.loads(output)
    # Faults were planted, and their gaps are still asked for.
    assert code == 1
    assert not told["finished"]
    assert {day["end"] for day in told["days"]} <= {"done", "waits"}
    assert sum(told["skipped"].values()) >= 15
    assert told["proof"]["failing"]["every expected pass has an end state"]

    with connect(other) as direct:
        gaps.refresh(connection, season)
        tables = reference_run.TABLES | reference_run.GAPS
        assert reference_run.differences(direct, connection, tables) == []
        for name, (statement, _) in tables.items():
            assert direct.execute(statement).fetchall(), name
