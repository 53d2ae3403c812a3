"""Airflow connections as plain values: read from variables, sent to the API, or as commands."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from dias_cbm.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection.

    :param schema: name of the database; for our own types, the platform.
    """

    conn_id: str
    conn_type: str
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def for_api(self) -> dict[str, Any]:
        """The connection as Airflow's REST API accepts it."""
        return {
            "connection_id": self.conn_id,
            "conn_type": self.conn_type,
            "host": self.host or None,
            "port": self.port,
            "login": self.login or None,
            "password": self.password or None,
            "schema": self.schema or None,
            "extra": json.dumps(dict(self.extra)) if self.extra else None,
        }

    def command(self) -> str:
        """The command that creates it; a password is left for the user to fill in."""
        options = {
            "type": self.conn_type,
            "host": self.host,
            "port": "" if self.port is None else str(self.port),
            "login": self.login,
            "schema": self.schema,
            "extra": json.dumps(dict(self.extra)) if self.extra else "",
        }
        words = [f"--conn-{name} {shlex.quote(value)}" for name, value in options.items() if value]
        if self.password:
            words.append("--conn-password ...")
        return f"airflow connections add {self.conn_id} {' '.join(words)}"


def of_database(conn_id: str, url: str) -> Connection:
    """The connection to the database at an address.

    :raises SettingsError: not an address; the message omits it, as it may contain a password.
    """
    from dias_cbm.db.address import parse

    parts = parse(url)
    host, port = parts.pop("host", ""), parts.pop("port", "")
    login, password = parts.pop("user", ""), parts.pop("password", "")
    name = parts.pop("dbname", "")
    number = int(port) if port.isdecimal() else None
    return Connection(conn_id, "postgres", host, number, login, password, name, parts)


def conninfo(connection: Connection) -> str:
    """A connection to PostgreSQL as a connection string of libpq."""
    from psycopg.conninfo import make_conninfo

    parts = {
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
        **connection.extra,
    }
    return make_conninfo(**{name: str(value) for name, value in parts.items() if value})


def in_environment(conn_id: str, environ: Mapping[str, str] | None = None) -> Connection | None:
    """The connection in ``AIRFLOW_CONN_<ID>``, as JSON or as an address; None if it is not set.

    :raises SettingsError: neither of them; the message names the variable, but omits its value.
    """
    name = f"AIRFLOW_CONN_{conn_id.upper()}"
    text = (os.environ if environ is None else environ).get(name, "").strip()
    if not text:
        return None
    try:
        return _from_json(conn_id, text) if text.startswith("{") else _from_address(conn_id, text)
    except (ValueError, AttributeError):
        raise SettingsError("neither JSON nor an address", subject=name) from None


def _from_json(conn_id: str, text: str) -> Connection:
    parts = json.loads(text)
    extra = parts.get("extra") or {}
    return Connection(
        conn_id,
        str(parts.get("conn_type") or ""),
        str(parts.get("host") or ""),
        int(parts["port"]) if parts.get("port") else None,
        str(parts.get("login") or ""),
        str(parts.get("password") or ""),
        str(parts.get("schema") or ""),
        json.loads(extra) if isinstance(extra, str) else extra,
    )


def _from_address(conn_id: str, text: str) -> Connection:
    parts = urlsplit(text)
    return Connection(
        conn_id,
        parts.scheme.replace("-", "_"),
        unquote(parts.hostname or ""),
        parts.port,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        unquote(parts.path.removeprefix("/")),
        dict(parse_qsl(parts.query)),
    )
