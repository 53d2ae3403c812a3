"""Needs of each service of a deployment at its start, beside the library's database."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dias_cbm.config.secrets import COMMAND, secret
from dias_cbm.errors import DatabaseError, ServiceError, SettingsError
from dias_cbm.installation.airflow_schema import Schema, schema_of
from dias_cbm.small_file import small_file

METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
BROKER = "AIRFLOW__CELERY__BROKER_URL"
_RESULTS = "AIRFLOW__CELERY__RESULT_BACKEND"
_FERNET = "AIRFLOW__CORE__FERNET_KEY"
_TOKENS = "AIRFLOW__API_AUTH__JWT_SECRET"
_LOGS = "AIRFLOW__API__SECRET_KEY"
_LIBRARY = "CBM_DATABASE_URL"
_PORT = "AIRFLOW__API__PORT"
_LAST_PORT = 65535

#: The service that creates and migrates the tables.
INIT = "init"
_ANSWER_S = 5.0
#: What SQLAlchemy writes before the address.
_POSTGRESQL = re.compile(r"^postgresql(\+\w+)?://")
#: What PostgreSQL says of a login that waiting does not make right.
_REFUSED = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "not permitted",
    "permission denied for database",
)


@dataclass(frozen=True, slots=True)
class Need:
    """What a service needs.

    :param variables: secrets; each may come from a file or a command too.
    :param folder: it reads or writes products made here.
    :param port: that it listens on, unless ``AIRFLOW__API__PORT`` says otherwise.
    """

    variables: tuple[str, ...]
    folder: bool = False
    port: int | None = None

    @property
    def library(self) -> bool:
        """Whether it uses the library's database."""
        return _LIBRARY in self.variables


NEEDS: Mapping[str, Need] = {
    INIT: Need((_LIBRARY, METADATA)),
    "api-server": Need((_LIBRARY, METADATA, _FERNET, _TOKENS, _LOGS), folder=True, port=8080),
    "scheduler": Need((METADATA, BROKER, _RESULTS, _TOKENS)),
    "dag-processor": Need((_LIBRARY, METADATA, _FERNET)),
    "triggerer": Need((_LIBRARY, METADATA, _FERNET, _LOGS)),
    "worker": Need((_LIBRARY, METADATA, BROKER, _RESULTS, _LOGS), folder=True),
}


class NotYet(DatabaseError):
    """Something does not answer yet, or a migration is still to come."""


def refused(error: Exception) -> bool:
    """Whether the database answers, but refuses the login."""
    return any(words in str(error) for words in _REFUSED)


def check_given(need: Need, environ: Mapping[str, str] | None = None) -> None:
    """Check that every secret of a service is there.

    :param environ: instead of this process's environment.
    :raises SettingsError: one is missing, or cannot be read.
    """
    given = os.environ if environ is None else environ
    for name in need.variables:
        if name not in (BROKER, _RESULTS) or _queues(given):
            value_of(name, given)


