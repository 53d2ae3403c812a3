"""The check before a process starts: secrets, database, schema, queue, and the shared folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.installation import service_needs as services

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection

#: Seconds between two looks.
_LOOK_S = 2.0


def check_start(
    service: str | None = None,
    wait_s: float = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> int:
    """Check all that must be right before the first task.

    :param service: a container's, see :data:`services.NEEDS`; None for any process of the library.
    :param wait_s: how long to wait for a database that does not answer, or that is being migrated.
    :param tell: is told once what is waited for.
    :returns: the number of migrations; 0 for a service without the library's database.
    :raises DatabaseError: the schema is older or newer than this version.
    :raises FolderNotShared: this machine sees another folder of products made here than the others.
    :raises CbmError: a secret is missing, or a setting is missing or wrong.
    :raises psycopg.OperationalError: the database does not answer, or refuses the login.
    """
    need = services.NEEDS.get(service) if service else None
    if need is not None:
        services.check_given(need)
    patience = _Patience(wait_s, tell)
    found = 0
    if need is None or need.library:
        found = patience.with_(lambda: _check_library(service))
    if need is not None:
        services.check_port(need)
        patience.with_(lambda: services.check_airflow(need))
        patience.with_(lambda: services.check_queue(need))
    return found


class _Patience:
    """Tries again until a limit that counts for all that is waited for."""

    def __init__(self, wait_s: float, tell: Callable[[str], None]) -> None:
        self._until, self._wait_s, self._tell = time.monotonic() + wait_s, wait_s, tell

    def with_(self, check: Callable[[], int]) -> int:
        """The result of a check, which may fail while others start."""
        told = False
        while True:
            try:
                return check()
            except Exception as error:
                if not _may_pass(error) or time.monotonic() + _LOOK_S > self._until:
                    raise
                if not told:
                    first = str(error).strip().partition("\n")[0]
                    self._tell(f"waiting up to {self._wait_s:.0f} s: {first}")
                    told = True
            time.sleep(_LOOK_S)


def _may_pass(error: Exception) -> bool:
    """Whether what is wrong may be right in a while."""
    import psycopg

    if isinstance(error, psycopg.OperationalError):
        return not services.refused(error)
    return isinstance(error, services.NotYet)


def _check_library(service: str | None) -> int:
    from dias_cbm.db import migrations
    from dias_cbm.db.connection import connect

    with connect(application="cbm db check") as connection:
        state = migrations.state(connection)
        if service == services.INIT:
            return len(state.applied)
        if state.pending:
            raise services.NotYet(
                f"is older than this version: {len(state.pending)} migrations are pending, from"
                f" {state.pending[0]} on",
                subject="the database",
                hint="cbm db migrate",
            )
        if service is None or services.NEEDS[service].folder:
            _check_folder(connection)
    return len(state.applied)


def _check_folder(connection: Connection) -> None:
    """Check the folder of products made here, where products are made here."""
    from dias_cbm.storage import open_store
    from dias_cbm.storage.shared_folder import check_shared

    if any(settings().engines(card) != ("ready",) for card in ("bs", "c6", "s2")):
        check_shared(connection, open_store(MADE))
