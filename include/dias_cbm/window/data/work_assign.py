"""Assignment of parcels of a work list to those who work on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown
from dias_cbm.seasons import Season
from dias_cbm.window.rights import User


def assign(
    connection: Connection, season: Season, pids: Sequence[str], assignee: str | None, user: User
) -> dict[str, Any]:
    """Assign parcels, and commit; all of them or none.

    :param assignee: name; None: to nobody.
    :returns: ``changed``, how many that changed; ``taken``, those that somebody else had, and who.
    :raises ParcelUnknown: the season has no such parcel.
    """
    hold(connection, Lock.DECISIONS, season.id)
    values = {
        "season": season.id,
        "pids": list(pids),
        "assignee": assignee,
        "by": user.name,
        "user_id": user.id,
    }
    rows = connection.execute(query("window/assign"), values).fetchall()
    unknown = sorted(set(pids) - {row.pid for row in rows})
    if unknown:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=unknown[0])
    connection.commit()
    taken = [{"pid": row.pid, "before": row.before} for row in rows if row.changed and row.before]
    return {"changed": sum(row.changed for row in rows), "taken": taken}
