"""Decisions and assignments of the items of a work list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window.data.work_items import Items, Kind, Names

_CLEAR = ("right", "wrong")


@dataclass(frozen=True, slots=True)
class Marks:
    """Decisions and assignments of the items of a list.

    :param decided: bool[n]. A parcel is decided by a clear decision on the crop that is declared;
        an item of a quality sample by a finding.
    :param decisions: in force, by parcel.
    :param assignees: one for each item.
    """

    decided: NDArray[np.bool_]
    decisions: Mapping[str, Any]
    assignees: Names


def read(connection: Connection, season: Season, items: Items) -> Marks:
    """The marks of a list as they are now."""
    values = {"season": season.id}
    decisions = {row.pid: row for row in connection.execute(query("window/work_decisions"), values)}
    decided = items.found.copy()
    for pid, decision in decisions.items():
        for number in items.of_parcel.get(pid, ()):
            decided[number] |= _decides(items, number, decision)
    assigned = dict(connection.execute(query("window/work_assignments"), values).fetchall())
    return Marks(decided, decisions, _assignees(items, assigned))


def _assignees(items: Items, assigned: Mapping[str, str]) -> Names:
    texts = sorted({"", *assigned.values()})
    place = {text: number for number, text in enumerate(texts)}
    numbers = np.zeros(len(items), np.int32)
    for pid, assignee in assigned.items():
        numbers[items.of_parcel.get(pid, [])] = place[assignee]
    return Names(texts, numbers)


def _decides(items: Items, number: int, decision: Any) -> bool:
    if items.names["kind"][number] == Kind.QUALITY or decision.finding not in _CLEAR:
        return False
    return bool((decision.declared or "") == items.names["crop"][number])
