"""Leases: what one process at a time may do, on whichever machine, for hours.

A lease is a row that its holder renews. Unlike a lock it needs no open transaction or session: it
survives a restart of the database, and a pooler in between. A holder that is dead, cut off or
frozen loses it. Such a holder may come back late: :meth:`Lease.check` tells it, in the transaction
that would record its result.
"""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from dias_cbm.db.connection import Connection, connect_like
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict, StillHeld

log = logging.getLogger(__name__)

#: A holder that has not renewed its lease for so long has lost it.
LONGEST = timedelta(seconds=45)
#: Time between two renewals: three may fail.
RENEWAL = timedelta(seconds=11)
#: A lease that nobody has renewed for so long is nobody's: its row is removed.
DEAD = timedelta(days=1)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was taken.

    :param token: of this holding of it.
    """

    name: str
    token: uuid.UUID

    def check(self, connection: Connection) -> None:
        """Make sure that it is still held, and stays so until the transaction ends.

        :raises StateConflict: another process has taken it over.
        """
        if connection.execute(query("db/lease_check"), self._key).fetchone() is None:
            raise StateConflict("was taken over by another process", subject=self.name)

    def renew(self, connection: Connection) -> bool:
        """Renew it; False if another process has taken it over. Commits."""
        renewed = connection.execute(query("db/lease_renew"), self._key).rowcount == 1
        connection.commit()
        return renewed

    def end(self, connection: Connection) -> None:
        """Give it back, and remove those of the dead; commits."""
        connection.execute(query("db/lease_end"), self._key)
        connection.execute(query("db/lease_sweep"), {"dead": DEAD})
        connection.commit()

    @property
    def _key(self) -> dict[str, object]:
        return {"name": self.name, "token": self.token}


@contextmanager
def leased(connection: Connection, name: str, patience: timedelta) -> Iterator[Lease]:
    """Wait for a lease, and hold it while this is entered; a thread renews it.

    The wait ends when the holder is done, or has not renewed the lease for :data:`LONGEST`.

    :param connection: without an open transaction; not used while the lease is held.
    :param patience: the longest wait, for a holder that hangs but renews it: the time that the
        work may take.
    :raises StillHeld: it took longer.
    """
    lease = _wait_for(connection, name, patience)
    ended = Event()
    renewal = Thread(target=_renew, args=(connection, lease, ended), daemon=True, name="lease")
    renewal.start()
    try:
        yield lease
    finally:
        ended.set()
        renewal.join()
        _give_back(connection, lease)


def _wait_for(connection: Connection, name: str, patience: timedelta) -> Lease:
    until = time.monotonic() + patience.total_seconds()
    lease = Lease(name, uuid.uuid4())
    values = lease._key | {"holder": _holder(), "longest": LONGEST}
    wait = _FIRST_WAIT_S
    told = False
    while True:
        taken = connection.execute(query("db/lease_take"), values).fetchone()
        connection.commit()
        if taken is not None:
            return lease
        if time.monotonic() + wait > until:
            whose = _holder_of(connection, name) or "another process"
            minutes = patience.total_seconds() / 60
            text = f"is still held after a wait of {minutes:.0f} min, by {whose}"
            raise StillHeld(text, subject=name, hint="end that process if it hangs")
        if not told and wait >= _LONGEST_WAIT_S:
            if holder := _holder_of(connection, name):
                log.info("%s: waiting for %s", name, holder)
            told = True
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_S)


def _holder_of(connection: Connection, name: str) -> str | None:
    """Who has a lease and since when, for people; None if it is free by now."""
    row = connection.execute(query("db/lease_holder"), {"name": name}).fetchone()
    connection.commit()
    if row is None:
        return None
    seconds = (datetime.now(UTC) - row.taken_at).total_seconds()
    return f"{row.holder}, which has it for {seconds:.0f} s"


def _renew(like: Connection, lease: Lease, ended: Event) -> None:
    """Renew a lease until it is given back or lost; each time with a connection of its own.

    A connection that stayed open would be one more for every task.
    """
    import psycopg

    while not ended.wait(RENEWAL.total_seconds()):
        try:
            with connect_like(like, application="cbm lease") as own:
                if not lease.renew(own):
                    log.warning("%s: was taken over by another process", lease.name)
                    return
        except psycopg.Error as error:
            log.warning("%s: could not be renewed: %s", lease.name, str(error).partition("\n")[0])


def _give_back(connection: Connection, lease: Lease) -> None:
    """Give a lease back; if the database does not answer, it runs out."""
    import psycopg

    with suppress(psycopg.Error):
        connection.rollback()
        lease.end(connection)


def _holder() -> str:
    return f"{socket.gethostname()}, process {os.getpid()}"
