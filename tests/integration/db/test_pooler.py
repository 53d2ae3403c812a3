"""Behind PgBouncer in transaction mode, where each transaction may meet another server process."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import anyio
import numpy as np
import psycopg
import pytest

from dias_cbm.db import lease
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.copy_codec import array_cursor, copy_rows
from dias_cbm.db.lease import leased
from dias_cbm.db.migrations import migrate, state
from dias_cbm.window.gate import Gate, limited

pytestmark = pytest.mark.integration

_PGBOUNCER = "/usr/sbin/pgbouncer"
_SETTINGS = """\
[databases]
{database} = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
logfile = {folder}/log
pidfile = {folder}/pid
"""


@pytest.fixture
def pooled(empty_database_url: str, worker_id: str) -> Iterator[str]:
    """An empty database, behind a pooler of six connections for all."""
    if not Path(_PGBOUNCER).exists():
        reason = "no PgBouncer: run scripts/setup.sh --test-services"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    parts = urlsplit(empty_database_url)
    number = int(worker_id.removeprefix("gw") or 0) if worker_id.startswith("gw") else 0
    own = 56100 + 50 * number + os.getpid() % 50
    folder = Path("/tmp", f"cbm-pooler-{os.getpid()}")  # noqa: S108, where postgres may enter
    folder.mkdir(mode=0o700)
    (folder / "pooler.ini").write_text(
        _SETTINGS.format(
            database=parts.path[1:],
            host=parts.hostname,
            port=parts.port,
            user=parts.username,
            password=unquote(parts.password or ""),
            own=own,
            folder=folder,
        )
    )
    command = [_PGBOUNCER, "-q", str(folder / "pooler.ini")]
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "pooler.ini", "postgres")
        command = ["runuser", "-u", "postgres", "--", *command]
    with subprocess.Popen(command, cwd="/", stderr=subprocess.DEVNULL) as process:
        url = urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{own}"))
        try:
            _wait_for(url)
            yield url
        finally:
            os.kill(int((folder / "pid").read_text()), 15)
            process.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the pooler does not answer")


def _limit_of_statements(connection: Connection) -> str:
    row = connection.execute("show statement_timeout").fetchone()
    assert row is not None
    return str(row.statement_timeout)


def test_nothing_relies_on_a_session(pooled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def migrated(_: int) -> int:
        with connect(pooled) as connection:
            return len(migrate(connection))

    with ThreadPoolExecutor(3) as pool:
        counts = sorted(pool.map(migrated, range(3)))
    with connect(pooled) as connection:
        assert counts == [0, 0, len(state(connection).applied)]

    # Statements that are repeated, cursors of the server, COPY: by more than there are servers.
    with connect(pooled) as connection:
        connection.execute("create table vectors (n integer, worker integer, v real[])")

    def used(number: int) -> int:
        columns = {"n": "integer", "worker": "integer", "v": "real[]"}
        with connect(pooled) as connection:
            for n in range(12):
                copy_rows(connection, "vectors", columns, [(n, number, np.ones(3, np.float32))])
                connection.execute("select n from vectors where n = %s", (n,)).fetchall()
                connection.commit()
            with array_cursor(connection, "all_of_it", fetch=5) as cursor:
                cursor.execute(
                    "select array_bytes(v) as v from vectors where worker = %s", (number,)
                )
                return sum(int(row.v.sum()) for row in cursor)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(used, range(8))) == [36] * 8

    # What limits a request of the window does not limit a task that gets its server afterwards.
    window = Gate(lambda: limited(pooled, "window test"))
    assert anyio.run(window.run, _limit_of_statements) == "20s"
    with connect(pooled) as connection:
        assert _limit_of_statements(connection) == "0"
    window.close()

    # One at a time holds a lease, and whoever counts under it loses no count.
    monkeypatch.setattr(lease, "_LONGEST_WAIT_S", 0.1)
    with connect(pooled) as connection:
        connection.execute("create table counter as select 0 as n")

    def counted(_: int) -> None:
        with (
            connect(pooled) as connection,
            leased(connection, "counter", timedelta(minutes=1)) as held,
        ):
            row = connection.execute("select n from counter").fetchone()
            connection.commit()
            assert row is not None
            time.sleep(0.02)
            held.check(connection)
            connection.execute("update counter set n = %s", (row.n + 1,))
            connection.commit()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(counted, range(8)))
    with connect(pooled) as connection:
        row = connection.execute("select n from counter").fetchone()
        assert row is not None
        assert row.n == 8
