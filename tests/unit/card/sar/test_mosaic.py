"""Tiles of an elevation model as one raster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from dias_cbm.card.sar.mosaic import mosaic_of
from dias_cbm.errors import CorruptProduct, GridError


def tile(path: Path, west: float, values: np.ndarray, step: float = 0.01, **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "nodata": -9999.0,
        "transform": Affine(step, 0, west, 0, -0.01, 56.0),
    }
    with rasterio.open(path, "w", **profile | more) as dataset:
        dataset.write(values.astype(np.float32), 1)


def read(folder: Path) -> np.ndarray:
    with rasterio.open(mosaic_of(folder)) as dataset:
        assert dataset.crs.to_epsg() == 4326
        values = dataset.read(1)
        return np.where(values == dataset.nodata, np.nan, values)


def test_what_no_tile_covers_has_no_height(tmp_path: Path) -> None:
    tile(tmp_path / "a.tif", 9.0, np.full((3, 4), 7))
    tile(tmp_path / "deeper" / "b.TIFF", 9.06, np.full((3, 4), 8))
    expected = [[7, 7, 7, 7, np.nan, np.nan, 8, 8, 8, 8]] * 3
    assert np.array_equal(read(tmp_path), expected, equal_nan=True)


def test_holes_of_a_tile_are_holes(tmp_path: Path) -> None:
    tile(tmp_path / "a.tif", 9.0, np.array([[1, -9999, 3]]))
    assert read(tmp_path)[0].tolist() == pytest.approx([1, np.nan, 3], nan_ok=True)


def test_wide_pixels_are_interpolated_to_the_finest(tmp_path: Path) -> None:
    columns = np.arange(40)
    tile(tmp_path / "fine.tif", 9.0, np.broadcast_to(columns, (10, 40)))
    # Twice as wide, over the next 40 of the fine pixels: a plane that goes on.
    tile(tmp_path / "wide.tif", 9.4, np.broadcast_to(40.5 + 2 * np.arange(20), (10, 20)), 0.02)
    row = read(tmp_path)[5]
    assert row[:40] == pytest.approx(columns)
    assert row[42:78] == pytest.approx(np.arange(42, 78), abs=0.01)


@pytest.mark.parametrize("mask", ["WBM", "EDM", "hem"])
def test_masks_beside_the_heights_are_passed_over(tmp_path: Path, mask: str) -> None:
    tile(tmp_path / "DEM.tif", 9.0, np.full((2, 2), 5))
    tile(tmp_path / f"Copernicus_DSM_10_N56_00_E009_00_{mask}.tif", 9.0, np.full((2, 2), 1))
    assert (read(tmp_path) == 5).all()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"crs": "EPSG:32632"}, "another CRS"),
        ({"transform": Affine(0.01, 0.001, 9.1, 0, -0.01, 56)}, "is rotated"),
        ({"transform": Affine(0.01, 0, 9.1, 0, 0.01, 55)}, "not north-up .gdalwarp"),
    ],
)
def test_tiles_that_do_not_fit(tmp_path: Path, more: dict[str, object], told: str) -> None:
    tile(tmp_path / "a.tif", 9.0, np.zeros((2, 2)))
    tile(tmp_path / "b.tif", 9.1, np.zeros((2, 2)), **more)
    with pytest.raises(GridError, match=told):
        mosaic_of(tmp_path)


def test_a_tile_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    tile(tmp_path / "a.tif", 9.0, np.zeros((2, 2)))
    (tmp_path / "b.tif").write_text("torn")
    with pytest.raises(CorruptProduct, match=r"b\.tif: cannot be opened"):
        mosaic_of(tmp_path)
