"""The search for a parcel's peers among 500,000 parcels, against measuring every parcel.

Fields are as dense as in Denmark, 13 on a square kilometre, in crops from common to rare.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from benchmarks import ground
from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from dias_cbm import peers, seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.peers.selection import FARTHEST_M
from dias_cbm.seasons import Season

PARCELS = 500_000
_ASKED, _BRUTE = 200, 6
_SPACING_M, _CROPS = 277, 40
_STARTS, _ENDS = date(2018, 1, 1), date(2018, 12, 31)

_NEAREST = peers.Criteria(nearest=100, pixels=0)
_CASES = {
    "within 1 km": peers.Criteria(),
    "nearest 100": _NEAREST,
    "within 5 km": peers.Criteria(distance=5000, most=1000, size_factor=3, without_outliers=True),
}


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Milliseconds of a call, and how many times longer brute force takes."""
    parcels = 5_000 if bench.quick else PARCELS
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, bench.cache)
        with connect(url) as connection:
            season = fill(connection, parcels)
            return _measured(connection, season, parcels), []


def fill(connection: Connection, parcels: int) -> Season:
    """A season of rectangular fields on a shuffled grid; crop number k has a share of 1/k."""
    import shapely

    area = shapely.MultiPolygon([shapely.box(8, 54, 13, 58)])
    season = seasons.create(connection, "bench-2018", area, 25832, _STARTS, _ENDS)
    connection.execute("select setseed(0.5)")
    connection.execute(
        "insert into parcel (season, pid, crop, area_m2, geom, centre)"
        " select %(season)s, number::text,"
        "   'crop ' || floor(exp(random() * ln(%(crops)s)))::int, st_area(shape),"
        "   st_multi(shape), st_transform(st_centroid(shape), 4326)"
        " from ("
        "   select number, st_makeenvelope(x, y, x + 60 + random() * 200, y + 60 + random() * 200,"
        "     25832) as shape"
        "   from (select number, 450000 + (number %% %(side)s) * %(step)s + random() * 60 as x,"
        "     6100000 + (number / %(side)s) * %(step)s + random() * 60 as y"
        "     from generate_series(0, %(parcels)s - 1) as number) as place"
        " ) as field",
        {
            "season": season.id, "crops": _CROPS, "side": int(parcels**0.5), "step": _SPACING_M,
            "parcels": parcels,
        },
    )  # fmt: skip
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze parcel")
    connection.autocommit = False
    return season


def _measured(connection: Connection, season: Season, parcels: int) -> list[Row]:
    generator = np.random.default_rng(1)
    pids = [str(one) for one in generator.choice(parcels, min(_ASKED, parcels), replace=False)]
    size = f"{len(pids)} calls, {parcels:,} parcels"
    peers.find(connection, season, pids[0])
    brute = {pid: _timed(partial(every_parcel, connection, season, pid)) for pid in pids[:_BRUTE]}
    rows = []
    for name, criteria in _CASES.items():
        ours = {pid: _timed(partial(peers.find, connection, season, pid, criteria)) for pid in pids}
        took = [milliseconds for milliseconds, _ in ours.values()]
        ratio = statistics.median(slow / ours[pid][0] for pid, (slow, _) in brute.items())
        middle, high = np.percentile(took, (50, 95))
        rows.append(
            Row(
                f"peers_{name.replace(' ', '_')}",
                f"peers of a parcel, {name}",
                float(high),
                "ms",
                50,
                least=False,
                note=f"95 % of {size}; 50 %: {middle:.1f} ms; brute force {ratio:.0f} times that",
                details={
                    "p50": float(middle),
                    "p95": float(high),
                    "longest": max(took),
                    "brute_force": [slow for slow, _ in brute.values()],
                },
            )
        )
        if criteria == _NEAREST:
            equal = sum(_same(ours[pid][1], found) for pid, (_, found) in brute.items())
    agreement = Row(
        "agreement", "peers equal to brute force", equal / len(brute), "", 1,
        note=f"nearest 100 within 5 km, {len(brute)} parcels",
    )  # fmt: skip
    return [*rows, agreement]


def _same(ours: peers.Peers, brute: list[Any]) -> bool:
    expected = [(one.pid, one.distance) for one in brute if one.distance <= FARTHEST_M]
    return [(one.pid, one.distance) for one in ours.peers] == expected


def every_parcel(connection: Connection, season: Season, pid: str) -> list[Any]:
    """Distance of each parcel of the crop, without any index."""
    return connection.execute(
        "select other.pid, round(st_distance(other.geom, own.geom) * 1000) / 1000 as distance"
        " from parcel as own join parcel as other"
        "   on other.season = own.season and other.crop = own.crop and other.pid <> own.pid"
        " where own.season = %s and own.pid = %s order by distance, other.pid limit 100",
        (season.id, pid),
    ).fetchall()


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and the result."""
    started = time.perf_counter()
    found = work()
    return (time.perf_counter() - started) * 1000, found
