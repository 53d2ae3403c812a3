"""A season of two tiles, and a ledger that tests fill by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely

from dias_cbm import ledger, seasons
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Cause, Kind, Scene, Status
from dias_cbm.seasons import Season

START = datetime(2018, 5, 1, tzinfo=UTC)
NOW = datetime(2018, 7, 10, tzinfo=UTC)
DAY = timedelta(days=1)
AREA = shapely.MultiPolygon([shapely.box(9.0, 56.0, 11.0, 57.0)])
WEST, EAST = shapely.box(9.0, 56.0, 9.9, 57.0), shapely.box(10.1, 56.0, 11.0, 57.0)


@dataclass
class World:
    """A season's ledger, filled by hand. Tile 32VNH has 1000 parcels, 32VPH 10."""

    connection: Any
    season: Season
    made: int = 0

    def scene(
        self,
        kind: Kind,
        day: float,
        satellite: str = "S1A",
        *,
        orbit: int = 44,
        hour: float = 17.0,
        footprint: shapely.MultiPolygon | None = AREA,
        **more: Any,
    ) -> int:
        """List a scene; a fractional day or hour is welcome."""
        self.made += 1
        start = START + day * DAY + timedelta(hours=hour)
        values = {
            "platform": "cdse",
            "product_id": f"p{self.made}",
            "name": f"{satellite}_{kind}_{start:%Y%m%dT%H%M%S}_{self.made}",
            "tile": "32VNH" if kind.sensor == "S2" else None,
            **more,
        }
        scene = Scene(
            kind=kind,
            satellite=satellite,
            start=start,
            end=start + timedelta(seconds=25),
            footprint=footprint,
            rel_orbit=orbit,
            direction="A",
            **values,
        )
        entered = ledger.upsert(self.connection, [scene])
        return (entered.new + entered.known + entered.changed + entered.quarantined)[0]

    def extracted(self, kind: Kind, day: float, *args: Any, records: int = 50, **more: Any) -> int:
        """List a CARD scene and extract it."""
        scene_id = self.scene(kind, day, *args, **more)
        self.extract(scene_id, records)
        return scene_id

    def extract(self, scene_id: int, records: int = 50) -> None:
        """Take a listed scene through to the end, signatures included."""
        ledger.change(self.connection, scene_id, expected=Status.INGESTED, to=Status.READY)
        for unit in ledger.plan_extractions(self.connection, scene_id):
            assert ledger.claim(self.connection, unit, "test")
            self._signature(scene_id, unit)
            ledger.finish(self.connection, unit, records, 1.0)
        self.connection.commit()

    def fail(self, scene_id: int, cause: Cause, reason: str) -> None:
        """Make a listed scene fail."""
        ledger.change(
            self.connection,
            scene_id,
            expected=Status.INGESTED,
            to=Status.FAILED,
            cause=cause,
            reason=reason,
            attempts=1,
        )
        self.connection.commit()

    def gaps(self) -> list[tuple[Any, ...]]:
        """All gaps, without their times."""
        return [
            tuple(row)
            for row in self.connection.execute(
                "select card, satellite, rel_orbit, tile, (expected_at at time zone 'UTC')::date,"
                " cause, state from gap order by expected_at, card, tile"
            )
        ]

    def table(self, name: str = "gap") -> list[Any]:
        """Every row and column of a table."""
        return self.connection.execute(f"select * from {name} order by 1, 2").fetchall()

    def _signature(self, scene_id: int, unit: Unit) -> None:
        card = ledger.get(self.connection, scene_id).card
        block = 3 if unit.tile == "32VPH" else 1
        self.connection.execute(
            "insert into signature_block"
            " select %s, %s, %s, %s, 'VV', 'centre', a, a, a, a, a, a, a, a"
            " from (select array[1.0]::real[] as a) as one",
            (self.season.id, card, scene_id, block),
        )


@pytest.fixture
def world(connection: Any) -> World:
    season = seasons.create(connection, "dk-2018", AREA, 25832, date(2018, 5, 1), date(2018, 6, 5))
    blocks = [(1, "32VNH", 984, WEST), (2, "32VNH", 16, WEST), (3, "32VPH", 10, EAST)]
    for blk, tile, parcels, extent in blocks:
        connection.execute(
            "insert into parcel_block (season, blk, tile, parcels, extent)"
            " values (%s, %s, %s, %s, st_setsrid(st_geomfromwkb(%s), 4326))",
            (season.id, blk, tile, parcels, shapely.to_wkb(extent)),
        )
    connection.commit()
    return World(connection, season)


@pytest.fixture
def radar(world: World) -> Callable[..., World]:
    """Fill the season with extracted six-day passes on one orbit, over the western tile only."""

    def fill(*, lost: tuple[int, ...] = (), days: range = range(2, 36, 6)) -> World:
        for number, day in enumerate(days):
            satellite = "S1A" if number % 2 == 0 else "S1B"
            footprint = shapely.MultiPolygon([WEST])
            if day not in lost:
                world.scene(Kind.S1_GRD, day, satellite, footprint=footprint)
                world.extracted(Kind.CARD_BS, day, satellite, footprint=footprint)
        return world

    return fill
