"""Looks: the observations of a parcel that may have a chip, and whether their products are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown, SceneUnknown
from dias_cbm.scenes import Card, Cause, Kind
from dias_cbm.seasons import Season


class Held(StrEnum):
    """Whether the product of an observation is at hand, as far as the ledger knows."""

    HELD = "held"
    DELETED = "deleted"
    OFFLINE = "offline"
    STATISTICS_ONLY = "statistics_only"


@dataclass(frozen=True, slots=True)
class Look:
    """One observation of a parcel.

    :param obsid: the scene's id in the ledger.
    :param at: sensing start, aware UTC.
    :param satellite: e.g. ``S2A``; with ``orbit`` and ``direction`` of the relative orbit.
    :param product: its name.
    :param pixels: of the parcel with a value, in its best band; 0 without a parcel.
    :param clear_share: of the parcel's classified pixels, by the setting
        ``extraction.clear_classes``; None for radar, and where nothing is classified.
    :param ndvi: mean of the parcel, if it was extracted.
    :param held: whether there is a product to cut a chip from.
    :param why: in words why it is not held; None if it is.
    :param extracted_at: when its statistics were made, aware UTC; None if they came from elsewhere.
    :param changed: what changes when the product does.
    """

    obsid: int
    card: Card
    kind: Kind
    at: datetime
    satellite: str
    orbit: int | None
    direction: str | None
    tile: str | None
    product: str
    pixels: float
    clear_share: float | None
    ndvi: float | None
    held: Held
    why: str | None
    platform: str
    location: str | None
    extracted_at: datetime | None
    changed: str

    @property
    def day(self) -> date:
        """Day of sensing, in UTC."""
        return self.at.date()

    @property
    def sensor(self) -> str:
        """``S1`` or ``S2``."""
        return self.kind.sensor


def dates(connection: Connection, season: Season, pid: str, obsid: int | None = None) -> list[Look]:
    """The observations of a parcel, in order of time: those that have statistics of it.

    :param obsid: one alone.
    :raises ParcelUnknown: the season has no such parcel.
    """
    rows = connection.execute(
        query("chips/dates"),
        {
            "season": season.id,
            "pid": pid,
            "obsid": obsid,
            "clear": list(settings().extraction.clear_classes) or list(range(1, 12)),
        },
    ).fetchall()
    if not rows:
        raise ParcelUnknown(f"season {season.name} has no such parcel", subject=pid)
    # A parcel without observations has one row without a scene.
    return [_look(row) for row in rows if row.obsid is not None]


def look(connection: Connection, season: Season, pid: str, obsid: int) -> Look:
    """One observation of a parcel.

    :raises ParcelUnknown: the season has no such parcel.
    :raises SceneUnknown: the scene has no statistics of the parcel.
    """
    found = dates(connection, season, pid, obsid)
    if not found:
        raise SceneUnknown(f"scene {obsid} has no statistics of this parcel", subject=pid)
    return found[0]


def product(connection: Connection, season: Season, obsid: int) -> Look:
    """A product of a season's area and days, without a parcel.

    :raises SceneUnknown: the season has no such product.
    """
    rows = _products(connection, season, obsid=obsid, limit=1)
    if not rows:
        raise SceneUnknown(f"season {season.name} has no such product", subject=f"scene {obsid}")
    return rows[0]


def newest(
    connection: Connection,
    season: Season,
    card: Card,
    bounds: tuple[float, float, float, float] | None,
    limit: int,
) -> list[Look]:
    """The newest products of a card that are held, the newest first.

    :param bounds: west, south, east, north in degrees that they touch; None: anywhere.
    """
    return _products(connection, season, card=card, bounds=bounds, limit=limit)


def _products(
    connection: Connection,
    season: Season,
    *,
    limit: int,
    obsid: int | None = None,
    card: Card | None = None,
    bounds: tuple[float, float, float, float] | None = None,
) -> list[Look]:
    sides = dict(zip(("west", "south", "east", "north"), bounds or (None,) * 4, strict=True))
    values = {"season": season.id, "obsid": obsid, "card": card, "limit": limit, **sides}
    return [_look(row) for row in connection.execute(query("chips/products"), values)]


def _look(row: object) -> Look:
    values = row._asdict()  # type: ignore[attr-defined]
    cause, online = values.pop("cause"), values.pop("online")
    changed_at, reason = values.pop("changed_at"), values.pop("reason")
    held, why = Held.HELD, None
    if values["location"] is None:
        held, why = Held.STATISTICS_ONLY, "only its statistics are here"
    elif cause == Cause.DELETED:
        held, why = Held.DELETED, f"deleted, known since {changed_at:%Y-%m-%d} ({reason})"
    elif online is False:
        held, why = Held.OFFLINE, "its platform has moved it to a slow archive"
    return Look(
        **values | {"card": Card(values["card"]), "kind": Kind(values["kind"])}, held=held, why=why
    )
