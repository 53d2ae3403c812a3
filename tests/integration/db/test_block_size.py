"""Larger blocks: seasons that there are keep theirs, and the map finds their parcels."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.db.queries import SQL
from dias_cbm.parcels.blocks import BLOCK_PARCELS

pytestmark = pytest.mark.integration

SEASON = (
    "insert into season (name, area, srid, epoch, starts, ends) values ('dk-2018',"
    " st_geomfromtext('multipolygon(((9 56, 10 56, 10 57, 9 56)))', 4326), 25832,"
    " '2018-01-01', '2018-05-01', '2018-06-05')"
)
BLOCKS = (
    "insert into parcel_block (season, blk, tile, parcels, extent)"
    " select 1, blk, '32VNH', 984, st_makeenvelope(9, 56, 10, 57, 4326)"
    " from generate_series(1, 3) as blk"
)
#: The first and the last of each block.
PARCELS = (
    "insert into parcel (season, pid, crop, area_m2, geom, centre)"
    " select 1, number::text, 'barley', 10000,"
    " st_multi(st_makeenvelope(5e5, 6.2e6, 500100, 6200100, 25832)),"
    " st_setsrid(st_point(9.2, 56.2), 4326) from generate_series(1, 6) as number"
)
SLOTS = (
    "insert into parcel_slot (season, pid, tile, blk, pos)"
    " select 1, number::text, '32VNH', (number + 1) / 2,"
    " case number % 2 when 1 then 1 else 984 end from generate_series(1, 6) as number"
)


def places(connection: Connection) -> list[tuple[int, int, int]]:
    """Place, block and position of each parcel."""
    rows = connection.execute(
        "select place, blk, pos from parcel_outline join parcel_slot using (season, pid)"
        " order by place"
    ).fetchall()
    return [tuple(row) for row in rows]


def test_places_of_a_season_of_before_are_counted_by_the_new_size(
    empty_database_url: str, tmp_path: Path
) -> None:
    for file in (SQL / "schema").iterdir():
        if file.name < "041":
            (tmp_path / file.name).write_text(file.read_text())
    with connect(empty_database_url) as connection:
        migrate(connection, tmp_path)
        for statement in (SEASON, BLOCKS, PARCELS, SLOTS, "select draw_outlines(1::smallint)"):
            connection.execute(statement)
        connection.commit()
        before = places(connection)
        migrate(connection)
        after = places(connection)
        assert [row[1:] for row in after] == [row[1:] for row in before]
        assert after == [((blk - 1) * BLOCK_PARCELS + pos - 1, blk, pos) for _, blk, pos in before]
        connection.execute("delete from parcel_outline")
        connection.execute("select draw_outlines(1::smallint)")
        assert places(connection) == after
