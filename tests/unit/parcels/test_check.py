"""Validation of parcel geometries: every feature is a parcel or has a reason not to be."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.parcels.check import Features, areas_m2, check
from dias_cbm.parcels.report import Rejection

UTM = pyproj.CRS.from_epsg(25832)
X, Y = 512_000, 6_243_000


def at_home(wkt: str) -> shapely.Geometry:
    """A geometry written near the origin, moved to Jutland."""
    return shapely.transform(
        shapely.from_wkt(wkt), lambda xyz: xyz + np.array([X, Y, 0])[: xyz.shape[1]], include_z=None
    )


def checked(*geometries: shapely.Geometry | bytes | None, **options: object) -> Features:
    wkb = np.array(
        [g if g is None or isinstance(g, bytes) else shapely.to_wkb(g) for g in geometries],
        dtype=object,
    )
    return check(wkb, UTM, 25832, **options)  # type: ignore[arg-type]


SQUARE = at_home("POLYGON((0 0,100 0,100 100,0 100,0 0))")


def test_a_good_polygon_stays_as_it_is() -> None:
    features = checked(SQUARE)
    assert features.rejected[0] is None
    assert features.repaired[0] is None
    assert features.geometry[0].geom_type == "MultiPolygon"
    assert features.geometry[0].equals_exact(shapely.MultiPolygon([SQUARE]), 0)
    assert features.area_m2.tolist() == [10_000]
    assert features.area_change_m2.tolist() == [0]


@pytest.mark.parametrize(
    ("geometry", "reason", "detail"),
    [
        (None, Rejection.NULL_GEOMETRY, None),
        (b"\x01\x03\x00", Rejection.UNREADABLE_GEOMETRY, None),
        (shapely.Polygon(), Rejection.EMPTY_GEOMETRY, None),
        (shapely.from_wkt("GEOMETRYCOLLECTION(POLYGON EMPTY)"), Rejection.EMPTY_GEOMETRY, None),
        (at_home("POINT(1 1)"), Rejection.NOT_A_POLYGON, "Point"),
        (at_home("LINESTRING(0 0,9 9)"), Rejection.NOT_A_POLYGON, "LineString"),
        (at_home("POLYGON((0 0,9 0,0 0,0 0))"), Rejection.NO_AREA, "Too few points"),
        (at_home("POLYGON((0 0,9 0,4 0,0 0))"), Rejection.NO_AREA, None),
        (shapely.box(0, 0, 1e9, 1e9), Rejection.INVALID_COORDINATES, "outside all UTM zones"),
        (
            shapely.box(5e5, 9.6e6, 5.1e5, 9.7e6),
            Rejection.INVALID_COORDINATES,
            "outside all UTM zones",
        ),
    ],
)
def test_what_cannot_be_a_parcel_has_its_reason(
    geometry: shapely.Geometry | bytes | None, reason: Rejection, detail: str | None
) -> None:
    features = checked(SQUARE, geometry, SQUARE)
    assert features.rejected.tolist() == [None, reason, None]
    assert features.geometry[1] is None
    assert features.repaired[1] is None
    assert features.area_m2.tolist() == [10_000, 0, 10_000]
    if detail is not None:
        assert features.detail[1].startswith(detail)


def test_coordinates_that_are_no_number() -> None:
    broken = bytearray(shapely.to_wkb(SQUARE))
    broken[29:37] = np.float64(np.nan).tobytes()  # x of the second vertex
    assert checked(bytes(broken)).rejected[0] == Rejection.INVALID_COORDINATES


def test_a_bow_tie_keeps_both_its_lobes() -> None:
    features = checked(at_home("POLYGON((0 0,100 100,100 0,0 100,0 0))"))
    assert features.rejected[0] is None
    assert features.repaired[0] == "Self-intersection"
    assert features.area_m2[0] == pytest.approx(5_000)
    # Its lobes turn in opposite senses, so that its own area is nought.
    assert features.area_change_m2[0] == pytest.approx(5_000)


def test_an_overlapping_ring_is_counted_once() -> None:
    features = checked(
        at_home("MULTIPOLYGON(((0 0,100 0,100 100,0 100,0 0)),((50 0,150 0,150 100,50 100,50 0)))")
    )
    assert features.area_m2[0] == pytest.approx(15_000)
    assert features.area_change_m2[0] == pytest.approx(-5_000)


def test_points_and_lines_of_a_collection_are_dropped_and_counted() -> None:
    features = checked(
        at_home(
            "GEOMETRYCOLLECTION(POINT(1 1), MULTIPOINT(1 1, 2 2), LINESTRING(0 0, 5 5),"
            " GEOMETRYCOLLECTION(POLYGON((0 0,100 0,100 100,0 100,0 0))))"
        )
    )
    assert features.rejected[0] is None
    assert features.parts_dropped.tolist() == [4]
    assert features.area_m2.tolist() == [10_000]


def test_heights_are_dropped_and_counted() -> None:
    features = checked(at_home("POLYGON Z((0 0 3,100 0 3,100 100 3,0 0 3))"), SQUARE)
    assert features.z.tolist() == [True, False]
    assert not shapely.has_z(features.geometry[0])


def test_outside_the_area_is_what_does_not_touch_it() -> None:
    area = shapely.box(X, Y, X + 10, Y + 10)
    across = at_home("POLYGON((5 5,50 5,50 50,5 5))")
    beside = at_home("POLYGON((11 11,50 11,50 50,11 11))")
    assert checked(across, beside, area=area).rejected.tolist() == [None, Rejection.OUTSIDE_AREA]


def test_conversion_keeps_the_place_and_measures_in_metres() -> None:
    wkb = np.array([shapely.to_wkb(SQUARE)], dtype=object)
    features = check(wkb, UTM, 4326)
    west, south, east, north = features.geometry[0].bounds
    assert (west, south) == pytest.approx((9.193, 56.33), abs=0.01)
    assert east - west < 0.01
    assert north - south < 0.01
    # On the ellipsoid; zone 32 shrinks by 0.9996 on its central meridian.
    assert features.area_m2[0] == pytest.approx(10_000 / 0.9996**2, rel=1e-4)


@pytest.mark.parametrize("srid", [4326, 3857, 2263])
def test_areas_are_square_metres_in_any_crs(srid: int) -> None:
    """Degrees, Mercator and feet, against pyproj's geodesic area."""
    degrees = shapely.box(-74.0, 40.70, -73.99, 40.71)
    expected, _ = pyproj.Geod(ellps="WGS84").geometry_area_perimeter(degrees)
    to_crs = pyproj.Transformer.from_crs(4326, srid, always_xy=True)
    there = shapely.transform(degrees, lambda xy: np.column_stack(to_crs.transform(*xy.T)))
    assert areas_m2(np.array([there]), srid)[0] == pytest.approx(expected, rel=1e-3)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=8),
        min_size=1,
        max_size=6,
    )
)
def test_any_ring_becomes_a_valid_parcel_or_has_a_reason(
    rings: list[list[tuple[int, int]]],
) -> None:
    features = checked(*[shapely.Polygon([(X + x, Y + y) for x, y in ring]) for ring in rings])
    for geometry, reason, area in zip(
        features.geometry, features.rejected, features.area_m2, strict=True
    ):
        assert (geometry is None) == (reason is not None)
        if geometry is not None:
            assert geometry.is_valid
            assert geometry.geom_type == "MultiPolygon"
            assert area == pytest.approx(geometry.area)
            assert area > 0
