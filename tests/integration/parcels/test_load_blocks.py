"""Loaded parcels by tile and block, and however many are read at a time."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from loaded_parcels import AREA, MIXED, PIDS, Write, load_it, square
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.parcel_arrays import coordinates

pytestmark = pytest.mark.integration


def test_parcels_of_two_tiles_are_in_blocks_of_their_own(
    connection: Connection, write: Write
) -> None:
    near = [square(100 * number, 0) for number in range(5)]
    far = [square(100 * number, -40_000) for number in range(3)]
    report = load_it(connection, write(near + far))
    assert report.tiles == {"32VNH": 5, "32UNG": 3} or report.tiles == {"32VNH": 8}
    blocks = connection.execute(
        "select block.*, (select count(*) from parcel_slot where blk = block.blk) as slots"
        " from parcel_block as block order by blk"
    ).fetchall()
    assert [(row.tile, row.parcels, row.slots) for row in blocks] == [
        (tile, number, number) for tile, number in sorted(report.tiles.items())
    ]
    within = connection.execute(
        "select bool_and(st_covers(st_expand(block.extent, 1e-7), st_transform(geom, 4326))) as ok"
        " from parcel_slot as slot join parcel using (season, pid)"
        " join parcel_block as block using (season, blk)"
    ).fetchone()
    assert within == (True,)


def test_the_coordinates_of_a_tile_come_back_block_by_block(
    connection: Connection, write: Write
) -> None:
    rng = np.random.default_rng(1)
    shapes = [square(*rng.uniform(0, 20_000, 2), rng.uniform(20, 300)) for _ in range(1_500)]
    hole = square(0, 30_000).difference(square(40, 30_040, 20))
    shapes += [hole, MultiPolygon([square(0, 31_000), square(500, 31_000)])]
    report = load_it(connection, write(shapes))
    assert report.tiles == {"32VNH": 1_502}
    season = seasons.get(connection, "dk-2018")
    tile = coordinates(connection, season.id, "32VNH")

    assert tile.srid == 25832
    assert (tile.blk.dtype, tile.pos.dtype) == (np.int32, np.int16)
    assert np.bincount(tile.blk).tolist() == [0, 992, 510]
    assert tile.pos[tile.blk == 1].tolist() == list(range(1, 993))
    assert set(tile.pid) == {f"p{number}" for number in range(1_502)}
    rings = np.diff(tile.parcel_ring_offsets)
    by_pid = dict(zip(tile.pid, rings.tolist(), strict=True))
    assert (by_pid["p1500"], by_pid["p1501"], by_pid["p0"]) == (2, 2, 1)
    first = tile.pid.index("p0")
    start, stop = tile.ring_offsets[tile.parcel_ring_offsets[first:][:2]]
    assert shapely.Polygon(tile.coordinates[start:stop]).equals(shapes[0])
    slot = connection.execute("select blk, pos from parcel_slot where pid = 'p0'").fetchone()
    assert slot == (tile.blk[first], tile.pos[first])


def test_the_coordinates_of_a_tile_without_parcels(connection: Connection, write: Write) -> None:
    load_it(connection, write([square(0, 0)]))
    tile = coordinates(connection, seasons.get(connection, "dk-2018").id, "31UFT")
    assert (tile.pid, len(tile.blk), tile.coordinates.shape) == ([], 0, (0, 2))
    assert tile.parcel_ring_offsets.tolist() == tile.ring_offsets.tolist() == [0]


def test_more_features_than_a_chunk_load_the_same(
    connection: Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(MIXED, "mixed.geojson", pid=PIDS)
    whole = load_it(connection, path, "dk-2018", area=AREA).as_dict()
    slots = connection.execute(
        "select pid, blk, pos, tile from parcel_slot order by pid"
    ).fetchall()
    monkeypatch.setattr("dias_cbm.parcels.source._CHUNK_FEATURES", 2)
    pieces = load_it(connection, path, "dk-2018", area=AREA, replace=True).as_dict()
    different = {key for key in whole if whole[key] != pieces[key]}
    assert different <= {"seconds", "season_created", "replaced"}
    assert (
        connection.execute("select pid, blk, pos, tile from parcel_slot order by pid").fetchall()
        == slots
    )
