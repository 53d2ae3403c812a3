"""Frames: hand-worked pixel positions in both UTM zones, at 10 m and 20 m."""

from __future__ import annotations

import math

import pytest
import shapely
from affine import Affine
from rasterio.crs import CRS

from dias_cbm.chips.frame import check_inside, fitting_size, frame_of, outline
from dias_cbm.errors import ChipError, GridError, OffRaster
from dias_cbm.products.model import Band, Grid

UTM32, UTM33 = CRS.from_epsg(32632), CRS.from_epsg(32633)


def band(
    name: str = "B04", pixel: float = 10, crs: CRS | None = UTM32,
    origin: tuple[float, float] = (600_000, 6_300_000), width_m: float = 109_800,
) -> Band:  # fmt: skip
    side = round(width_m / pixel)
    grid = Grid(crs, Affine(pixel, 0, origin[0], 0, -pixel, origin[1]), side, side)
    return Band(name, f"/x/{name}.jp2", 1, "uint16", 0.0, 1e-4, 0.0, grid)


#: 100 m x 60 m, its centre at (610053, 6280037).
PARCEL = shapely.box(610_003, 6_280_007, 610_103, 6_280_067)


def test_a_frame_is_snapped_outwards() -> None:
    # 610053 - 640 = 609413 -> 609410; 610053 + 640 = 610693 -> 610700;
    # 6280037 + 640 = 6280677 -> 6280680; 6280037 - 640 = 6279397 -> 6279390.
    frame, there = frame_of([band()], PARCEL, 32632)
    assert frame.bounds == (609_410, 6_279_390, 610_700, 6_280_680)
    assert (frame.width, frame.height) == (129, 129)
    assert there.equals(PARCEL)
    # Columns from 600000: 941; rows from 6300000: 1932.
    assert frame.of_band(band()) == (941, 1932, 129, 129, 1)


def test_coarse_bands_have_half_the_pixels() -> None:
    """All bands cover the same ground: snapped to the coarse pixels."""
    fine, coarse = band("B08"), band("B11", 20)
    frame, _ = frame_of([fine, coarse], PARCEL, 32632)
    # 609413 -> 609400; 610693 -> 610700; 6280677 -> 6280680; 6279397 -> 6279380.
    assert frame.bounds == (609_400, 6_279_380, 610_700, 6_280_680)
    assert (frame.width, frame.height) == (130, 130)
    assert frame.of_band(fine) == (940, 1932, 130, 130, 1)
    assert frame.of_band(coarse) == (470, 966, 65, 65, 2)


def test_a_frame_on_pixels_is_not_enlarged() -> None:
    parcel = shapely.box(610_000, 6_280_000, 610_080, 6_280_080)  # centre on a pixel's corner
    frame, _ = frame_of([band()], parcel, 32632, 1280)
    assert (frame.width, frame.height) == (128, 128)
    assert frame.bounds == (609_400, 6_279_400, 610_680, 6_280_680)


def test_the_other_zone() -> None:
    """A parcel of zone 32 in a tile of zone 33, against pyproj's own numbers."""
    from pyproj import Transformer

    other = band(crs=UTM33, origin=(199_980, 6_300_000))
    east = shapely.box(800_000, 6_250_000, 800_100, 6_250_060)
    move = Transformer.from_crs(32632, 32633, always_xy=True).transform
    frame, there = frame_of([other], east, 32632, 640)
    corners = [move(x, y) for x, y in east.exterior.coords]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    centre = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    west = math.floor((centre[0] - 320 - 199_980) / 10)
    north = math.floor((6_300_000 - centre[1] - 320) / 10)
    assert frame.of_band(other)[:2] == (west, north)
    assert frame.width in (64, 65)
    assert frame.crs == UTM33
    # Zones are turned against each other: the outline is no upright rectangle.
    assert len({round(x) for x, _ in corners}) > 2
    assert shapely.box(*frame.bounds).covers(there)
    # And back to the same corner of the Earth.
    back = Transformer.from_crs(32633, 4326, always_xy=True).transform
    assert frame.corners[0] == pytest.approx(back(frame.bounds[0], frame.bounds[3]), abs=1e-9)


def test_the_default_size_fits_the_parcel() -> None:
    assert fitting_size(PARCEL) == 1280
    assert fitting_size(shapely.box(0, 0, 2000, 300)) == 2400
    assert fitting_size(shapely.box(0, 0, 9000, 300)) == 5120


