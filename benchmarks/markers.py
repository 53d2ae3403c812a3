"""All markers over a season of 500,000 parcels and 73 dates, database to database.

Every parcel has six bands of CARD-2A on every date, with three scene classes. The signatures are
those of a few blocks of random fields, copied to all blocks inside the database.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from benchmarks import ground
from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.extraction.blocks import HISTOGRAM_COLUMNS, SIGNATURE_COLUMNS
from dias_cbm.parcels.blocks import BLOCK_PARCELS

PARCELS, DATES, BLOCK = 500_000, 73, BLOCK_PARCELS
_BANDS = ("B02", "B03", "B04", "B08", "B11", "NDVI")
_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Wall time and peak memory of a run of all markers."""
    blocks = 4 if bench.quick else -(-PARCELS // BLOCK)
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, bench.cache)
        with connect(url) as connection:
            fill(connection, blocks)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.markers", url],
            check=True, stdout=subprocess.PIPE, text=True, env=os.environ,
        )  # fmt: skip
    seconds, peak, markers = done.stdout.split()
    size = f"{blocks * BLOCK:,} parcels x {DATES} dates, {markers} markers"
    return [
        Row(
            "markers_time", "all markers of a season", float(seconds), "s", 600, 180, least=False,
            note=size,
        ),
        Row(
            "markers_memory", "peak memory of all markers", float(peak), "MB", 1000, least=False,
            note=size,
        ),
    ], []  # fmt: skip


def fill_parcels(connection: Connection, blocks: int) -> int:
    """Fill a new season with parcels without shapes worth the name; returns its id."""
    import shapely

    from dias_cbm import seasons

    area = shapely.MultiPolygon([shapely.box(8, 54, 13, 58)])
    season = seasons.create(connection, "bench-2018", area, 25832, _STARTS, _ENDS).id
    connection.execute(
        "insert into parcel_block select %(season)s, blk, '32VNH', %(size)s,"
        " st_makeenvelope(9, 56, 9.5, 56.5, 4326) from generate_series(1, %(blocks)s) as blk",
        {"season": season, "blocks": blocks, "size": BLOCK},
    )
    connection.execute(
        "insert into parcel (season, pid, crop, area_m2, geom, centre)"
        " select %(season)s, (blk * 1000 + pos)::text, 'grass', 20000,"
        " st_multi(st_makeenvelope(5e5, 6.2e6, 500100, 6200200, 25832)),"
        " st_setsrid(st_point(9.2, 56.2), 4326)"
        " from generate_series(1, %(blocks)s) as blk, generate_series(1, %(size)s) as pos",
        {"season": season, "blocks": blocks, "size": BLOCK},
    )
    connection.execute(
        "insert into parcel_slot select %(season)s, (blk * 1000 + pos)::text, '32VNH', blk, pos"
        " from generate_series(1, %(blocks)s) as blk, generate_series(1, %(size)s) as pos",
        {"season": season, "blocks": blocks, "size": BLOCK},
    )
    return season


def fill(connection: Connection, blocks: int) -> None:
    """Fill a new season: parcels, scenes, signatures, classes."""
    season = fill_parcels(connection, blocks)
    scenes = [_scene(connection, number) for number in range(DATES)]
    connection.execute(
        "insert into extraction (season, obsid, tile, status, finished_at)"
        " select %s, obsid, '32VNH', 'extracted', now() from unnest(%s) as obsid",
        (season, scenes),
    )
    generator = np.random.default_rng(1)
    for number, obsid in enumerate(scenes):
        patterns = [_pattern(generator, number) for _ in range(4)]
        copy_rows(
            connection, "signature_block", SIGNATURE_COLUMNS,
            _signatures(season, obsid, blocks, patterns),
        )  # fmt: skip
        copy_rows(
            connection, "histogram_block", HISTOGRAM_COLUMNS,
            _histograms(season, obsid, blocks, patterns),
        )  # fmt: skip
        connection.commit()
    connection.autocommit = True
    connection.execute("analyze parcel, parcel_slot, parcel_block, signature_block")
    connection.autocommit = False


def _scene(connection: Connection, number: int) -> int:
    at = datetime(2018, 1, 1, 10, 30, tzinfo=UTC) + timedelta(days=5 * number)
    row = connection.execute(
        "insert into dias_catalogue (platform, product_id, reference, obstime, endtime, sensor,"
        " card, kind, tile, status) values ('local', %s, %s, %s, %s, 'S2A', 's2', 'S2_L2A',"
        " '32VNH', 'extracted') returning id",
        (f"p{number}", f"S2A_{at:%Y%m%d}", at, at),
    ).fetchone()
    if row is None:
        raise AssertionError("an insert with returning gives a row")
    return int(row.id)


def _pattern(generator: np.random.Generator, number: int) -> dict[str, Any]:
    """Means of each band, pixels per class and count of a block at one date."""
    season = 0.45 + 0.35 * np.sin((number - 18) / DATES * 2 * np.pi)
    cut = 0.35 * (generator.random(BLOCK) < 0.05)
    ndvi = np.clip(season - cut + generator.normal(0, 0.02, BLOCK), 0.05, 0.9)
    red = np.full(BLOCK, 0.06)
    clear = np.where(generator.random(BLOCK) < 0.6, 200, 60)
    bands = {
        "B02": red * 0.7,
        "B03": red * 1.1,
        "B04": red,
        "B08": red * (1 + ndvi) / (1 - ndvi),
        "B11": 0.25 - 0.1 * ndvi,
        "NDVI": ndvi,
    }
    return {"bands": bands, "classes": {4: clear, 7: 0 * clear + 2, 9: 200 - clear}}


def _signatures(
    season: int, obsid: int, blocks: int, patterns: list[dict[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    count = np.full(BLOCK, 202, np.float32)
    for blk in range(1, blocks + 1):
        for band, mean in patterns[blk % len(patterns)]["bands"].items():
            mean = mean.astype(np.float32)
            spread = mean * np.float32(0.1)
            statistics = (count, mean, spread, mean - spread, mean + spread, mean - spread / 2,
                          mean, mean + spread / 2)  # fmt: skip
            yield season, "s2", obsid, blk, band, "centre", *statistics


def _histograms(
    season: int, obsid: int, blocks: int, patterns: list[dict[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    for blk in range(1, blocks + 1):
        for number, count in patterns[blk % len(patterns)]["classes"].items():
            yield season, obsid, blk, number, count.astype(np.float32)


def main() -> None:
    """Run all markers on the database of the argument; print seconds, peak in MB, markers."""
    from benchmarks.peak import peak_memory_mb
    from dias_cbm import seasons
    from dias_cbm.markers import run as marker_run

    with connect(sys.argv[1]) as connection:
        report = marker_run.run(connection, seasons.get(connection, "bench-2018"))
    print(report.seconds, peak_memory_mb(), len(report.markers))


if __name__ == "__main__":
    main()
