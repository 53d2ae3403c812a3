"""Decisions and assignments of the items of a work list."""

from __future__ import annotations

from collections import defaultdict
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
    assigned = dict(connection.execute(query("window/work_assignments"), values).fetchall())
    decided = np.array([finding is not None for finding in items.findings], bool)
    assignees: list[str | None] = [None] * len(items)
    if decisions or assigned:
        places = defaultdict(list)
        for number, pid in enumerate(items.pids):
            places[pid].append(number)
        for pid, decision in decisions.items():
            for number in places.get(pid, ()):
                decided[number] |= _decides(items, number, decision)
        for pid, assignee in assigned.items():
            for number in places.get(pid, ()):
                assignees[number] = assignee
    return Marks(decided, decisions, Names.of(assignees))


def _decides(items: Items, number: int, decision: Any) -> bool:
    if items.names["kind"][number] == Kind.QUALITY or decision.finding not in _CLEAR:
        return False
    return bool((decision.declared or "") == items.names["crop"][number])
