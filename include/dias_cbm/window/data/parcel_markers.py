"""Answers, events, colours and sentences of markers and rules about one parcel."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.markers.events import Reason
from dias_cbm.rules.explain import explain
from dias_cbm.rules.sentences import REASONS
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import Place

STATE_COLUMNS = (
    "marker", "version", "run", "made_at", "window_start", "window_end", "status", "reason", "why",
    "confidence", "gap_confidence", "longest_gap_days", "observations", "values",
)  # fmt: skip


def markers(connection: Connection, season: Season, place: Place) -> list[dict[str, Any]]:
    """The newest answer of each marker with the reason in words, and its events."""
    values = place.values(season) | {"markers": None}
    states = [row._asdict() for row in connection.execute(query("markers/of_parcel"), values)]
    runs = sorted({state["run"] for state in states})
    asked = {"season": season.id, "pid": place.pid, "runs": runs}
    events = [row._asdict() for row in connection.execute(query("markers/events_of_parcel"), asked)]
    for state in states:
        reason = state["reason"]
        state["why"] = None if reason is None else REASONS[Reason[reason.upper()]]
        state["events"] = [
            {name: value for name, value in event.items() if name != "run"}
            for event in events
            if event["run"] == state["run"]
        ]
    return states


def schemes(connection: Connection, season: Season, place: Place) -> dict[str, Any]:
    """The colour of each scheme in the newest run of rules, with its sentence and evidence.

    :returns: ``because`` says why there is no verdict.
    """
    try:
        found = explain(connection, season, place.pid)
    except (NotEnoughData, ParcelUnknown) as error:
        return {"because": error.message, "run": None, "verdicts": [], "markers": []}
    # Where the server keeps the file is nobody's business.
    return {"because": None, **found, "file": PurePath(found["file"]).name}
