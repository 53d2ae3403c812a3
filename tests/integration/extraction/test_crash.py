"""A worker that is killed while it writes leaves what was there, and its unit to the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from card_products import write_backscatter
from fields import LoadParcels, Ready, field

from dias_cbm import ledger
from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration

# Extracts one unit, but stops for ever in the middle of its COPY, after rows of 8 MB.
WORKER = """
import sys, time
from dias_cbm.db.connection import connect
from dias_cbm.extraction import unit as extraction
from dias_cbm.ledger import Unit

original = extraction.signature_rows

def never_ending(*arguments):
    rows = list(original(*arguments))
    for copy in range(3000):
        yield (*rows[0][:3], 1_000_000 + copy, *rows[0][4:])
    print("copying", flush=True)
    time.sleep(600)

extraction.signature_rows = never_ending
with connect(application="the worker to be killed") as connection:
    extraction.extract(connection, Unit(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]), "first")
"""


def blocks(connection: Connection) -> list[str]:
    rows = connection.execute("select * from signature_block order by obsid, blk, band").fetchall()
    connection.commit()
    return [str(row) for row in rows]


def wait_until_gone(connection: Connection, application: str) -> None:
    for _ in range(300):
        row = connection.execute(
            "select count(*) from pg_stat_activity where application_name = %s", (application,)
        ).fetchone()
        connection.commit()
        if not row.count:
            return
        time.sleep(0.1)
    pytest.fail(f"the backend of {application!r} is still there")


def test_killed_in_the_middle_of_the_copy(
    connection: Connection, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    values = np.arange(48, dtype=np.float32).reshape(6, 8)
    season = load_parcels({f"{i}": field(i, 0, i + 1, 3) for i in range(8)})
    scene, unit = ready(write_backscatter(store, {"Gamma0_VV": values}), Kind.CARD_BS)
    assert extract(connection, unit, "before").outcome is Outcome.EXTRACTED
    before = blocks(connection)
    ledger.reset_season(connection, season)
    ledger.plan_extractions(connection, scene.id)
    connection.commit()

    key = [str(season), str(unit.obsid), unit.tile]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, *key], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "copying\n"
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    wait_until_gone(connection, "the worker to be killed")

    assert blocks(connection) == before
    # Its lease still runs: the unit is nobody else's yet.
    assert extract(connection, unit, "second").outcome is Outcome.TAKEN
    connection.execute("update extraction set claimed_at = claimed_at - interval '1 day'")
    connection.commit()
    assert extract(connection, unit, "second").outcome is Outcome.EXTRACTED
    assert blocks(connection) == before
