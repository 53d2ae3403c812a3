"""Connections: from Airflow where it has them, else from the settings.

A trigger calls these in a thread of its own, because they would block the event loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dias_cbm_airflow.operators import names

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from dias_cbm.catalogue.accounts import Account
    from dias_cbm.db.connection import Connection as Database
    from dias_cbm.storage import Credentials

# Connection extras that PostgreSQL's client library understands; all others are for Airflow.
_LIBPQ_EXTRAS = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "keepalives_idle",
)


def open_database(task: str, conn_id: str = names.POSTGRES) -> Database:
    """Open the database of the connection ``conn_id``, else of the setting ``database.url``.

    :param task: who uses it, for ``pg_stat_activity``.
    """
    from dias_cbm.db.connection import connect

    return connect(database_url(conn_id), application=f"airflow {task}")


@contextmanager
def services() -> Iterator[None]:
    """Use Airflow's connections for catalogues and stores within this context."""
    from dias_cbm.catalogue.accounts import accounts_from
    from dias_cbm.storage import credentials_from

    with accounts_from(dias_account), credentials_from(store_credentials):
        yield


def database_url(conn_id: str = names.POSTGRES) -> str | None:
    """The address of the database, as ``dias_cbm.db.connection.connect`` takes it.

    :returns: None if Airflow has no such connection; the setting ``database.url`` then applies.
    """
    found = _found(conn_id)
    return None if found is None else conninfo(found)


def conninfo(connection: Connection) -> str:
    """A connection of Airflow as a connection string of PostgreSQL's client library."""
    from psycopg.conninfo import make_conninfo

    parts = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
    }
    extras = connection.extra_dejson
    parts |= {name: extras[name] for name in _LIBPQ_EXTRAS if name in extras}
    return make_conninfo(**{name: str(value) for name, value in parts.items() if value})


def store_credentials(platform: str) -> Credentials | None:
    """Credentials of a platform's store, from the connection ``cbm_store_<platform>``.

    It may be of the type ``cbm_store`` or ``aws``; a session token is its extra
    ``aws_session_token``.

    :returns: None if Airflow has no such connection; the platform's settings then apply.
    """
    found = _of_platform(names.STORE_PREFIX, platform)
    return None if found is None else credentials_in(found)


def dias_account(platform: str) -> Account | None:
    """Address and account of a platform's catalogue, from the connection ``cbm_dias_<platform>``.

    :returns: None if Airflow has no such connection; the platform's settings then apply.
    """
    found = _of_platform(names.DIAS_PREFIX, platform)
    return None if found is None else account_of(found)


def credentials_in(connection: Connection) -> Credentials:
    """Login, password and session token of a connection."""
    from dias_cbm.storage import Credentials

    token = connection.extra_dejson.get("aws_session_token", "")
    return Credentials(connection.login or "", connection.password or "", token)


def account_of(connection: Connection) -> Account:
    """Address, login and password of a connection."""
    from dias_cbm.catalogue.accounts import Account

    return Account(connection.host or "", connection.login or "", connection.password or "")


def platform_of(connection: Connection) -> str:
    """The platform of a connection: from its field for it, else from the end of its id.

    A connection that is being tested has no id of its own.

    :raises SettingsError: neither names a platform.
    """
    from dias_cbm.config.settings import settings
    from dias_cbm.errors import SettingsError

    if connection.schema:
        return str(connection.schema)
    by_id = {name.replace("-", "_"): name for name in settings().platforms}
    for prefix in (names.DIAS_PREFIX, names.STORE_PREFIX):
        rest = connection.conn_id.removeprefix(prefix)
        if rest != connection.conn_id and rest in by_id:
            return by_id[rest]
    raise SettingsError("the connection does not say whose it is", hint="enter the platform")


def _of_platform(prefix: str, platform: str) -> Connection | None:
    return _found(prefix + platform.replace("-", "_"))


def _found(conn_id: str) -> Connection | None:
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        return None
