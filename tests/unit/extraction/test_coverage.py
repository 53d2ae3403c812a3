"""Shares of pixels against hand-drawn ones, against shapely's intersections and exactextract."""

import exactextract
import geopandas
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st
from random_polygons import rings, united

from dias_cbm.errors import ExtractionFailed
from dias_cbm.extraction import coverage
from dias_cbm.extraction.coverage import build_coverage
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.spans import Spans
from dias_cbm.extraction.statistics import COUNT, MIN, P25
from dias_cbm.extraction.stream import zonal
from dias_cbm.geometry import FlatRings, flatten

UNIT = Affine(1, 0, 0, 0, -1, 0)
GRIDS = [
    (UNIT, 11, 9),
    (Affine(10, 0, 512_410, 0, -10, 6_247_200), 12, 7),
    (Affine(0.1, 0, 3.37, 0, -0.3, -4.91), 9, 12),
    (Affine(20, 0, -100, 0, 20, 40), 8, 8),  # south up
]


def box(left: float, top: float, right: float, bottom: float) -> shapely.Polygon:
    return shapely.box(left, -bottom, right, -top)


def shares(spans: Spans, parcel: int, height: int, width: int) -> np.ndarray:
    """How much of each pixel is in a parcel's spans."""
    image = np.zeros((height, width))
    for span in range(spans.offsets[parcel], spans.offsets[parcel + 1]):
        first = spans.column[span]
        image[spans.row[span], first : first + spans.length[span]] += spans.weight[span]
    return image


def drawn(geometry: shapely.Geometry, height: int = 3, width: int = 4) -> list[list[float]]:
    spans = build_coverage(flatten([geometry]), UNIT, width, height)
    return shares(spans, 0, height, width).tolist()


def test_a_pixel_counts_by_the_share_that_is_covered() -> None:
    assert drawn(box(0.5, 0.75, 3.0, 2.0)) == [
        [0.125, 0.25, 0.25, 0],
        [0.5, 1, 1, 0],
        [0, 0, 0, 0],
    ]


def test_a_triangle() -> None:
    assert drawn(shapely.Polygon([(0, 0), (3, 0), (0, -3)])) == [
        [1, 1, 0.5, 0],
        [1, 0.5, 0, 0],
        [0.5, 0, 0, 0],
    ]


def test_a_hole_is_left_out_however_its_ring_runs() -> None:
    hole = [(1, -1), (2, -1), (2, -2.5), (1, -2.5)]
    for ring in (hole, hole[::-1]):
        holed = shapely.Polygon([(0, 0), (3, 0), (3, -3), (0, -3)], [ring])
        assert drawn(holed) == [[1, 1, 1, 0], [1, 0, 1, 0], [1, 0.5, 1, 0]]


def test_parts_that_share_a_pixel_add_up() -> None:
    parts = shapely.MultiPolygon([box(0, 0, 1.25, 1), box(1.25, 0, 2, 1), box(2.5, 0, 3, 1)])
    assert drawn(parts, 1) == [[1, 1, 0.5, 0]]
    spans = build_coverage(flatten([parts]), UNIT, 4, 1)
    assert spans.length.tolist() == [2, 1]  # the first two pixels are one run


def test_a_parcel_across_the_edge_keeps_what_is_inside() -> None:
    tilted = shapely.Polygon([(-2, -0.5), (2, -0.5), (-2, -4.5)])
    assert drawn(tilted, 2, 3) == [[0.5, 0.375, 0], [0.875, 0.125, 0]]
    assert drawn(box(-3, -3, 9, 9), 2, 2) == [[1, 1], [1, 1]]


def test_a_parcel_outside_or_without_area_has_no_pixels() -> None:
    parcels = [box(20, 20, 22, 22), shapely.Polygon([(1, -1)] * 4), None]
    spans = build_coverage(flatten(parcels), UNIT, 8, 6)
    assert spans.pixels().tolist() == [0, 0, 0]
    assert spans.inside.tolist() == [False, True, False]
    assert spans.covered().tolist() == [0, 0, 0]


def test_no_parcels() -> None:
    spans = build_coverage(flatten([]), UNIT, 8, 6)
    assert (len(spans.row), spans.offsets.tolist()) == (0, [0])


