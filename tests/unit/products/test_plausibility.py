"""Values that cannot be, and products that do not cover what they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from card_products import TRANSFORM_20M, UTM32, write_backscatter, write_coherence
from rasterio.warp import transform_geom
from shapely import MultiPolygon

from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.model import Product
from dias_cbm.products.open import open_product
from dias_cbm.products.plausibility import check_content


def coherence(folder: Path, values: np.ndarray) -> Product:
    layers = np.broadcast_to(values, (2, *values.shape)).copy()
    return open_product(write_coherence(folder, layers, ("VV", "VH"), nodata=np.nan))


def square(columns: slice, rows: slice) -> MultiPolygon:
    """The outline of pixels of the coherence grid, in degrees."""
    left, top = TRANSFORM_20M @ (columns.start, rows.start)
    right, bottom = TRANSFORM_20M @ (columns.stop, rows.stop)
    outline = shapely.segmentize(shapely.box(left, bottom, right, top), 100)
    degrees = transform_geom(UTM32, "EPSG:4326", shapely.geometry.mapping(outline))
    return MultiPolygon([shapely.geometry.shape(degrees)])


def half(values: float = 0.5) -> np.ndarray:
    """100 x 100 pixels, with data in the western half."""
    raster = np.full((100, 100), values)
    raster[:, 50:] = np.nan
    return raster


def test_the_share_of_the_footprint_with_data(tmp_path: Path) -> None:
    product = coherence(tmp_path, half())
    # Columns 0 to 80, of which 50 hold data; rows 0 to 100.
    shares = check_content(product, square(slice(0, 80), slice(0, 100)))
    assert shares == pytest.approx({"VV": 50 / 80, "VH": 50 / 80}, abs=0.01)


def test_a_footprint_beyond_the_raster_counts_whole(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match=r"has data over 2\d% of the footprint"):
        check_content(coherence(tmp_path, half()), square(slice(0, 200), slice(0, 100)))


def test_half_a_scene_is_not_a_scene(tmp_path: Path) -> None:
    footprint = square(slice(0, 100), slice(0, 100))
    raster = half()
    raster[:, 45:] = np.nan
    with pytest.raises(InconsistentProduct, match="VV has data over 45% of the footprint"):
        check_content(coherence(tmp_path, raster), footprint)


def test_without_footprint_there_is_no_share(tmp_path: Path) -> None:
    assert check_content(coherence(tmp_path, half()), None) == {}


@pytest.mark.parametrize("wrong", [-0.01, 1.01, np.inf])
def test_a_coherence_lies_between_0_and_1(tmp_path: Path, wrong: float) -> None:
    raster = half()
    raster[3, 4] = wrong
    if np.isinf(wrong):
        # Not a number to be judged: it counts as missing.
        assert check_content(coherence(tmp_path, raster), None) == {}
        return
    with pytest.raises(InconsistentProduct, match="should be within 0 to 1"):
        check_content(coherence(tmp_path, raster), None)


def test_decibels_are_not_backscatter(tmp_path: Path) -> None:
    decibels = np.full((8, 8), -12.5)
    bands = {"Gamma0_VV": decibels, "Gamma0_VH": decibels}
    with pytest.raises(InconsistentProduct, match=r"holds values from -12\.5 to -12\.5"):
        check_content(open_product(write_backscatter(tmp_path, bands)), None)


def test_a_band_without_data(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="VV holds no data"):
        check_content(coherence(tmp_path, np.full((4, 4), np.nan)), None)


def test_of_a_large_raster_a_sample_tells_the_share(tmp_path: Path) -> None:
    raster = np.full((1300, 1100), 0.5)
    raster[:, 825:] = np.nan
    shares = check_content(coherence(tmp_path, raster), square(slice(0, 1100), slice(0, 1300)))
    assert shares == pytest.approx({"VV": 0.75, "VH": 0.75}, abs=0.01)
