"""Chips for JRC's clients: which scenes show a place, and cutting one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import shapely

from dias_cbm import chips, seasons
from dias_cbm.chips import Chip, Look, Wish
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.jrc.columns import refused

#: Chips of a call; the header ``Link`` leads to the next.
MOST = 24
#: Half the side of what is shown, in degrees: a place.
_POINT = 1e-6
_CARDS = {"LEVEL2A": Card.S2, "CARD-BS": Card.BS, "CARD-COH6": Card.C6}


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene that shows a place.

    :param name: of its product, without an ending.
    """

    season: str
    obsid: int
    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Order:
    """What a chip is cut from; asks no database."""

    look: Look
    lon: float
    lat: float
    wish: Wish

    def cut(self) -> Chip:
        """Cut the chip; see :func:`dias_cbm.chips.cut_look`."""
        west, south = self.lon - _POINT, self.lat - _POINT
        place = shapely.box(west, south, west + 2 * _POINT, south + 2 * _POINT)
        return chips.cut_look(self.look, place, 4326, self.wish)


def card_of(level: str | None, band: str) -> Card:
    """The card of a processing level.

    :raises HTTPException: 400: it is not one that is held.
    """
    usual = "CARD-BS" if band.startswith("V") else "LEVEL2A"
    card = _CARDS.get(level or usual)
    if card is None:
        raise refused(f"plevel: one of {', '.join(_CARDS)}")
    return card


def here(connection: Connection, lon: float, lat: float) -> list[Season]:
    """The seasons whose area holds a place."""
    place = shapely.Point(lon, lat)
    return [one for one in seasons.all_seasons(connection) if one.area.covers(place)]


def shots(
    connection: Connection,
    among: Collection[Season],
    place: tuple[float, float],
    card: Card,
    days: tuple[date, date],
    after: int | None,
) -> tuple[Sequence[Shot], int | None]:
    """The scenes that show a place, in order of time, at most :data:`MOST`.

    :param among: seasons, within whose days they are looked for.
    :param days: first and last, included.
    :param after: the last scene of the call before.
    :returns: also the last scene's number if there are more.
    """
    values = {
        "seasons": [one.id for one in among], "lon": place[0], "lat": place[1], "card": card,
        "first": days[0], "last": days[1], "after": after, "limit": MOST + 1,
    }  # fmt: skip
    rows = connection.execute(query("window/jrc_scenes"), values).fetchall()
    found = [Shot(row.season, row.id, row.obstime, _plain(row.product)) for row in rows[:MOST]]
    return found, found[-1].obsid if len(rows) > MOST else None


def order(
    connection: Connection, season: Season, obsid: int, place: tuple[float, float], wish: Wish
) -> Order:
    """What is needed to cut a chip of a place.

    :raises ChipError: the season has no such product.
    """
    look = chips.product(connection, season, obsid)
    return Order(look, *place, wish)


def _plain(product: str) -> str:
    """A product's name as the beginning of a file's name, up to which its dots end it."""
    kept = product.removesuffix(".SAFE").removesuffix(".zip")
    return "".join(one if one.isalnum() or one in "-_" else "_" for one in kept)
