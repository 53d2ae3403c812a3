"""Products ordered from a platform: the pending ones, and the deadline for waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection


def waiting(connection: Connection, scenes: Sequence[int]) -> list[int]:
    """The scenes whose orders are still pending.

    :raises CatalogueError: the order service does not give a usable answer.
    """
    from dias_cbm.card.engines.order import still_waiting

    return still_waiting(connection, scenes)


def deadline() -> datetime:
    """The end of waiting for a product that is ordered now."""
    return datetime.now(UTC) + timedelta(hours=settings().order.patience_hours)
