"""Migrations: forward only, each applied once, in its own transaction."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, beside
from dias_cbm.db.queries import SQL
from dias_cbm.errors import DatabaseError

log = logging.getLogger(__name__)


def migrate(connection: Connection, folder: Traversable | None = None) -> list[str]:
    """Apply every migration that has not been applied yet, each in its own transaction.

    :param folder: instead of ``sql/schema``; files are named ``NNN_name.sql``.
    :returns: names of the migrations applied now.
    :raises DatabaseError: an applied migration was edited, or is gone.
    """
    with beside(connection, "cbm migration lock") as own:
        own.execute("select pg_advisory_xact_lock(%s)", (Lock.MIGRATION,))
        applied = _applied(connection)
        files = _files(folder)
        _check_history(applied, files)
        return [_apply(connection, file) for file in files if _stem(file) not in applied]


@dataclass(frozen=True, slots=True)
class State:
    """Names of the applied migrations of a database, and of the pending ones."""

    applied: list[str]
    pending: list[str]


def state(connection: Connection, folder: Traversable | None = None) -> State:
    """The state of a database's migrations; changes nothing.

    :param folder: instead of ``sql/schema``.
    :raises DatabaseError: an applied migration was edited, or is gone.
    """
    row = connection.execute("select to_regclass('migration') is null as fresh").fetchone()
    fresh = row is not None and row.fresh
    applied = {} if fresh else _history(connection)
    files = _files(folder)
    _check_history(applied, files)
    return State(sorted(applied), [_stem(file) for file in files if _stem(file) not in applied])


def _files(folder: Traversable | None) -> list[Traversable]:
    found = (folder or SQL / "schema").iterdir()
    return sorted(
        (file for file in found if file.name[0].isdigit() and file.name.endswith(".sql")),
        key=lambda file: file.name,
    )


def _stem(file: Traversable) -> str:
    return file.name.removesuffix(".sql")


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


def _check_history(applied: dict[str, str], files: list[Traversable]) -> None:
    present = {_stem(file): _checksum(file) for file in files}
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


def _apply(connection: Connection, file: Traversable) -> str:
    with connection.transaction():
        connection.execute(file.read_text())
        connection.execute(
            "insert into migration (name, checksum) values (%s, %s)", (_stem(file), _checksum(file))
        )
    connection.commit()
    log.info("applied migration %s", _stem(file))
    return _stem(file)


def _checksum(file: Traversable) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
