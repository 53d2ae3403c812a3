"""Parcels in another CRS."""

import numpy as np
import pytest
import shapely
from rasterio.crs import CRS

from dias_cbm.extraction.projection import densify, project
from dias_cbm.geometry import flatten

SQUARE = shapely.box(500_000, 6_200_000, 500_100, 6_200_100)


@pytest.mark.parametrize("target", [25832, "EPSG:25832", CRS.from_epsg(25832)])
def test_the_same_crs_changes_nothing(target: object) -> None:
    rings = flatten([SQUARE])
    assert project(rings, 25832, target) is rings


def test_the_same_crs_without_a_code_changes_nothing() -> None:
    """ENVI headers and some GeoTIFFs spell the CRS out."""
    wkt = CRS.from_epsg(32632).to_wkt(version="WKT1_ESRI")
    rings = flatten([SQUARE])
    moved = project(rings, 32632, wkt)
    np.testing.assert_allclose(moved.coordinates, rings.coordinates, rtol=0, atol=1e-6)


def test_there_and_back() -> None:
    rings = flatten([SQUARE])
    there = project(rings, 25832, 4326)
    # Zone 32 measures 500 km from the meridian 9 degrees east.
    assert there.coordinates[:, 0].min() == pytest.approx(9.0, abs=1e-9)
    assert there.coordinates[:, 1] == pytest.approx(55.95, abs=0.01)
    back = project(there, 4326, 25832)
    np.testing.assert_allclose(back.coordinates, rings.coordinates, rtol=0, atol=1e-6)


def test_long_edges_are_cut_into_equal_pieces_and_short_ones_kept() -> None:
    shell = [(0, 0), (10, 0), (10, 3), (0, 3)]
    hole = [(1, 1), (2, 1), (2, 2), (1, 2)]
    other = shapely.box(100, 100, 101, 108)
    rings = densify(flatten([shapely.Polygon(shell, [hole]), other]), 4.0)
    parts = np.split(rings.coordinates, rings.ring_offsets[1:-1])
    assert [len(part) for part in parts] == [9, 5, 7]
    assert all((part[0] == part[-1]).all() for part in parts)
    steps = np.concatenate([np.hypot(*np.diff(part, axis=0).T) for part in parts])
    assert steps.max() <= 4.0
    areas = [shapely.Polygon(part).area for part in parts]
    assert areas == pytest.approx([30, 1, 8])
    assert rings.parcel_ring_offsets.tolist() == [0, 2, 3]


def test_a_long_edge_follows_the_curve_of_the_other_projection() -> None:
    """A straight line of 60 km in zone 32 is bent by metres in zone 33."""
    long = shapely.box(500_000, 6_200_000, 560_000, 6_200_100)
    dense = project(flatten([long]), 25832, 25833)
    assert len(dense.coordinates) > 120
    middle = shapely.box(529_900, 6_200_000, 530_000, 6_200_100)
    corner = project(flatten([middle]), 25832, 25833).coordinates[0]
    to_dense = shapely.distance(shapely.Point(corner), shapely.LineString(dense.coordinates))
    assert to_dense < 0.1


def test_no_parcels() -> None:
    assert len(project(flatten([]), 25832, 4326).coordinates) == 0
