"""Scenes whose products are ordered from a platform. Imports nothing of Airflow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any


def make(url: str | None, scenes: Sequence[int]) -> list[dict[str, Any]]:
    """Make or locate, validate and record the product of each scene.

    :param url: of the database; None for the setting.
    :returns: per scene its id and what became of it, as :class:`dias_cbm.card.make.Outcome` has it.
    """
    from dias_cbm.card.make import make_card
    from dias_cbm.db.connection import connect

    with connect(url, application="airflow make_card") as connection:
        outcomes = [make_card(connection, scene_id) for scene_id in scenes]
    return [{"scene": one.scene_id, "outcome": one.outcome, "reason": one.why} for one in outcomes]


def waiting(url: str | None, scenes: Sequence[int]) -> list[int]:
    """Those of the scenes for which there is nothing to do but wait.

    :raises CatalogueError: the order service gives no answer.
    """
    from dias_cbm.card.engines.order import still_waiting
    from dias_cbm.db.connection import connect

    with connect(url, application="airflow orders") as connection:
        return still_waiting(connection, scenes)


def deadline() -> datetime:
    """Until when something that is ordered now is waited for."""
    from dias_cbm.config.settings import settings

    return datetime.now(UTC) + timedelta(hours=settings().order.patience_hours)
