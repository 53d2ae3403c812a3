"""Parcels as JRC's clients know them: by place, identifier or polygon, and their peers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import shapely

from dias_cbm import peers
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.peers.by_statistic import Statistic
from dias_cbm.peers.selection import FARTHEST_M
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel import require_records
from dias_cbm.window.jrc.columns import Columns, band_of, columns, refused

NAMES = ("pid", "cropname", "cropcode", "srid", "area", "clon", "clat")
#: Parcels that a polygon lists unless a number is asked for, and at most.
USUAL, MOST = 100, 1000
MOST_PEERS = 100
#: Degrees that a polygon may be wide and high.
WIDEST = 1.0
#: Parcels that may lie over each other at a place.
_AT_A_PLACE = 20
_NUMBER = r"-?\d{1,3}(?:\.\d{1,15})?"
_PAIR = re.compile(rf"(?:^|-)({_NUMBER})_({_NUMBER})")
_POLYGON = re.compile(rf"{_NUMBER}_{_NUMBER}(?:-{_NUMBER}_{_NUMBER}){{2,999}}")
_VALUES = re.compile(r"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?:-(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))?")


def by_id(connection: Connection, season: Season, pid: str, **wish: bool) -> Columns:
    """One parcel."""
    return _found(connection, season, {"pid": pid}, **wish)


def by_place(
    connection: Connection, season: Season, lon: float, lat: float, **wish: bool
) -> Columns:
    """The parcels at a place in degrees, the smallest first."""
    place = shapely.to_wkb(shapely.Point(lon, lat))
    return _found(connection, season, {"shape": place, "limit": _AT_A_PLACE}, **wish)


def by_polygon(
    connection: Connection,
    season: Season,
    polygon: str,
    limit: int,
    *,
    only_ids: bool,
    **wish: bool,
) -> Columns:
    """The parcels that touch a polygon, the smallest first.

    :param polygon: ``lon_lat-lon_lat-lon_lat`` in degrees; it need not be closed.
    :raises HTTPException: 400: it is not a polygon, or too large.
    """
    if not _POLYGON.fullmatch(polygon):
        raise refused("polygon: lon_lat-lon_lat-lon_lat, in degrees")
    corners = [(float(lon), float(lat)) for lon, lat in _PAIR.findall(polygon)]
    shape = shapely.make_valid(shapely.Polygon(corners))
    west, south, east, north = shape.bounds
    if max(east - west, north - south) > WIDEST:
        raise refused(f"polygon: at most {WIDEST:g} degree wide and high")
    values = {"shape": shapely.to_wkb(shape), "limit": min(limit, MOST)}
    found = _found(connection, season, values, **wish)
    return {"pids": found["pid"]} if only_ids else found


def near(connection: Connection, season: Season, pid: str, distance: float, most: int) -> Columns:
    """The peers of a parcel: same crop, nearest first; none of one that is not known."""
    if not (distance > 0 and most > 0):
        raise refused("distance and max: more than 0")
    criteria = peers.Criteria(distance=min(distance, FARTHEST_M), most=min(most, MOST_PEERS))
    try:
        found: Sequence[peers.Peer] = peers.find(connection, season, pid, criteria).peers
    except (ParcelUnknown, NotEnoughData):
        found = ()
    return {"pid": [one.pid for one in found], "distance": [one.distance for one in found]}


def by_statistic(
    connection: Connection,
    season: Season,
    band: str,
    values: str,
    days: tuple[date, date],
    statistic: Statistic,
    most: int,
) -> Columns:
    """Parcels with an observation whose statistic is a value, or lies in a range ``low-high``.

    :param values: of optical bands in digital numbers, as the series are.
    :raises HTTPException: 400: they are no numbers, or no such band is known.
    :raises StateConflict: the season's records are detached.
    """
    found = _VALUES.fullmatch(values)
    if found is None or most <= 0:
        raise refused("values: one number, or low-high; max: more than 0")
    low = float(found[1])
    high = low if found[2] is None else float(found[2])
    if low > high or days[0] > days[1]:
        raise refused("values and days: the lower end first")
    card, own, scale = band_of(band)
    require_records(connection, season)
    pids = peers.with_statistic(
        connection, season, card, own, (low / scale, high / scale), days,
        statistic=statistic, most=min(most, MOST_PEERS),
    )  # fmt: skip
    return {"pids": list(pids)}


def place_of(connection: Connection, season: Season, pid: str) -> tuple[float, float] | None:
    """Longitude and latitude of a parcel; None if the season has none of that name."""
    found = _found(connection, season, {"pid": pid})
    return (found["clon"][0], found["clat"][0]) if found["pid"] else None


def _found(
    connection: Connection,
    season: Season,
    values: dict[str, Any],
    *,
    geometry: bool = False,
    wgs84: bool = False,
) -> Columns:
    asked = {
        "season": season.id, "srid": season.srid, "pid": None, "shape": None, "limit": 1,
        "out": 4326 if wgs84 else season.srid, "geometry": geometry, **values,
    }  # fmt: skip
    name = "window/jrc_parcel" if asked["shape"] is None else "window/jrc_parcels_at"
    rows = connection.execute(query(name), asked).fetchall()
    return columns(rows, [*NAMES, "geom"] if geometry else NAMES)


def card_of(name: str) -> Card:
    """The card of a kind of series."""
    kinds = {"s2": Card.S2, "scl": Card.S2, "bs": Card.BS, "c6": Card.C6, "c12": Card.C12}
    if name not in kinds:
        raise refused(f"tstype: one of {', '.join(kinds)}")
    return kinds[name]
