"""A season as large as a country's, made by SQL alone: parcels, blocks, verdicts and outlines.

Fields are as dense as in Denmark, 13 on a square kilometre, round, with 28 corners and 2.6 ha each.
"""

from __future__ import annotations

from datetime import date

import shapely

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season

NAME = "window-2018"
PARCELS = 560_000
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
            number, 450000 + (number %% %(side)s) * %(step)s as x,
            6100000 + (number / %(side)s) * %(step)s as y
        from generate_series(0, %(parcels)s - 1) as number
    ) as place
) as field
"""
# A block holds at most 984 parcels of one tile that lie near each other.
_SLOTS = """
create temporary table slot as
select pid, tile, dense_rank() over (order by tile, (number - 1) / 984) as blk,
    (number - 1) %% 984 + 1 as pos, centre
from (
    select pid, tile, centre, row_number() over (
        partition by tile order by floor(y / 9000), floor(x / 9000), y, x
    ) as number
    from (
        select pid, centre, x, y, format('32%%s%%s', floor(x / 1e5), floor(y / 1e5)) as tile
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
# One in ten is an outlier.
_VERDICTS = """
insert into outlier (run, season, pid, declared, status, observations, suspicion)
select %(run)s, season, pid, crop,
    case
        when random() < 0.1 then 'outlier'
        when random() < 0.2 then 'inconclusive'
        else 'confirmed'
    end,
    40, random()
from parcel where season = %(season)s
"""


def fill(connection: Connection, parcels: int = PARCELS) -> Season:
    """Make the season; commits."""
    area = shapely.MultiPolygon([shapely.box(8, 54, 13, 58)])
    season = seasons.create(connection, NAME, area, 25832, _STARTS, _ENDS)
    connection.execute("select setseed(0.5)")
    values = {
        "season": season.id, "crops": _CROPS, "side": int(parcels**0.5), "step": _SPACING_M,
        "parcels": parcels,
    }  # fmt: skip
    for statement in (_PARCELS, _SLOTS, _BLOCKS, _PLACED):
        connection.execute(statement, values)
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (season.id,),
    ).fetchone()
    assert run is not None  # noqa: S101
    connection.execute(_VERDICTS, values | {"run": run.id})
    connection.execute(query("parcels/outlines"), {"season": season.id})
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze parcel, parcel_slot, parcel_block, parcel_outline, outlier")
    connection.autocommit = False
    return season
