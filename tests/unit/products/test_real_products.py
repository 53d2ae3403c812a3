"""Real metadata and a real raster, as the platforms deliver them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from card_products import write_l2a

from dias_cbm.products.open import open_product
from dias_cbm.products.readers.safe import read_metadata
from dias_cbm.products.validate import validate

pytestmark = pytest.mark.real_data

BASELINE_2 = "S2A_MSIL2A_20180721T053721_N0212_R062_T43MDV_20201011T181419"
BASELINE_4 = "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126"


@pytest.mark.parametrize(
    ("name", "baseline", "offset"), [(BASELINE_2, "02.12", 0.0), (BASELINE_4, "04.00", -1000.0)]
)
def test_offset_of_real_metadata(real_data: Path, name: str, baseline: str, offset: float) -> None:
    metadata = read_metadata(real_data / "s2_meta" / f"{name}.SAFE")
    assert metadata.baseline == baseline
    assert metadata.radiometry.quantification == 10000
    assert metadata.source == "metadata"
    assert metadata.product == f"{name}.SAFE"
    for band in ("B02", "B04", "B08", "B8A", "B11", "B12"):
        assert metadata.scale_offset(band) == (1e-4, pytest.approx(offset * 1e-4))
    assert len(metadata.radiometry.offsets) == (13 if offset else 0)


@pytest.mark.parametrize(("name", "reflectance"), [(BASELINE_2, 0.25), (BASELINE_4, 0.15)])
def test_bands_under_real_metadata(
    real_data: Path, tmp_path: Path, name: str, reflectance: float
) -> None:
    dn = np.full((16, 16), 2500)
    path = write_l2a(tmp_path, {"B04": dn, "B08": dn}, np.full((8, 8), 4), name=name)
    for file in (real_data / "s2_meta" / f"{name}.SAFE").glob("MTD_*.xml"):
        shutil.copy(file, path)
    product = open_product(path)
    validate(product)
    band = product.bands["B04"]
    assert 2500 * band.scale + band.offset == pytest.approx(reflectance)
    assert product.attributes["product"] == f"{name}.SAFE"


def test_real_backscatter_chip(real_data: Path) -> None:
    path = next((real_data / "s1_chips").glob("*.tif"))
    product = open_product(path, names=("VV",))
    validate(product)
    band = product.bands["VV"]
    assert (band.nodata, band.dtype) == (-99, "float32")
    assert (band.grid.width, band.grid.height) == (268, 217)
    assert band.grid.crs is not None
    assert band.grid.crs.to_epsg() == 32631
    assert band.grid.transform.a == 20
    with rasterio.open(path) as dataset:
        values = dataset.read(band.index)
    # dB of a Mediterranean scene.
    assert -30 < values[values != band.nodata].min() < values.max() < 5
