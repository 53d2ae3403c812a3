"""The same pixels in every format that products come in give the same statistics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from card_products import TRANSFORM_10M, UTM32, write_raster
from fields import field

from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.stream import Zonal, zonal
from dias_cbm.geometry import flatten
from dias_cbm.products.open import open_product
from dias_cbm.products.validate import validate

PARCELS = [field(3, 2, 50, 40), field(20, 30, 70, 77), field(60, 60, 64, 61), field(78, 1, 90, 9)]
NODATA = 7

TILED = {"tiled": True, "blockxsize": 32, "blockysize": 16}
GEOTIFF = {
    "stripped": {},
    "tiled": TILED,
    "deflate": TILED | {"compress": "deflate"},
    "deflate and differences": TILED | {"compress": "deflate", "predictor": 2},
    "zstd": TILED | {"compress": "zstd"},
    "zstd and differences": TILED | {"compress": "zstd", "predictor": 2},
    "lzw": {"compress": "lzw"},
    "band by band": TILED | {"interleave": "band"},
    "big": {"BIGTIFF": "YES"},
    "big endian": {"ENDIANNESS": "BIG"},
    "COG": {"driver": "COG", "blocksize": 128, "compress": "zstd"},
}
FLOATS = {
    "deflate and float differences": TILED | {"compress": "deflate", "predictor": 3},
    "zstd and float differences": TILED | {"compress": "zstd", "predictor": 3},
}
LOSSLESS = {"driver": "JP2OpenJPEG", "QUALITY": "100", "REVERSIBLE": "YES"}
DTYPES = ("uint8", "int16", "uint16", "int32", "float32", "float64")


def layers(dtype: str) -> np.ndarray:
    """Two bands, with nodata in both."""
    random = np.random.default_rng(11)
    pixels = random.gamma(4, 20, (2, 80, 80)).clip(1, 200)
    pixels = pixels.astype(dtype) if dtype.startswith("float") else pixels.round().astype(dtype)
    pixels[random.random(pixels.shape) < 0.1] = NODATA
    return pixels


def statistics(file: Path, rule: Rule = Rule.CENTRE) -> Zonal:
    product = open_product(file, names=("VV", "VH"))
    validate(product)
    return zonal(flatten(PARCELS), UTM32, list(product.bands.values()), rule=rule)


def expected(tmp_path: Path, dtype: str, rule: Rule = Rule.CENTRE) -> np.ndarray:
    file = write_raster(tmp_path / "plain.tif", layers(dtype), nodata=NODATA)
    result = statistics(file, rule)
    assert (result.statistics[:, :3, 0] > 0).all()
    return result.statistics


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_type_against_numpy(tmp_path: Path, dtype: str, rule: Rule) -> None:
    pixels = layers(dtype)
    result = expected(tmp_path, dtype, rule)
    # One parcel of whole pixels but for a metre on each side, which the centre rule ignores.
    inner = pixels[:, 2:40, 3:50].astype(np.float64)
    for band, values in enumerate(inner):
        weight = np.outer([0.9, *[1] * 36, 0.9], [0.9, *[1] * 45, 0.9])
        weight = (weight if rule is Rule.COVERAGE else np.ones_like(weight)) * (values != NODATA)
        mean = np.average(values, weights=weight)
        assert result[band, 0, 0] == pytest.approx(weight.sum(), rel=1e-7)
        assert result[band, 0, 1] == pytest.approx(mean, rel=1e-7)
        std = np.average((values - mean) ** 2, weights=weight) ** 0.5
        assert result[band, 0, 2] == pytest.approx(std, rel=1e-7)
        assert result[band, 0, 3] == values[values != NODATA].min()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", GEOTIFF)
def test_geotiff(tmp_path: Path, name: str, dtype: str) -> None:
    file = write_raster(tmp_path / "other.tif", layers(dtype), nodata=NODATA, **GEOTIFF[name])
    np.testing.assert_array_equal(statistics(file).statistics, expected(tmp_path, dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FLOATS)
def test_geotiff_of_floats(tmp_path: Path, name: str, dtype: str) -> None:
    file = write_raster(tmp_path / "other.tif", layers(dtype), nodata=NODATA, **FLOATS[name])
    np.testing.assert_array_equal(statistics(file).statistics, expected(tmp_path, dtype))


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_envi(tmp_path: Path, dtype: str, order: str, interleave: str) -> None:
    pixels = layers(dtype)
    file = write_raster(
        tmp_path / "other.img", pixels, nodata=NODATA, driver="ENVI", INTERLEAVE=interleave
    )
    if order == "big":
        axes = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}[interleave]
        swapped = pixels.transpose(axes).astype(pixels.dtype.newbyteorder(">"))
        file.write_bytes(swapped.tobytes())
        header = file.with_suffix(".hdr")
        header.write_text(header.read_text().replace("byte order = 0", "byte order = 1"))
    np.testing.assert_array_equal(statistics(file).statistics, expected(tmp_path, dtype))


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16"])
def test_jpeg_2000(tmp_path: Path, dtype: str) -> None:
    """It has no nodata of its own; the product's reader gives it."""
    file = write_raster(tmp_path / "other.jp2", layers(dtype), **LOSSLESS)
    plain = write_raster(tmp_path / "plain.tif", layers(dtype))
    np.testing.assert_array_equal(statistics(file).statistics, statistics(plain).statistics)


@pytest.mark.parametrize("rule", list(Rule))
def test_pixels_that_are_not_square(tmp_path: Path, rule: Rule) -> None:
    """Each pixel of 10 m as two of 10 m x 5 m and as two of 5 m x 10 m."""
    pixels = layers("float32")
    results = [expected(tmp_path, "float32", rule)]
    for axis, scale in ((1, (1, 0.5)), (2, (0.5, 1))):
        file = write_raster(
            tmp_path / f"flat{axis}.tif",
            pixels.repeat(2, axis=axis),
            TRANSFORM_10M @ TRANSFORM_10M.scale(*scale),
            nodata=NODATA,
        )
        results.append(statistics(file, rule).statistics)
    for result in results[1:]:
        np.testing.assert_allclose(result[:, :2, 0], 2 * results[0][:, :2, 0], rtol=1e-6)
        np.testing.assert_allclose(result[:, :2, 1], results[0][:, :2, 1], rtol=1e-6)
