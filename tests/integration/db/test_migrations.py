"""Migrations: each once, in order, and never edited."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from dias_cbm.db.connection import connect
from dias_cbm.db.migrations import migrate, state
from dias_cbm.db.queries import SQL
from dias_cbm.errors import DatabaseError

pytestmark = pytest.mark.integration


@pytest.fixture
def fresh(database_url: str, worker_id: str) -> Iterator[str]:
    """A database without anything."""
    admin = os.environ["CBM_DATABASE_URL"]
    name = f"cbm_fresh_{worker_id}_{os.getpid()}"
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute(f'create database "{name}"')
    yield urlunsplit(urlsplit(admin)._replace(path=f"/{name}"))
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute(f'drop database "{name}" with (force)')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    migrations = tmp_path / "schema"
    migrations.mkdir()
    (migrations / "001_one.sql").write_text(
        "create table one (n integer); insert into one values (1);"
    )
    (migrations / "002_two.sql").write_text("insert into one values (2);")
    return migrations


def test_the_schema_is_applied_once(fresh: str) -> None:
    expected = sorted(file.stem for file in (SQL / "schema").glob("*.sql"))
    with connect(fresh) as connection:
        assert state(connection).pending == expected
        assert migrate(connection) == expected
        assert migrate(connection) == []
        assert state(connection).applied == expected
        assert state(connection).pending == []


def test_a_new_migration_is_applied_after_those_before(fresh: str, folder: Path) -> None:
    with connect(fresh) as connection:
        migrate(connection, folder)
        (folder / "003_three.sql").write_text("insert into one values (3);")
        assert state(connection, folder).pending == ["003_three"]
        assert migrate(connection, folder) == ["003_three"]
        assert [row.n for row in connection.execute("select n from one order by n")] == [1, 2, 3]


def test_edited_history_is_an_error(fresh: str, folder: Path) -> None:
    with connect(fresh) as connection:
        migrate(connection, folder)
        (folder / "001_one.sql").write_text("create table one (n bigint);")
        (folder / "003_three.sql").write_text("insert into one values (3);")
        with pytest.raises(DatabaseError, match=r"001_one: was edited.*new migration"):
            migrate(connection, folder)
        with pytest.raises(DatabaseError, match="was edited"):
            state(connection, folder)
        assert [row.n for row in connection.execute("select n from one order by n")] == [1, 2]


def test_a_lost_migration_is_an_error(fresh: str, folder: Path) -> None:
    with connect(fresh) as connection:
        migrate(connection, folder)
        (folder / "002_two.sql").unlink()
        with pytest.raises(DatabaseError, match=r"002_two: .*its file is gone"):
            migrate(connection, folder)


def test_a_failing_migration_leaves_those_before_and_nothing_of_itself(
    fresh: str, folder: Path
) -> None:
    broken = folder / "003_three.sql"
    broken.write_text("insert into one values (3); select * from there_is_no_such_table;")
    with connect(fresh) as connection:
        with pytest.raises(psycopg.errors.UndefinedTable):
            migrate(connection, folder)
        assert [row.n for row in connection.execute("select n from one order by n")] == [1, 2]
        broken.write_text("insert into one values (3);")
        assert migrate(connection, folder) == ["003_three"]


def test_of_services_that_start_together_one_migrates(fresh: str, folder: Path) -> None:
    shutil.copy(folder / "002_two.sql", folder / "003_again.sql")
    (folder / "004_slow.sql").write_text("select pg_sleep(0.5);")
    applied: list[list[str]] = []
    start = threading.Barrier(4)

    def service() -> None:
        with connect(fresh) as connection:
            start.wait()
            applied.append(migrate(connection, folder))

    threads = [threading.Thread(target=service) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(len(names) for names in applied) == [0, 0, 0, 4]
    with connect(fresh) as connection:
        assert [row.n for row in connection.execute("select n from one order by n")] == [1, 2, 2]
