"""Connections, migrations and the SQL kept in ``sql/``."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from cbm.errors import DatabaseError, SettingsError
from cbm.settings import settings

log = logging.getLogger(__name__)

SQL = Path(__file__).resolve().parents[2] / "sql"

Connection = psycopg.Connection[Any]

# All migrations take this lock, so that two starting services cannot run one twice.
_MIGRATION_LOCK = 0x0CB3


def connect(url: str | None = None, *, application: str = "cbm", **options: Any) -> Connection:
    """Open a connection; rows come as named tuples, times as UTC.

    :param url: instead of the setting ``database_url``.
    :param application: shown in ``pg_stat_activity``; name the task here.
    :raises SettingsError: no database is configured.
    """
    url = url or settings().database_url
    if not url:
        raise SettingsError("no database", subject="database_url", hint="set CBM_DATABASE_URL")
    connection = psycopg.connect(
        url, application_name=application[:63], row_factory=namedtuple_row, **options
    )
    # A killed client must not leave its statement running and locking for minutes.
    connection.execute("set client_connection_check_interval = '10s'; set time zone 'UTC'")
    connection.commit()
    return connection


@contextmanager
def transaction(url: str | None = None, *, application: str = "cbm") -> Iterator[Connection]:
    """A connection whose work is committed at the end, or undone by an error."""
    with connect(url, application=application) as connection:
        yield connection


@cache
def query(name: str) -> str:
    """The text of ``sql/queries/NAME.sql``."""
    return (SQL / "queries" / f"{name}.sql").read_text()


def migrate(connection: Connection, folder: Path | None = None) -> list[str]:
    """Apply every migration that has not been applied yet, each in its own transaction.

    :param folder: instead of ``sql/schema``; files are named ``NNN_name.sql``.
    :returns: names of the migrations applied now.
    :raises DatabaseError: an applied migration was edited, or is gone.
    """
    connection.execute("select pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
    try:
        applied = _applied(connection)
        files = sorted((folder or SQL / "schema").glob("[0-9]*.sql"))
        _check_history(applied, files)
        return [_apply(connection, file) for file in files if file.stem not in applied]
    finally:
        connection.rollback()
        connection.execute("select pg_advisory_unlock(%s)", (_MIGRATION_LOCK,))
        connection.commit()


@dataclass(frozen=True, slots=True)
class State:
    """Names of the migrations that were applied to a database, and of those that were not."""

    applied: list[str]
    pending: list[str]


def state(connection: Connection, folder: Path | None = None) -> State:
    """Where a database stands; changes nothing.

    :param folder: instead of ``sql/schema``.
    :raises DatabaseError: an applied migration was edited, or is gone.
    """
    row = connection.execute("select to_regclass('migration') is null as fresh").fetchone()
    fresh = row is not None and row.fresh
    applied = {} if fresh else _history(connection)
    files = sorted((folder or SQL / "schema").glob("[0-9]*.sql"))
    _check_history(applied, files)
    return State(sorted(applied), [file.stem for file in files if file.stem not in applied])


def _applied(connection: Connection) -> dict[str, str]:
    connection.execute(
        "create table if not exists migration (name text primary key, checksum text not null,"
        " applied_at timestamptz not null default now())"
    )
    connection.commit()
    return _history(connection)


def _history(connection: Connection) -> dict[str, str]:
    rows = connection.execute("select name, checksum from migration order by name")
    return {row.name: row.checksum for row in rows}


def _check_history(applied: dict[str, str], files: list[Path]) -> None:
    present = {file.stem: _checksum(file) for file in files}
    for name, checksum in applied.items():
        if name not in present:
            raise DatabaseError(
                "was applied, but its file is gone", subject=name, hint="this code is too old"
            )
        if present[name] != checksum:
            raise DatabaseError(
                "was edited after it was applied",
                subject=name,
                hint="restore the file and put the change into a new migration",
            )


def _apply(connection: Connection, file: Path) -> str:
    with connection.transaction():
        connection.execute(file.read_text())
        connection.execute(
            "insert into migration (name, checksum) values (%s, %s)", (file.stem, _checksum(file))
        )
    connection.commit()
    log.info("applied migration %s", file.stem)
    return file.stem


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
