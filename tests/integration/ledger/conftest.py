"""A season with three tiles, and scenes to enter into the ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm import ledger, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind, Scene, Status

#: Extents of the blocks, west to east.
TILES = {"31AAA": (9.0, 9.9), "32BBB": (10.0, 10.9), "33CCC": (11.0, 11.9)}


def area(west: float, east: float) -> MultiPolygon:
    return MultiPolygon([shapely.box(west, 55, east, 56)])


@pytest.fixture
def make_season(connection: Connection) -> Callable[..., int]:
    def make(name: str, first: date, last: date, tiles: tuple[str, ...] = tuple(TILES)) -> int:
        season = seasons.create(connection, name, area(9, 12), 25832, first, last)
        for blk, tile in enumerate(tiles, start=1):
            west, east = TILES[tile]
            connection.execute(
                "insert into parcel_block (season, blk, tile, parcels, extent)"
                " values (%s, %s, %s, 1, st_makeenvelope(%s, 55, %s, 56, 4326))",
                (season.id, blk, tile, west, east),
            )
        connection.commit()
        return season.id

    return make


@pytest.fixture
def season(make_season: Callable[..., int]) -> int:
    return make_season("dk-2018", date(2018, 1, 1), date(2018, 12, 31))


@pytest.fixture
def make_scene() -> Callable[..., Scene]:
    def make(**values: Any) -> Scene:
        start = values.pop("start", datetime(2018, 5, 1, 5, 40, tzinfo=UTC))
        base: dict[str, Any] = {
            "platform": "local",
            "product_id": "a",
            "name": "S1A_IW_GRDH_A",
            "kind": Kind.CARD_BS,
            "satellite": "S1A",
            "start": start,
            "end": start + timedelta(seconds=25),
            "published": start + timedelta(hours=5),
            "footprint": area(8, 13),
            "rel_orbit": 139,
            "direction": "D",
            "location": "/eodata/a",
            "size": 1000,
            "checksum": "md5:aa",
            "online": True,
        }
        return Scene(**base | values)

    return make


@pytest.fixture
def ready(connection: Connection, make_scene: Callable[..., Scene]) -> Callable[..., int]:
    """Enter a scene whose CARD product is ready."""

    def make(**values: Any) -> int:
        (scene_id,) = ledger.upsert(connection, [make_scene(**values)]).new
        ledger.change(
            connection,
            scene_id,
            expected=Status.INGESTED,
            to=Status.READY,
            engine={"name": "ready"},
        )
        connection.commit()
        return scene_id

    return make
