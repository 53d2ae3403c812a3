"""CARD-COH6: polarisation by what the file says, and never by position."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from card_products import COHERENCE_NAME, add_tiff_text, write_coherence

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.open import open_product
from dias_cbm.scenes import Kind

LAYERS = np.stack([np.full((3, 4), 0.3), np.full((3, 4), 0.7)])


def snap_header(*names: str) -> str:
    bands = "".join(
        f"<Spectral_Band_Info><BAND_INDEX>{index}</BAND_INDEX><BAND_NAME>{name}</BAND_NAME>"
        "</Spectral_Band_Info>"
        for index, name in enumerate(names)
    )
    return f"<Dimap_Document><Image_Interpretation>{bands}</Image_Interpretation></Dimap_Document>"


@pytest.mark.parametrize("order", [("VV", "VH"), ("VH", "VV")])
def test_polarisation_from_descriptions(tmp_path: Path, order: tuple[str, str]) -> None:
    descriptions = tuple(f"coh_IW1_{name}_11May2018_05May2018" for name in order)
    product = open_product(write_coherence(tmp_path, LAYERS, descriptions))
    assert product.kind is Kind.CARD_COH6
    assert {name: band.index for name, band in product.bands.items()} == {order[0]: 1, order[1]: 2}
    assert {band.nodata for band in product.bands.values()} == {0}


@pytest.mark.parametrize("order", [("VV", "VH"), ("VH", "VV")])
def test_polarisation_from_the_header_that_snap_leaves(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    path = write_coherence(tmp_path, LAYERS)
    names = (f"coh_{name}_11May2018_05May2018" for name in order)
    add_tiff_text(path / f"{COHERENCE_NAME}.tif", 65000, snap_header(*names))
    bands = open_product(path).bands
    assert {name: band.index for name, band in bands.items()} == {order[0]: 1, order[1]: 2}


def test_silent_file_is_refused_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="does not name its polarisations") as caught:
        open_product(write_coherence(tmp_path, LAYERS))
    assert "name them" in str(caught.value.hint)


def test_silent_file_opens_when_the_caller_names_its_bands(tmp_path: Path) -> None:
    product = open_product(write_coherence(tmp_path, LAYERS), names=("VH", "VV"))
    assert product.bands["VH"].index == 1


def test_one_described_band_of_two_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct):
        open_product(write_coherence(tmp_path, LAYERS, ("coh_VV",)))


def test_same_polarisation_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="has two bands VV"):
        open_product(write_coherence(tmp_path, LAYERS, ("coh_VV", "coh_VV_bis")))


def test_two_files_are_refused(tmp_path: Path) -> None:
    path = write_coherence(tmp_path, LAYERS, ("VV", "VH"))
    (path / "other.tif").touch()
    with pytest.raises(InconsistentProduct, match="2 GeoTIFFs"):
        open_product(path)


def test_no_file_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / COHERENCE_NAME).mkdir()
    with pytest.raises(CorruptProduct, match="no GeoTIFF"):
        open_product(tmp_path / COHERENCE_NAME)


def test_scale_and_offset_of_the_file_count(tmp_path: Path) -> None:
    product = write_coherence(tmp_path, LAYERS, ("VV", "VH"))
    with rasterio.open(product / f"{COHERENCE_NAME}.tif", "r+") as dataset:
        dataset.scales, dataset.offsets = (0.001, 0.002), (0.5, 0.0)
    bands = open_product(product).bands
    assert [(band.scale, band.offset) for band in bands.values()] == [(0.001, 0.5), (0.002, 0.0)]
