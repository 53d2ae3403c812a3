"""The shape of one parcel, for what looks at its pixels."""

from __future__ import annotations

from typing import NamedTuple

import shapely
from shapely import MultiPolygon, Polygon

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown
from dias_cbm.seasons import Season


class ParcelShape(NamedTuple):
    """A parcel in its season's CRS.

    :param area_m2: as loaded; that of the shape may be in other units.
    """

    geometry: Polygon | MultiPolygon
    area_m2: float


def shape_of(connection: Connection, season: Season, pid: str) -> ParcelShape:
    """The shape of a parcel.

    :raises ParcelUnknown: the season has no such parcel.
    """
    row = connection.execute(query("parcels/shape"), {"season": season.id, "pid": pid}).fetchone()
    if row is None:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid)
    shape: Polygon | MultiPolygon = shapely.from_wkb(row.geom)
    return ParcelShape(shape, float(row.area_m2))
