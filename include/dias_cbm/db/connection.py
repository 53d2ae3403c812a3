"""Connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[Any]
else:
    Connection = Any  # The driver is in the extra "database"; search and extraction do not need it.


def connect(url: str | None = None, *, application: str = "cbm", **options: Any) -> Connection:
    """Open a connection; rows come as named tuples, times as UTC.

    :param url: instead of the setting ``database.url``.
    :param application: shown in ``pg_stat_activity``; name the task here.
    :raises SettingsError: no database is configured.
    """
    import psycopg
    from psycopg.rows import namedtuple_row

    url = url or settings().database.url
    if not url:
        raise SettingsError("no database", subject="database.url", hint="set CBM_DATABASE_URL")
    connection = psycopg.connect(
        url, application_name=application[:63], row_factory=namedtuple_row, **options
    )
    # A killed client must not leave its statement running and locking for minutes.
    connection.execute("set client_connection_check_interval = '10s'; set time zone 'UTC'")
    connection.commit()
    return connection


@contextmanager
def transaction(url: str | None = None, *, application: str = "cbm") -> Iterator[Connection]:
    """A connection whose work is committed at the end, or rolled back on an error."""
    with connect(url, application=application) as connection:
        yield connection
