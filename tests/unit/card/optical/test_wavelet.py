"""The coarse image is the decoder's own, and so is what is resampled from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.windows import Window

from dias_cbm.card.optical.l1c import opened_l1c
from dias_cbm.card.optical.sensed import read, read_numbers
from dias_cbm.card.optical.wavelet import halved
from dias_cbm_lab.level1.l1c import write_l1c


def noise(height: int, width: int) -> np.ndarray:
    """With strips of no data and of saturation, around which the wavelet leaves the range."""
    numbers = np.random.default_rng(height).integers(1, 9000, (height, width)).astype("u2")
    numbers[: height // 9], numbers[:, -width // 9 :] = 0, 65_535
    return numbers


def encode(path: Path, numbers: np.ndarray, **options: object) -> None:
    if path.exists():
        with rasterio.open(path) as before:
            options |= {"crs": before.crs, "transform": before.transform}
    height, width = numbers.shape
    profile = {"height": height, "width": width, "count": 1, "dtype": "uint16", "RESOLUTIONS": "4"}
    options = {"QUALITY": "100", "REVERSIBLE": "YES"} | options
    with rasterio.open(path, "w", driver="JP2OpenJPEG", **profile, **options) as target:
        target.write(numbers, 1)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize(("height", "width"), [(256, 320), (328, 272), (331, 257)])
def test_half_the_size(tmp_path: Path, height: int, width: int) -> None:
    image = noise(height, width)
    encode(tmp_path / "x.jp2", image)
    coarse = image.astype(np.int32)
    with rasterio.open(tmp_path / "x.jp2") as whole:
        levels = len(whole.overviews(1))
    for level in range(levels):
        coarse = halved(coarse)
        with rasterio.open(tmp_path / "x.jp2", overview_level=level) as expected:
            np.testing.assert_array_equal(coarse.clip(0, 65_535), expected.read(1))
    assert levels or height % 2


def test_images_of_few_pixels() -> None:
    assert halved(np.array([[7]], np.int32)).tolist() == [[7]]
    assert halved(np.array([[4, 8]], np.int32)).tolist() == [[6]]
    assert halved(np.array([[4], [8], [4]], np.int32)).tolist() == [[6], [6]]


@pytest.mark.parametrize(
    ("band", "side", "options"),
    [
        ("B04", 1536, {"BLOCKXSIZE": "256", "BLOCKYSIZE": "256"}),
        ("B11", 768, {"BLOCKXSIZE": "640", "BLOCKYSIZE": "640"}),
        ("B8A", 768, {"NBITS": "13"}),
        ("B04", 1536, {"REVERSIBLE": "NO", "QUALITY": "80"}),
    ],
)
def test_decoded_once_or_twice_is_the_same(
    tmp_path: Path, band: str, side: int, options: dict[str, str]
) -> None:
    source = write_l1c(tmp_path, {band: 0.2}, 15_360)
    (file,) = source.rglob(f"*_{band}.jp2")
    numbers = noise(side, side)
    encode(file, numbers % 8192 if "NBITS" in options else numbers, **options)
    keep, shape = tmp_path / "kept", (256, 256)
    with opened_l1c(source, tmp_path) as product:
        twice, once = read(product, band, shape), read(product, band, shape, keep)
        window = Window(30, 500, 200, 100)
        part = read_numbers(product, band, window)
        np.testing.assert_array_equal(read_numbers(product, band, window, keep), part)
    for name in ("reflectance", "valid"):
        np.testing.assert_array_equal(getattr(once, name), getattr(twice, name), name)
    assert keep.exists() == ("QUALITY" not in options)
    assert 0 < once.valid.mean() < 1
