"""Split of a parcel by a line: planted fields, homogeneous ones, and the pixels of an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from dias_cbm.errors import NotEnoughData, SettingsError
from dias_cbm.markers import split_image
from dias_cbm.markers.split import LEAST_PIXELS, Line, parts, split

WEST, SOUTH = 500_000.0, 6_200_000.0


def grid(rows: int, columns: int) -> np.ndarray:
    """Centres of pixels of 10 m, row by row from the south."""
    row, column = np.mgrid[:rows, :columns]
    return np.stack([WEST + 10 * column.ravel() + 5, SOUTH + 10 * row.ravel() + 5], axis=1)


def field(random: np.random.Generator, points: np.ndarray, noise: float) -> np.ndarray:
    """Reflectance of one crop in three bands, with noise of its own in each pixel."""
    return np.array([0.04, 0.08, 0.05]) * (1 + noise * random.normal(size=(len(points), 3)))


def test_two_planted_fields_are_parted_where_they_meet() -> None:
    random = np.random.default_rng(1)
    for _ in range(25):
        points = grid(*random.integers(10, 40, 2))
        angle = random.uniform(0, np.pi)
        along = (points - points.mean(axis=0)) @ [np.cos(angle), np.sin(angle)]
        planted = along > np.quantile(along, random.uniform(0.3, 0.7))
        pixels = field(random, points, 0.06)
        pixels[planted] *= [1.5, 1.3, 0.7]
        found = split(pixels, points)
        assert found is not None
        assert found.separated
        side = found.line.side(points)
        assert max((side == planted).mean(), (side != planted).mean()) > 0.96
        assert found.agreement > 0.95
        assert found.explained > 0.5


@pytest.mark.parametrize("noise", [0.03, 0.1, 0.2])
def test_one_crop_is_not_parted(noise: float) -> None:
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(40):
        points = grid(*random.integers(7, 30, 2))
        # Soil that changes steadily across the field, by 10 % from end to end.
        slope = (points[:, 0] - points[:, 0].min()) / np.ptp(points[:, 0]) - 0.5
        found = split(field(random, points, noise) * (1 + 0.1 * slope)[:, None], points)
        assert found is not None
        wrong += found.separated
    assert wrong <= 2


def test_what_cannot_be_parted() -> None:
    random = np.random.default_rng(3)
    points = grid(3, 13)
    assert len(points) == 2 * LEAST_PIXELS - 1
    assert split(field(random, points, 0.1), points) is None
    assert split(np.empty((0, 3)), np.empty((0, 2))) is None
    assert split(np.full((100, 2), 0.1), grid(10, 10)) is None
    # All pixels in one place.
    assert split(field(random, grid(10, 10), 0.1), np.zeros((100, 2))) is None


def test_a_band_that_is_the_same_everywhere_or_twice_changes_little() -> None:
    random = np.random.default_rng(4)
    points = grid(20, 20)
    pixels = field(random, points, 0.06)
    pixels[points[:, 0] > WEST + 80] *= [1.5, 1.3, 0.7]
    plain = split(pixels, points)
    twice = split(np.column_stack([pixels, pixels]), points)
    assert plain is not None
    assert twice is not None
    assert twice.line == plain.line
    assert twice.separation == pytest.approx(plain.separation, rel=0.1)
    dull = split(np.column_stack([pixels, np.full(400, 0.3)]), points)
    assert dull is not None
    assert dull.line == plain.line


def test_parts_by_hand() -> None:
    shape = shapely.box(0, 0, 100, 50)
    one, other, border = parts(shape, Line((1.0, 0.0), 30))
    assert (shapely.area(one), shapely.area(other)) == pytest.approx((3500, 1500))
    assert shapely.bounds(border).tolist() == pytest.approx([30, 0, 30, 50])
    # Outside of the parcel: all of it is on one side.
    one, other, border = parts(shape, Line((1.0, 0.0), 300))
    assert (shapely.area(one), shapely.area(other)) == pytest.approx((0, 5000))
    assert border.is_empty
    # Around a hole, and over two polygons.
    ring = shape.difference(shapely.box(20, 20, 40, 30))
    both = shapely.union_all([ring, shapely.box(200, 0, 210, 10)])
    one, other, border = parts(both, Line((0.6, 0.8), 60))
    assert shapely.area(one) + shapely.area(other) == pytest.approx(shapely.area(both))
    assert shapely.length(border) > 0


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """40 x 40 pixels of two bands from (WEST, SOUTH + 400) in EPSG:25832; nodata 0 in a corner."""
    values = np.arange(3200, dtype="float32").reshape(2, 40, 40) + 1
    values[:, :5, :5] = 0
    profile = {
        "driver": "GTiff", "width": 40, "height": 40, "count": 2, "dtype": "float32", "nodata": 0,
        "crs": "EPSG:25832", "transform": rasterio.transform.from_origin(WEST, SOUTH + 400, 10, 10),
    }  # fmt: skip
    with rasterio.open(tmp_path / "image.tif", "w", **profile) as raster:
        raster.write(values)
    return tmp_path / "image.tif"


def test_pixels_of_a_parcel(image: Path) -> None:
    shape = shapely.box(WEST, SOUTH + 340, WEST + 70, SOUTH + 400)
    pixels, points = split_image.read(image, shape, "EPSG:25832")
    # 7 x 6 pixels without the corner of 5 x 5.
    assert pixels.shape == (42 - 25, 2)
    assert points[0].tolist() == [WEST + 55, SOUTH + 395]
    assert pixels[0].tolist() == [6, 1606]
    inner, _ = split_image.read(image, shape, "EPSG:25832", 10)
    assert len(inner) == 5 * 4 - 16
    # In another CRS the centres come back in that one.
    degrees = shapely.transform(
        shape, lambda xy: split_image.transform(xy, "EPSG:25832", "EPSG:4326")
    )
    same, places = split_image.read(image, degrees, "EPSG:4326")
    assert np.array_equal(same, pixels)
    assert np.abs(places).max() < 90
    # Half outside of the image.
    half, _ = split_image.read(image, shapely.box(WEST - 50, SOUTH, WEST + 50, SOUTH + 50), 25832)
    assert half.shape == (25, 2)


def test_images_that_do_not_serve(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotEnoughData, match="does not cover"):
        split_image.read(image, shapely.box(0, 0, 10, 10), "EPSG:25832")
    with rasterio.open(image) as raster:
        profile, values = raster.profile, raster.read()
    for name, change, match in (
        ("none.tif", {"crs": None}, "no CRS"),
        ("complex.tif", {"dtype": "complex64"}, "complex"),
    ):
        with rasterio.open(tmp_path / name, "w", **(profile | change)) as raster:
            raster.write(values.astype(raster.dtypes[0]))
        with pytest.raises(NotEnoughData, match=match):
            split_image.read(tmp_path / name, shapely.box(WEST, SOUTH, WEST + 9, SOUTH + 9), 25832)
    degrees = rasterio.transform.from_origin(9, 56, 0.01, 0.01)
    with rasterio.open(
        tmp_path / "degrees.tif", "w", **(profile | {"crs": "EPSG:4326", "transform": degrees})
    ) as raster:
        raster.write(values)
    shape = shapely.box(9.1, 55.8, 9.2, 55.9)
    with pytest.raises(SettingsError, match="projected CRS"):
        split_image.read(tmp_path / "degrees.tif", shape, 4326, 10)
    monkeypatch.setattr(split_image, "MOST_VALUES", 40 * 40 * 2 - 1)
    with pytest.raises(NotEnoughData, match="3,200 values around the parcel"):
        split_image.read(image, shapely.box(WEST, SOUTH, WEST + 400, SOUTH + 400), 25832)
