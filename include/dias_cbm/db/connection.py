"""Connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from dias_cbm.config.settings import settings
from dias_cbm.db.address import parse
from dias_cbm.db.queries import SQL, query
from dias_cbm.errors import DatabaseError, SettingsError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]
else:
    Connection = Any  # The driver is in the extra "database"; search and extraction do not need it.

#: A server that is gone is noticed: within seconds on connecting, within 35 s afterwards.
LIMITS: Mapping[str, Any] = {
    "connect_timeout": 15,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 35_000,
}

# A client that is gone must not hold locks: the server asks for it as we ask for the server, and
# during a statement looks every 10 s whether it is still there. One that is there, but has stood
# still within a transaction, is closed. Without TCP, or behind a pooler, the first four do nothing.
# "ours": there is a table of migrations, and this login may read it.
_SESSION = (
    "set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4;"
    " set tcp_user_timeout = '35s'; set client_connection_check_interval = '10s';"
    " set idle_in_transaction_session_timeout = '15min'; set time zone 'UTC';"
    " select pg_backend_pid() as pid,"
    " coalesce(has_table_privilege(to_regclass('migration'), 'select'), false) as ours"
)


def connect(url: str | None = None, *, application: str = "cbm", **options: Any) -> Connection:
    """Open a connection; rows come as named tuples, times as UTC.

    Behind a pooler nothing of a session is relied on: statements are not prepared, locks are those
    of a transaction, and the settings made here are the same for everybody.

    :param url: instead of the setting ``database.url``.
    :param application: shown in ``pg_stat_activity``; name the task here.
    :raises SettingsError: no database is configured, or its address cannot be parsed.
    :raises DatabaseError: its schema is of a later version than this code.
    """
    import psycopg
    from psycopg.rows import namedtuple_row

    url = url or settings().database.url
    if not url:
        raise SettingsError("no database", subject="database.url", hint="set CBM_DATABASE_URL")
    named = {name: value for name, value in LIMITS.items() if name not in parse(url)}
    connection = psycopg.connect(
        url,
        application_name=application[:63],
        row_factory=namedtuple_row,
        **{**named, **options},
    )
    cursor = connection.execute(_SESSION)
    while cursor.nextset():
        pass
    row = cursor.fetchone()
    newest = (
        connection.execute(query("db/newest_migration")).fetchone()
        if row is not None and row.ours
        else None
    )
    connection.commit()
    if newest is not None and newest.newest is not None and newest.newest > newest_migration():
        connection.close()
        text = f"is of a later version, with {newest.newest}"
        raise DatabaseError(text, subject="the database", hint="this code is too old for it")
    if row is not None and row.pid != connection.info.backend_pid:
        connection.prepare_threshold = None  # a pooler may run each transaction on another server
    return connection


@cache
def newest_migration() -> str:
    """The name of the last migration that this code has."""
    files = (file.name for file in (SQL / "schema").iterdir())
    return max(name.removesuffix(".sql") for name in files if name[0].isdigit())


def connect_like(other: Connection, *, application: str) -> Connection:
    """Open another connection to the same database, as the same user."""
    secret = {"password": other.info.password} if other.info.password else {}
    return connect(other.info.dsn, application=application, **secret)


def compute_within(connection: Connection) -> None:
    """Let this transaction stand still for hours, not minutes: it computes between statements."""
    connection.execute("set local idle_in_transaction_session_timeout = '4h'")


@contextmanager
def transaction(url: str | None = None, *, application: str = "cbm") -> Iterator[Connection]:
    """A connection whose work is committed at the end, or rolled back on an error."""
    with connect(url, application=application) as connection:
        yield connection


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """Read the database as of one moment, although others write; commits what is open before."""
    from psycopg import IsolationLevel

    connection.commit()
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        connection.rollback()
        connection.isolation_level = None
