"""One parcel of a season: what is declared, where it lies, and what is odd about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown, StateConflict
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Place:
    """Where a parcel's values are in the blocks of its season.

    :param pos: subscript in the arrays of block ``blk``, from 1.
    """

    pid: str
    tile: str
    blk: int
    pos: int
    crop: str | None

    def values(self, season: Season) -> dict[str, Any]:
        """The parameters of a query about the parcel."""
        return {
            "season": season.id, "pid": self.pid, "tile": self.tile, "blk": self.blk,
            "pos": self.pos,
        }  # fmt: skip


def place(connection: Connection, season: Season, pid: str) -> Place:
    """Where a parcel is.

    :raises ParcelUnknown: the season has no such parcel.
    """
    values = {"season": season.id, "pid": pid}
    row = connection.execute(query("completeness/parcel_place"), values).fetchone()
    if row is None:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid)
    return Place(pid, row.tile, row.blk, row.pos, row.crop)


def place_of_records(connection: Connection, season: Season, pid: str) -> Place:
    """Where a parcel's records are.

    :raises ParcelUnknown: the season has no such parcel.
    :raises StateConflict: the season's records are detached, and so would seem to be none.
    """
    found = place(connection, season, pid)
    require_records(connection, season)
    return found


def require_records(connection: Connection, season: Season) -> None:
    """Make sure that no records seem to be none.

    :raises StateConflict: the season's records are detached.
    """
    row = connection.execute(query("window/detached"), {"season": season.id}).fetchone()
    if row is not None and row.detached:
        raise StateConflict(
            "its records are detached from the database's tables",
            subject=season.name,
            hint=f"cbm season attach {season.name}",
        )


def describe(
    connection: Connection,
    season: Season,
    pid: str,
    may_see: Callable[[str], bool] = lambda _: True,
) -> dict[str, Any]:
    """A parcel with its geometry, as plain values.

    :param may_see: whether the reader may see the season of a name; others are not mentioned.
    :raises ParcelUnknown: the season has no such parcel.
    """
    values = {"season": season.id, "pid": pid}
    row = connection.execute(query("window/parcel"), values).fetchone()
    if row is None:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid)
    found = row._asdict()
    found["area_ha"] = found.pop("area_m2") / 10_000
    found["centre"] = [found.pop("longitude"), found.pop("latitude")]
    attribute = settings().outliers.holding_attribute
    holding = row.attributes.get(attribute) if attribute else None
    return {
        "season": season.name,
        "starts": season.starts,
        "ends": season.ends,
        **found,
        "holding_attribute": attribute,
        "holding": None if holding is None else str(holding),
        **_other_seasons(connection, season, pid, may_see),
    }


def _other_seasons(
    connection: Connection, season: Season, pid: str, may_see: Callable[[str], bool]
) -> dict[str, Any]:
    """The seasons before and after that have a parcel of this name."""
    rows = [
        row._asdict()
        for row in connection.execute(query("window/parcel_seasons"), {"pid": pid})
        if row.name != season.name and may_see(row.name)
    ]
    own = season.starts, season.name
    earlier = [row for row in rows if (row["starts"], row["name"]) < own]
    later = [row for row in rows if (row["starts"], row["name"]) > own]
    return {
        "previous_season": earlier[-1] if earlier else None,
        "next_season": later[0] if later else None,
    }
