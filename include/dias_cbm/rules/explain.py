"""A parcel's verdicts and all they rest on: rule file, answers of markers, events, products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.seasons import Season


def explain(
    connection: Connection, season: Season, pid: str, scheme: str | None = None
) -> dict[str, Any]:
    """The verdicts of the latest run on one parcel, with their evidence.

    :param scheme: one alone; all that are meant for the parcel if None.
    :raises NotEnoughData: no rules were run yet.
    :raises ParcelUnknown: the season has no such parcel, or the run has no verdict on it.
    """
    run = connection.execute(query("rules/latest"), {"season": season.id}).fetchone()
    if run is None:
        raise NotEnoughData("no rules were run yet", subject=season.name, hint="cbm rules run")
    key = {"season": season.id, "pid": pid}
    rows = connection.execute(
        query("rules/of_parcel"), key | {"run": run.id, "scheme": scheme}
    ).fetchall()
    if not rows:
        what = f"has no verdict of {scheme or 'any scheme'} in run {run.id} of {season.name}"
        raise ParcelUnknown(what, subject=pid)
    runs = sorted({number for row in rows for number in row.marker_runs})
    events = _rows(connection, "rules/events_of_parcel", key | {"runs": runs})
    states = _rows(connection, "rules/states_of_parcel", key | {"runs": runs})
    scenes = _scenes(connection, events)
    for state in states:
        state["events"] = [
            {name: value for name, value in event.items() if name != "run"}
            | {"scenes": [scenes[one] for one in dict.fromkeys(event["obsids"]) if one in scenes]}
            for event in events
            if event["run"] == state["run"]
        ]
    return {
        "season": season.name,
        "pid": pid,
        "run": run.id,
        "made_at": run.made_at,
        "file": run.file_name,
        "file_hash": run.file_hash,
        "code": run.code,
        "verdicts": [
            {
                "scheme": row.scheme,
                "colour": row.colour,
                "reason": row.reason,
                "sentence": row.sentence or "The scheme is not meant for this parcel.",
                "marker_runs": row.marker_runs,
            }
            for row in rows
        ],
        "markers": states,
    }


def _rows(connection: Connection, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(query(name), values)]


def _scenes(connection: Connection, events: Iterable[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    ids = sorted({number for event in events for number in event["obsids"]})
    return {row["id"]: row for row in _rows(connection, "rules/scenes", {"ids": ids})}
