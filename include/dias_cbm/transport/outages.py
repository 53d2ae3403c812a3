"""Outages: work for a platform that does not answer is paused, all other work continues.

A product that waits for its platform loses no attempt. Each failed try doubles the wait before the
next, so that many tasks do not hang on one unreachable host. The daily digest lists every pause.
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
    """A service of a platform; each is paused separately."""

    CATALOGUE = "catalogue"
    SECOND_SOURCE = "second source"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Pause:
    """A service that does not answer.

    :param since: aware UTC, like ``until``.
    :param until: it is not asked before this time.
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
        """The reason in the ledger row of a waiting product; its cause is :attr:`Cause.PAUSED`."""
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
    """Record that a service did not answer, again or for the first time. Does not commit.

    :param now: instead of the current time; aware UTC.
    :param backoff: whether to wait before it is asked again; else it may be asked at once, and the
        record is only for the digest.
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
    """Record that a service answers. Does not commit."""
    connection.execute(query("transport/outage_end"), {"platform": platform, "service": service})


def current(
    connection: Connection, platform: str, service: Service, now: datetime | None = None
) -> Pause | None:
    """The pause of a service that must not be asked yet; None if it may be asked.

    :param now: instead of the current time; aware UTC.
    """
    values = {"platform": platform, "service": service, "now": now or datetime.now(UTC)}
    row = connection.execute(query("transport/outage_current"), values).fetchone()
    return None if row is None else Pause(**row._asdict() | {"service": Service(row.service)})


def open_pauses(connection: Connection) -> list[Pause]:
    """Every service that did not answer the last request."""
    rows = connection.execute(query("transport/outage_list")).fetchall()
    return [Pause(**row._asdict() | {"service": Service(row.service)}) for row in rows]
