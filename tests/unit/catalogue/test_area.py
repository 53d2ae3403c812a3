"""The polygons of a query contain the area, and stay few and simple."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from dias_cbm.catalogue.area import MOST_POLYGONS, MOST_VERTICES, WORLD, cover, wkt, wrapped
from dias_cbm.catalogue.raw_entry import footprint_of


def star(x: float, y: float, size: float, points: int, seed: int) -> Polygon:
    """A ragged outline like a coast's."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = size * rng.uniform(0.6, 1.0, points)
    return Polygon(np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle))))


def test_a_simple_area_is_asked_for_as_it_is() -> None:
    square = shapely.box(9, 55, 10, 56)
    (polygon,) = cover(MultiPolygon([square]))
    assert polygon.equals(square)
    assert polygon.exterior.is_ccw


def test_text_is_longitude_first() -> None:
    (polygon,) = cover(MultiPolygon([Polygon([(9, 55), (10.1234567, 55), (9, 56)])]))
    assert wkt(polygon).startswith("POLYGON ((")
    assert set(wkt(polygon)[10:-2].split(", ")) == {"9 55", "10.123457 55", "9 56"}


def test_holes_are_filled() -> None:
    ring = shapely.box(9, 55, 10, 56).difference(shapely.box(9.4, 55.4, 9.6, 55.6))
    (polygon,) = cover(MultiPolygon([ring]))
    assert not polygon.interiors
    assert polygon.area == pytest.approx(1.0)


def test_two_islands_stay_two() -> None:
    assert len(cover(MultiPolygon([shapely.box(8, 55, 9, 56), shapely.box(12, 55, 13, 56)]))) == 2


def test_what_crosses_itself_is_mended() -> None:
    bow = Polygon([(9, 55), (10, 56), (10, 55), (9, 56)])
    covered = shapely.union_all(cover(MultiPolygon([bow])))
    assert covered.is_valid
    assert covered.area == pytest.approx(0.5)


def test_nothing_reaches_beyond_the_world() -> None:
    area = MultiPolygon([star(179.5, 89.0, 0.9, 400, 1), star(-179.5, -89.5, 0.9, 400, 2)])
    for polygon in cover(area):
        assert WORLD.contains(polygon)


