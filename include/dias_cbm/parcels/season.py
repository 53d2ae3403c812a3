"""The season that a parcel file is loaded into: found, or created to fit the file."""

from __future__ import annotations

import re
from datetime import date

import shapely
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.parcels.report import LoadReport
from dias_cbm.parcels.source import FALLBACK_SRID, ParcelFile
from dias_cbm.precision import Precision
from dias_cbm.seasons import Season

# Area of a new season until its parcels are loaded; then it becomes their extent.
_ANYWHERE = MultiPolygon([shapely.box(-180, -90, 180, 90)])


def prepare(
    connection: Connection,
    source: ParcelFile,
    name: str,
    area: MultiPolygon | None,
    report: LoadReport,
) -> Season:
    """Find or create the season, lock it against other loads, and add to the report.

    :param area: its new area; None keeps its area, or follows the parcels.
    """
    known = {season.name: season for season in seasons.all_seasons(connection)}
    report.season_created = name not in known
    if name in known:
        connection.execute(query("parcels/lock_season"), {"season": known[name].id})
        if area is not None:
            seasons.set_area(connection, known[name], area, from_parcels=False)
        season = seasons.get(connection, name)
    else:
        season = _create(connection, source, name, area)
    report.srid = season.srid
    report.reprojected = source.srid != season.srid
    if source.srid is None:
        report.messages.append(f"the file's CRS has no EPSG code: converted to EPSG:{season.srid}")
    elif report.reprojected:
        report.messages.append(
            f"converted from EPSG:{source.srid} to EPSG:{season.srid}, the season's CRS"
        )
    return season


def _create(
    connection: Connection, source: ParcelFile, name: str, area: MultiPolygon | None
) -> Season:
    years = re.findall(r"(?<!\d)[12]\d{3}(?!\d)", name)
    if not years:
        raise SeasonError(
            "does not exist, and cannot be created: its name contains no year",
            subject=name,
            hint="name it like dk-2018, or use `cbm season create` first",
        )
    year = int(years[-1])
    return seasons.create(
        connection,
        name,
        area or _ANYWHERE,
        source.srid or FALLBACK_SRID,
        date(year, 1, 1),
        date(year, 12, 31),
        area_from_parcels=area is None,
        precision=Precision(settings().extraction.precision),
    )
