"""Platforms that do not answer: their own work waits, and nothing else does.

A product that waits for its platform loses no attempt. Each new try doubles the wait before the
next, so that many tasks do not hang on one silent host. The daily digest tells of every pause.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query

FIRST = timedelta(seconds=30)
LONGEST = timedelta(hours=1)


class Service(StrEnum):
    """What a platform offers; each is paused apart from the others."""

    CATALOGUE = "catalogue"
    SECOND_SOURCE = "second source"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Pause:
    """A service that does not answer.

    :param since: aware UTC, like ``until``.
    :param until: it is not asked before.
    :param error: the error of the last try.
    :param waiting: products that wait for it.
    """

    platform: str
    service: Service
    since: datetime
    until: datetime
    tries: int
    error: str
    waiting: int = 0

    @property
    def reason(self) -> str:
        """For the ledger row of a product that waits, and has :attr:`Cause.PAUSED`."""
        return f"the {self.service} of {self.platform} does not answer: {self.error}"


def begin(
    connection: Connection,
    platform: str,
    service: Service,
    error: str,
    now: datetime | None = None,
    *,
    backoff: bool = True,
) -> None:
    """Note that a service did not answer, again or for the first time. Does not commit.

    :param now: instead of the present; aware UTC.
    :param backoff: whether it is left alone for a while; else it may be asked at once, and the note
        is for the digest.
    """
    values = {
        "platform": platform,
        "service": service,
        "error": error,
        "now": now or datetime.now(UTC),
        "first": FIRST if backoff else timedelta(0),
        "longest": LONGEST,
    }
    connection.execute(query("transport/outage_begin"), values)


def end(connection: Connection, platform: str, service: Service) -> None:
    """Note that a service answers. Does not commit."""
    connection.execute(query("transport/outage_end"), {"platform": platform, "service": service})


def current(
    connection: Connection, platform: str, service: Service, now: datetime | None = None
) -> Pause | None:
    """The pause of a service that is not to be asked yet; None if it may be asked.

    :param now: instead of the present; aware UTC.
    """
    values = {"platform": platform, "service": service, "now": now or datetime.now(UTC)}
    row = connection.execute(query("transport/outage_current"), values).fetchone()
    return None if row is None else Pause(**row._asdict() | {"service": Service(row.service)})


def open_pauses(connection: Connection) -> list[Pause]:
    """Every service that did not answer when it was asked last."""
    rows = connection.execute(query("transport/outage_list")).fetchall()
    return [Pause(**row._asdict() | {"service": Service(row.service)}) for row in rows]
