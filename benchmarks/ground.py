"""Set-up of the benchmarks: a scratch database, plain settings, a season and its scenes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import shapely
from psycopg import sql
from shapely import MultiPolygon

from benchmarks.bench import Bench
from benchmarks.generator import SRID, Work
from dias_cbm import ledger, seasons
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.geometry import transform
from dias_cbm.ledger import Unit
from dias_cbm.parcels.load import load
from dias_cbm.precision import Precision
from dias_cbm.scenes import Kind, Scene, Status
from dias_cbm.seasons import Season

#: Coherence products come as one GeoTIFF with two bands, which is what the generator makes.
KIND = Kind.CARD_COH6
CARD = "c6"
_SCRATCH = "cbm_bench_"
_UNUSED = """
select datname from pg_database
where datname like %(names)s and datname not in (
    select datname from pg_stat_activity where datname is not null
)
"""


def plain_settings(url: str, store: Path) -> None:
    """Isolate the measurement from settings of the caller's shell or working directory.

    :param url: of the database to work in.
    :param store: the folder that stands for the platform's store.
    """
    for name in [name for name in os.environ if name.startswith("CBM_")]:
        del os.environ[name]
    os.environ["CBM_CONFIG"] = os.devnull
    os.environ["CBM_DATABASE_URL"] = url
    os.environ["CBM_STORE_CACHE_FOLDER"] = str(store.parent / "products")
    os.environ["CBM_PLATFORMS_LOCAL_STORE"] = f"files:{store}"


@contextmanager
def scratch_database(
    admin_url: str, name: str | None = None, *, keep: bool = False
) -> Iterator[str]:
    """The URL of a new migrated database, which is dropped at the end.

    :param admin_url: a database of a cluster where databases may be made.
    :param name: an existing one of this name is replaced; by default it is named after the process.
    :param keep: do not drop it.
    """
    name = name or f"{_SCRATCH}{os.getpid()}"
    url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(admin_url, autocommit=True) as server:
        _drop_abandoned(server)
        server.execute(drop)
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        with connect(url) as connection:
            migrate(connection)
        yield url
    finally:
        if not keep:
            with psycopg.connect(admin_url, autocommit=True) as server:
                server.execute(drop)


def _drop_abandoned(server: psycopg.Connection[Any]) -> None:
    """Drop the scratch databases of processes that were killed: a country's takes 12 GB."""
    for (name,) in server.execute(_UNUSED, {"names": f"{_SCRATCH}%"}).fetchall():
        process = name.removeprefix(_SCRATCH)
        if process.isdecimal() and not Path("/proc", process).exists():
            # Whoever connects to it now keeps it, and another benchmark may have dropped it by now.
            with suppress(psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName):
                server.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


@contextmanager
def kept_or_scratch(admin_url: str, name: str | None) -> Iterator[str]:
    """The URL of a database that is kept, made if it is not there; without a name, a scratch one.

    :param admin_url: a database of a cluster where databases may be made.
    """
    if name is None:
        with scratch_database(admin_url) as url:
            yield url
        return
    url = urlunsplit(urlsplit(admin_url)._replace(path=f"/{name}"))
    with psycopg.connect(admin_url, autocommit=True) as server:
        there = server.execute("select from pg_database where datname = %s", (name,)).fetchone()
        if there is None:
            server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with connect(url) as connection:
        migrate(connection)
    yield url


@contextmanager
def scratch(bench: Bench, work: Work) -> Iterator[Connection]:
    """A connection to a scratch database, with a case's folder as the store."""
    with scratch_database(bench.admin_url) as url:
        plain_settings(url, work.folder)
        with connect(url, application="benchmark") as connection:
            yield connection


def footprint(work: Work) -> MultiPolygon:
    """The ground that the scenes of a case cover, in EPSG:4326."""
    box = shapely.segmentize(shapely.box(*work.case.bounds).buffer(500, join_style="mitre"), 10_000)
    return MultiPolygon([shapely.transform(box, lambda xy: transform(xy, SRID, 4326))])


def open_season(
    connection: Connection,
    work: Work,
    name: str,
    starts: date,
    ends: date,
    precision: Precision = Precision.FULL,
) -> Season:
    """A season with the parcels of a case, loaded as an operator loads them; commits."""
    seasons.create(connection, name, footprint(work), SRID, starts, ends, precision=precision)
    load(connection, work.parcels, name, id_column="pid", crop_column="crop")
    connection.commit()
    return seasons.get(connection, name)


def add_scenes(
    connection: Connection,
    work: Work,
    locations: Sequence[str],
    times: Sequence[datetime],
    *,
    directions: str = "AADD",
    kind: Kind = KIND,
) -> list[list[Unit]]:
    """Enter scenes into the ledger, ready to extract, and plan them; commits.

    :param locations: of each scene in the store.
    :param times: of each scene, aware UTC.
    :param directions: orbit directions in turn; if empty, scenes have none.
    :param kind: of all of them.
    :returns: the units of each scene.
    """
    area = footprint(work)
    first = _scenes_known(connection)
    planned = []
    for number, (location, start) in enumerate(zip(locations, times, strict=True), start=first):
        name = f"scene-{number:04d}"
        scene = Scene(
            platform="local",
            product_id=name,
            name=name,
            kind=kind,
            satellite="S1A" if number % 2 else "S1B",
            start=start,
            end=start + timedelta(seconds=25),
            published=start + timedelta(hours=6),
            footprint=area,
            direction=directions[number % len(directions)] if directions else None,
            location=location,
            online=True,
        )
        (obsid,) = ledger.upsert(connection, [scene]).new
        ledger.change(connection, obsid, expected=Status.INGESTED, to=Status.READY)
        planned.append(ledger.plan_extractions(connection, obsid))
    connection.commit()
    return planned


def spread(day: date, scenes: int, days: int) -> list[datetime]:
    """Times of scenes, spread evenly over some days, at dawn or dusk."""
    start = midnight(day)
    return [
        start + timedelta(days=number * days // scenes, hours=5 if number % 2 else 17)
        for number in range(scenes)
    ]


def location(work: Work, scene: Path) -> str:
    """Location in the store of a raster of a case, if the store's root is the case's folder."""
    return f"/eodata/{scene.relative_to(work.folder)}"


def _scenes_known(connection: Connection) -> int:
    row = connection.execute("select count(*) as scenes from dias_catalogue").fetchone()
    return 0 if row is None else int(row.scenes)