def test_a_coordinate_that_is_no_number_names_the_parcel() -> None:
    rings = flatten([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    coordinates = rings.coordinates.copy()
    coordinates[7, 1] = np.nan
    broken = FlatRings(coordinates, rings.ring_offsets, rings.parcel_ring_offsets)
    with pytest.raises(ExtractionFailed, match="position 1"):
        build_coverage(broken, UNIT, 8, 6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GRIDS), st.lists(rings(), min_size=1, max_size=4))
@example(GRIDS[0], [[(-2, 0.5), (14, 0.5), (14, 8), (-2, 3)]])
def test_any_valid_polygons_have_the_shares_that_shapely_cuts_out(
    grid: tuple[Affine, int, int], parts: list[list[tuple[float, float]]]
) -> None:
    transform, width, height = grid
    polygons = [shapely.Polygon([transform @ vertex for vertex in part]) for part in parts]
    try:
        geometry = united(polygons)
    except shapely.errors.GEOSException:
        reject()
    assume(geometry.geom_type in ("Polygon", "MultiPolygon"))
    row, column = np.mgrid[:height, :width]
    corners = [transform @ (column + i, row + j) for i, j in ((0, 0), (1, 1))]
    (x0, y0), (x1, y1) = corners
    pixels = shapely.box(
        np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)
    )
    try:
        cut = shapely.area(shapely.intersection(pixels, geometry))
        rounded = shapely.area(shapely.intersection(pixels, geometry, grid_size=1e-9))
    except shapely.errors.GEOSException:
        reject()
    # GEOS loses whole pixels of nearly degenerate parts now and then; rounded it does not.
    assume(np.allclose(cut, rounded))
    expected = cut / shapely.area(pixels)
    spans = build_coverage(flatten([geometry]), transform, width, height)
    np.testing.assert_allclose(shares(spans, 0, height, width), expected, rtol=0, atol=2e-7)
    assert spans.covered()[0] == pytest.approx(expected.sum(), abs=1e-5)


def test_a_box_worked_on_in_parts_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Far-apart pieces have a box larger than what is worked on at a time."""
    far_apart = shapely.MultiPolygon([box(0.5, 0.5, 2, 3), box(4998.25, 297, 5000, 299.5)])
    assert coverage._AT_A_TIME < 5000 * 300
    spans = build_coverage(flatten([far_apart]), UNIT, 6000, 400)
    assert spans.covered()[0] == pytest.approx(far_apart.area, rel=1e-7)
    assert np.unique(spans.row).tolist() == [0, 1, 2, 297, 298, 299]


def polygons(count: int, size: float, seed: int) -> list[shapely.Geometry]:
    """Irregular parcels over and beyond a raster, some in parts that touch, some with holes."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    centre = random.uniform(-2, size + 2, (count, 1, 2))
    radius = random.lognormal(1.2, 0.7, (count, 1)) * random.uniform(0.6, 1.4, (count, 14))
    round_ = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    shapes = list(shapely.polygons((centre + round_) * [1, -1]))
    for number in range(0, count, 5):
        west, south, east, north = shapes[number].bounds
        middle = (west + east) / 2
        halves = [shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)]
        parts = [shapely.intersection(shapes[number], half) for half in halves]
        shapes[number] = shapely.MultiPolygon(
            [part for part in parts if part.geom_type == "Polygon" and part.area]
        )
    for number in range(1, count, 5):
        shapes[number] = shapes[number].difference(shapes[number].centroid.buffer(0.8))
    return shapes


@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_equals_exactextract(make_bands, dtype: str) -> None:
    random = np.random.default_rng(7)
    pixels = random.gamma(4.4, 1000, (60, 60)).astype(dtype)
    pixels[random.random(pixels.shape) < 0.05] = 0
    grid = Affine(1, 0, 0, 0, -1, 60)
    parcels = [shapely.affinity.translate(parcel, 0, 60) for parcel in polygons(300, 60, seed=3)]
    (band,) = make_bands({"VV": pixels}, grid, nodata=0)
    frame = geopandas.GeoDataFrame({"pid": range(300)}, geometry=parcels, crs="EPSG:25832")
    wanted = ["count", "mean", "stdev", "min", "max"]
    wanted += [f"p{q}=quantile(q=0.{q})" for q in (25, 50, 75)]
    raster = exactextract.raster.NumPyRasterSource(
        pixels.astype(float), 0, 0, 60, 60, nodata=0, srs_wkt=frame.crs.to_wkt()
    )
    table = exactextract.exact_extract(raster, frame, wanted, output="pandas").to_numpy(float)
    actual = zonal(flatten(parcels), "EPSG:25832", [band], rule=Rule.COVERAGE).statistics[0]
    some = table[:, 0] > 0
    assert some.sum() > 250
    assert (actual[~some, COUNT] == 0).all()
    np.testing.assert_allclose(actual[some, :MIN], table[some, :MIN], rtol=1e-6)
    np.testing.assert_array_equal(actual[some, MIN:P25], table[some, MIN:P25])
    if dtype == "float32":  # no equal values, whose order exactextract leaves open
        np.testing.assert_allclose(actual[some, P25:], table[some, P25:], rtol=1e-6)
