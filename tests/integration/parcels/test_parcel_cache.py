"""Parcels kept as files: read once per load, never those of another load."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from loaded_parcels import Write, load_it, square
from shapely import Polygon

from dias_cbm import parcel_cache, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.parcel_arrays import TileParcels, coordinates

TILE = "32VNH"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "products"))
    return tmp_path / "products"


def same(a: TileParcels, b: TileParcels) -> bool:
    return all(np.array_equal(getattr(a, f.name), getattr(b, f.name)) for f in fields(TileParcels))


def shapes(size: float = 100) -> list[Polygon]:
    return [
        square(0, 0, size),
        square(300, 0, size).difference(square(320, 20, 30)),
        square(5, 900),
    ]


def test_they_are_those_of_the_database_and_read_from_it_once(
    connection: Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_it(connection, write(shapes()))
    season = seasons.get(connection, "dk-2018").id
    for margin in (0.0, 10.0):
        expected = coordinates(connection, season, TILE, inner_buffer_m=margin)
        first = parcel_cache.tile_parcels(connection, season, TILE, inner_buffer_m=margin)
        assert same(first, expected)
        with monkeypatch.context() as patch:
            patch.setattr(parcel_cache, "coordinates", lambda *_, **__: pytest.fail("read again"))
            again = parcel_cache.tile_parcels(connection, season, TILE, inner_buffer_m=margin)
        assert same(again, expected)
        assert all(type(pid) is str for pid in again.pid)


def test_a_tile_without_parcels_is_kept_as_well(connection: Connection, write: Write) -> None:
    load_it(connection, write(shapes()))
    season = seasons.get(connection, "dk-2018").id
    for _ in range(2):
        assert parcel_cache.tile_parcels(connection, season, "31UFT").pid == []


def test_parcels_that_replace_others_are_seen(connection: Connection, write: Write) -> None:
    load_it(connection, write(shapes()))
    season = seasons.get(connection, "dk-2018").id
    before = parcel_cache.tile_parcels(connection, season, TILE)
    load_it(connection, write(shapes(80)), replace=True)
    after = parcel_cache.tile_parcels(connection, season, TILE)
    assert not same(before, after)
    assert same(after, coordinates(connection, season, TILE))


@pytest.mark.parametrize("harm", ["cut", "empty", "gone", "no room", "no folder"])
def test_what_is_wrong_with_the_files_harms_nothing(
    connection: Connection,
    write: Write,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: str,
) -> None:
    load_it(connection, write(shapes()))
    season = seasons.get(connection, "dk-2018").id
    expected = coordinates(connection, season, TILE)
    if harm == "no folder":
        folder.write_text("a file")
    elif harm == "no room":
        monkeypatch.setattr("dias_cbm.storage.cache._FREE_BYTES", 1 << 60)
    else:
        parcel_cache.tile_parcels(connection, season, TILE)
        (file,) = folder.glob("*/parcels/coordinates.npy")
        content = file.read_bytes()
        file.unlink()
        if harm != "gone":
            file.write_bytes(content[:-8] if harm == "cut" else b"")
    assert same(parcel_cache.tile_parcels(connection, season, TILE), expected)
    assert same(parcel_cache.tile_parcels(connection, season, TILE), expected)


def test_parcels_that_no_load_brought_are_not_kept(
    connection: Connection, write: Write, folder: Path
) -> None:
    load_it(connection, write(shapes()))
    season = seasons.get(connection, "dk-2018").id
    connection.execute("delete from parcel_load")
    assert len(parcel_cache.tile_parcels(connection, season, TILE).pid) == 3
    assert not folder.exists()
