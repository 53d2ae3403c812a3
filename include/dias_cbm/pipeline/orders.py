"""Products that are ordered from a platform: which are still to come, and how long to wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection


def waiting(connection: Connection, scenes: Sequence[int]) -> list[int]:
    """Those of the scenes for which there is nothing to do but wait.

    :raises CatalogueError: the order service gives no answer.
    """
    from dias_cbm.card.engines.order import still_waiting

    return still_waiting(connection, scenes)


def deadline() -> datetime:
    """Until when something that is ordered now is waited for."""
    return datetime.now(UTC) + timedelta(hours=settings().order.patience_hours)
