"""The window on a country's season of 560,000 parcels: what its pages take, alone and in a crowd.

The season is made from seeds in a scratch database: 244 radar passes and 40 optical ones of six
bands. The window is served by a process of its own, as ``cbm window serve`` does.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import (
    ground,
    window_crowd,
    window_curves,
    window_images,
    window_season,
    window_visitor,
    window_weight,
)
from benchmarks.bench import Bench
from benchmarks.report import Row, Table
from benchmarks.window_curves import Took
from benchmarks.window_season import Filled
from benchmarks.window_visitor import Asked, Reply, Visitor
from benchmarks.window_visits import Places, Visits
from dias_cbm.db.connection import Connection, connect

#: Milliseconds at 95 %: what must be kept, and what is aimed at.
_SEASON, _TILE, _CELLS, _PARCEL = (1000, 400), (150, 50), (100, 50), (300, 120)
_CHIP, _CHIP_AGAIN, _WORK = (800, 300), (30, None), (150, 30)
_CURVES_S, _FIRST_LOAD_KB = (240, 120), (600, 300)
_MUST = {"season": _SEASON, "parcel": _PARCEL, "work": _WORK, "tile": _TILE, "chip": _CHIP}
_ASKED, _QUICK_ASKED = 150, 10
#: The passes of a season are kept for 15 seconds.
_FORGOTTEN_S, _COLD = 15.5, 5
_CROWD_S, _QUICK_CROWD_S = 300.0, 5.0


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Milliseconds of pages, tiles, chips and lists; typical curves; a crowd; the first load."""
    parcels = bench.parcels or (
        window_season.QUICK_PARCELS if bench.quick else window_season.PARCELS
    )
    gigabytes = 1 + parcels * 30e-6
    _say(f"a season of {parcels:,} parcels: {gigabytes:.0f} GB of disk until it ends")
    bench.cache.mkdir(parents=True, exist_ok=True)
    # The project's own cluster lies on the same disk.
    free = shutil.disk_usage(bench.cache).free / 1e9
    if free < gigabytes:
        sys.exit(f"window: only {free:.0f} GB are free; make it smaller by --parcels")
    with (
        ground.scratch_database(bench.admin_url) as url,
        TemporaryDirectory(prefix="cbm-bench-chips-") as chips,
    ):
        ground.plain_settings(url, bench.cache)
        os.environ["CBM_CHIPS_CACHE_FOLDER"] = chips
        with connect(url) as connection:
            rows = list(_measured(bench, connection, url, parcels))
    return rows, []


def _measured(bench: Bench, connection: Connection, url: str, parcels: int) -> Iterator[Row]:
    """Everything, on a database that is empty."""
    with _told("season made"):
        filled = window_season.fill(connection, url, parcels)
    with _told("products made"):
        images = window_images.make(connection, filled.season, bench.cache, quick=bench.quick)
    with _told("typical curves made"):
        yield _curves_row(window_curves.make(connection, filled), parcels)
    places = _places(connection, filled, images)
    with window_visitor.served() as address:
        yield from _alone(bench, address, places)
        with _told("crowd"):
            yield from _crowd(bench, connection, address, places)


def _alone(bench: Bench, address: str, places: Places) -> Iterator[Row]:
    """What one visitor meets."""
    visitor, visits = Visitor(address), Visits(places, random.Random(1))
    number = _QUICK_ASKED if bench.quick else _ASKED
    with _told("season page"):
        yield from _season_rows(visitor, visits, 1 if bench.quick else _COLD, number)
    with _told("map"):
        yield from _map_rows(visitor, visits, number)
    with _told("parcel page"):
        yield from _parcel_rows(visitor, visits, number)
    with _told("chips"):
        yield from _chip_rows(visitor, visits, number)
    with _told("work list"):
        yield from _work_rows(visitor, visits, number)
    for page, (sent, files) in window_weight.weights(visitor).items():
        note = f"{files} files as they were sent, without data"
        what = f"first load of the page {page}"
        yield _row(f"weight_{page}", what, sent / 1000, "kB", _FIRST_LOAD_KB, note)
    visitor.close()


