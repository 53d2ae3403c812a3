"""One pass of a satellite, or one product: what is known of it, from listing to records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dias_cbm.completeness.causes import WHO_CAN_ACT
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.completeness.why import IN_WORDS
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SceneUnknown
from dias_cbm.scenes import Cause
from dias_cbm.seasons import Season

Row = dict[str, Any]
_LARGEST, _DIGITS = 2**31, 10


def passage(connection: Connection, season: Season, acquisition: int) -> Row:
    """The pass that a scene belongs to: all scenes of the satellite on that orbit within an hour.

    :param acquisition: obsid of any of its scenes, as the calendar names it.
    :raises SceneUnknown: the season has no such scene.
    """
    found = _find(connection, season, acquisition, None)
    scenes = _scenes(connection, season, found)
    return {
        "season": season.name,
        "acquisition": acquisition,
        "satellite": found.sensor,
        "rel_orbit": found.rel_orbit,
        "direction": next((one["direction"] for one in scenes if one["direction"]), None),
        "time": min(one["time"] for one in scenes),
        "ends": max(one["ends"] for one in scenes),
        "records": sum(one["records"] for one in scenes),
        "scenes": scenes,
        "gaps": _gaps(connection, season, found),
        "runs": _runs(season, scenes, acquisition, "acquisition"),
    }


def product(connection: Connection, season: Season, name: str) -> Row:
    """One product with its sources, its extraction, and the gaps of its pass.

    :param name: its obsid, or the name of the product.
    :raises SceneUnknown: the season has no such product.
    """
    is_number = name.isascii() and name.isdigit() and len(name) <= _DIGITS
    number = int(name) if is_number else None
    found = _find(connection, season, number, name if number is None else None)
    scenes = _scenes(connection, season, found)
    own = next(one for one in scenes if one["obsid"] == found.id)
    gaps = [
        gap
        for gap in _gaps(connection, season, found)
        if gap["obsid"] == found.id or (gap["obsid"] is None and gap["card"] == own["card"])
    ]
    others = [
        {name: one[name] for name in ("obsid", "product", "kind", "card", "status")}
        for one in scenes
        if one is not own
    ]
    return {
        "season": season.name,
        **own,
        "others_of_pass": others,
        "gaps": gaps,
        "runs": _runs(season, [own], found.id, "product"),
    }


def _find(connection: Connection, season: Season, obsid: int | None, name: str | None) -> Any:
    subject = str(name or obsid)
    if obsid is not None and obsid >= _LARGEST:
        raise SceneUnknown(f"season {season.name} has no such scene", subject=subject)
    values = {"season": season.id, "obsid": obsid, "name": name}
    row = connection.execute(query("window/scene_found"), values).fetchone()
    if row is None:
        raise SceneUnknown(f"season {season.name} has no such scene", subject=subject)
    return row


def _pass_of(season: Season, found: Any) -> dict[str, Any]:
    at: datetime = found.obstime
    return {
        "season": season.id,
        "obsid": found.id,
        "satellite": found.sensor,
        "rel_orbit": found.rel_orbit,
        "first": at - TOLERANCE,
        "last": at + TOLERANCE,
    }


def _scenes(connection: Connection, season: Season, found: Any) -> list[Row]:
    """The scenes of a pass, each with its sources, what was made of it, and its extraction."""
    rows = connection.execute(query("window/scenes_of_pass"), _pass_of(season, found))
    scenes = [row._asdict() for row in rows]
    ids = [one["obsid"] for one in scenes]
    links = connection.execute(query("window/scene_links"), {"ids": ids}).fetchall()
    values = {"season": season.id, "ids": ids}
    units = _by_scene(
        row._asdict() for row in connection.execute(query("window/scene_units"), values)
    )
    for scene in scenes:
        number = scene["obsid"]
        own = units.get(number, [])
        scene |= {
            "why": _why(scene["cause"]),
            "sources": [
                {"obsid": link.source_id, "product": link.source, "role": link.role}
                for link in links
                if link.card_id == number
            ],
            "made": [
                {"obsid": link.card_id, "product": link.made, "role": link.role}
                for link in links
                if link.source_id == number
            ],
            "extraction": own,
            "records": sum(unit["records"] or 0 for unit in own),
        }
    return scenes


def _by_scene(units: Iterable[Row]) -> Mapping[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for unit in units:
        found[unit.pop("obsid")].append(unit | {"why": _why(unit["cause"])})
    return found


def _gaps(connection: Connection, season: Season, found: Any) -> list[Row]:
    rows = connection.execute(query("window/gaps_of_pass"), _pass_of(season, found))
    return [
        row._asdict() | {"why": _why(row.cause), "who_can_act": WHO_CAN_ACT[Cause(row.cause)]}
        for row in rows
    ]


def _why(cause: str | None) -> str | None:
    return None if cause is None else IN_WORDS[Cause(cause).of_gap]


def require(connection: Connection, season: Season, obsid: int) -> None:
    """Make sure that a season has a scene.

    :raises SceneUnknown: it does not.
    """
    _find(connection, season, obsid, None)


def _runs(season: Season, scenes: Sequence[Row], obsid: int, of: str) -> list[Row]:
    """What an operator may start for these scenes, as ``/runs`` takes it.

    :param of: ``acquisition`` for the whole pass, or ``product``.
    """
    days = sorted(
        {
            (one["card"], one["time"].date())
            for one in scenes
            if one["card"] and season.starts <= one["time"].date() <= season.ends
        }
    )
    again = [{"what": "run_day", "card": card, "day": day, of: obsid} for card, day in days]
    return [{"what": "ask_again", "acquisition": obsid}, *again]
