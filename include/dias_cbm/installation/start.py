"""The check before a process starts: database, schema, and the folder that is shared."""

from __future__ import annotations

from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import DatabaseError


def check_start() -> int:
    """Check all that must be right before the first task.

    :returns: the number of migrations.
    :raises DatabaseError: the schema is older or newer than this version.
    :raises FolderNotShared: this machine sees another folder of products made here than the others.
    :raises CbmError: a setting is missing or wrong.
    :raises psycopg.OperationalError: the database does not answer, or refuses the login.
    """
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    with connect(application="cbm db check") as connection:
        state = migrations.state(connection)
        if state.pending:
            raise DatabaseError(
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
