"""Chips for JRC's clients: which scenes show a place, and cutting one of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import shapely

from dias_cbm import chips, seasons
from dias_cbm.cards import Kind
from dias_cbm.chips import Chip, Look, Wish
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ChipError
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.jrc.columns import band_of, refused

#: Chips of a call; the header ``Link`` leads to the next.
MOST = 24
#: Half the side of what is shown, in degrees: a place.
_POINT = 1e-6
_KINDS = {
    "LEVEL2A": Kind.S2_L2A, "LEVEL1C": Kind.S2_L1C, "CARD-BS": Kind.CARD_BS,
    "CARD-COH6": Kind.CARD_COH6, "CARD-COH12": Kind.CARD_COH12,
}  # fmt: skip
_POLARISATIONS = ("VV", "VH", "HH", "HV")


@dataclass(frozen=True, slots=True)
class Shot:
    """A scene that shows a place.

    :param name: of its product, without an ending.
    """

    season: str
    obsid: int
    at: datetime
    name: str

    @property
    def date(self) -> str:
        """When it was sensed, as their clients read it."""
        return f"{self.at:%Y%m%dT%H%M%S}"


@dataclass(frozen=True, slots=True)
class Search:
    """Which scenes of a place are looked for.

    :param days: first and last, included; None: those of the season.
    :param after: the last scene of the call before.
    :param products: names of the only ones that are wanted; empty: all.
    """

    kind: Kind
    days: tuple[date, date] | None = None
    after: int | None = None
    limit: int = MOST
    products: Sequence[str] = field(default_factory=tuple)


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


def kind_of(level: str | None, band: str) -> Kind:
    """The kind of product of a processing level.

    :raises HTTPException: 400: there is no such level.
    """
    usual = "CARD-BS" if band.startswith("V") else "LEVEL2A"
    kind = _KINDS.get(level or usual)
    if kind is None:
        raise refused(f"plevel: one of {', '.join(_KINDS)}")
    return kind


def band_of_chip(kind: Kind, name: str) -> str:
    """A band of a product by their name of it.

    :raises HTTPException: 400: products of the kind have no such band.
    """
    card = kind.card or Card.S2
    band = band_of(name, card)[1]
    try:
        chips.band_set(card, band)
    except ChipError as error:
        raise refused(f"band: {error.message}") from error
    if band == chips.CLASSES and kind is Kind.S2_L1C:
        raise refused("band: LEVEL1C has no classes")
    return band


def here(connection: Connection, lon: float, lat: float) -> list[Season]:
    """The seasons whose area holds a place."""
    place = shapely.Point(lon, lat)
    return [one for one in seasons.all_seasons(connection) if one.area.covers(place)]


def shots(
    connection: Connection,
    among: Collection[Season],
    place: tuple[float, float],
    search: Search,
) -> tuple[Sequence[Shot], int | None]:
    """The scenes that show a place, in order of time.

    :param among: seasons, within whose days they are looked for.
    :returns: also the last scene's number if there are more.
    """
    first, last = search.days or (None, None)
    values = {
        "seasons": [one.id for one in among], "lon": place[0], "lat": place[1],
        "kind": search.kind, "first": first, "last": last, "after": search.after,
        "products": [_without_ending(one) for one in search.products] or None,
        "limit": search.limit + 1,
    }  # fmt: skip
    rows = connection.execute(query("window/jrc_scenes"), values).fetchall()
    found = [
        Shot(row.season, row.id, row.obstime, _plain(row.product)) for row in rows[: search.limit]
    ]
    return found, found[-1].obsid if len(rows) > search.limit else None


def polarisations(connection: Connection, names: Collection[str], kind: Kind) -> list[str]:
    """The polarisations of a kind of product whose statistics some seasons have.

    :param names: of the seasons.
    :returns: both of the usual ones if no season has any.
    """
    found = {
        row.band
        for name in names
        for row in connection.execute(
            query("window/jrc_bands"), {"season": seasons.get(connection, name).id}
        )
        if row.card == kind.card
    }
    return [one for one in _POLARISATIONS if one in found] or list(_POLARISATIONS[:2])


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
    kept = _without_ending(product)
    return "".join(one if one.isalnum() or one in "-_" else "_" for one in kept)


def _without_ending(product: str) -> str:
    return product.removesuffix(".zip").removesuffix(".SAFE")
