"""Spans against hand-drawn pixels, and against GDAL itself."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from random_polygons import rings, united
from rasterio.features import rasterize

from dias_cbm.errors import ExtractionFailed
from dias_cbm.extraction.spans import Spans, build_spans
from dias_cbm.geometry import FlatRings, flatten

UNIT = Affine(1, 0, 0, 0, -1, 0)  # row r has its centre at y = -(r + 0.5)


def burned(spans: Spans, parcel: int, height: int, width: int) -> np.ndarray:
    """How often each pixel is in a parcel's spans."""
    image = np.zeros((height, width), int)
    for span in range(spans.offsets[parcel], spans.offsets[parcel + 1]):
        first = spans.column[span]
        image[spans.row[span], first : first + spans.length[span]] += 1
    return image


def pixels(geometry: shapely.Geometry, height: int = 6, width: int = 8) -> list[str]:
    spans = build_spans(flatten([geometry]), UNIT, width, height)
    image = burned(spans, 0, height, width)
    return ["".join(".#23456789"[count] for count in row) for row in image]


def box(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    return shapely.box(left, -bottom, right, -top)


def test_a_pixel_belongs_to_the_parcel_that_holds_its_centre() -> None:
    assert pixels(box(1.4, 0.6, 4.6, 2.4), 4, 6) == [
        "......",
        ".####.",
        "......",
        "......",
    ]


def test_a_hole_is_left_out() -> None:
    ring = box(0, 0, 5, 4).difference(box(1, 1, 3, 3))
    assert pixels(ring, 4, 6) == [
        "#####.",
        "#..##.",
        "#..##.",
        "#####.",
    ]


def test_a_centre_on_the_left_edge_is_out_on_the_right_edge_in() -> None:
    assert pixels(box(1.5, 0, 3.5, 2), 2, 6) == ["..##..", "..##.."]


def test_a_centre_on_the_upper_or_lower_edge_is_in() -> None:
    assert pixels(box(1, 0.5, 3, 2.5), 4, 4) == [".##.", ".##.", ".##.", "...."]


def test_edges_are_judged_alike_in_either_direction() -> None:
    square = box(1, 0.5, 3, 2.5)
    assert pixels(square.reverse()) == pixels(square)


def test_parts_that_touch_burn_once_and_become_one_run() -> None:
    parts = shapely.MultiPolygon([box(0, 0, 2, 2), box(2, 0, 4, 2)])
    spans = build_spans(flatten([parts]), UNIT, 6, 3)
    assert pixels(parts, 3, 6) == ["####..", "####..", "......"]
    assert spans.length.tolist() == [4, 4]


def test_overlapping_parcels_keep_all_their_pixels() -> None:
    spans = build_spans(flatten([box(0, 0, 4, 4), box(2, 2, 6, 6)]), UNIT, 8, 8)
    assert spans.pixels().tolist() == [16, 16]


def test_a_parcel_across_the_edge_keeps_what_is_inside() -> None:
    assert pixels(box(-3, -3, 2, 2), 3, 4) == ["##..", "##..", "...."]
    assert pixels(box(2, 1, 9, 9), 3, 4) == ["....", "..##", "..##"]


def test_inside_tells_the_outside_from_the_merely_small() -> None:
    parcels = [box(20, 20, 22, 22), box(0.6, 0.6, 0.9, 0.9), box(-2, 0, 0, 2), None]
    spans = build_spans(flatten(parcels), UNIT, 8, 6)
    assert spans.pixels().tolist() == [0, 0, 0, 0]
    assert spans.inside.tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    "ring",
    [
        [(1, -1), (1, -1), (1, -1), (1, -1)],
        [(1, -1), (4, -1), (1, -1), (1, -1)],
        [(1, -1), (1, -4), (1, -1), (1, -1)],
        [(0.5, -0.5), (3.5, -3.5), (0.5, -0.5), (0.5, -0.5)],
    ],
)
def test_a_ring_without_area_has_no_pixels(ring: list[tuple[float, float]]) -> None:
    assert build_spans(flatten([shapely.Polygon(ring)]), UNIT, 8, 6).pixels().tolist() == [0]


