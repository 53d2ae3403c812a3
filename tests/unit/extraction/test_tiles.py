"""Tiles that are decoded without GDAL are what GDAL reads; what is unusual is left to it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from card_products import write_raster
from hypothesis import given
from hypothesis import strategies as st
from rasterio.io import DatasetReader

from dias_cbm.errors import CorruptProduct
from dias_cbm.extraction import tiles as tiles_module
from dias_cbm.extraction.plan import Window
from dias_cbm.extraction.raster import open_bands
from dias_cbm.extraction.tiles import Tiles, open_tiles
from dias_cbm.products.open import Band, Grid

HEIGHT, WIDTH, TILE = 180, 250, 64
DEFLATED = {"compress": "deflate", "tiled": True, "blockxsize": TILE, "blockysize": TILE}
FIRST, SECOND = Window(0, 64, 0, 128), Window(64, 180, 64, 250)


def noise(dtype: str, bands: int = 2) -> np.ndarray:
    values = np.random.default_rng(3).gamma(4, 20, (bands, HEIGHT, WIDTH))
    return values.astype(dtype)


def write(path: Path, pixels: np.ndarray, **profile: Any) -> Path:
    return write_raster(path, pixels, **DEFLATED | profile)


@pytest.fixture
def stack() -> Any:
    with ExitStack() as stack:
        yield stack


def opened(path: Path | str, stack: ExitStack) -> tuple[DatasetReader, Tiles | None]:
    dataset = stack.enter_context(rasterio.open(path))
    return dataset, stack.enter_context(open_tiles(dataset))


def by_gdal(dataset: DatasetReader, indexes: list[int], window: Window) -> np.ndarray:
    return dataset.read(indexes, window=((window.top, window.bottom), (window.left, window.right)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("predictor", [1, 2, 3])
@pytest.mark.parametrize("interleave", ["band", "pixel"])
def test_a_window_is_what_gdal_reads(
    dtype: str, predictor: int, interleave: str, tmp_path: Path, stack: ExitStack
) -> None:
    pixels = noise(dtype, bands=3)
    path = write(tmp_path / "a.tif", pixels, predictor=predictor, interleave=interleave)
    dataset, tiles = opened(path, stack)
    assert tiles
    out = np.empty((2, *FIRST.shape), pixels.dtype)
    assert not tiles.read([3, 1], FIRST, out)
    tiles.compare([3, 1], FIRST, by_gdal(dataset, [3, 1], FIRST))
    for window in (FIRST, SECOND):
        out = np.zeros((2, *window.shape), pixels.dtype)
        assert tiles.read([3, 1], window, out)
        expected = pixels[[2, 0], window.top : window.bottom, window.left : window.right]
        np.testing.assert_array_equal(out, expected)


@given(
    tile=st.sampled_from([16, 48, 64]),
    rows=st.sampled_from([(0, 3), (1, 2), (2, 3)]),
    columns=st.sampled_from([(0, 2), (1, 4), (3, 4)]),
)
def test_any_window_of_whole_tiles(
    tile: int,
    rows: tuple[int, int],
    columns: tuple[int, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    pixels = noise("float32", bands=1)
    path = tmp_path_factory.mktemp("tiles") / "a.tif"
    write(path, pixels, blockxsize=tile, blockysize=tile)
    (top, bottom), (left, right) = (
        (tile * first, min(tile * end, size))
        for (first, end), size in ((rows, HEIGHT), (columns, WIDTH))
    )
    window = Window(top, bottom, left, right)
    with ExitStack() as stack:
        dataset, tiles = opened(path, stack)
        assert tiles
        tiles.compare([1], window, by_gdal(dataset, [1], window))
        out = np.empty((1, *window.shape), np.float64)  # converted where that loses nothing
        assert tiles.read([1], window, out)
    np.testing.assert_array_equal(out, pixels[:, top:bottom, left:right])


@pytest.mark.parametrize(
    "profile",
    [
        {"compress": "zstd"},
        {"compress": "none"},
        {"tiled": False},
        {"endianness": "big"},
        {"blockxsize": 256},
    ],
    ids=str,
)
def test_other_files_are_left_to_gdal(
    profile: dict[str, Any], tmp_path: Path, stack: ExitStack
) -> None:
    path = write(tmp_path / "a.tif", noise("float32"), **profile)
    assert opened(path, stack)[1] is None


def test_a_file_in_memory_is_left_to_gdal(make_bands: Any, stack: ExitStack) -> None:
    (band,) = make_bands({"VV": noise("float32")[0]}, **DEFLATED)
    assert opened(band.path, stack)[1] is None


def understood(path: Path, stack: ExitStack) -> tuple[DatasetReader, Tiles]:
    dataset, tiles = opened(path, stack)
    assert tiles
    tiles.compare([1], FIRST, by_gdal(dataset, [1], FIRST))
    return dataset, tiles


def test_a_window_that_cuts_tiles_is_left_to_gdal(tmp_path: Path, stack: ExitStack) -> None:
    _, tiles = understood(write(tmp_path / "a.tif", noise("float32")), stack)
    for window in (Window(1, 64, 0, 64), Window(0, 64, 0, 65), Window(0, 63, 0, 64)):
        assert not tiles.read([1], window, np.empty((1, *window.shape), np.float32))


def test_a_conversion_that_may_lose_is_left_to_gdal(tmp_path: Path, stack: ExitStack) -> None:
    _, tiles = understood(write(tmp_path / "a.tif", noise("float32")), stack)
    assert not tiles.read([1], FIRST, np.empty((1, *FIRST.shape), np.uint8))


def test_a_window_with_a_tile_left_out_is_left_to_gdal(tmp_path: Path, stack: ExitStack) -> None:
    pixels = noise("float32")
    pixels[:, 64:128, 64:128] = 0
    _, tiles = understood(write(tmp_path / "a.tif", pixels, SPARSE_OK=True), stack)
    assert not tiles.read([1], SECOND, np.empty((1, *SECOND.shape), np.float32))
    assert tiles.read([1], FIRST, np.empty((1, *FIRST.shape), np.float32))


def test_a_file_that_is_not_as_it_was_taken_to_be_is_left_to_gdal(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = noise("float32")
    path = write(tmp_path / "a.tif", pixels, predictor=3)
    monkeypatch.setattr(tiles_module, "undo", lambda predictor, tile, *_: tile)
    dataset, tiles = opened(path, stack)
    assert tiles
    tiles.compare([1], FIRST, by_gdal(dataset, [1], FIRST))
    assert not tiles.read([1], FIRST, np.empty((1, *FIRST.shape), np.float32))


def test_numbers_of_fewer_bits_than_their_type_are_left_to_gdal(
    tmp_path: Path, stack: ExitStack
) -> None:
    _, tiles = understood(write(tmp_path / "a.tif", noise("float32"), NBITS=16), stack)
    assert not tiles.read([1], FIRST, np.empty((1, *FIRST.shape), np.float32))


@pytest.mark.parametrize("number", [0, np.nan])
def test_tiles_that_are_mostly_matches_are_left_to_gdal_and_prove_nothing(
    number: float, tmp_path: Path, stack: ExitStack
) -> None:
    pixels = noise("float32")
    pixels[:, :64, :128] = number
    dataset, tiles = opened(write(tmp_path / "a.tif", pixels), stack)
    assert tiles
    out = np.empty((1, *SECOND.shape), np.float32)
    for window, proven in ((FIRST, False), (SECOND, True)):
        tiles.compare([1], window, by_gdal(dataset, [1], window))
        assert tiles.read([1], SECOND, out) == proven
    assert not tiles.read([1], FIRST, np.empty((1, *FIRST.shape), np.float32))


def test_very_large_tiles_are_left_to_gdal(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.tif", noise("float32"))
    monkeypatch.setattr(tiles_module, "_LARGEST", 2 * TILE * TILE * 4 - 1)
    assert opened(path, stack)[1] is None


def test_integers_are_left_to_gdal(tmp_path: Path, stack: ExitStack) -> None:
    assert opened(write(tmp_path / "a.tif", noise("uint16")), stack)[1] is None


def test_pixels_that_are_no_numbers_are_no_difference(tmp_path: Path, stack: ExitStack) -> None:
    pixels = noise("float32")
    pixels[:, 5, 5] = np.nan
    pixels[:, 6, 6] = np.inf
    _, tiles = understood(write(tmp_path / "a.tif", pixels), stack)
    out = np.empty((2, *FIRST.shape), np.float32)
    assert tiles.read([1, 2], FIRST, out)
    np.testing.assert_array_equal(out, pixels[:, :64, :128])


@pytest.mark.parametrize(
    ("damage", "earlier", "why"),
    [
        # Which GDAL takes for pixels.
        (bytes(200), [], "incorrect data check"),
        (bytes(200), [FIRST], "incorrect data check"),
        (b"\xff" * 200, [], "Read failed"),
        (b"\xff" * 200, [FIRST], "invalid"),
    ],
)
def test_a_damaged_tile_is_named(
    damage: bytes, earlier: list[Window], why: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.tif", noise("float32"))
    with rasterio.open(path) as dataset:
        grid = Grid(dataset.crs, dataset.transform, WIDTH, HEIGHT)
        offset = int(dataset.get_tag_item("BLOCK_OFFSET_2_1", "TIFF", bidx=1))
    with path.open("r+b") as file:
        file.seek(offset + 500)
        file.write(damage)
    band = Band("VV", str(path), 1, "float32", None, 1.0, 0.0, grid)
    with open_bands([band]) as (raster,):
        for window in earlier:
            raster.read([band], window, np.empty((1, *window.shape), np.float32))
        with pytest.raises(CorruptProduct, match=rf"VV cannot .* rows 64 to 180.*{why}"):
            raster.read([band], SECOND, np.empty((1, *SECOND.shape), np.float32))


def test_a_tile_that_is_cut_short_is_named(tmp_path: Path, stack: ExitStack) -> None:
    path = write(tmp_path / "a.tif", noise("float32", bands=1))
    dataset, tiles = understood(path, stack)
    size = int(dataset.get_tag_item("BLOCK_SIZE_0_0", "TIFF", bidx=1))
    tile = tiles_module._Tile(0, size - 100, [(0, 0)], 0, 0)
    offset = int(dataset.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    tiles._inflater.room(0, tile.size)[:] = path.read_bytes()[offset : offset + tile.size]
    with pytest.raises(tiles_module.DamagedTile, match="cut short"):
        tiles._see_damage(0, tile)
