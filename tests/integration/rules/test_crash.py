"""A run of rules that is killed leaves nothing, and the next one does all of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from marker_season import TODAY, MarkerSeason

from dias_cbm import seasons
from dias_cbm.db.connection import connect
from dias_cbm.markers import registry
from dias_cbm.markers import run as marker_run
from dias_cbm.rules import run
from dias_cbm.rules.reading import read

pytestmark = pytest.mark.integration

COMMAND = "from dias_cbm.cli import app; app()"
RUNNING = (
    "select from pg_stat_activity where application_name = 'cbm rules run'"
    " and datname = current_database()"
)


def test_killed_between_its_run_and_its_verdicts(
    marked: MarkerSeason, database: str, tmp_path: Path
) -> None:
    connection = marked.connection
    marker_run.run(connection, marked.season, ["presence"], today=TODAY)
    rules = tmp_path / "rules.toml"
    rules.write_text('[scheme.grown]\nneed = [{ marker = "presence" }]\n')
    with connect(database) as other:
        # The run is entered, and waits to write its verdicts.
        other.execute("lock table verdict_block in exclusive mode")
        words = [sys.executable, "-c", COMMAND, "rules", "run", "dk-2018", str(rules)]
        with subprocess.Popen(words, env=os.environ) as worker:
            try:
                wait_for(marked, f"{RUNNING} and wait_event_type = 'Lock'", there=True)
            finally:
                worker.kill()
                worker.wait(60)
        other.rollback()
    wait_for(marked, RUNNING, there=False)
    assert marked.table("scheme_run") == marked.table("verdict_block") == []
    season = seasons.get(connection, "dk-2018")
    assert run.run(connection, season, read(rules, registry.names())).parcels == 6
    assert len(marked.table("verdict")) == 6


def wait_for(season: MarkerSeason, sql: str, *, there: bool) -> None:
    """Wait until a query has rows, or has none; at most a minute."""
    for _ in range(600):
        row = season.connection.execute(sql).fetchone()
        season.connection.commit()
        if (row is not None) == there:
            return
        time.sleep(0.1)
    raise AssertionError(f"after a minute: {sql}")
