"""Pixels that a file masks do not count, however it does so, nor do those of its own nodata."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from card_products import (
    TRANSFORM_10M,
    UTM32,
    write_coherence,
    write_raster,
)
from fields import field
from rasterio.enums import ColorInterp

from dias_cbm.card.sar.dem import Dem
from dias_cbm.errors import CorruptProduct, GridError, InconsistentProduct, SettingsError
from dias_cbm.extraction.indices import parse_indices
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.stream import histogram, zonal
from dias_cbm.extraction.table import extract_table
from dias_cbm.geometry import flatten
from dias_cbm.products.open import open_product
from dias_cbm.products.plausibility import check_content
from dias_cbm.products.validate import validate
from dias_cbm.rasters import STAND_INS
from dias_cbm.storage.vrt_proxy import stand_in

both_rules = pytest.mark.parametrize("rule", list(Rule))

#: 20 x 20 pixels: 100 on the valid half, 0 elsewhere.
VALID = np.zeros((20, 20), bool)
VALID[:, :10] = True
PIXELS = np.where(VALID, 100, 0)
SHOWN = np.where(VALID, 255, 0).astype(np.uint8)
PARCEL = field(0, 0, 20, 20).buffer(5)


def write_parcels(folder: Path) -> Path:
    file = folder / "parcels.gpkg"
    geopandas.GeoDataFrame({"pid": [1]}, geometry=[PARCEL], crs=UTM32).to_file(file)
    return file


def inside(folder: Path, dtype: str) -> Path:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        return masked(folder, dtype)


def masked(folder: Path, dtype: str) -> Path:
    file = write_raster(folder / "a.tif", PIXELS.astype(dtype))
    with rasterio.open(file, "r+") as dataset:
        dataset.write_mask(SHOWN)
    return file


def beside(folder: Path, dtype: str) -> Path:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        file = masked(folder, dtype)
    assert file.with_name("a.tif.msk").exists()
    return file


def alpha(folder: Path, dtype: str, **options: object) -> Path:
    layers = np.stack([PIXELS, SHOWN]).astype(dtype)
    file = write_raster(folder / "a.tif", layers, ALPHA="YES", **options)
    with rasterio.open(file) as dataset:
        assert dataset.colorinterp[1] is ColorInterp.alpha
    return file


def alpha_and_nodata(folder: Path, dtype: str) -> Path:
    return alpha(folder, dtype, nodata=7)


def nodata_values(folder: Path, dtype: str) -> Path:
    file = write_raster(folder / "a.tif", PIXELS.astype(dtype))
    with rasterio.open(file, "r+") as dataset:
        dataset.update_tags(NODATA_VALUES="0")
    return file


def of_one_band(folder: Path, dtype: str) -> Path:
    """A VRT whose band has a mask of its own."""
    write_raster(folder / "pixels.tif", PIXELS.astype(dtype))
    write_raster(folder / "shown.tif", SHOWN)
    source = (
        "<SimpleSource><SourceFilename relativeToVRT='1'>{}</SourceFilename>"
        "<SourceBand>1</SourceBand></SimpleSource>"
    )
    names = {"uint8": "Byte", "int16": "Int16", "float32": "Float32"}
    a, _, c, _, e, f = TRANSFORM_10M[:6]
    file = folder / "a.vrt"
    file.write_text(
        "<VRTDataset rasterXSize='20' rasterYSize='20'><SRS>EPSG:32632</SRS>"
        f"<GeoTransform>{c}, {a}, 0, {f}, 0, {e}</GeoTransform>"
        f"<VRTRasterBand dataType='{names[dtype]}' band='1'>{source.format('pixels.tif')}"
        f"<MaskBand><VRTRasterBand dataType='Byte'>{source.format('shown.tif')}</VRTRasterBand>"
        "</MaskBand></VRTRasterBand></VRTDataset>"
    )
    return file


FORMS = [inside, beside, alpha, alpha_and_nodata, nodata_values, of_one_band]


@both_rules
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_masks(tmp_path: Path, form: Callable[[Path, str], Path], dtype: str, rule: Rule) -> None:
    product = open_product(form(tmp_path, dtype))
    validate(product)
    assert list(product.bands) == ["1"]
    result = zonal(flatten([PARCEL]), UTM32, list(product.bands.values()), rule=rule)
    count, mean, std, low, high = result.statistics[0, 0, :5]
    assert (count, mean, std, low, high) == (200, 100, 0, 100, 100)


def test_a_mask_of_another_size_is_not_ignored(tmp_path: Path) -> None:
    file = write_raster(tmp_path / "a.tif", PIXELS.astype(np.uint8))
    write_raster(tmp_path / "a.tif.msk", SHOWN[:10, :10])
    with pytest.raises(CorruptProduct, match=r"a\.tif\.msk: has 10 x 10 .* the raster 20 x 20"):
        open_product(file)


@both_rules
def test_nodata_that_no_double_holds(tmp_path: Path, rule: Rule) -> None:
    largest = np.iinfo(np.uint64).max
    pixels = np.where(VALID, np.uint64(100), largest)
    file = write_raster(tmp_path / "a.tif", pixels, nodata=float(2**63))
    content = file.read_bytes()
    written = b"9.2233720368547758e+18"
    assert written in content
    file.write_bytes(content.replace(written, str(largest).encode().ljust(len(written), b"\0")))
    bands = list(open_product(file).bands.values())
    result = zonal(flatten([PARCEL]), UTM32, bands, rule=rule)
    assert result.statistics[0, 0, :2].tolist() == [200, 100]


@pytest.mark.parametrize(
    ("values", "told"),
    [({"scales": [np.inf]}, "scale inf"), ({"offsets": [np.nan]}, "offset nan")],
)
def test_a_scale_that_is_not_finite(
    tmp_path: Path, values: dict[str, list[float]], told: str
) -> None:
    file = write_raster(tmp_path / "a.tif", PIXELS.astype(np.int16))
    with rasterio.open(file, "r+") as dataset:
        for name, value in values.items():
            setattr(dataset, name, value)
    with pytest.raises(InconsistentProduct, match=told):
        zonal(flatten([PARCEL]), UTM32, list(open_product(file).bands.values()))


def test_a_grid_without_a_place(tmp_path: Path) -> None:
    transform = rasterio.Affine(np.nan, 0, 0, 0, -10, 0)
    file = write_raster(tmp_path / "a.tif", PIXELS.astype(np.int16), transform)
    with pytest.raises(GridError, match="has no extent"):
        validate(open_product(file))


def test_the_mask_of_a_coarser_band_of_an_index(tmp_path: Path) -> None:
    fine = write_raster(tmp_path / "fine.tif", np.full((40, 40), 3.0), TRANSFORM_10M.scale(0.5))
    coarse = inside(tmp_path, "float32")
    with rasterio.open(fine, "r+") as dataset:
        dataset.transform = TRANSFORM_10M @ TRANSFORM_10M.scale(0.5)
    bands = [
        *open_product(fine, names=("VV",)).bands.values(),
        *open_product(coarse, names=("VH",)).bands.values(),
    ]
    result = zonal(flatten([PARCEL]), UTM32, bands, indices=parse_indices(["VH/VV"]))
    assert result.statistics[:, 0, 0].tolist() == [1600, 200, 800]
    assert result.statistics[2, 0, 1] == pytest.approx(100 / 3)


def test_the_mask_of_a_classification(tmp_path: Path) -> None:
    file = write_raster(tmp_path / "scl.tif", np.where(VALID, 4, 99).astype(np.uint8))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(file, "r+") as dataset:
        dataset.write_mask(SHOWN)
    counts, _ = histogram(flatten([PARCEL]), UTM32, open_product(file).bands["1"])
    assert counts[0].tolist() == [200, 0, 0, 0, 200, *[0] * 7]


def test_the_mask_of_a_coherence_product(tmp_path: Path) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        product = write_coherence(tmp_path, np.stack([np.full((20, 20), 0.5)] * 2), ("VV", "VH"))
        with rasterio.open(next(product.glob("*.tif")), "r+") as dataset:
            dataset.write_mask(SHOWN)
    opened = open_product(product)
    result = zonal(flatten([field(0, 0, 40, 40)]), UTM32, list(opened.bands.values()))
    assert result.statistics[:, 0, 0].tolist() == [200, 200]


def test_a_masked_product_holds_no_data(tmp_path: Path) -> None:
    file = write_raster(tmp_path / "a.tif", PIXELS.astype("float32") + 1)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(file, "r+") as dataset:
        dataset.write_mask(np.zeros((20, 20), np.uint8))
    with pytest.raises(InconsistentProduct, match="holds no data"):
        check_content(open_product(file), None)


@pytest.mark.parametrize("folder", [False, True])
def test_heights_under_a_mask(tmp_path: Path, folder: bool) -> None:
    file = inside(tmp_path, "float32")
    with Dem(tmp_path if folder else file) as dem:
        heights = dem.read(0, 0, 20, 20)
    np.testing.assert_array_equal(np.isfinite(heights), VALID)


def test_four_bytes_of_named_bands_have_no_alpha(tmp_path: Path) -> None:
    """GDAL declares the fourth of four bytes to be alpha."""
    layers = np.stack([np.full((20, 20), value, np.uint8) for value in (1, 2, 3, 0)])
    names = ("B02", "B03", "B04", "B08")
    named = open_product(write_raster(tmp_path / "a.tif", layers, descriptions=names))
    result = zonal(flatten([PARCEL]), UTM32, list(named.bands.values()))
    assert tuple(named.bands) == names
    assert result.statistics[:, 0, :2].tolist() == [[400, 1], [400, 2], [400, 3], [400, 0]]


def test_names_for_an_alpha_band(tmp_path: Path) -> None:
    file = alpha(tmp_path, "uint8")
    with pytest.raises(InconsistentProduct, match="has 1 bands besides its alpha band 2"):
        open_product(file, names=("B04", "B08"))
    parcels = write_parcels(tmp_path)
    with pytest.raises(SettingsError, match=r"2 names given for 1 bands.*colorinterp_2 undefined"):
        extract_table(parcels, [file], id_column="pid", bands=("B04", "B08"))


def nodata_stays_nodata(folder: Path, rule: Rule, nodata: float, dtype: str) -> None:
    parcels = write_parcels(folder)
    stored = np.where(VALID, 100, np.dtype(dtype).type(nodata)).astype(dtype)
    one = write_raster(folder / "one.tif", stored, nodata=nodata)
    other = write_raster(folder / "other.tif", np.full((20, 20), 5, "int32"), nodata=-1)
    for rasters in ([one], [one, other], [other, one]):
        rows = extract_table(parcels, rasters, id_column="pid", rule=rule).table.to_pylist()
        found = {row["band"]: (row["count"], row["mean"]) for row in rows}
        assert found.get("one", found.get("1")) == (200, 100)
        assert found.get("other", (400, 5)) == (400, 5)


@both_rules
@pytest.mark.parametrize("nodata", [-0.1, 1e-7, -3.4028234663852886e38, 0.3, -9999.9])
def test_nodata_as_float32_stores_it(tmp_path: Path, rule: Rule, nodata: float) -> None:
    nodata_stays_nodata(tmp_path, rule, nodata, "float32")


@both_rules
@pytest.mark.parametrize("nodata", [-0.1, 1e300])
def test_nodata_as_float64_stores_it(tmp_path: Path, rule: Rule, nodata: float) -> None:
    nodata_stays_nodata(tmp_path, rule, nodata, "float64")


def test_nodata_that_only_float32_rounds_is_no_content(tmp_path: Path) -> None:
    file = write_raster(tmp_path / "a.tif", np.full((20, 20), -0.1, "float32"), nodata=-0.1)
    with pytest.raises(InconsistentProduct, match="holds no data"):
        check_content(open_product(file), None)


@pytest.mark.parametrize("form", [inside, beside, alpha], ids=lambda form: form.__name__)
def test_the_stand_in_of_a_masked_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Callable[[Path, str], Path]
) -> None:
    file = form(tmp_path, "float32")
    with rasterio.open(file, "r+") as dataset:
        for index in dataset.indexes:
            dataset.set_band_description(index, ("VV", "alpha")[index - 1])
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path))
    place = tmp_path / "local" / "a.tif"
    made = stand_in(str(file), file.stat().st_size, place)
    # An object whose mask is a file of its own is fetched whole instead.
    assert made is (form is not beside)
    if not made:
        return
    (place.parent / STAND_INS).write_text(place.name)
    result = zonal(flatten([PARCEL]), UTM32, list(open_product(place).bands.values()))
    assert result.statistics[:, 0, :2].tolist() == [[200, 100]]