def check_port(need: Need, environ: Mapping[str, str] | None = None) -> None:
    """Check that the service's port is free.

    :raises ServiceError: another process listens on it.
    :raises SettingsError: it is not a port.
    """
    if need.port is None:
        return
    named = (os.environ if environ is None else environ).get(_PORT)
    try:
        port = int(named) if named else need.port
    except ValueError:
        port = 0
    if not 0 < port <= _LAST_PORT:
        raise SettingsError(f"is not a port: {named}", subject=_PORT, hint=f"1 to {_LAST_PORT}")
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("", port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise ServiceError(f"cannot be listened on: {reason}", subject=f"port {port}") from None


def check_airflow(need: Need, environ: Mapping[str, str] | None = None) -> int:
    """Check that Airflow's database answers and has the schema of this Airflow.

    :returns: 1.
    :raises DatabaseError: it is newer; :class:`NotYet` if it is older.
    """
    import psycopg

    from dias_cbm.db.address import parse
    from dias_cbm.db.connection import LIMITS

    url = _POSTGRESQL.sub("postgresql://", value_of(METADATA, environ))
    if not url.startswith("postgresql://"):
        return 1  # of another database Airflow itself says what is wrong
    try:
        limits = {name: value for name, value in LIMITS.items() if name not in parse(url)}
        with psycopg.connect(url, **limits) as connection:
            found = schema_of(connection)
    except SettingsError as error:
        raise SettingsError(error.message, subject=METADATA, hint=error.hint) from None
    except psycopg.OperationalError as error:
        if need is NEEDS[INIT] and refused(error):
            return 1  # it is about to make this login
        first = str(error).partition("\n")[0]
        kind = DatabaseError if refused(error) else NotYet
        raise kind(f"cannot be used: {first}", subject="Airflow's database") from None
    if found is Schema.NEWER:
        raise DatabaseError("is newer than this image", subject="Airflow's database")
    if found is Schema.OLDER and need is not NEEDS[INIT]:
        hint = "airflow db migrate"
        raise NotYet("is older than this image", subject="Airflow's database", hint=hint)
    return 1


def check_queue(need: Need, environ: Mapping[str, str] | None = None) -> int:
    """Check that the queue answers and takes the password, for a service that uses it.

    :returns: 1.
    :raises NotYet: it does not answer.
    :raises ServiceError: it refuses the password.
    """
    given = os.environ if environ is None else environ
    if BROKER not in need.variables or not _queues(given):
        return 1
    try:
        address = urlsplit(value_of(BROKER, given))
        place = address.hostname or "localhost", address.port or 6379
    except ValueError:
        # Without its text, in which the password is.
        raise SettingsError("is not an address", subject=BROKER) from None
    if address.scheme != "redis":
        return 1
    words = [unquote(one) for one in (address.username, address.password) if one]
    try:
        with socket.create_connection(place, timeout=_ANSWER_S) as link:
            link.settimeout(_ANSWER_S)
            if words:
                link.sendall(_command("AUTH", *words))
                if not link.recv(512).startswith(b"+OK"):
                    raise ServiceError("refuses the password", subject=f"the queue at {place[0]}")
            link.sendall(_command("PING"))
            reply = link.recv(512)
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotYet(f"does not answer: {reason}", subject=f"the queue at {place[0]}") from None
    if reply.startswith(b"-NOAUTH"):
        raise ServiceError("wants a password", subject=f"the queue at {place[0]}")
    if not reply.startswith(b"+PONG"):
        raise NotYet("is not ready", subject=f"the queue at {place[0]}")
    return 1


def value_of(name: str, environ: Mapping[str, str] | None = None) -> str:
    """The value of a secret, wherever it comes from.

    :raises SettingsError: it is missing or empty, or its file or command brings none.
    """
    given = os.environ if environ is None else environ
    command = given.get(name + COMMAND, "").split()
    if len(command) == 2 and command[0] == "cat" and not given.get(name):
        # The usual way to give Airflow a secret as a file: the file is what may be missing.
        try:
            found: str | None = small_file(Path(command[1]), 64 << 10).decode().strip()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "is not a text file"
            text = f"{command[1]} cannot be read: {reason}"
            raise SettingsError(text, subject=name + COMMAND) from None
    else:
        found = secret(name, given)
    if not found:
        hint = f"set it, or {name}{COMMAND}" if name.startswith("AIRFLOW") else f"or {name}_FILE"
        raise SettingsError("is missing", subject=name, hint=hint)
    return found


def _queues(environ: Mapping[str, str]) -> bool:
    return "Celery" in environ.get("AIRFLOW__CORE__EXECUTOR", "")


def _command(*words: str) -> bytes:
    """A command in Redis' protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/."""
    encoded = [word.encode() for word in words]
    parts = [b"*%d" % len(encoded)]
    for word in encoded:
        parts += [b"$%d" % len(word), word]
    return b"\r\n".join(parts) + b"\r\n"
