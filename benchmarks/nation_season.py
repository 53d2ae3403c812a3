"""A country's season of backscatter, and a late scene of it as a file: made from seeds.

It is the season of the window's benchmark with one card: 560,000 parcels, and 244 passes of which
six have no product. One of their scenes comes late.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np
import shapely
from affine import Affine
from rasterio.crs import CRS

from benchmarks import window_ledger, window_records, window_season
from dias_cbm import ledger, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query
from dias_cbm.products.model import Grid
from dias_cbm.products.writers import DimapWriter
from dias_cbm.scenes import Kind, Scene, Status
from dias_cbm.seasons import Season
from dias_cbm.signature_counts import UnitCounts

NAME = "nation-2018"
CARD = "bs"
_LATE = "late-scene"
_BANDS, _NODATA, _PIXEL_M, _ROWS = ("VV", "VH"), 0.0, 10, 512

_KEPT = """
update extraction
set records = %(records)s, block_records = %(block_records)s, valued = %(valued)s,
    blank = %(blank)s, outside = %(outside)s
where season = %(season)s and obsid = %(obsid)s and tile = %(tile)s
"""
# The first scene of which there is an acquisition, but no product.
_LOST = """
select level1.sensor, level1.rel_orbit, level1.direction, level1.obstime, level1.endtime,
    st_asbinary(level1.footprint) as footprint
from dias_catalogue as level1
where level1.card is null and not exists (
    select from dias_catalogue as made where made.card = 'bs' and made.obstime = level1.obstime
)
order by level1.obstime
limit 1
"""
_PLACE = """
select
    min(st_xmin(parcel.geom)) as west, min(st_ymin(parcel.geom)) as south,
    max(st_xmax(parcel.geom)) as east, max(st_ymax(parcel.geom)) as north, count(*) as parcels
from parcel
join dias_catalogue as scene
    on scene.id = %(obsid)s and st_intersects(scene.footprint, parcel.centre)
where parcel.season = %(season)s
"""

_MEANS = "select array_bytes(n) as n from five_day_mean_block where season = %(season)s"


def find(connection: Connection) -> Season | None:
    """The season, if it was made in this database before.

    :raises RuntimeError: its making was cut short.
    """
    known = {season.name: season for season in seasons.all_seasons(connection)}
    if (season := known.get(NAME)) is None:
        return None
    whole = connection.execute(
        "select from extraction where season = %s and block_records is not null limit 1",
        (season.id,),
    ).fetchone()
    if whole is None:
        raise RuntimeError("the season was not made to its end: drop its database")
    return season


def make(connection: Connection, url: str, parcels: int) -> Season:
    """Make the season in an empty database; commits.

    :param url: of the same database.
    """
    season = window_season.place(connection, NAME, parcels)
    window_ledger.fill(connection, season, [CARD])
    window_records.fill(connection, url, season, [CARD])
    _keep_counts(connection, season)
    # The records are new: a vacuum would read all of them to no end.
    window_season.analyze(connection, "analyze")
    return season


def _keep_counts(connection: Connection, season: Season) -> None:
    """Enter what the blocks hold into the ledger, as extractions do."""
    values = {
        "season": season.id, "card": CARD, "obsids": [], "tiles": [], "share": 1.0, "seed": 1,
    }  # fmt: skip
    kept = []
    with array_cursor(connection, "kept") as cursor:
        cursor.execute(query("completeness/proof_counts"), values)
        for (obsid, tile), rows in groupby(cursor, key=lambda row: (row.obsid, row.tile)):
            counts = UnitCounts()
            for row in rows:
                counts.add(row.blk, row.band, row.count)
            records, parcels = counts.block_records(), counts.parcels()
            kept.append(
                {
                    "season": season.id, "obsid": obsid, "tile": tile, "records": sum(records),
                    "block_records": records, "valued": parcels.valued, "blank": parcels.blank,
                    "outside": parcels.outside,
                }
            )  # fmt: skip
    connection.cursor().executemany(_KEPT, kept)
    connection.commit()


def late_scene(connection: Connection, season: Season) -> int:
    """Enter a product that comes late into the ledger, and nothing of it yet; commits.

    :returns: its id; if it was extracted before, that is undone.
    """
    known = connection.execute(
        "select id from dias_catalogue where product_id = %s", (_LATE,)
    ).fetchone()
    if known is not None:
        values = {"season": season.id, "obsid": known.id}
        for statement in (
            "delete from signature_block where season = %(season)s and obsid = %(obsid)s",
            "delete from extraction where season = %(season)s and obsid = %(obsid)s",
            "update dias_catalogue set status = 'ready' where id = %(obsid)s",
        ):
            connection.execute(statement, values)
        connection.commit()
        return int(known.id)
    row = connection.execute(_LOST).fetchone()
    if row is None:
        raise RuntimeError("every acquisition has a product")
    scene = Scene(
        platform="local",
        product_id=_LATE,
        name=_LATE,
        kind=Kind.CARD_BS,
        satellite=row.sensor,
        start=row.obstime,
        end=row.endtime,
        footprint=shapely.from_wkb(row.footprint),
        rel_orbit=row.rel_orbit,
        direction=row.direction,
        location=f"/eodata/{_LATE}",
        online=True,
    )
    (obsid,) = ledger.upsert(connection, [scene]).new
    ledger.change(connection, obsid, expected=Status.INGESTED, to=Status.READY)
    connection.commit()
    return obsid


def means(connection: Connection, season: Season) -> int:
    """Five-day means of the season that have an observation."""
    with array_cursor(connection, "means") as cursor:
        cursor.execute(_MEANS, {"season": season.id})
        found = sum(int(np.count_nonzero(row.n)) for row in cursor)
    connection.commit()
    return found


@contextmanager
def product(connection: Connection, season: Season, obsid: int, store: Path) -> Iterator[str]:
    """The scene as BEAM-DIMAP while it is needed, noise of 10 m pixels over all parcels under it.

    :param store: folder that stands for the platform's store.
    :returns: its size in words.
    """
    path = store / _LATE
    shutil.rmtree(path, ignore_errors=True)
    try:
        yield _write_product(connection, season, obsid, path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _write_product(connection: Connection, season: Season, obsid: int, path: Path) -> str:
    values = {"season": season.id, "obsid": obsid}
    row = connection.execute(_PLACE, values).fetchone()
    connection.commit()
    if row is None or row.west is None:
        raise RuntimeError("no parcel lies under the late scene")
    width = int((row.east - row.west) / _PIXEL_M) + 200
    height = int((row.north - row.south) / _PIXEL_M) + 200
    transform = Affine(_PIXEL_M, 0, row.west - 1000, 0, -_PIXEL_M, row.north + 1000)
    grid = Grid(CRS.from_epsg(season.srid), transform, width, height)
    said = f"{row.parcels:,} parcels, {width:,} x {height:,} pixels x {len(_BANDS)}"
    noise = np.random.default_rng(7).gamma(4, 0.025, (_ROWS, width)).astype(np.float32)
    with DimapWriter(path, grid, _BANDS, _NODATA) as target:
        for first in range(0, height, _ROWS):
            part = np.roll(noise, first, axis=1)[: height - first]
            for band in _BANDS:
                target.write(band, first, 0, part)
    return said
