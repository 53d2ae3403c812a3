"""The ledger of the window's season: a year of passes by four orbits of radar and an optical one.

Sentinel-1 passes every six days on each of four relative orbits, in two slices: 244 passes. Every
fortieth of them has no product. Sentinel-2 passes every five days; 40 of its 73 passes are clear,
the others show clouds over every parcel. The acquisitions they were made from are there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from shapely import MultiPolygon

from dias_cbm.completeness import gaps
from dias_cbm.config.settings import settings
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season

#: Relative orbit, direction, and days after the first of January of its first pass.
_ORBITS = ((44, "A", 1), (139, "D", 2), (117, "A", 3), (66, "D", 4))
_PASSES, _LOST = 61, 40
_OPTICAL_ORBIT, _DATES = 108, 73
#: Clear dates of Sentinel-2.
CLEAR = 40
#: When the gaps were looked for last.
_CHECKED = datetime(2019, 1, 1, 12, tzinfo=UTC)

_SCENE = """
insert into dias_catalogue (
    platform, product_id, reference, obstime, endtime, published, sensor, card, kind, rel_orbit,
    direction, tile, footprint, location, online, status, cause, reason
) values (
    'local', %(reference)s, %(reference)s, %(start)s, %(start)s::timestamptz + interval '25 s',
    %(start)s::timestamptz + interval '6 h', %(satellite)s, %(card)s, %(kind)s, %(orbit)s,
    %(direction)s, %(tile)s, st_geomfromwkb(%(footprint)s, 4326), %(location)s, true, %(status)s,
    %(cause)s, %(reason)s
)
"""
_UNITS = """
insert into extraction (season, obsid, tile, status, records, cause, reason, finished_at)
select
    block.season, scene.id, block.tile, scene.status::text,
    case when scene.status = 'extracted'
        then sum(block.parcels) * case scene.card when 'bs' then 2 else 6 end end,
    scene.cause, scene.reason, scene.obstime + interval '1 day'
from dias_catalogue as scene
join parcel_block as block
    on block.season = %(season)s and st_intersects(block.extent, scene.footprint)
    and (scene.tile is null or scene.tile = block.tile)
where scene.card is not null
group by block.season, scene.id, block.tile
"""
_CLEAR_SHARES = """
insert into clear_share (season, obsid, tile, pixels, clear, classes, finished_at)
select
    unit.season, unit.obsid, unit.tile, unit.records * 40, unit.records * 32, %(classes)s,
    unit.finished_at
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid and scene.card = 's2'
where unit.season = %(season)s and unit.status = 'extracted'
"""
_DAYS = """
insert into observed_day (season, card, day, report)
select %(season)s, card, day::date, '{}'
from unnest(%(cards)s::text[]) as card
cross join generate_series(%(starts)s::timestamp, %(ends)s::timestamp, interval '1 day') as day
"""


def fill(connection: Connection, season: Season, cards: Sequence[str] = ("bs", "s2")) -> None:
    """Fill the ledger and the table of gaps; commits.

    :param cards: radar, optical, or both.
    """
    passes = {"bs": _radar, "s2": _optical}
    scenes = [scene for card in cards for scene in passes[card](connection, season)]
    connection.cursor().executemany(_SCENE, scenes)
    values = {
        "season": season.id, "cards": list(cards), "starts": season.starts, "ends": season.ends,
        "classes": ",".join(map(str, settings().extraction.clear_classes)),
    }  # fmt: skip
    for statement in (_UNITS, _CLEAR_SHARES, _DAYS):
        connection.execute(statement, values)
    connection.commit()
    gaps.refresh(connection, season, _CHECKED)


def location(reference: str) -> str:
    """Where a product of Sentinel-2 lies in the store."""
    return f"/eodata/window/{reference}.SAFE"


def _radar(connection: Connection, season: Season) -> Iterator[dict[str, Any]]:
    west, south, east, north = _extent(connection, season)
    middle = (south + north) / 2
    slices = (
        shapely.box(west, south, east, middle), shapely.box(west, middle, east, north)
    )  # fmt: skip
    number = 0
    for orbit, direction, first in _ORBITS:
        for repeat in range(_PASSES):
            number += 1
            hours = 17 if direction == "A" else 5
            at = midnight(season.starts) + timedelta(days=first + 6 * repeat, hours=hours)
            satellite = "S1A" if repeat % 2 else "S1B"
            for place, shape in enumerate(slices):
                start = at + timedelta(seconds=25 * place)
                common = {
                    "start": start, "satellite": satellite, "orbit": orbit, "tile": None,
                    "direction": direction, "footprint": shapely.to_wkb(MultiPolygon([shape])),
                    "location": f"/eodata/{satellite}_{start:%Y%m%dT%H%M%S}", "cause": None,
                    "reason": None,
                }  # fmt: skip
                yield common | _acquired(f"{satellite}_IW_GRDH_1SDV", start, "S1_GRD")
                if number % _LOST:
                    yield common | {
                        "reference": f"{satellite}_CARD_BS_{start:%Y%m%dT%H%M%S}",
                        "card": "bs", "kind": "CARD_BS", "status": "extracted",
                    }  # fmt: skip


def _optical(connection: Connection, season: Season) -> Iterator[dict[str, Any]]:
    tiles = connection.execute(
        "select tile, st_asbinary(st_expand(st_extent(extent)::geometry, 0.05)) as shape"
        " from parcel_block where season = %s group by tile order by tile",
        (season.id,),
    ).fetchall()
    for number in range(_DATES):
        start = midnight(season.starts) + timedelta(days=2 + 5 * number, hours=10, minutes=30)
        satellite = "S2A" if number % 2 else "S2B"
        clear = number * CLEAR // _DATES != (number + 1) * CLEAR // _DATES
        for row in tiles:
            shape = MultiPolygon([shapely.from_wkb(row.shape)])
            name = (
                f"{satellite}_MSIL2A_{start:%Y%m%dT%H%M%S}_N0207_R{_OPTICAL_ORBIT:03}_T{row.tile}"
                f"_{start:%Y%m%dT%H%M%S}"
            )
            common = {
                "start": start, "satellite": satellite, "orbit": _OPTICAL_ORBIT, "direction": "D",
                "tile": row.tile, "footprint": shapely.to_wkb(shape), "location": location(name),
                "cause": None, "reason": None,
            }  # fmt: skip
            yield common | _acquired(name.replace("L2A", "L1C"), start, "S2_L1C")
            ended = {"status": "extracted"} if clear else {
                "status": "no_parcels", "cause": "cloudy", "reason": "clouds over every parcel",
            }  # fmt: skip
            yield common | {"reference": name, "card": "s2", "kind": "S2_L2A", **ended}


def _acquired(name: str, start: datetime, kind: str) -> dict[str, Any]:
    reference = f"{name}_{start:%Y%m%dT%H%M%S}"
    return {"reference": reference, "card": None, "kind": kind, "status": "ingested"}


def _extent(connection: Connection, season: Season) -> tuple[float, float, float, float]:
    row = connection.execute(
        "select st_asbinary(st_expand(st_extent(extent)::geometry, 0.2)) as shape"
        " from parcel_block where season = %s",
        (season.id,),
    ).fetchone()
    if row is None:
        raise AssertionError("an aggregate gives a row")
    west, south, east, north = shapely.from_wkb(row.shape).bounds
    return west, south, east, north
