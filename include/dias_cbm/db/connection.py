"""Connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dias_cbm.config.settings import settings
from dias_cbm.db.address import parse
from dias_cbm.errors import SettingsError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]
else:
    Connection = Any  # The driver is in the extra "database"; search and extraction do not need it.

#: A server that is gone is noticed: within seconds on connecting, within two minutes afterwards.
LIMITS: Mapping[str, Any] = {
    "connect_timeout": 15,
    "keepalives": 1,
    "keepalives_idle": 60,
    "keepalives_interval": 15,
    "keepalives_count": 4,
    "tcp_user_timeout": 120_000,
}


def connect(url: str | None = None, *, application: str = "cbm", **options: Any) -> Connection:
    """Open a connection; rows come as named tuples, times as UTC.

    :param url: instead of the setting ``database.url``.
    :param application: shown in ``pg_stat_activity``; name the task here.
    :raises SettingsError: no database is configured, or its address cannot be parsed.
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
    # A killed client must not leave its statement running and locking for minutes.
    connection.execute("set client_connection_check_interval = '10s'; set time zone 'UTC'")
    connection.commit()
    return connection


def beside(connection: Connection, application: str) -> Connection:
    """Open another connection to the database of one."""
    secret = {"password": connection.info.password} if connection.info.password else {}
    return connect(connection.info.dsn, application=application, **secret)


@contextmanager
def transaction(url: str | None = None, *, application: str = "cbm") -> Iterator[Connection]:
    """A connection whose work is committed at the end, or rolled back on an error."""
    with connect(url, application=application) as connection:
        yield connection
