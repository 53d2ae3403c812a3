"""Flat rings and vector files."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.errors import ParcelFileError, SettingsError
from dias_cbm.geometry import area_of, flatten, parse_crs, read_area, read_vector, shrink, transform

SQUARE = shapely.box(0, 0, 10, 10)
HOLE = SQUARE.difference(shapely.box(4, 4, 6, 6))


def test_rings_of_parcels_without_polygons_are_none() -> None:
    flat = flatten([None, shapely.Polygon(), shapely.Point(1, 1), SQUARE])
    assert flat.parcel_ring_offsets.tolist() == [0, 0, 0, 0, 1]
    assert flat.ring_offsets.tolist() == [0, 5]
    assert flat.vertex_offsets.tolist() == [0, 0, 0, 0, 5]


def test_holes_and_parts_are_rings_of_their_parcel() -> None:
    both = shapely.MultiPolygon([*shapely.get_parts(HOLE), shapely.box(20, 0, 21, 1)])
    flat = flatten([SQUARE, both, HOLE])
    assert flat.parcel_ring_offsets.tolist() == [0, 1, 4, 6]
    assert flat.coordinates.shape == (30, 2)


def test_heights_are_dropped_and_collections_opened() -> None:
    nested = shapely.from_wkt(
        "GEOMETRYCOLLECTION(POINT(5 5), GEOMETRYCOLLECTION(POLYGON Z((0 0 7,1 0 7,1 1 7,0 0 7))))"
    )
    flat = flatten([nested])
    assert flat.coordinates.tolist() == [[0, 0], [1, 0], [1, 1], [0, 0]]


def test_no_parcels_at_all() -> None:
    flat = flatten([])
    assert flat.coordinates.shape == (0, 2)
    assert flat.ring_offsets.tolist() == flat.parcel_ring_offsets.tolist() == [0]


@given(st.lists(st.integers(0, 5), max_size=8))
def test_some_parcels_in_any_order_are_as_if_flattened_alone(chosen: list[int]) -> None:
    hollow = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6)
    parts = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(30, 0, 31, 1)])
    geometries = [hollow, None, parts, shapely.Point(1, 1), shapely.box(0, 0, 1, 1), hollow]
    some = flatten(geometries).take(np.array(chosen, np.int64))
    alone = flatten([geometries[i] for i in chosen])
    for name in ("coordinates", "ring_offsets", "parcel_ring_offsets"):
        np.testing.assert_array_equal(getattr(some, name), getattr(alone, name))


@given(st.lists(st.sampled_from([None, SQUARE, HOLE, shapely.MultiPolygon([SQUARE, HOLE])])))
def test_areas_survive_flattening(geometries: list[shapely.Geometry | None]) -> None:
    flat = flatten(geometries)
    areas = np.zeros(len(geometries))
    for parcel in range(len(geometries)):
        for ring in range(*flat.parcel_ring_offsets[parcel : parcel + 2]):
            x, y = flat.coordinates[slice(*flat.ring_offsets[ring : ring + 2])].T
            areas[parcel] += (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2
    expected = [0.0 if g is None else g.area for g in geometries]
    assert areas.tolist() == pytest.approx(expected)


def test_transform_puts_the_easting_first() -> None:
    # The central meridian of zone 32 lies at 500 km east.
    x, y = transform(np.array([[9.0, 56.0]]), 4326, 25832)[0]
    assert x == pytest.approx(500_000, abs=0.01)
    assert y == pytest.approx(6_206_100, abs=1_000)


def test_a_file_is_read_with_its_feature_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    geopandas.GeoDataFrame({"n": [7, 8]}, geometry=[SQUARE, HOLE], crs=25832).to_file(path)
    frame = read_vector(path, columns=["n"])
    assert frame.crs.to_epsg() == 25832
    assert frame.index.name == "fid"
    assert frame["n"].tolist() == [7, 8]


def test_missing_things_are_named(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    frame = geopandas.GeoDataFrame({"n": [7]}, geometry=[SQUARE], crs=25832)
    frame.to_file(path, layer="first")
    frame.to_file(path, layer="second")
    with pytest.raises(ParcelFileError, match="no such file"):
        read_vector(tmp_path / "absent.gpkg")
    with pytest.raises(ParcelFileError, match=r"has 2 layers.*first.*second"):
        read_vector(path)
    with pytest.raises(ParcelFileError, match=r"no layer 'third'.*first"):
        read_vector(path, "third")
    with pytest.raises(ParcelFileError, match=r"no column 'm'.*columns: n"):
        read_vector(path, "first", columns=["m"])


def test_a_file_that_is_no_vector_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_text("not a geopackage")
    with pytest.raises(ParcelFileError, match="not a vector file"):
        read_vector(path)


def test_a_crs_is_never_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    with pytest.warns(UserWarning, match="crs"):
        geopandas.GeoDataFrame({"n": [7]}, geometry=[SQUARE]).to_file(path)
    with pytest.raises(ParcelFileError, match=r"has no CRS.*--crs"):
        read_vector(path)
    assert read_vector(path, crs="EPSG:25832").crs.to_epsg() == 25832
    with pytest.raises(ParcelFileError, match="unknown CRS"):
        parse_crs("EPSG:0")


def test_an_area_has_finite_coordinates() -> None:
    with pytest.raises(ParcelFileError, match="not a finite number"):
        area_of("POLYGON ((inf inf, 2 2, 3 3, inf inf))")


def test_an_area_is_merged_and_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    halves = [shapely.box(9, 55, 10, 56), shapely.box(10, 55, 11, 56)]
    geopandas.GeoDataFrame(geometry=halves, crs=4326).to_file(path)
    area = read_area(path)
    assert area.geom_type == "MultiPolygon"
    assert area.equals(shapely.box(9, 55, 11, 56))
    geopandas.GeoDataFrame(geometry=[shapely.Point(9, 55)], crs=4326).to_file(path)
    with pytest.raises(ParcelFileError, match="holds no polygon"):
        read_area(path)


def test_shrinking_moves_outlines_and_holes() -> None:
    holed = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    shrunk, vanished = shrink(np.array([holed, None], dtype=object), 10, 25832)
    assert shrunk[0].bounds == (10, 10, 90, 90)
    # The hole grows by 10 m, its corners round (and as polygons of 32 edges a little smaller).
    hole = 20 * 20 + 4 * 20 * 10 + np.pi * 10**2
    assert shrunk[0].area == pytest.approx(80 * 80 - hole, rel=1e-3)
    assert shrunk[1] is None
    assert vanished.tolist() == [False, False]


def test_what_vanishes_keeps_its_place_but_no_area() -> None:
    strip = shapely.box(500, 0, 519, 300)
    parts = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(20, 0, 60, 40)])
    shrunk, vanished = shrink(np.array([strip, parts, shapely.Polygon()]), 10, 25832)
    assert vanished.tolist() == [True, False, False]
    assert shrunk[0].area == 0
    assert shapely.box(500, 0, 519, 300).contains(shapely.Point(shrunk[0].exterior.coords[0]))
    assert shrunk[1].equals(shapely.box(30, 10, 50, 30))
    assert shrunk[2].is_empty


def test_a_margin_is_in_metres_whatever_the_crs_measures() -> None:
    """EPSG:2263 measures in US survey feet."""
    (shrunk,), _ = shrink(np.array([shapely.box(0, 0, 1000, 1000)]), 10, 2263)
    assert shrunk.bounds[0] == pytest.approx(10 * 3937 / 1200, rel=1e-9)


def test_a_margin_of_degrees_is_refused() -> None:
    with pytest.raises(SettingsError, match="projected CRS"):
        shrink(np.array([shapely.box(9, 55, 10, 56)]), 10, 4326)


def test_shells_and_holes_run_in_opposite_directions() -> None:
    hole = [(1, 1), (1, 2), (2, 2), (2, 1)]
    for ring in (hole, hole[::-1]):
        for shell in (shapely.box(0, 0, 3, 3), shapely.box(0, 0, 3, 3).reverse()):
            rings = flatten([shapely.Polygon(shell.exterior.coords, [ring])])
            parts = np.split(rings.coordinates, rings.ring_offsets[1:-1])
            assert [shapely.LinearRing(part).is_ccw for part in parts] == [True, False]


def test_an_area_is_a_file_or_wkt(tmp_path: Path) -> None:
    path = tmp_path / "area.geojson"
    path.write_text(shapely.to_geojson(shapely.box(9, 55, 10, 56)))
    assert area_of(str(path)).bounds == (9, 55, 10, 56)
    text = "geometrycollection (point (1 2), polygon z ((9 55 1, 10 55 1, 10 56 1, 9 55 1)))"
    area = area_of(text)
    assert (area.bounds, area.has_z) == ((9, 55, 10, 56), False)
    with pytest.raises(ParcelFileError, match="is not WKT"):
        area_of("POLYGON ((9 55")
    with pytest.raises(ParcelFileError, match="no such file"):
        area_of("POLYGONS")
