"""A run that is killed leaves nothing, and the next one does all of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from marker_season import TODAY, MarkerSeason

from dias_cbm.markers import run

pytestmark = pytest.mark.integration

# Stops for ever after its answers were sent to the database, before the end of the transaction.
WORKER = """
import sys, time
from datetime import date
from dias_cbm import seasons
from dias_cbm.db.connection import connect
from dias_cbm.markers import run, writing

flush = writing.Writer.flush

def and_wait(self):
    flush(self)
    print("written", flush=True)
    time.sleep(600)

writing.Writer.flush = and_wait
with connect(application="the run to be killed") as connection:
    season = seasons.get(connection, "dk-2018")
    run.run(connection, season, ["presence"], today=date(2018, 8, 1))
"""


@pytest.fixture
def killed(marked: MarkerSeason) -> Iterator[MarkerSeason]:
    marked.connection.commit()
    with subprocess.Popen(
        [sys.executable, "-c", WORKER], stdout=subprocess.PIPE, text=True, env=os.environ
    ) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "written\n"
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(60)
    yield marked


def test_killed_after_the_last_row_it_has_not_happened(killed: MarkerSeason) -> None:
    for _ in range(300):
        row = killed.connection.execute(
            "select count(*) from pg_stat_activity where application_name = 'the run to be killed'"
        ).fetchone()
        killed.connection.commit()
        if not row[0]:
            break
        time.sleep(0.1)
    for table in ("marker_run", "marker_input", "marker_state_block", "marker_event_slot"):
        assert killed.table(table) == []
    # Its lock is free, too.
    assert run.run(killed.connection, killed.season, ["presence"], today=TODAY).parcels == 6
    assert len(killed.table("marker_run")) == 1