@settings(max_examples=15)
@given(
    st.lists(
        st.builds(
            star,
            st.floats(-20, 30),
            st.floats(35, 70),
            st.floats(0.01, 4),
            st.integers(3, 200),
            st.integers(0, 99),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_area_is_contained_in_few_simple_polygons(parts: list[Polygon]) -> None:
    merged = shapely.union_all(parts)
    area = MultiPolygon([part for part in shapely.get_parts(merged) if part.area])
    polygons = cover(area)
    assert 1 <= len(polygons) <= MOST_POLYGONS
    for polygon in polygons:
        assert polygon.is_valid
        assert not polygon.interiors
        assert len(polygon.exterior.coords) <= MOST_VERTICES
        assert len(wkt(polygon)) < 4500
    # The grid of 1e-6 degrees may cut off a tenth of a metre.
    assert shapely.union_all(polygons).buffer(5e-6).contains(area)


def test_a_thousand_islands_end_in_their_box() -> None:
    islands = [
        shapely.box(x, y, x + 0.1, y + 0.1) for x in range(-30, 30, 8) for y in range(35, 70, 6)
    ]
    (polygon,) = cover(MultiPolygon(islands), most_polygons=1)
    assert polygon.equals(shapely.box(*MultiPolygon(islands).bounds))


def test_an_area_across_the_antimeridian_is_split_there() -> None:
    parts = cover(MultiPolygon([shapely.box(175, -20, 183, -15)]))
    assert sorted(part.bounds for part in parts) == [
        (-180, -20, -177, -15),
        (175, -20, 180, -15),
    ]


@given(st.floats(-359, 350), st.floats(0.1, 9), st.floats(-80, 70), st.floats(0.1, 9))
def test_wrapping_keeps_the_ground(west: float, width: float, south: float, height: float) -> None:
    area = shapely.box(west, south, west + width, south + height)
    inside = wrapped(area)
    assert WORLD.buffer(1e-9).contains(inside)
    assert inside.area == pytest.approx(area.area)
    middle = (west + width / 2 + 180) % 360 - 180
    assert inside.buffer(1e-9).covers(shapely.Point(middle, south + height / 2))


def test_listed_footprints_are_brought_within_the_globe() -> None:
    # As catalogues list them near Fiji: from -182 to -178.
    footprint, _ = footprint_of(shapely.box(-182, -18, -178, -16))
    assert footprint is not None
    assert footprint.equals(
        MultiPolygon([shapely.box(-180, -18, -178, -16), shapely.box(178, -18, 180, -16)])
    )


FIJI = MultiPolygon([shapely.box(-180, -18, -178, -16), shapely.box(178, -18, 180, -16)])
FINLAND = shapely.box(20, 60, 31, 70)
ACROSS = {
    "with +360": shapely.box(178, -18, 182, -16),
    "with -360": shapely.box(-182, -18, -178, -16),
    "without": Polygon([(178, -18), (-178, -18), (-178, -16), (178, -16)]),
    "without, from the east": Polygon([(-178, -16), (178, -16), (178, -18), (-178, -18)]),
    "without, on the line": Polygon(
        [(178, -18), (180, -18), (-180, -18), (-178, -18), (-178, -16), (178, -16)]
    ),
    "in two parts": FIJI,
    "in two parts, one of them without": MultiPolygon(
        [
            shapely.box(178, -18, 179, -16),
            Polygon([(179, -18), (-178, -18), (-178, -16), (179, -16)]),
        ]
    ),
}


@pytest.mark.parametrize("name", ACROSS)
def test_footprints_across_the_antimeridian(name: str) -> None:
    footprint, reason = footprint_of(ACROSS[name])
    assert footprint is not None, reason
    assert footprint.equals(FIJI)


def test_a_slice_across_the_antimeridian_is_no_belt() -> None:
    corners = [(-174.0, 66.1), (176.8, 66.9), (178.8, 65.3), (-170.3, 64.5)]
    footprint, _ = footprint_of(Polygon(corners))
    assert footprint is not None
    assert not footprint.intersects(FINLAND)
    assert footprint.area == pytest.approx(
        Polygon([(186.0, 66.1), (176.8, 66.9), (178.8, 65.3), (189.7, 64.5)]).area
    )


def test_a_hole_stays_in_its_shell() -> None:
    shell = [(178, -18), (-178, -18), (-178, -14), (178, -14)]
    hole = [(-179.5, -17), (-178.5, -17), (-178.5, -15), (-179.5, -15)]
    footprint, _ = footprint_of(Polygon(shell, [hole]))
    assert footprint is not None
    assert footprint.area == pytest.approx(4 * 4 - 2)


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        (Polygon([(-150, 80), (-30, 80), (90, 80), (170, 80)]), "goes round a pole"),
        (shapely.segmentize(shapely.box(-174, 64, 176, 67), 20), "goes half round the world"),
        (Polygon([(-130, 60), (130, 60), (130, 65), (-130, 65)]), "goes half round the world"),
    ],
)
def test_belts_are_quarantined(outline: Polygon, reason: str) -> None:
    assert footprint_of(outline) == (None, f"footprint {reason}")


@given(st.floats(-180, 180), st.floats(0.1, 20), st.floats(-70, 60), st.floats(0.1, 9))
def test_footprints_are_the_same_however_their_longitudes_are_written(
    west: float, width: float, south: float, height: float
) -> None:
    plain = shapely.box(west, south, west + width, south + height)
    written = shapely.transform(
        plain, lambda c: np.column_stack(((c[:, 0] + 180) % 360 - 180, c[:, 1]))
    )
    footprint, _ = footprint_of(written)
    assert footprint is not None
    assert footprint.area == pytest.approx(plain.area)
    assert wrapped(plain).difference(footprint.buffer(1e-6)).area == 0
