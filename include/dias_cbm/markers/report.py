"""Answers as people read them: of one parcel with its evidence, and of a season in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.markers import registry
from dias_cbm.markers.answers import cards_of
from dias_cbm.seasons import Season


def of_parcel(
    connection: Connection, season: Season, pid: str, names: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """The newest answers for one parcel, each with its events and the scenes that are missing.

    :param names: of markers; all if None.
    :raises ParcelUnknown: the season has no such parcel.
    :raises NotEnoughData: no marker has been run over it.
    """
    values = {
        "season": season.id,
        "pid": pid,
        "markers": None if names is None else [registry.get(name).name for name in names],
    }
    answers = connection.execute(query("markers/of_parcel"), values).fetchall()
    if not answers:
        _explain(connection, season, pid)
    runs = {"runs": [row.run for row in answers]}
    events: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(query("markers/events_of_parcel"), values | runs):
        event = row._asdict()
        events.setdefault(event.pop("run"), []).append(event)
    found = []
    for row in answers:
        answer = row._asdict()
        answer["events"] = events.get(row.run, [])
        if row.reason != "gap_open":
            answer["missing"] = []
        elif row.marker in registry.names():
            cards = cards_of(registry.get(row.marker).needs)
            answer["missing"] = [one for one in row.missing if one["card"] in cards]
        found.append(answer)
    return found


def _explain(connection: Connection, season: Season, pid: str) -> None:
    known = connection.execute(query("parcels/known"), {"season": season.id, "pid": pid}).fetchone()
    if known is None:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid)
    raise NotEnoughData(
        "no marker has been run over it", subject=pid, hint=f"cbm markers run {season.name}"
    )


def summary(connection: Connection, season: Season) -> list[dict[str, Any]]:
    """The newest answers of a season in numbers, one entry per marker.

    :returns: ``marker``, ``versions``, ``parcels``, ``states`` (status -> reason -> parcels, with
        ``none`` for no reason), ``events`` (kind -> number).
    :raises NotEnoughData: no marker has been run.
    """
    found: dict[str, dict[str, Any]] = {}
    values = {"season": season.id}
    for row in connection.execute(query("markers/summary"), values):
        empty: dict[str, Any] = {
            "marker": row.marker,
            "versions": [],
            "parcels": 0,
            "states": {},
            "events": {},
        }
        entry = found.setdefault(row.marker, empty)
        if row.version not in entry["versions"]:
            entry["versions"].append(row.version)
        entry["parcels"] += row.parcels
        reasons = entry["states"].setdefault(row.status, {})
        reason = row.reason or "none"
        reasons[reason] = reasons.get(reason, 0) + row.parcels
    if not found:
        raise NotEnoughData(
            "no marker has been run yet", subject=season.name, hint=f"cbm markers run {season.name}"
        )
    for row in connection.execute(query("markers/summary_events"), values):
        found[row.marker]["events"][row.kind] = row.events
    return list(found.values())
