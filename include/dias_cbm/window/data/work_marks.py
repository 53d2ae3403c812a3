"""Decisions and assignments of the items of a work list, kept up to date row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    :param assigned: who works on each parcel that somebody works on.
    :param assignees: one for each item.
    :param decision: id of the newest decision, and of the newest ``assignment``; 0 for none.
    """

    items: Items
    decided: NDArray[np.bool_]
    decisions: Mapping[str, Any]
    assigned: Mapping[str, str]
    assignees: Names
    decision: int
    assignment: int


def read(
    connection: Connection,
    season: Season,
    items: Items,
    decision: int,
    assignment: int,
    known: Marks | None = None,
) -> Marks:
    """The marks of a list up to a decision and an assignment.

    :param known: earlier marks of the season: of the same list, only what came since is read.
        Decisions of a season are committed in the order of their ids, as :class:`Lock.DECISIONS`
        is held from the id on; and so are assignments.
    """
    usable = known is not None and known.items is items
    if not (usable and known and known.decision <= decision and known.assignment <= assignment):
        nobody = Names.of([None] * len(items))
        known = Marks(items, items.found, {}, {}, nobody, 0, 0)
    decisions, decided = dict(known.decisions), known.decided.copy()
    changed = _decided(connection, season, known.decision) if decision > known.decision else []
    for row in changed:
        if row.id is None:
            decisions.pop(row.pid, None)
        else:
            decisions[row.pid] = row
        for number in items.of_parcel.get(row.pid, ()):
            decided[number] = items.found[number] or _decides(items, number, row)
    assigned, assignees = known.assigned, known.assignees
    if assignment > known.assignment:
        assigned = _assigned(connection, season, known)
        assignees = _assignees(items, assigned)
    return Marks(items, decided, decisions, assigned, assignees, decision, assignment)


def _decided(connection: Connection, season: Season, since: int) -> Iterable[Any]:
    values = {"season": season.id, "since": since}
    name = "window/work_decided_since" if since else "window/work_decisions"
    return connection.execute(query(name), values).fetchall()


def _decides(items: Items, number: int, decision: Any) -> bool:
    if items.names["kind"][number] == Kind.QUALITY or decision.finding not in _CLEAR:
        return False
    return bool((decision.declared or "") == items.names["crop"][number])


def _assigned(connection: Connection, season: Season, known: Marks) -> dict[str, str]:
    values = {"season": season.id, "since": known.assignment}
    assigned = dict(known.assigned)
    for row in connection.execute(query("window/work_assigned_since"), values):
        if row.assignee is None:
            assigned.pop(row.pid, None)
        else:
            assigned[row.pid] = row.assignee
    return assigned


def _assignees(items: Items, assigned: Mapping[str, str]) -> Names:
    texts = sorted({"", *assigned.values()})
    place = {text: number for number, text in enumerate(texts)}
    numbers = np.zeros(len(items), np.int32)
    for pid, assignee in assigned.items():
        numbers[items.of_parcel.get(pid, [])] = place[assignee]
    return Names(texts, numbers)
