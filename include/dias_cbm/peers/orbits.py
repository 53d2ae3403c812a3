"""Relative orbits of Sentinel-1 that see a place, by the footprints of extracted scenes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import shapely

from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.peers.selection import Orbit
from dias_cbm.seasons import Season


def seen(
    connection: Connection, season: Season, places: Sequence[tuple[float, float]]
) -> list[frozenset[Orbit]]:
    """The orbits with at least one extracted scene over each place.

    :param places: longitude and latitude, at least one.
    """
    points = np.array(places, float)
    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    start, end = day_bounds(season.starts, season.ends)
    box = {"west": west, "south": south, "east": east, "north": north}
    rows = connection.execute(
        query("peers/radar_scenes"), box | {"start": start, "end": end}
    ).fetchall()
    footprints: defaultdict[Orbit, list[bytes]] = defaultdict(list)
    for row in rows:
        footprints[row.rel_orbit, row.direction or "-"].append(row.footprint)
    found: list[set[Orbit]] = [set() for _ in places]
    for orbit, shapes in footprints.items():
        covered = np.zeros(len(points), bool)
        for footprint in shapely.from_wkb(shapes):
            shapely.prepare(footprint)
            covered |= shapely.intersects_xy(footprint, points)
            if covered.all():
                break
        for number in np.flatnonzero(covered):
            found[number].add(orbit)
    return [frozenset(one) for one in found]
