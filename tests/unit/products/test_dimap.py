"""CARD-BS: polarisation from names, both byte orders, wherever the folder is entered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from card_products import BS_NAME, write_backscatter

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.open import open_product
from dias_cbm.scenes import Kind

VV = np.linspace(0.01, 0.5, 12).reshape(3, 4)
VH = VV / 5


@pytest.mark.parametrize("big_endian", [True, False])
def test_bands_by_polarisation_in_both_byte_orders(tmp_path: Path, big_endian: bool) -> None:
    bands = {"Gamma0_VH": VH, "Gamma0_VV": VV}
    product = open_product(write_backscatter(tmp_path, bands, big_endian=big_endian))
    assert product.kind is Kind.CARD_BS
    for name, expected in (("VV", VV), ("VH", VH)):
        band = product.bands[name]
        with rasterio.open(band.path) as dataset:
            np.testing.assert_array_equal(dataset.read(band.index), expected.astype("f4"))
        assert (band.nodata, band.scale, band.offset) == (0, 1, 0)
        assert (band.grid.width, band.grid.height) == (4, 3)
        assert band.grid.crs is not None
        assert band.grid.crs.to_epsg() == 32632


def test_entered_by_data_folder_or_header_file(tmp_path: Path) -> None:
    product = write_backscatter(tmp_path, {"Gamma0_VV": VV})
    (product / f"{BS_NAME}.dim").touch()
    for path in (product / f"{BS_NAME}.data", product / f"{BS_NAME}.dim"):
        assert set(open_product(path).bands) == {"VV"}


def test_other_rasters_of_the_folder_are_no_bands(tmp_path: Path) -> None:
    bands = {"Gamma0_VV": VV, "projectedLocalIncidenceAngle": VV, "Sigma0_VV": VV}
    assert set(open_product(write_backscatter(tmp_path, bands)).bands) == {"VV"}


def test_header_that_contradicts_the_name_is_refused(tmp_path: Path) -> None:
    options = {"descriptions": ("Gamma0_VH",)}
    product = write_backscatter(tmp_path, {"Gamma0_VV": VV}, big_endian=False, **options)
    with pytest.raises(InconsistentProduct, match="VV by its name, VH by its header"):
        open_product(product)


def test_header_names_what_the_file_name_does_not(tmp_path: Path) -> None:
    options = {"descriptions": ("Gamma0_VH",)}
    product = write_backscatter(tmp_path, {"Gamma0_1": VH}, big_endian=False, **options)
    assert set(open_product(product).bands) == {"VH"}


def test_band_that_nothing_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="has no polarisation"):
        open_product(write_backscatter(tmp_path, {"Gamma0_1": VV}, big_endian=False))


def test_empty_folder_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / BS_NAME).mkdir()
    with pytest.raises(CorruptProduct, match="no Gamma0 raster"):
        open_product(tmp_path / BS_NAME)


def test_missing_header_names_the_file(tmp_path: Path) -> None:
    product = write_backscatter(tmp_path, {"Gamma0_VV": VV})
    next(product.rglob("*.hdr")).unlink()
    with pytest.raises(CorruptProduct, match="cannot be opened") as caught:
        open_product(product)
    assert str(caught.value.subject).endswith("Gamma0_VV.img")


def test_a_band_in_decibels_is_refused(tmp_path: Path) -> None:
    """Its mean would not be that of the power."""
    product = write_backscatter(tmp_path, {"Gamma0_VV_db": 10 * np.log10(VV)})
    with pytest.raises(InconsistentProduct, match="is in decibels"):
        open_product(product)


def test_gain_and_offset_in_the_header_count(tmp_path: Path) -> None:
    product = write_backscatter(tmp_path, {"Gamma0_VV": VV})
    (header,) = product.rglob("*.hdr")
    with header.open("a") as file:
        file.write("data gain values = {0.001}\ndata offset values = {5}\n")
    band = open_product(product).bands["VV"]
    assert (band.scale, band.offset) == (0.001, 5)