@pytest.mark.parametrize("size", [0, -5, 19, 5121, math.nan, math.inf])
def test_a_size_out_of_the_limits(size: float) -> None:
    with pytest.raises(ChipError, match="20 to 5120 m"):
        frame_of([band()], PARCEL, 32632, size)


def test_degrees() -> None:
    """A raster in longitude and latitude: the chip is as many metres high and wide."""
    degree = Affine(1e-4, 0, 9, 0, -1e-4, 57)
    one = Band("VV", "x.tif", 1, "float32", 0, 1, 0, Grid(CRS.from_epsg(4326), degree, 9999, 9999))
    parcel = shapely.box(9.5, 56.0, 9.501, 56.001)
    frame, _ = frame_of([one], parcel, 4326, 1280)
    assert frame.height == pytest.approx(1280 / 11.1132, abs=1.5)
    assert frame.width == pytest.approx(1280 / 11.1132 / math.cos(math.radians(56)), abs=1.5)


def test_too_many_pixels() -> None:
    with pytest.raises(ChipError, match="2,048 is the most"):
        frame_of([band(pixel=0.25, width_m=2000)], PARCEL, 32632)


@pytest.mark.parametrize(
    "other",
    [
        band("B11", 20, origin=(600_005, 6_300_000)),
        band("B11", 15),
        band("B11", 20, crs=UTM33),
    ],
    ids=["shifted", "one and a half", "another zone"],
)
def test_grids_that_do_not_nest(other: Band) -> None:
    with pytest.raises(GridError, match="do not nest"):
        frame_of([band(), other], PARCEL, 32632)


def test_grids_that_cannot_be_used() -> None:
    with pytest.raises(GridError, match="no CRS"):
        frame_of([band(crs=None)], PARCEL, 32632)
    for transform in (Affine(10, 1, 0, 0, -10, 0), Affine(10, 0, 0, 0, 10, 0)):
        odd = Band("VV", "x", 1, "float32", 0, 1, 0, Grid(UTM32, transform, 9, 9))
        with pytest.raises(GridError, match="north-up"):
            frame_of([odd], PARCEL, 32632)


def test_a_parcel_at_the_edge() -> None:
    small = band(origin=(610_053, 6_280_500), width_m=1000)  # its west side cuts the parcel in two
    check_inside(shapely.box(610_060, 6_280_000, 610_100, 6_280_060), [small])
    with pytest.raises(OffRaster, match="only 50% of the parcel lies on it"):
        check_inside(PARCEL, [small])
    check_inside(PARCEL, [small], partly=True)
    away = shapely.box(0, 0, 10, 10)
    for partly in (False, True):
        with pytest.raises(OffRaster, match="does not lie on it"):
            check_inside(away, [small], partly=partly)
    nearly = shapely.box(610_052.99, 6_280_000, 610_153, 6_280_060)
    with pytest.raises(OffRaster, match="only 99%"):
        check_inside(nearly, [small])


def test_a_parcel_beyond_the_projection() -> None:
    with pytest.raises(OffRaster, match="no place"):
        frame_of([band()], shapely.box(0, 95, 1, 96), 4326)


def test_the_outline_in_pixels() -> None:
    shape = shapely.MultiPolygon(
        [
            shapely.Polygon(
                shapely.box(609_410, 6_280_580, 609_510, 6_280_680).exterior.coords,
                [shapely.box(609_440, 6_280_610, 609_460, 6_280_630).exterior.coords],
            )
        ]
    )
    frame, _ = frame_of([band()], PARCEL, 32632)
    path = outline(shape, frame)
    assert path.count("M") == path.count("Z") == 2
    shell = {tuple(map(float, p.split())) for p in path[1 : path.index("Z")].split(" L")}
    assert shell == {(0, 0), (10, 0), (10, 10), (0, 10)}
    hole = path[path.index("Z") + 2 : -1]
    assert {tuple(map(float, p.split())) for p in hole.split(" L")} == {
        (3, 5), (5, 5), (5, 7), (3, 7),
    }  # fmt: skip


def test_a_hostile_outline_is_thinned() -> None:
    circle = shapely.Point(610_053, 6_280_037).buffer(300, quad_segs=50_000)
    frame, _ = frame_of([band()], circle, 32632)
    assert len(outline(circle, frame)) < 5_000
