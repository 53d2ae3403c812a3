"""Batches of work: not too short for a task, and no more than a mapped task has instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from dias_cbm_airflow.operators.names import MAP_LIMIT

Item = TypeVar("Item")


def batches(
    items: Sequence[Item],
    seconds: Sequence[float] = (),
    least: float = 0.0,
    limit: int = MAP_LIMIT,
) -> list[list[Item]]:
    """Items in order, in at most ``limit`` lists of about ``least`` seconds or more.

    What takes that long alone has a list of its own; the others share, so evenly that no short rest
    is left.

    :param seconds: expected duration of each item; if empty, one item per list, if there are few
        enough.
    """
    together = _put_together(items, seconds, least) if seconds else [[item] for item in items]
    size = -(-len(together) // limit)
    return [
        [item for one in together[start : start + size] for item in one]
        for start in range(0, len(together), size or 1)
    ]


def _put_together(
    items: Sequence[Item], seconds: Sequence[float], least: float
) -> list[list[Item]]:
    short = sum(expected for expected in seconds if expected < least)
    lists = max(1, int(short / least)) if short else 1
    made: list[list[Item]] = []
    shared: list[Item] = []
    filled = 0.0
    for item, expected in zip(items, seconds, strict=True):
        if expected >= least:
            made.append([item])
            continue
        # The last list takes what is left. Sums of fractions are not exact.
        if not shared or (filled > short / lists - 1e-6 and lists > 1):
            if shared:
                short, lists = short - filled, lists - 1
            shared, filled = [], 0.0
            made.append(shared)
        shared.append(item)
        filled += expected
    return made
