"""Deleted products: record what a platform has deleted, so that it is not fetched."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from dias_cbm import ledger
from dias_cbm.catalogue import open_catalogue, sweeps
from dias_cbm.catalogue.base import Catalogue, Tombstone
from dias_cbm.catalogue.supersession import lock, settle
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Cause, Status
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

_OVERLAP = timedelta(days=3)
# Work in progress may end first; the next round finds the row in another state.
_UNUSED = (Status.INGESTED, Status.ORDERED, Status.READY, Status.NO_PARCELS, Status.FAILED)


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """Result of a round of deletions.

    :param told: deletions that the platform lists, anywhere.
    :param failed: scenes that are no longer available.
    :param noted: scenes that keep the signatures they already have.
    """

    told: int = 0
    failed: int = 0
    noted: int = 0

    def __add__(self, other: DeletionReport) -> DeletionReport:
        """Both together."""
        return DeletionReport(
            self.told + other.told, self.failed + other.failed, self.noted + other.noted
        )


def apply(
    connection: Connection,
    season: Season,
    platform: str | None = None,
    *,
    catalogue: Catalogue | None = None,
    now: datetime | None = None,
) -> DeletionReport:
    """Enter what was deleted since the last round, or during a sweep's period; commits.

    A scene without signatures fails for good, like one that is not indexed, and the scene that it
    had superseded is restored. A scene with signatures keeps them, and its row says that the
    product is gone. A product that was published again after its deletion is there. A platform that
    does not list deletions is not asked.

    :param platform: else the setting ``platform``.
    :param catalogue: instead of the platform's own; stays open.
    :raises CatalogueError: the platform did not give a complete answer; nothing was entered.
    """
    platform, now = platform or settings().platform, now or datetime.now(UTC)
    before = sweeps.last(connection, platform, season.id, sweeps.DELETIONS)
    since = now - sweeps.SWEEP if before is None else before - _OVERLAP
    connection.commit()
    opened = catalogue or open_catalogue(platform, shared=True)
    try:
        if not opened.capabilities.deletions:
            return DeletionReport()
        deleted = {one.product_id: one for one in opened.deleted(since)}
    finally:
        if catalogue is None:
            opened.close()
    report = _enter(connection, platform, deleted)
    sweeps.record(connection, platform, season.id, sweeps.DELETIONS, now)
    connection.commit()
    return report


def _enter(connection: Connection, platform: str, deleted: dict[str, Tombstone]) -> DeletionReport:
    lock(connection)
    noted = 0
    gone: list[int] = []
    rows = connection.execute(query("catalogue/deleted"), {"platform": platform, "ids": [*deleted]})
    for row in rows.fetchall():
        if row.cause == Cause.DELETED:
            continue
        if row.published is not None and row.published > deleted[row.product_id].deleted:
            log.info("scene %d: deleted, and published again since", row.id)
            continue
        status = Status(row.status)
        why: dict[str, Any] = {
            "cause": Cause.DELETED,
            "reason": f"its platform says: {deleted[row.product_id].cause}",
        }
        if status in _UNUSED:
            ledger.change(connection, row.id, expected=status, to=Status.FAILED, **why)
            gone.append(row.id)
        elif status is Status.EXTRACTED:
            ledger.change(connection, row.id, expected=status, to=status, **why)
            noted += 1
        log.info("scene %d, %s: deleted: %s", row.id, status, why["reason"])
    settle(connection, gone)
    return DeletionReport(len(deleted), len(gone), noted)
