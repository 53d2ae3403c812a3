"""Fixtures shared by all layers: settings of the test run, a private database, the real data."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from hypothesis import settings as hypothesis_settings

# Examples are bounded by number, not by time: a busy machine is not a defect.
# The build server tries the same ones each time; new ones are looked for at home.
hypothesis_settings.register_profile(
    "cbm", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
hypothesis_settings.load_profile("cbm")

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Compile kernels anew, once for all processes, if one has changed that others use."""
    if not hasattr(config, "workerinput"):
        subprocess.run([ROOT / "scripts/fresh_kernels.sh"], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the caller's shell or working directory reaches a test."""
    for name in os.environ:
        if name.startswith("CBM_") and name not in ("CBM_DATABASE_URL", "CBM_REAL_DATA"):
            monkeypatch.delenv(name)
    empty = tmp_path / "cbm.toml"
    empty.touch()
    monkeypatch.setenv("CBM_CONFIG", str(empty))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data; absent it skips with a reason, in CI it fails."""
    folder = Path(os.environ.get("CBM_REAL_DATA", ROOT / "../shared/data"))
    if not folder.is_dir():
        reason = f"no real data at {folder}: set CBM_REAL_DATA"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


# To truncate a hundred tables takes ten times as long: each gets new files. Partitions stay too,
# for the next season of their number, but not those that a test has detached or lets compress.
_EMPTY = """
do $$
declare name regclass;
begin
    for name in
        select oid from pg_class
        where relnamespace = 'public'::regnamespace and relname ~ '_block_[0-9]+$'
          and (not relispartition or exists (
              select from pg_attribute
              where attrelid = pg_class.oid and attname = 'mean' and attstorage = 'x'
          ))
    loop
        execute format('drop table %s', name);
    end loop;
    -- Neither foreign keys nor the triggers that guard rows.
    set local session_replication_role = replica;
    for name in
        select oid from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace
          and relname not in ('migration', 'spatial_ref_sys')
    loop
        execute format('delete from %s', name);
    end loop;
    perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where last_value is not null;
end
$$
"""

_DROP_PARTITIONS = """
do $$
declare name regclass;
begin
    for name in
        select oid from pg_class
        where relnamespace = 'public'::regnamespace and relname ~ '_block_[0-9]+$'
    loop
        execute format('drop table %s', name);
    end loop;
end $$
"""


@contextmanager
def _scratch_database(name: str) -> Iterator[str]:
    import psycopg

    admin = os.environ.get("CBM_DATABASE_URL")
    if not admin:
        pytest.fail("integration tests need a PostgreSQL: run `make test`, or set CBM_DATABASE_URL")
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(f'create database "{name}"')
    try:
        yield urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(admin, autocommit=True) as server:
            server.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    """A migrated scratch database of this test process, dropped at the end."""
    from dias_cbm.db.connection import connect
    from dias_cbm.db.migrations import migrate

    with _scratch_database(f"cbm_test_{worker_id}_{os.getpid()}") as url:
        with connect(url) as connection:
            migrate(connection)
        yield url


@pytest.fixture
def empty_database_url(worker_id: str) -> Iterator[str]:
    """A scratch database without a schema, dropped at the end."""
    with _scratch_database(f"cbm_empty_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def database(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The scratch database, empty, as the ``database.url`` setting; what is cached goes with it."""
    from dias_cbm.db.connection import connect

    monkeypatch.setenv("CBM_DATABASE_URL", database_url)
    if "CBM_STORE_CACHE_FOLDER" not in os.environ:
        monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "products"))
    with connect(database_url) as connection:
        connection.execute(_EMPTY)
    yield database_url


@pytest.fixture
def connection(database: str) -> Iterator[object]:
    """A connection to the empty scratch database."""
    from dias_cbm.db.connection import connect

    with connect(database) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def without_partitions(database: str) -> None:
    """The scratch database has no partition that is left of other tests' seasons."""
    from dias_cbm.db.connection import connect

    with connect(database) as connection:
        connection.execute(_DROP_PARTITIONS)
