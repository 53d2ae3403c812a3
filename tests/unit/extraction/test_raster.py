"""How the files of bands are opened."""

import numpy as np
import pytest
import rasterio
from rasterio.env import get_gdal_config

from dias_cbm.extraction.raster import open_bands


def test_gdal_s_cache_is_bounded_in_megabytes(make_bands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_GDAL_CACHE_MB", "7")
    with rasterio.Env(), open_bands(make_bands({"VV": np.ones((2, 2), np.float32)})):
        assert get_gdal_config("GDAL_CACHEMAX") == 7 << 20
