"""Search for the peers of a parcel in the database.

Rings are searched from the inside out where a number of peers is wanted. The operator ``<->`` of
PostGIS would do that too, but it fails where seasons of two CRS have numbers in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.geometry import is_true_to_scale
from dias_cbm.peers import orbits
from dias_cbm.peers.selection import FARTHEST_M, Criteria, LeftOut, Likeness, Orbit, Peer, select
from dias_cbm.peers.sentences import whose_peers
from dias_cbm.seasons import Season

#: Most parcels of the crop that are compared with one parcel; of more, the nearest, with a remark.
MOST_CANDIDATES = 5_000

_RINGS_M = (1_000.0, 2_500.0, FARTHEST_M)


@dataclass(frozen=True, slots=True)
class Peers:
    """The peers of a parcel.

    :param name: of the crop, or of the group of crops.
    :param crops: that count as the same.
    :param area_m2: of the parcel.
    :param orbits: relative orbits of Sentinel-1 that see it; empty where nobody asked.
    :param searched: radius that was searched, in metres.
    :param peers: nearest first, those at one distance by pid.
    :param left_out: parcels of the crop in the radius that were not taken, by reason.
    :param run: newest outlier run; None if there is none.
    :param sentence: what was found.
    :param remarks: what a reader should know besides, a sentence each.
    """

    season: str
    pid: str
    crop: str
    name: str
    crops: tuple[str, ...]
    area_m2: float
    orbits: frozenset[Orbit]
    searched: float
    peers: tuple[Peer, ...]
    left_out: Mapping[LeftOut, int]
    run: int | None
    sentence: str
    remarks: tuple[str, ...]


def find(
    connection: Connection, season: Season, pid: str, criteria: Criteria | None = None
) -> Peers:
    """Find the peers of a parcel; none is an answer too, and ``sentence`` says so.

    Distances are planar in a CRS of true metres, and on the ellipsoid in any other.

    :raises ParcelUnknown: the season has no such parcel.
    :raises NotEnoughData: it declares no crop.
    """
    criteria = criteria or Criteria()
    own = connection.execute(query("peers/parcel"), {"season": season.id, "pid": pid}).fetchone()
    if own is None:
        raise ParcelUnknown(f"is not a parcel of {season.name}", subject=pid)
    if not own.crop:
        raise NotEnoughData("declares no crop, so it has no peers", subject=pid)
    name, crops = _crops(connection, season, own.crop, criteria.same)
    radii = _RINGS_M if criteria.nearest else (criteria.distance,)
    for radius in radii:
        rows = _near(connection, season, pid, own, crops, radius)
        whole = len(rows) <= MOST_CANDIDATES
        candidates, own_orbits = _candidates(
            connection, season, own, rows[:MOST_CANDIDATES], radius, criteria
        )
        chosen, left_out = select(candidates, own.area_m2, own_orbits, criteria)
        if len(chosen) == criteria.wanted or not whole:
            break
    return Peers(
        season=season.name,
        pid=pid,
        crop=own.crop,
        name=name,
        crops=crops,
        area_m2=own.area_m2,
        orbits=own_orbits,
        searched=radius,
        peers=chosen,
        left_out=left_out,
        run=own.run,
        sentence=whose_peers(pid, name, chosen, radius),
        remarks=_remarks(criteria, name, own.run, own_orbits, whole, len(chosen)),
    )


def _crops(
    connection: Connection, season: Season, crop: str, same: Likeness
) -> tuple[str, tuple[str, ...]]:
    """Name and crops of what counts as the same; a crop without a group stands alone."""
    if same is Likeness.CROP:
        return crop, (crop,)
    rows = connection.execute(query("peers/crops"), {"season": season.id, "crop": crop}).fetchall()
    return (rows[0].name, tuple(row.crop for row in rows)) if rows else (crop, (crop,))


def _near(
    connection: Connection, season: Season, pid: str, own: Any, crops: Sequence[str], radius: float
) -> list[Any]:
    """Parcels of the crops within the radius, nearest first; one more than are looked at."""
    return connection.execute(
        query("peers/near"),
        {
            "season": season.id,
            "srid": season.srid,
            "planar": is_true_to_scale(season.srid),
            "pid": pid,
            "crops": list(crops),
            "geom": own.geom,
            "lat": own.lat,
            "radius": radius,
            "run": own.run,
            "most": MOST_CANDIDATES + 1,
        },
    ).fetchall()


def _candidates(
    connection: Connection,
    season: Season,
    own: Any,
    rows: Sequence[Any],
    radius: float,
    criteria: Criteria,
) -> tuple[list[Peer], frozenset[Orbit]]:
    """The parcels near by, and the orbits of the parcel itself."""
    places = [(own.lon, own.lat), *((row.lon, row.lat) for row in rows)]
    if criteria.same_orbits:
        own_seen, *seen = orbits.seen(connection, season, places)
    else:
        own_seen, *seen = [frozenset[Orbit]()] * len(places)
    peers = [
        Peer(row.pid, row.crop, row.distance, row.area_m2, row.pixels, row.listed, one)
        for row, one in zip(rows, seen, strict=True)
    ]
    return peers, own_seen


def _remarks(
    criteria: Criteria,
    name: str,
    run: int | None,
    own_orbits: frozenset[Orbit],
    whole: bool,
    found: int,
) -> tuple[str, ...]:
    remarks = []
    if not whole:
        remarks.append(
            f"Only the nearest {MOST_CANDIDATES:,} parcels of {name} were looked at; a shorter"
            " distance looks at all."
        )
    if criteria.nearest and whole and found < criteria.nearest:
        remarks.append(f"Of the {criteria.nearest:,} wanted only {found:,} lie within 5 km.")
    if criteria.without_outliers and run is None:
        remarks.append("The season has no outlier run yet, so none was left out for it.")
    if criteria.same_orbits and not own_orbits:
        remarks.append("No extracted radar scene covers the parcel, so orbits tell nothing.")
    return tuple(remarks)
