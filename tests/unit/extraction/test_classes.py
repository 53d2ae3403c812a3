"""``cbm extract --classes``: histogram and mask as in the pipeline, without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from card_products import TRANSFORM_10M, TRANSFORM_20M, UTM32, l2a_xml, write_l2a, write_raster
from fields import field

from dias_cbm.errors import GridError, InconsistentProduct, NoOverlap, SettingsError
from dias_cbm.extraction.indices import parse_indices
from dias_cbm.extraction.table import extract_table

B04 = np.arange(1000, 1048, dtype=np.uint16).reshape(6, 8)
SCL = np.array([[4, 9, 4, 4], [5, 3, 4, 4], [0, 0, 4, 4]], np.uint8)
CLEAR = (4, 5, 6, 7)


@pytest.fixture
def parcels(tmp_path: Path) -> Path:
    shapes = [field(0, 0, 4, 2), field(0, 0, 8, 6), field(90, 90, 92, 92)]
    frame = geopandas.GeoDataFrame({"pid": ["north", "all", "away"]}, geometry=shapes, crs=UTM32)
    frame.to_file(tmp_path / "parcels.gpkg")
    return tmp_path / "parcels.gpkg"


def rasters(folder: Path, **bands: np.ndarray) -> list[Path]:
    """A file per band, on the grid that its size asks for."""
    return [
        write_raster(
            folder / f"{name}.tif", values, TRANSFORM_20M if name == "SCL" else TRANSFORM_10M
        )
        for name, values in bands.items()
    ]


def rows(parcels: Path, files: list[Path], **options: Any) -> dict[tuple[str, str], Any]:
    options = {"id_column": "pid", "classes": "SCL", "clear": CLEAR} | options
    table = extract_table(parcels, files, **options).table
    return {(row["pid"], row["band"]): row for row in table.to_pylist()}


def test_mask_and_histogram_of_plain_rasters(parcels: Path, tmp_path: Path) -> None:
    found = rows(parcels, rasters(tmp_path, B04=B04, SCL=SCL))
    # Two classes lie under the northern parcel: 4 is clear, 9 is not.
    clear = np.array([1000, 1001, 1008, 1009])
    assert found["north", "B04"]["count"] == 4
    assert found["north", "B04"]["mean"] == pytest.approx(clear.mean())
    assert found["north", "B04"]["hist"] is None
    assert json.loads(found["north", "SCL"]["hist"]) == {"4": 1, "9": 1}
    assert found["north", "SCL"]["count"] == 2
    assert found["north", "SCL"]["mean"] is None
    assert json.loads(found["all", "SCL"]["hist"]) == {"0": 2, "3": 1, "4": 7, "5": 1, "9": 1}
    assert found["all", "SCL"]["count"] == 10
    seen = np.isin(np.kron(SCL, np.ones((2, 2))), CLEAR)
    assert found["all", "B04"]["count"] == seen.sum()
    assert found["all", "B04"]["mean"] == pytest.approx(B04[seen].mean())
    assert (found["away", "SCL"]["count"], found["away", "SCL"]["hist"]) == (0, None)


def test_a_product_gives_the_same_as_its_rasters(parcels: Path, tmp_path: Path) -> None:
    product = write_l2a(tmp_path, {"B04": B04, "B08": 2 * B04}, SCL, xml=l2a_xml())
    plain = rows(parcels, rasters(tmp_path, B04=B04, B08=2 * B04, SCL=SCL))
    for key, row in rows(parcels, [product], indices=parse_indices(["NDVI"])).items():
        if key[1] == "NDVI":
            continue
        assert (row["count"], row["hist"]) == (plain[key]["count"], plain[key]["hist"])
        if row["mean"] is not None:
            assert row["mean"] == pytest.approx(plain[key]["mean"] / 10_000)


def test_a_stack_with_a_class_band(parcels: Path, tmp_path: Path) -> None:
    fine = np.kron(SCL, np.ones((2, 2))).astype(np.uint16)
    stack = write_raster(tmp_path / "stack.tif", np.stack([B04, fine, 2 * B04]))
    found = rows(parcels, [stack], bands=("B04", "SCL", "B08"))
    assert [band for pid, band in found if pid == "all"] == ["B04", "B08", "SCL"]
    assert json.loads(found["north", "SCL"]["hist"]) == {"4": 4, "9": 4}
    assert found["north", "B08"]["count"] == 4


def test_without_clear_classes_every_pixel_counts(parcels: Path, tmp_path: Path) -> None:
    found = rows(parcels, rasters(tmp_path, B04=B04, SCL=SCL), clear=())
    assert found["north", "B04"]["count"] == 8
    assert json.loads(found["north", "SCL"]["hist"]) == {"4": 1, "9": 1}


def test_only_classes(parcels: Path, tmp_path: Path) -> None:
    found = rows(parcels, rasters(tmp_path, SCL=SCL), bands=("SCL",))
    assert found["all", "SCL"]["count"] == 10
    assert {band for _, band in found} == {"SCL"}


def test_nodata_of_the_class_band_is_class_0(parcels: Path, tmp_path: Path) -> None:
    holes = np.where(SCL == 0, 255, SCL).astype(np.uint8)
    (b04,) = rasters(tmp_path, B04=B04)
    scl = write_raster(tmp_path / "SCL.tif", holes, TRANSFORM_20M, nodata=255)
    found = rows(parcels, [b04, scl])
    assert json.loads(found["all", "SCL"]["hist"])["0"] == 2
    assert found["all", "B04"]["count"] == 32


def test_notes_are_of_the_bands(parcels: Path, tmp_path: Path) -> None:
    found = rows(parcels, rasters(tmp_path, B04=B04, SCL=SCL), minimum_pixels=20)
    assert found["north", "B04"]["note"] == "few_pixels"
    assert found["north", "SCL"]["note"] is None


def test_classes_that_end_elsewhere(
    parcels: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = rows(parcels, rasters(tmp_path, B04=B04, SCL=SCL[:, :2]), clear=())
    assert found["all", "B04"]["count"] == 24
    assert "its layers share 4 x 6 pixels of B04" in caplog.text


@pytest.mark.parametrize(
    ("scl", "options", "error", "message"),
    [
        (SCL, {"classes": "QA"}, SettingsError, "no band of the rasters is named QA"),
        (SCL.astype("f4"), {}, InconsistentProduct, "holds float32, not classes"),
        (SCL + 8, {}, InconsistentProduct, "holds values that are not a class"),
    ],
)
def test_refusals(
    parcels: Path,
    tmp_path: Path,
    scl: np.ndarray,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        rows(parcels, rasters(tmp_path, B04=B04, SCL=scl), **options)


def test_classes_elsewhere(parcels: Path, tmp_path: Path) -> None:
    (b04,) = rasters(tmp_path, B04=B04)
    from affine import Affine
    from rasterio.crs import CRS

    there = TRANSFORM_20M @ Affine.translation(100, 0)
    with pytest.raises(NoOverlap, match="no ground in common"):
        rows(parcels, [b04, write_raster(tmp_path / "SCL.tif", SCL, there)])
    other = CRS.from_epsg(32633)
    with pytest.raises(GridError, match="but band B04 in EPSG:32632"):
        rows(parcels, [b04, write_raster(tmp_path / "SCL.tif", SCL, TRANSFORM_20M, other)])
