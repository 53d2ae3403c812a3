"""Pictures of products: quick looks, and the newest ones as a layer of the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dias_cbm import chips
from dias_cbm.chips import Look, overview
from dias_cbm.chips.overview import Address, MapTile, QuickLook
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.map.tiles import TileOutside

FIRST_ZOOM, LAST_ZOOM = 10, 15
#: Newest products that are listed for each sensor.
_MOST_LISTED = 20


class Sensor(StrEnum):
    """A layer of images."""

    S1 = "s1"
    S2 = "s2"

    @property
    def card(self) -> Card:
        """The card whose products it shows."""
        return Card.BS if self is Sensor.S1 else Card.S2


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of images, and the newest products that it shows.

    :param bands: the band set, and its title.
    :param newest_at: sensing start of the newest product; None: there is none.
    """

    sensor: Sensor
    bands: str
    title: str
    first_zoom: int
    last_zoom: int
    newest_at: datetime | None
    products: list[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class TileOrder:
    """What a tile is made from; asks no database.

    :param looks: the newest products here, the newest first.
    :param kept: the tile, if it is in the cache.
    """

    looks: list[Look]
    address: Address
    key: str
    kept: MapTile | None

    def make(self) -> MapTile:
        """Make the tile; see :func:`dias_cbm.chips.overview.map_tile`."""
        return overview.map_tile(self.looks, self.address)


def layers(connection: Connection, season: Season) -> list[Layer]:
    """The layers of images of a season."""
    made = []
    for sensor in Sensor:
        found = chips.newest(connection, season, sensor.card, None, _MOST_LISTED)
        chosen = chips.band_set(sensor.card)
        listed: list[Mapping[str, object]] = [
            {
                "obsid": one.obsid, "product": one.product, "at": one.at, "tile": one.tile,
                "satellite": one.satellite, "orbit": one.orbit, "direction": one.direction,
            }
            for one in found
        ]  # fmt: skip
        newest_at = found[0].at if found else None
        made.append(
            Layer(sensor, chosen.name, chosen.title, FIRST_ZOOM, LAST_ZOOM, newest_at, listed)
        )
    return made


def tile(connection: Connection, season: Season, sensor: Sensor, address: Address) -> TileOrder:
    """What a tile of a layer is made from.

    :raises TileOutside: there is no such tile.
    """
    zoom, column, row = address
    if not (FIRST_ZOOM <= zoom <= LAST_ZOOM and 0 <= column < 2**zoom and 0 <= row < 2**zoom):
        raise TileOutside(
            f"images have tiles from zoom {FIRST_ZOOM} to {LAST_ZOOM}",
            subject=f"{zoom}/{column}/{row}",
        )
    bounds = overview.bounds_of(address)
    looks = chips.newest(connection, season, sensor.card, bounds, overview.MOST_PRODUCTS)
    key = overview.map_tile_key(looks, address)
    return TileOrder(looks, address, key, overview.kept_tile(key))


def product(connection: Connection, season: Season, obsid: int) -> tuple[Look, QuickLook | None]:
    """A product of a season, and its quick look if it is in the cache.

    :raises SceneUnknown: it has no such product.
    """
    look = chips.product(connection, season, obsid)
    return look, overview.kept_quick_look(look)
