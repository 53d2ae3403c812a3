"""The check before a process starts: database, schema, and the folder that is shared."""

from __future__ import annotations

import time

from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import DatabaseError

_PAUSE_S = 1.0


def check_start(wait_s: float = 0.0) -> int:
    """Check all that must be right before the first task.

    :param wait_s: how long to wait for a database that does not answer, or is being migrated.
    :returns: the number of migrations.
    :raises DatabaseError: the schema is older or newer than this version.
    :raises FolderNotShared: this machine sees another folder of products made here than the others.
    :raises CbmError: a setting is missing or wrong.
    :raises psycopg.OperationalError: the database does not answer, or refuses the login.
    """
    import psycopg

    until = time.monotonic() + wait_s
    while True:
        try:
            return _check()
        except (psycopg.OperationalError, _Pending) as error:
            refused = isinstance(error, psycopg.OperationalError) and _refused(error)
            if refused or time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_S)


class _Pending(DatabaseError):
    """Migrations are pending, and may be on their way."""


def _check() -> int:
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    with connect(application="cbm db check") as connection:
        state = migrations.state(connection)
        if state.pending:
            raise _Pending(
                f"is older than this version: {len(state.pending)} migrations are pending, from"
                f" {state.pending[0]} on",
                subject="the database",
                hint="cbm db migrate",
            )
        _check_folder(connection)
    return len(state.applied)


def _check_folder(connection: Connection) -> None:
    """Check the folder of products made here, where products are made here."""
    from dias_cbm.storage import open_store
    from dias_cbm.storage.shared_folder import check_shared

    if any(settings().engines(card) != ("ready",) for card in ("bs", "c6", "s2")):
        check_shared(connection, open_store(MADE))


def _refused(error: Exception) -> bool:
    """Whether the server answers, but lets nobody in: waiting does not help."""
    text = str(error)
    return (
        "authentication failed" in text
        or "no password supplied" in text
        or "does not exist" in text
    )
