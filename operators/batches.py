"""Batches of work, at most as many as a mapped task may have instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from dias_cbm_airflow.operators.names import MAP_LIMIT

Item = TypeVar("Item")


def batches(items: Sequence[Item], limit: int = MAP_LIMIT) -> list[list[Item]]:
    """Items in order, in at most ``limit`` lists; one item per list if there are few enough."""
    size = -(-len(items) // limit)
    return [list(items[start : start + size]) for start in range(0, len(items), size or 1)]
