"""What tasks reach services with: connections of Airflow, or the settings where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operators import names

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from cbm.storage import Credentials

# Connection extras that PostgreSQL's client library understands; the others are Airflow's own.
_LIBPQ_EXTRAS = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "keepalives_idle",
)


def database_url(conn_id: str = names.POSTGRES) -> str | None:
    """How a task reaches the database, as ``cbm.database.connect`` takes it.

    :returns: None if Airflow has no such connection; the setting ``database_url`` then counts.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return conninfo(BaseHook.get_connection(conn_id))
    except AirflowNotFoundException:
        return None


async def database_url_in_trigger(conn_id: str = names.POSTGRES) -> str | None:
    """The same for a trigger, whose event loop must not be blocked."""
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return conninfo(await BaseHook.aget_connection(conn_id))
    except AirflowNotFoundException:
        return None


def conninfo(connection: Connection) -> str:
    """A connection of Airflow in the words of PostgreSQL's client library."""
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
    """What a platform's store is opened with: login and password of ``cbm_store_<platform>``.

    The connection may be of the type ``aws``, whose test button works; a session token is its
    extra ``aws_session_token``.

    :returns: None if Airflow has no such connection; the platform's settings then count.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from cbm.storage import Credentials

    try:
        found = BaseHook.get_connection(names.STORE_PREFIX + platform.replace("-", "_"))
    except AirflowNotFoundException:
        return None
    token = found.extra_dejson.get("aws_session_token", "")
    return Credentials(found.login or "", found.password or "", token)
