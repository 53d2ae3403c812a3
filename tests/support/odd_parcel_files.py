"""Small parcel files with what libraries do not write: odd dbf tables, changed GeoPackages."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path

import geopandas
import shapely

Field = tuple[str, str, int, int]


def squares(count: int) -> list[shapely.Polygon]:
    """Fields of 100 m in a row near Viborg, in EPSG:25832."""
    return [
        shapely.box(512_000 + 200 * n, 6_243_000, 512_100 + 200 * n, 6_243_100)
        for n in range(count)
    ]


def write_shapefile(
    path: Path, fields: Sequence[Field], rows: Sequence[Sequence[bytes]], *, language: int = 0
) -> Path:
    """A shapefile of squares whose dbf table has just these bytes, and no ``.cpg``.

    :param fields: name, type (C, N, D), width and decimals.
    :param language: the dbf's byte for its code page; 0 declares none.
    """
    frame = geopandas.GeoDataFrame({"x": [0] * len(rows)}, geometry=squares(len(rows)), crs=25832)
    frame.to_file(path)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    head = 32 + 32 * len(fields) + 1
    width = 1 + sum(field[2] for field in fields)
    table = struct.pack("<BBBBIHH", 3, 118, 1, 1, len(rows), head, width)
    table += b"\0" * 17 + bytes([language]) + b"\0\0"
    for name, kind, size, decimals in fields:
        table += name.encode("cp1252").ljust(11, b"\0") + kind.encode() + b"\0" * 4
        table += bytes([size, decimals]) + b"\0" * 14
    table += b"\r"
    for row in rows:
        table += b" "
        for value, (_, kind, size, _) in zip(row, fields, strict=True):
            table += value.rjust(size) if kind == "N" else value.ljust(size)
    path.with_suffix(".dbf").write_bytes(table + b"\x1a")
    return path


def change_geopackage(path: Path, types: dict[str, str], *statements: str) -> Path:
    """Declare columns of a GeoPackage's only layer anew, then change its content.

    :param types: declared type by column.
    :param statements: SQL on the table ``parcels``.
    """
    with sqlite3.connect(path) as database:
        for (name,) in database.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            database.execute(f'drop trigger "{name}"')
        (table,) = database.execute(
            "select sql from sqlite_master where name = 'parcels'"
        ).fetchone()
        for column, kind in types.items():
            start = table.index(f'"{column}" ')
            end = min(i for i in (table.find(",", start), len(table) - 1) if i > 0)
            table = f'{table[:start]}"{column}" {kind}{table[end:]}'
        database.execute("pragma writable_schema = 1")
        database.execute("update sqlite_master set sql = ? where name = 'parcels'", (table,))
    database.close()
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path
