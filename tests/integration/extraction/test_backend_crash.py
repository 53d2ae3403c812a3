"""PostgreSQL itself is killed in the middle of a COPY: nothing is lost, and nothing doubled.

Killing a backend restarts its whole cluster, so that this one has a cluster of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import psycopg
import pytest
from card_products import write_backscatter
from fields import LoadParcels, Ready, field

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration
ROOT = Path(__file__).resolve().parents[3]

# Extracts one unit, but in the middle of its COPY, after rows of 8 MB, waits to be told to go on.
WORKER = """
import sys
from dias_cbm.db.connection import connect
from dias_cbm.extraction import unit as extraction
from dias_cbm.ledger import Unit

original = extraction.signature_rows

def interrupted(*arguments):
    rows = list(original(*arguments))
    for copy in range(3000):
        yield (*rows[0][:3], 1_000_000 + copy, *rows[0][4:])
    print("copying", flush=True)
    sys.stdin.readline()
    yield from rows

extraction.signature_rows = interrupted
with connect(application="the backend to be killed") as connection:
    extraction.extract(connection, Unit(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]), "first")
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a database in a cluster that nobody else uses."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "CBM_"}
    environment |= {
        "CBM_RUN_FOLDER": str(tmp_path_factory.mktemp("cluster")),
        "CBM_PG_PORT": str(55_400 + os.getpid() % 500),
    }

    def script(verb: str) -> str:
        command = [ROOT / "scripts/postgres.sh", verb]
        return subprocess.run(
            command, env=environment, check=True, text=True, stdout=subprocess.PIPE
        ).stdout.strip()

    script("start")
    try:
        yield script("url")
    finally:
        script("remove")


@pytest.fixture
def database(cluster: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Instead of the database that other tests use."""
    monkeypatch.setenv("CBM_DATABASE_URL", cluster)
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "products"))
    with connect(cluster) as fresh:
        migrate(fresh)
    return cluster


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    """A connection that may be gone at the end."""
    opened = connect(database)
    yield opened
    opened.close()


def contents(connection: Connection) -> list[str]:
    rows = connection.execute("select * from signature_block order by obsid, blk, band").fetchall()
    connection.commit()
    return [str(row) for row in rows]


def when_recovered(url: str) -> Connection:
    for _ in range(600):
        with suppress(psycopg.OperationalError):
            return connect(url)
        time.sleep(0.2)
    pytest.fail("the cluster does not come back")


def test_backend_killed_in_the_middle_of_the_copy(
    connection: Connection, database: str, store: Path, load_parcels: LoadParcels, ready: Ready
) -> None:
    values = np.arange(48, dtype=np.float32).reshape(6, 8)
    season = load_parcels({f"{i}": field(i, 0, i + 1, 3) for i in range(8)})
    scene, unit = ready(write_backscatter(store, {"Gamma0_VV": values}), Kind.CARD_BS)
    assert extract(connection, unit, "before").outcome is Outcome.EXTRACTED
    before = contents(connection)
    ledger.reset_season(connection, season)
    ledger.plan_extractions(connection, scene.id)
    connection.commit()

    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(season), str(unit.obsid), unit.tile],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "copying\n"
        backend = connection.execute(
            "select pid from pg_stat_activity where application_name = 'the backend to be killed'"
        ).fetchone()
        os.kill(backend.pid, signal.SIGKILL)
        _, complaint = worker.communicate("go on\n", timeout=60)
    finally:
        worker.kill()
    assert worker.returncode != 0
    assert "OperationalError" in complaint

    with when_recovered(database) as recovered:
        assert contents(recovered) == before
        # The worker could not say that it failed: its lease has to run out.
        assert extract(recovered, unit, "second").outcome is Outcome.TAKEN
        recovered.execute("update extraction set claimed_at = claimed_at - interval '1 day'")
        recovered.commit()
        assert extract(recovered, unit, "second").outcome is Outcome.EXTRACTED
        assert contents(recovered) == before
        assert ledger.get(recovered, scene.id).status == "extracted"