def test_no_parcels_no_spans() -> None:
    spans = build_spans(flatten([]), UNIT, 8, 6)
    assert len(spans.row) == 0
    assert spans.offsets.tolist() == [0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_coordinate_that_is_no_number_names_the_parcel(bad: float) -> None:
    rings = flatten([box(0, 0, 1, 1), None, box(2, 2, 3, 3)])
    coordinates = rings.coordinates.copy()
    coordinates[7, 1] = bad
    broken = FlatRings(coordinates, rings.ring_offsets, rings.parcel_ring_offsets)
    with pytest.raises(ExtractionFailed, match="position 2"):
        build_spans(broken, UNIT, 8, 6)


def test_a_comb_of_thousands_of_teeth_in_one_row() -> None:
    teeth = 20_000
    x = np.repeat(np.arange(teeth * 2) * 0.25, 2)
    y = np.tile([0.0, -1.0, -1.0, 0.0], teeth)
    comb = shapely.Polygon([*zip(x, y, strict=True), (x[-1], 2.0), (0.0, 2.0)])
    height, width = 3, teeth // 2
    transform = Affine(1, 0, 0, 0, -1, 1)
    spans = build_spans(flatten([comb]), transform, width, height)
    expected = rasterize([comb], (height, width), transform=transform)
    assert (burned(spans, 0, height, width) == expected).all()


GRIDS = [
    (UNIT, 11, 9),
    (Affine(10, 0, 512_410, 0, -10, 6_247_200), 12, 7),
    (Affine(0.1, 0, 3.37, 0, -0.3, -4.91), 9, 12),
    (Affine(20, 0, -100, 0, 20, 40), 8, 8),  # south up
]


def compare(geometry: shapely.Geometry, transform: Affine, width: int, height: int) -> None:
    expected = rasterize([geometry], (height, width), transform=transform)
    actual = burned(build_spans(flatten([geometry]), transform, width, height), 0, height, width)
    assert (actual == expected).all(), f"\n{actual - expected}\n{geometry.wkt}"


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(GRIDS), rings(), st.lists(rings(), max_size=2))
@example(GRIDS[0], [(1.0, 0.5), (1.0, 3.5), (5.0, 3.5), (5.0, 0.5)], [])
@example(GRIDS[0], [(1, 1), (5, 1), (5, 4)], [[(1.5, 1.5), (3.5, 1.5), (3.5, 2.5), (1.5, 2.5)]])
def test_any_polygon_with_any_holes_is_filled_as_gdal_fills_it(
    grid: tuple[Affine, int, int],
    shell: list[tuple[float, float]],
    holes: list[list[tuple[float, float]]],
) -> None:
    transform, width, height = grid
    geometry = shapely.Polygon(
        [transform @ vertex for vertex in shell],
        [[transform @ vertex for vertex in hole] for hole in holes],
    )
    compare(geometry, transform, width, height)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GRIDS), st.lists(rings(), min_size=2, max_size=4))
def test_any_valid_multipolygon_is_filled_as_gdal_fills_it(
    grid: tuple[Affine, int, int], parts: list[list[tuple[float, float]]]
) -> None:
    transform, width, height = grid
    polygons = [shapely.Polygon([transform @ vertex for vertex in part]) for part in parts]
    geometry = united(polygons)
    assume(geometry.geom_type in ("Polygon", "MultiPolygon"))
    compare(geometry, transform, width, height)


@settings(max_examples=50, deadline=None)
@given(st.lists(rings(), min_size=1, max_size=5))
def test_parcels_do_not_depend_on_each_other(parts: list[list[tuple[float, float]]]) -> None:
    transform, width, height = GRIDS[1]
    parcels = [shapely.Polygon([transform @ vertex for vertex in part]) for part in parts]
    together = build_spans(flatten(parcels), transform, width, height)
    for number, parcel in enumerate(parcels):
        alone = build_spans(flatten([parcel]), transform, width, height)
        part = slice(together.offsets[number], together.offsets[number + 1])
        for name in ("row", "column", "length"):
            assert getattr(together, name)[part].tolist() == getattr(alone, name).tolist()
