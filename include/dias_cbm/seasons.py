"""Seasons: one area and one declaration year, with its five-day periods."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, cast

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.precision import Precision

if TYPE_CHECKING:
    from shapely import MultiPolygon

# It is in subjects of mails, names of files and keys of Airflow.
_NAME = re.compile(r"\w[\w.-]{0,62}")


@dataclass(frozen=True)
class Season:
    """One area and one declaration year.

    :param outline: its area as WKB, in EPSG:4326, longitude first.
    :param bounds: of the area: west, south, east, north.
    :param srid: EPSG code of its parcels' geometries.
    :param epoch: first day of period 0.
    :param starts: first day of observation.
    :param ends: last day of observation, included.
    :param step_days: length of a period.
    :param area_from_parcels: the area is the extent of the parcels, and follows them.
    :param precision: how exactly its statistics are kept.
    """

    id: int
    name: str
    outline: bytes
    bounds: tuple[float, float, float, float]
    srid: int
    epoch: date
    starts: date
    ends: date
    step_days: int
    area_from_parcels: bool = False
    precision: Precision = Precision.FULL

    @cached_property
    def area(self) -> MultiPolygon:
        """In EPSG:4326, longitude first.

        It is made when it is asked for: a command that only names seasons starts without shapely.
        """
        import shapely

        return cast("MultiPolygon", shapely.from_wkb(self.outline))

    def period(self, day: date) -> int:
        """The period that contains a day (in UTC): ``floor((day - epoch) / step_days)``."""
        return (day - self.epoch).days // self.step_days

    def window(self, period: int) -> tuple[date, date]:
        """First day of a period, and the first day after it."""
        first = self.epoch + timedelta(days=period * self.step_days)
        return first, first + timedelta(days=self.step_days)


def create(
    connection: Connection,
    name: str,
    area: MultiPolygon,
    srid: int,
    starts: date,
    ends: date,
    epoch: date | None = None,
    step_days: int = 5,
    *,
    area_from_parcels: bool = False,
    precision: Precision = Precision.FULL,
) -> Season:
    """Create a season and the partitions of its signatures; does not commit.

    :param area: in EPSG:4326, longitude first.
    :param srid: EPSG code of the CRS in which its parcels are stored.
    :param epoch: first day of period 0; 1 January of the first year if None.
    :param precision: how exactly its statistics will be kept; it stays so.
    :raises SeasonError: the name is taken or not a name, or the dates or the area are invalid.
    """
    import shapely

    epoch = epoch or date(starts.year, 1, 1)
    if not _NAME.fullmatch(name):
        raise SeasonError(
            "is not a name for a season",
            subject=repr(name),
            hint="up to 63 letters, digits, dots, hyphens and underscores",
        )
    if area.is_empty or not area.is_valid:
        raise SeasonError("its area is empty or invalid", subject=name)
    if not (epoch <= starts <= ends and 1 <= step_days <= 60):
        raise SeasonError(
            f"cannot last from {starts} to {ends} in steps of {step_days} days from {epoch}",
            subject=name,
            hint="epoch <= from <= to, and steps of 1 to 60 days",
        )
    values = {
        "name": name,
        "area": shapely.to_wkb(area),
        "srid": srid,
        "epoch": epoch,
        "starts": starts,
        "ends": ends,
        "step_days": step_days,
        "area_from_parcels": area_from_parcels,
        "precision": precision,
    }
    row = connection.execute(query("seasons/create"), values).fetchone()
    if row is None:
        raise SeasonError("exists already", subject=name)
    lay_out(connection, row.id, precision)
    return get(connection, name)


def lay_out(connection: Connection, season: int, precision: Precision) -> None:
    """Create the partitions of a season's signatures and means; does not commit.

    :param season: its id.
    :param precision: as the season has it.
    """
    connection.execute(query("seasons/partitions"), {"season": season})
    if precision is Precision.QUANTISED:
        connection.execute(query("seasons/compress"), {"season": season})


def precision_of(connection: Connection, season: int) -> Precision:
    """How exactly the season with an id keeps its statistics.

    :raises SeasonError: there is none.
    """
    row = connection.execute(query("seasons/precision"), {"season": season}).fetchone()
    if row is None:
        raise SeasonError("no such season", subject=season)
    return Precision(row.precision)


def set_area(
    connection: Connection, season: Season, area: MultiPolygon, *, from_parcels: bool
) -> None:
    """Change a season's area; if it grows, the catalogue is read from the beginning. No commit.

    :param area: in EPSG:4326, longitude first.
    :param from_parcels: the area is the extent of the parcels, and follows them.
    """
    import shapely

    connection.execute(
        query("seasons/area"),
        {"season": season.id, "area": shapely.to_wkb(area), "from_parcels": from_parcels},
    )
    if not season.area.covers(area):
        connection.execute(query("seasons/forget_watermarks"), {"season": season.id})


def get(connection: Connection, name: str) -> Season:
    """The season of that name.

    :raises SeasonError: there is none; the hint lists the existing ones.
    """
    seasons = all_seasons(connection)
    for season in seasons:
        if season.name == name:
            return season
    known = ", ".join(season.name for season in seasons) or "none yet; create one first"
    raise SeasonError("no such season", subject=name, hint=f"seasons: {known}")


def all_seasons(connection: Connection) -> list[Season]:
    """Every season, by first day and name."""
    rows = connection.execute(query("seasons/list")).fetchall()
    return [
        Season(
            **row._asdict() | {"bounds": tuple(row.bounds), "precision": Precision(row.precision)}
        )
        for row in rows
    ]


def on_day(connection: Connection, day: date) -> list[Season]:
    """The seasons whose observation period includes a day (in UTC)."""
    return [season for season in all_seasons(connection) if season.starts <= day <= season.ends]
