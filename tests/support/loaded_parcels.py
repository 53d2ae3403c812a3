"""Parcels of a few squares, and files of them loaded into a season."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import shapely
from shapely import MultiPolygon

from dias_cbm.db.connection import Connection
from dias_cbm.parcels.load import load
from dias_cbm.parcels.report import LoadReport

Write = Callable[..., Path]
AREA = MultiPolygon([shapely.box(9, 56, 10, 57)])


def square(x: float, y: float, size: float = 100.0) -> shapely.Polygon:
    west, south = 512_000 + x, 6_243_000 + y
    return shapely.box(west, south, west + size, south + size)


def load_it(
    connection: Connection, path: Path, name: str = "dk-2018", **options: object
) -> LoadReport:
    columns = {"id_column": "pid", "crop_column": "crop", "max_rejected": 100.0}
    return load(connection, path, name, **columns | options)  # type: ignore[arg-type]


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) as n from {table}").fetchone()
    assert row is not None
    return int(row.n)


MIXED = [
    square(0, 0),
    square(200, 0),
    shapely.from_wkt(
        "POLYGON((512400 6243000,512500 6243100,512500 6243000,512400 6243100,512400 6243000))"
    ),
    None,
    shapely.Polygon(),
    shapely.Point(512_000, 6_243_000),
    square(600, 0, 5),
    square(200, 0),
    square(800, 0),
    square(1000, 0),
    square(90_000, 0),
    shapely.force_3d(square(1200, 0), 7.5),
]
PIDS = ["a", "b", "c", "d", "e", "f", "g", "b", "b", None, "h", "i"]
