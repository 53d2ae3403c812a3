"""How the files of bands are opened and read, and what of a damaged one is noticed."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from card_products import write_raster
from rasterio.env import get_gdal_config

from dias_cbm.errors import CorruptProduct
from dias_cbm.extraction.plan import Window
from dias_cbm.extraction.raster import open_bands
from dias_cbm.products.open import Band, Grid

HEIGHT, WIDTH, TILE = 180, 250, 64
PIXELS = np.random.default_rng(3).gamma(4, 20, (HEIGHT, WIDTH)).astype(np.float32)
WINDOW = Window(64, 180, 64, 250)


def test_gdal_s_cache_is_bounded_in_megabytes(make_bands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_GDAL_CACHE_MB", "7")
    with rasterio.Env(), open_bands(make_bands({"VV": np.ones((2, 2), np.float32)})):
        assert get_gdal_config("GDAL_CACHEMAX") == 7 << 20


@pytest.fixture
def damaged(tmp_path: Path):
    """Writes tiles, and something over the bytes of one of them."""

    def write(compress: str, at: int, damage: bytes) -> Band:
        path = write_raster(
            tmp_path / "a.tif",
            PIXELS,
            compress=compress,
            tiled=True,
            blockxsize=TILE,
            blockysize=TILE,
        )
        with rasterio.open(path) as dataset:
            grid = Grid(dataset.crs, dataset.transform, WIDTH, HEIGHT)
            start = int(dataset.get_tag_item("BLOCK_OFFSET_2_1", "TIFF", bidx=1))
        with path.open("r+b") as file:
            file.seek(start + at)
            file.write(damage)
        return Band("VV", str(path), 1, "float32", None, 1.0, 0.0, grid)

    return write


def read(band: Band) -> np.ndarray:
    out = np.empty((1, *WINDOW.shape), np.float32)
    with open_bands([band]) as (raster,):
        raster.read([band], WINDOW, out)
    return out[0]


@pytest.mark.parametrize("compress", ["zstd", "deflate", "lzw"])
def test_a_tile_that_cannot_be_decoded_is_named(damaged, compress: str) -> None:
    with pytest.raises(CorruptProduct, match=r"a\.tif: band VV cannot .* rows 64 to 180"):
        read(damaged(compress, 0, b"\xff" * 200))


@pytest.mark.parametrize(("compress", "damage"), [("deflate", bytes(200)), ("zstd", b"\xff")])
def test_gdal_takes_most_damage_for_pixels(damaged, compress: str, damage: bytes) -> None:
    """As docs/extraction.md says; it is for the checksums of the store to find such a file."""
    assert (read(damaged(compress, 2000, damage)) != PIXELS[64:180, 64:250]).any()