def _season_rows(visitor: Visitor, visits: Visits, cold: int, number: int) -> Iterator[Row]:
    first = visitor.page(*visits.season())
    yield _row(
        "season_first", "season page, the first one after a start", first, "ms", (None, None), ""
    )
    took = []
    for _ in range(cold):
        if cold > 1:
            time.sleep(_FORGOTTEN_S)
        took.append(visitor.page(*visits.season()))
    what = "season page with summary and calendar, passes judged anew"
    yield _percentiles("season_cold", what, _SEASON, took)
    took = [visitor.page(*visits.season()) for _ in range(number // 5)]
    yield _percentiles("season_warm", "the same, passes known", _SEASON, took)


def _map_rows(visitor: Visitor, visits: Visits, number: int) -> Iterator[Row]:
    about = visitor.ask(Asked(f"/api/v1/seasons/{window_season.NAME}/map"))
    coloured = visitor.ask(visits.tile(8))
    note = f"{visits.places.parcels:,} parcels read into memory, and their verdicts"
    took = about.milliseconds + coloured.milliseconds
    yield _row("map_first", "first map of a season after a start", took, "ms", (None, None), note)
    cells = range(5, 11)
    for name, zooms, colour, must in (
        ("map_z14", [14], "verdict", _TILE),
        ("map_z13", [13], "verdict", _TILE),
        ("map_z12", [12], "verdict", _TILE),
        ("map_z11", [11], "verdict", _TILE),
        ("map_cells", cells, "verdict", _CELLS),
        ("map_cells_crop", cells, "crop", _CELLS),
        ("map_cells_gaps", cells, "gaps", _CELLS),
    ):
        visitor.ask(visits.tile(zooms[0], colour))
        replies = visitor.each(
            visits.tile(visits.chance.choice(zooms), colour) for _ in range(number)
        )
        levels = f"zoom {zooms[0]}" + (f" to {zooms[-1]}" if len(zooms) > 1 else "")
        yield _of_replies(name, f"tile of {levels} by {colour}", must, replies)
    replies = visitor.each(visits.view() for _ in range(number))
    yield _of_replies("map_list", "list of what is in view of the map", _TILE, replies)


def _parcel_rows(visitor: Visitor, visits: Visits, number: int) -> Iterator[Row]:
    visitor.page(*visits.parcel())
    took = [visitor.page(*visits.parcel()) for _ in range(number)]
    what = "parcel page without chips, a random parcel: until its last answer"
    yield _percentiles("parcel_page", what, _PARCEL, took)
    for asked in [one for some in visits.parcel() for one in some]:
        name = asked.path.rpartition("/")[2]
        if not name.isdecimal():
            replies = visitor.each(
                _other(visits, name) for _ in range(max(number // 5, 5))
            )  # fmt: skip
            yield _of_replies(f"parcel_{name}", f"of it: {name}, alone", (None, None), replies)
    replies = visitor.each(visits.peers() for _ in range(number // 5))
    yield _of_replies("parcel_peers", "peers within 5 km, on request", (None, None), replies)


def _other(visits: Visits, name: str) -> Asked:
    """One of a parcel's requests, of another parcel."""
    found = [one for some in visits.parcel() for one in some]
    return next(one for one in found if one.path.endswith(f"/{name}"))


def _chip_rows(visitor: Visitor, visits: Visits, number: int) -> Iterator[Row]:
    replies = visitor.each(visits.chip_list() for _ in range(number // 5))
    yield _of_replies("chip_list", "dates of a parcel's chips", _PARCEL, replies)
    asked = [visits.chip() for _ in range(number)]
    first = visitor.each(asked)
    what = "chip of three bands from JPEG 2000, cut for the first time"
    yield _of_replies("chip_first", what, _CHIP, first)
    yield _of_replies("chip_again", "the same chips again", _CHIP_AGAIN, visitor.each(asked))
    known = [
        Asked(one.path, one.query, {"If-None-Match": reply.headers["etag"]})
        for one, reply in zip(asked, first, strict=True)
    ]
    what = "the same by a browser that has them"
    yield _of_replies("chip_known", what, _CHIP_AGAIN, visitor.each(known))


def _work_rows(visitor: Visitor, visits: Visits, number: int) -> Iterator[Row]:
    replies = [reply for _ in range(number // 3) for reply in islice(_walk(visitor, visits), 3)]
    yield _of_replies("work_page", "page of the work list, any filter and order", _WORK, replies)
    deep = list(islice(_walk(visitor, visits, {"limit": 1000}), 1 if number < _ASKED else 50))
    yield _of_replies("work_deep", "pages of 1,000, one after another", (None, None), deep)
    last = _next(deep[-1])
    far = [visits.work({} if last is None else {"after": last}) for _ in range(number // 5)]
    what = f"page behind {len(deep) * 1000:,} others"
    yield _of_replies("work_far", what, _WORK, visitor.each(far))


def _walk(visitor: Visitor, visits: Visits, query: dict[str, Any] | None = None) -> Iterator[Reply]:
    """Pages of a list, one after another, under a random filter unless a query is given."""
    query = visits.list_query() if query is None else query
    after: str | None = ""
    while after is not None:
        reply = visitor.ask(visits.work({**query, "after": after} if after else query))
        yield reply
        after = _next(reply)


def _next(reply: Reply) -> str | None:
    following: str | None = reply.json()["next"]
    return following


def _crowd(bench: Bench, connection: Connection, address: str, places: Places) -> Iterator[Row]:
    seconds = bench.seconds or (_QUICK_CROWD_S if bench.quick else _CROWD_S)
    crowd = window_crowd.run(bench, connection, address, places, seconds)
    beside = (
        f"{window_crowd.INSPECTORS} inspectors for {seconds:.0f} s; {crowd.records:,} records were"
        " extracted beside them"
    )
    for kind, took in sorted(crowd.took.items()):
        must, aim = _MUST.get(kind, (None, None))
        bounds = must and 2 * must, aim and 2 * aim
        what = f"{kind} in a crowd, beside an extraction"
        yield _percentiles(f"crowd_{kind}", what, bounds, took, beside)
    yield _row(
        "crowd_errors", "errors in the crowd", len(crowd.errors), "", (0, 0), beside,
        {"errors": crowd.errors[:20]},
    )  # fmt: skip


def _curves_row(took: Took, parcels: int) -> Row:
    note = (
        f"{took.number:,} curves of {parcels:,} parcels; the run reads its means for other ends in"
        f" {took.reading:.0f} s before"
    )
    what = "typical curves of a season, all bands"
    return _row("curves", what, took.curves, "s", _CURVES_S, note)


def _places(connection: Connection, filled: Filled, images: window_images.Images) -> Places:
    extent = connection.execute(
        "select st_xmin(box) as west, st_ymin(box) as south, st_xmax(box) as east,"
        " st_ymax(box) as north from (select st_extent(extent) as box from parcel_block"
        " where season = %s) as whole",
        (filled.season.id,),
    ).fetchone()
    crops = connection.execute(
        "select distinct crop from parcel where season = %s order by 1", (filled.season.id,)
    )
    tiles = connection.execute(
        "select distinct tile from parcel_block where season = %s order by 1", (filled.season.id,)
    )
    listed = connection.execute(
        "select pid from outlier where run = %s and status = 'outlier' order by rank limit 5000",
        (filled.run,),
    )
    return Places(
        filled.parcels,
        list(extent or ()),
        [row.crop for row in crops],
        [row.tile for row in tiles],
        [row.pid for row in listed],
        images,
    )


def _percentiles(
    name: str,
    what: str,
    bounds: tuple[float | None, float | None],
    took: Sequence[float],
    beside: str = "",
    **details: Any,
) -> Row:
    """A row of the 95 % of some milliseconds."""
    middle, high = (float(one) for one in np.percentile(took, (50, 95)))
    note = f"95 % of {len(took)}; 50 %: {middle:.0f} ms" + (f"; {beside}" if beside else "")
    details |= {"p50": middle, "p95": high, "longest": max(took)}
    return _row(name, what, high, "ms", bounds, note, details)


def _of_replies(
    name: str, what: str, bounds: tuple[float | None, float | None], replies: Iterable[Reply]
) -> Row:
    every = list(replies)
    sizes = np.percentile([one.sent for one in every], (50, 95)) / 1000
    took = [one.milliseconds for one in every]
    beside = f"{sizes[0]:.0f} kB"
    return _percentiles(name, what, bounds, took, beside, kilobytes=sizes.tolist())


def _row(
    name: str,
    what: str,
    value: float,
    unit: str,
    bounds: tuple[float | None, float | None],
    note: str,
    details: dict[str, Any] | None = None,
) -> Row:
    must, aim = bounds
    return Row(name, what, value, unit, must, aim, least=False, note=note, details=details or {})


@contextmanager
def _told(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    _say(f"{what}: {time.monotonic() - started:.0f} s")


def _say(text: str) -> None:
    print(f"window: {text}", file=sys.stderr, flush=True)
