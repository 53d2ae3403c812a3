"""Each way in which a product can be unusable is found, and names its file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from card_products import (
    COHERENCE_NAME,
    TRANSFORM_10M,
    TRANSFORM_20M,
    l2a_xml,
    write_backscatter,
    write_coherence,
    write_l2a,
    write_raster,
)
from rasterio.crs import CRS
from shapely import MultiPolygon, box

from dias_cbm.errors import CorruptProduct, GridError, InconsistentProduct
from dias_cbm.products.model import Product
from dias_cbm.products.open import open_product
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Kind

VV = np.random.default_rng(1).gamma(4, 0.02, (64, 64))
DN = np.random.default_rng(2).integers(1, 5000, (256, 256))
SCL = np.full((128, 128), 4)
# 500000 E 6300000 N in UTM 32 is 9 E, 56.84 N.
HERE = MultiPolygon([box(8.9, 56.0, 9.5, 57.0)])
ELSEWHERE = MultiPolygon([box(12.0, 56.0, 12.5, 57.0)])


@dataclass
class Listed:
    footprint: MultiPolygon | None = None
    tile: str | None = None


def backscatter(folder: Path, **options: object) -> Product:
    return open_product(
        write_backscatter(folder, {"Gamma0_VV": VV, "Gamma0_VH": VV / 5}, **options)
    )


def l2a(folder: Path, scl: np.ndarray | None = SCL, **options: object) -> Product:
    return open_product(write_l2a(folder, {"B04": DN, "B08": DN}, scl, xml=l2a_xml(), **options))


def test_sound_products_pass(tmp_path: Path) -> None:
    validate(backscatter(tmp_path), Listed(HERE))
    layers = np.stack([VV, VV])
    validate(open_product(write_coherence(tmp_path, layers, ("coh_VV", "coh_VH"))), Listed(HERE))
    validate(l2a(tmp_path), Listed(HERE, "32VNH"))
    validate(l2a(tmp_path))


@pytest.mark.parametrize("cut", [1, 4, 64 * 64 * 2])
def test_truncated_envi(tmp_path: Path, cut: int) -> None:
    product = backscatter(tmp_path)
    image = Path(product.bands["VH"].path)
    image.write_bytes(image.read_bytes()[:-cut])
    with pytest.raises(CorruptProduct, match=f"{64 * 64 * 4 - cut} bytes") as caught:
        validate(product)
    assert caught.value.subject == str(image)


def test_envi_with_more_than_its_header_says(tmp_path: Path) -> None:
    product = backscatter(tmp_path)
    with Path(product.bands["VV"].path).open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CorruptProduct, match="its header says"):
        validate(product)


@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_truncated_jp2(tmp_path: Path, share: float) -> None:
    product = l2a(tmp_path)
    image = Path(product.bands["B08"].path)
    content = image.read_bytes()
    image.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CorruptProduct) as caught:
        validate(product)
    assert caught.value.subject == str(image)


@pytest.mark.parametrize("compress", ["none", "zstd", "deflate"])
def test_truncated_geotiff(tmp_path: Path, compress: str) -> None:
    layers = np.stack([VV, VV])
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16, "compress": compress}
    path = write_coherence(tmp_path, layers, ("coh_VV", "coh_VH"), **tiles)
    file = path / f"{COHERENCE_NAME}.tif"
    product = open_product(path)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * 0.6)])
    with pytest.raises(CorruptProduct) as caught:
        validate(product)
    assert caught.value.subject == str(file)


@pytest.mark.parametrize("missing", ["B04", "B08"])
def test_optical_band_missing(tmp_path: Path, missing: str) -> None:
    product = l2a(tmp_path)
    bands = {name: band for name, band in product.bands.items() if name != missing}
    with pytest.raises(InconsistentProduct, match=f"lacks {missing}"):
        validate(replace(product, bands=bands))


def test_scene_classification_missing(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="lacks SCL"):
        validate(l2a(tmp_path, scl=None))


def test_class_that_does_not_exist(tmp_path: Path) -> None:
    scl = SCL.copy()
    scl[3, 5] = 12
    with pytest.raises(InconsistentProduct, match="scene class 12") as caught:
        validate(l2a(tmp_path, scl=scl))
    assert "SCL" in str(caught.value.subject)


@pytest.mark.parametrize("kind", [Kind.CARD_BS, Kind.CARD_COH6])
def test_radar_bands_are_polarisations(tmp_path: Path, kind: Kind) -> None:
    product = backscatter(tmp_path)
    wrong = {"B04": product.bands["VV"]}
    with pytest.raises(InconsistentProduct, match="not polarisations"):
        validate(replace(product, kind=kind, bands=wrong))
    with pytest.raises(InconsistentProduct, match="no bands"):
        validate(replace(product, kind=kind, bands={}))


def test_without_crs(tmp_path: Path) -> None:
    with pytest.raises(GridError, match="no CRS"):
        validate(open_product(write_raster(tmp_path / "a.tif", VV, crs=None)))


@pytest.mark.parametrize(
    "transform",
    [
        TRANSFORM_10M @ Affine.rotation(10),
        TRANSFORM_10M @ Affine.shear(5, 0),
        Affine(10, 0, 500000, 0, 10, 6300000),
        Affine(-10, 0, 500000, 0, -10, 6300000),
    ],
)
def test_not_north_up(tmp_path: Path, transform: Affine) -> None:
    with pytest.raises(GridError, match="writes it north-up"):
        validate(open_product(write_raster(tmp_path / "a.tif", VV, transform)))


@pytest.mark.parametrize(
    ("transform", "crs", "message"),
    [
        (TRANSFORM_10M, CRS.from_epsg(32633), "another CRS"),
        (TRANSFORM_10M @ Affine.translation(0.5, 0), CRS.from_epsg(32632), "another extent"),
        (TRANSFORM_10M @ Affine.scale(1.5), CRS.from_epsg(32632), "do not nest"),
        (TRANSFORM_20M @ Affine.translation(0.2, 0), CRS.from_epsg(32632), "another extent"),
    ],
)
def test_grids_that_do_not_agree(tmp_path: Path, transform: Affine, crs: CRS, message: str) -> None:
    product = backscatter(tmp_path)
    other = open_product(write_raster(tmp_path / "VH.tif", VV.astype("f4"), transform, crs))
    bands = {"VV": product.bands["VV"], "VH": other.bands["1"]}
    with pytest.raises(GridError, match=message):
        validate(replace(product, bands=bands))


def test_outside_the_footprint(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="outside its footprint"):
        validate(backscatter(tmp_path), Listed(ELSEWHERE))


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (TRANSFORM_10M, CRS.from_wkt('LOCAL_CS["field",UNIT["metre",1]]')),
        (Affine(1e30, 0, 5e30, 0, -1e30, 6e30), CRS.from_epsg(32632)),
    ],
)
def test_nowhere_on_the_globe(tmp_path: Path, transform: Affine, crs: CRS) -> None:
    product = open_product(write_raster(tmp_path / "a.tif", VV, transform, crs))
    with pytest.raises(GridError, match="no place on the globe"):
        validate(product, Listed(HERE))


def test_footprint_across_the_date_line(tmp_path: Path) -> None:
    # 180 degrees is at 345 km E of UTM zone 1 here.
    transform = Affine(2000, 0, 280000, 0, -2000, 7000000)
    product = open_product(write_raster(tmp_path / "a.tif", VV, transform, CRS.from_epsg(32601)))
    east_of_it = MultiPolygon([box(-180, 62, -178, 63.5)])
    west_of_it = MultiPolygon([box(179, 62, 180, 63.5)])
    validate(product, Listed(east_of_it))
    validate(product, Listed(west_of_it))
    with pytest.raises(InconsistentProduct, match="outside its footprint"):
        validate(product, Listed(HERE))


def test_another_tile_than_listed(tmp_path: Path) -> None:
    with pytest.raises(InconsistentProduct, match="is of tile 32VNH, the catalogue says 32VNJ"):
        validate(l2a(tmp_path), Listed(HERE, "32VNJ"))


def test_metadata_of_another_tile(tmp_path: Path) -> None:
    xml = l2a_xml().replace("T32VNH", "T33VUC")
    product = open_product(write_l2a(tmp_path, {"B04": DN, "B08": DN}, SCL, xml=xml))
    with pytest.raises(InconsistentProduct, match="is of tile 33VUC"):
        validate(product, Listed(HERE, "32VNH"))


def test_file_gone_since_it_was_opened(tmp_path: Path) -> None:
    product = backscatter(tmp_path)
    Path(product.bands["VV"].path).unlink()
    with pytest.raises(CorruptProduct, match="is missing"):
        validate(product)


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "slc.tif", VV.astype("c8"))
    with pytest.raises(InconsistentProduct, match="complex64"):
        validate(open_product(path))
