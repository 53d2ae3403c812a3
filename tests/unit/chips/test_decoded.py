"""Decoded tiles: the same numbers as from the file, within a bound, and never of another file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.windows import Window

from dias_cbm.chips.decoded import DecodedTiles

NUMBERS = (np.arange(150 * 130).reshape(150, 130) % 5000).astype("u2")


def written(path: Path, numbers: np.ndarray, driver: str = "JP2OpenJPEG") -> Path:
    lossless = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver.startswith("JP2") else {}
    rows, columns = numbers.shape
    with rasterio.open(
        path, "w", driver=driver, width=columns, height=rows, count=1, dtype="uint16",
        blockxsize=64, blockysize=64, tiled=True, crs="EPSG:32632",
        transform=Affine(10, 0, 500_000, 0, -10, 6_200_000), **lossless,
    ) as dataset:  # fmt: skip
        dataset.write(numbers, 1)
    return path


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 129), st.integers(0, 149), st.integers(1, 130), st.integers(1, 150))
def test_any_window(tmp_path: Path, left: int, top: int, width: int, height: int) -> None:
    path = tmp_path / "a.jp2"
    if not path.exists():
        written(path, NUMBERS)
    width, height = min(width, 130 - left), min(height, 150 - top)
    tiles = DecodedTiles(30_000)
    with rasterio.open(path) as dataset:
        assert dataset.block_shapes == [(64, 64)]
        for _ in range(2):
            found = tiles.read(dataset, 1, Window(left, top, width, height))
            assert np.array_equal(found, NUMBERS[top : top + height, left : left + width])
    assert tiles._bytes == sum(one.nbytes for one in tiles._tiles.values()) <= 30_000


def test_a_file_that_is_replaced_is_read_again(tmp_path: Path) -> None:
    tiles, place = DecodedTiles(), Window(10, 10, 20, 20)
    path = tmp_path / "a.jp2"
    for numbers in (NUMBERS, NUMBERS + 1):
        written(tmp_path / "new.jp2", numbers).rename(path)
        with rasterio.open(path) as dataset:
            found = tiles.read(dataset, 1, place)
        assert found is not None and found[0, 0] == numbers[10, 10]


def test_other_formats_are_left_to_gdal(tmp_path: Path) -> None:
    with rasterio.open(written(tmp_path / "a.tif", NUMBERS, "GTiff")) as dataset:
        assert DecodedTiles().read(dataset, 1, Window(0, 0, 5, 5)) is None
