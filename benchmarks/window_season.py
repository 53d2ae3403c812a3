"""A season as large as a country's, made by SQL from seeds: everything that the window shows.

Fields are as dense as in Denmark, 13 on a square kilometre, round, with 28 corners and 2.6 ha each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import shapely

from benchmarks import window_judged, window_ledger, window_records
from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.parcels.blocks import BLOCK_PARCELS
from dias_cbm.seasons import Season

NAME = "window-2018"
PARCELS, QUICK_PARCELS = 560_000, 5_000
_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)
_SPACING_M, _CROPS = 277, 40

_PARCELS = """
insert into parcel (season, pid, crop, area_m2, geom, centre, attributes)
select
    %(season)s, number::text, 'crop ' || floor(exp(random() * ln(%(crops)s)))::int, st_area(shape),
    st_multi(shape), st_transform(st_centroid(shape), 4326),
    jsonb_build_object('holding', (number / 14)::text)
from (
    select number, st_buffer(st_setsrid(st_makepoint(x, y), 25832), 60 + random() * 70, 7) as shape
    from (
        select
            number, 450150 + (number %% %(side)s) * %(step)s as x,
            6100150 + (number / %(side)s) * %(step)s as y
        from generate_series(0, %(parcels)s - 1) as number
    ) as place
) as field
"""
_LOAD = """
insert into parcel_load (season, file, report) values (%(season)s, 'made from seeds', '{}')
"""
# A block holds parcels of one tile that lie near each other.
_SLOTS = """
create temporary table slot as
select pid, tile, dense_rank() over (order by tile, (number - 1) / %(block_parcels)s) as blk,
    (number - 1) %% %(block_parcels)s + 1 as pos, centre
from (
    select pid, tile, centre, row_number() over (
        partition by tile order by floor(y / 9000), floor(x / 9000), y, x
    ) as number
    from (
        select
            pid, centre, x, y,
            '32V' || chr(70 + floor(x / 1e5)::integer) || chr(10 + floor(y / 1e5)::integer) as tile
        from (
            select pid, centre, st_x(st_centroid(geom)) as x, st_y(st_centroid(geom)) as y
            from parcel where season = %(season)s
        ) as middle
    ) as of_tile
) as numbered
"""
_BLOCKS = """
insert into parcel_block
select %(season)s, blk, tile, count(*), st_setsrid(st_extent(centre)::geometry, 4326)
from slot group by blk, tile
"""
_PLACED = "insert into parcel_slot select %(season)s, pid, tile, blk, pos from slot"


@dataclass(frozen=True, slots=True)
class Filled:
    """A season that was made.

    :param run: id of its list of outliers.
    """

    season: Season
    parcels: int
    run: int


def fill(connection: Connection, url: str, parcels: int = PARCELS) -> Filled:
    """Make the season; commits.

    :param url: of the same database, for a second connection.
    """
    season = place(connection, NAME, parcels)
    window_ledger.fill(connection, season)
    window_records.fill(connection, url, season)
    run = window_judged.fill(connection, season)
    analyze(connection, "vacuum analyze outlier, outlier_explanation, verdict_block, decision")
    # The records are new: a vacuum would read all of them to no end.
    analyze(connection, "analyze")
    return Filled(season, parcels, run)


def place(connection: Connection, name: str, parcels: int) -> Season:
    """Make a season with its parcels in blocks, without a scene; commits."""
    area = shapely.MultiPolygon([shapely.box(8, 54, 13, 58)])
    season = seasons.create(connection, name, area, 25832, _STARTS, _ENDS)
    connection.execute("select setseed(0.5)")
    values = {
        "season": season.id, "crops": _CROPS, "side": int(parcels**0.5), "step": _SPACING_M,
        "parcels": parcels, "block_parcels": BLOCK_PARCELS,
    }  # fmt: skip
    for statement in (_PARCELS, _LOAD, _SLOTS, _BLOCKS, _PLACED):
        connection.execute(statement, values)
    connection.execute(query("parcels/outlines"), {"season": season.id})
    connection.commit()
    analyze(connection, "vacuum analyze parcel, parcel_slot, parcel_block, parcel_outline")
    return season


def analyze(connection: Connection, statement: str) -> None:
    """Run a statement that wants no transaction around it."""
    connection.autocommit = True
    connection.execute(statement)
    connection.autocommit = False
