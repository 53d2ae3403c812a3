"""Plain stacks, and tags that GDAL does not show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from card_products import TRANSFORM_10M, add_tiff_text, write_raster

from dias_cbm.errors import CorruptProduct, InconsistentProduct, ProductError
from dias_cbm.products.open import open_product
from dias_cbm.products.readers.geotiff import tiff_text

LAYERS = np.arange(24, dtype="i2").reshape(2, 3, 4)


def test_stack_by_descriptions(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "stack.tif", LAYERS, descriptions=("B02", "B04"), nodata=-99)
    product = open_product(path)
    assert product.kind is None
    assert {name: band.index for name, band in product.bands.items()} == {"B02": 1, "B04": 2}
    assert product.bands["B04"].nodata == -99
    assert product.bands["B04"].grid.transform == TRANSFORM_10M


def test_stack_by_given_names_and_by_number(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "stack.tif", LAYERS)
    assert list(open_product(path).bands) == ["1", "2"]
    assert list(open_product(path, names=("red", "nir")).bands) == ["red", "nir"]


def test_stack_keeps_scales_and_offsets(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "stack.tif", LAYERS)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.1, 0.01), (0.0, -1.0)
    band = open_product(path).bands["2"]
    assert (band.scale, band.offset, band.nodata) == (0.01, -1, None)


@pytest.mark.parametrize("names", [("red",), ("red", "red"), ("a", "b", "c")])
def test_names_that_do_not_fit_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = write_raster(tmp_path / "stack.tif", LAYERS)
    with pytest.raises(InconsistentProduct, match="2 bands"):
        open_product(path, names=names)


def test_level_1_scene_is_no_card_product(tmp_path: Path) -> None:
    folder = tmp_path / "S2A_MSIL1C_20180511T103021_N0206_R108_T32VNH_20180511T142132.SAFE"
    folder.mkdir()
    with pytest.raises(ProductError, match="S2_L1C is not a CARD product"):
        open_product(folder)


def test_missing_product_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(CorruptProduct, match="does not exist"):
        open_product(tmp_path / "nowhere.tif")


@pytest.mark.parametrize("text", ["abc", "a longer text that lies apart from the directory"])
def test_ascii_tag_of_a_tiff(tmp_path: Path, text: str) -> None:
    path = write_raster(tmp_path / "one.tif", LAYERS)
    assert tiff_text(path, 65000) is None
    add_tiff_text(path, 65000, text)
    assert tiff_text(path, 65000) == text.encode()
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(), LAYERS)


def test_big_and_big_endian_tiffs_are_understood(tmp_path: Path) -> None:
    # 270 is ImageDescription, which GDAL can write for us.
    for name, options in {"big": {"BIGTIFF": "YES"}, "mm": {"ENDIANNESS": "BIG"}}.items():
        path = write_raster(tmp_path / f"{name}.tif", LAYERS, **options)
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(TIFFTAG_IMAGEDESCRIPTION="spring barley")
        assert tiff_text(path, 270) == b"spring barley"


@pytest.mark.parametrize("size", [0, 1, 3, 9])
def test_cut_tiff_is_corrupt(tmp_path: Path, size: int) -> None:
    path = write_raster(tmp_path / "one.tif", LAYERS)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CorruptProduct):
        tiff_text(path, 270)
