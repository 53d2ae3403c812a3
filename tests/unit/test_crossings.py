"""Outlines that cross themselves: repaired up to a limit, beyond it named and refused."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from card_products import TRANSFORM_10M, write_raster

from dias_cbm.catalogue.raw_entry import footprint_of
from dias_cbm.crossings import MOST_CROSSINGS, crosses_too_often
from dias_cbm.errors import ParcelFileError
from dias_cbm.extraction.table import extract_table
from dias_cbm.geometry import area_of
from dias_cbm.parcels.check import check

WEST, NORTH = 512_000.0, 6_243_000.0


def star(corners: int, radius: float = 50.0, middle: tuple[float, float] = (WEST, NORTH)) -> object:
    """Each side of a star with an odd number of corners crosses all others but its neighbours."""
    turn = np.arange(corners) * 2 * np.pi * (corners // 2) / corners
    return shapely.Polygon(np.column_stack((np.cos(turn), np.sin(turn))) * radius + middle)


def random_outline(corners: int) -> shapely.Polygon:
    return shapely.Polygon(np.random.default_rng(1).random((corners, 2)) * 100 + (WEST, NORTH))


def comb(teeth: int) -> shapely.Polygon:
    """Two saws that cross each other at every tooth."""
    x = np.arange(teeth) * 1.0
    there = np.column_stack((x * 10, np.where(x % 2, 0, 10)))
    back = np.column_stack((x[::-1] * 10 + 5, np.where(x[::-1] % 2, 0, 10)))
    return shapely.Polygon(np.vstack((there, back)) + np.array((WEST, NORTH)))


@pytest.mark.parametrize(
    ("outline", "too_often"),
    [
        (star(101), False),  # 4,949 crossings
        (star(141), False),
        (star(145), True),  # 10,295 crossings
        (star(2001), True),
        (random_outline(2001), True),
        (comb(5000), False),
        (comb(12_000), True),
        (shapely.Polygon(np.repeat(shapely.get_coordinates(star(5)), 20_000, axis=0)), False),
        (shapely.Polygon([(0, 0)] * 4), False),
        (shapely.Point(WEST, NORTH).buffer(100, quad_segs=50_000), False),
        (shapely.MultiPolygon([shapely.box(n, n, n + 50, n + 50) for n in range(50)]), False),
        (shapely.MultiPolygon([shapely.box(0, 0, n, n) for n in range(1, 300)]), True),
    ],
)
def test_crossings_are_counted_up_to_the_limit(outline: shapely.Geometry, too_often: bool) -> None:
    started = process_time()
    assert crosses_too_often(outline) is too_often
    assert process_time() - started < 5


def test_a_tangled_parcel_is_rejected_and_the_others_are_repaired() -> None:
    shapes = [shapely.box(WEST, NORTH, WEST + 50, NORTH + 50), star(2001), star(5)]
    started = process_time()
    features = check(shapely.to_wkb(shapes), pyproj.CRS.from_epsg(25832), 25832)
    assert process_time() - started < 5
    assert features.rejected.tolist() == [None, "tangled", None]
    assert features.detail[1] == f"more than {MOST_CROSSINGS:,} times"
    assert features.repaired.tolist() == [None, None, "Self-intersection"]


def test_extraction_names_a_tangled_parcel(tmp_path: Path) -> None:
    path = tmp_path / "parcels.gpkg"
    shapes = [shapely.box(WEST, NORTH, WEST + 50, NORTH + 50), star(1001)]
    geopandas.GeoDataFrame({"pid": ["a", "b"]}, geometry=shapes, crs=25832).to_file(path)
    grid = TRANSFORM_10M.translation(WEST, NORTH + 100) @ TRANSFORM_10M.scale(10, -10)
    raster = write_raster(tmp_path / "a.tif", np.ones((20, 20), np.float32), grid, 25832)
    with pytest.raises(ParcelFileError, match=r"parcel b \(feature 1\) crosses itself more than"):
        extract_table(path, [raster], id_column="pid")


def test_areas_and_footprints_have_the_same_limit() -> None:
    tangled = star(1001, 0.5, (9.0, 56.0))
    assert footprint_of(tangled) == (None, "footprint crosses itself more than 10,000 times")
    assert footprint_of(star(5, 0.5, (9.0, 56.0)))[0] is not None
    with pytest.raises(ParcelFileError, match="crosses itself more than"):
        area_of(shapely.to_wkt(tangled))
