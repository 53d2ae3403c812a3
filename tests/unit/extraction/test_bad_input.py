"""``cbm extract`` on what goes wrong in practice: an error that says what to do, or the truth."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas
import numpy as np
import pyarrow
import pytest
import shapely
from affine import Affine
from card_products import TRANSFORM_10M, UTM32, write_backscatter, write_coherence, write_raster
from fields import field

from dias_cbm.errors import (
    CorruptProduct,
    ExtractionFailed,
    GridError,
    InconsistentProduct,
    ParcelFileError,
    SettingsError,
)
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.table import Extract, extract_table
from dias_cbm.products.open import open_product
from dias_cbm.scenes import Kind

PIXELS = np.arange(1, 1025, dtype=np.float32).reshape(32, 32)
HERE = field(4, 4, 20, 20)

both_rules = pytest.mark.parametrize("rule", list(Rule))


def parcel_file(folder: Path, *shapes: shapely.Geometry, crs: object = UTM32) -> Path:
    file = folder / "parcels.gpkg"
    geopandas.GeoDataFrame({"pid": range(len(shapes))}, geometry=list(shapes), crs=crs).to_file(
        file
    )
    return file


def run(parcels: Path, *rasters: Path, **options: object) -> Extract:
    return extract_table(parcels, rasters, id_column="pid", **options)


def column(table: pyarrow.Table, name: str) -> list[float]:
    return table[name].to_pylist()


def test_a_raster_without_crs(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS, crs=None)
    with pytest.raises(GridError, match=r"a\.tif: has no CRS"):
        run(parcel_file(tmp_path, HERE), raster)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_parcels_without_crs(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS)
    with pytest.raises(ParcelFileError, match="has no CRS"):
        run(parcel_file(tmp_path, HERE, crs=None), raster)


@both_rules
def test_rasters_in_two_utm_zones_and_a_parcel_in_both(tmp_path: Path, rule: Rule) -> None:
    """A parcel across 12 degrees east, where zone 32 meets 33; each raster sees it whole."""
    area = shapely.box(11.99, 55.0, 12.01, 55.01)
    hectares = geopandas.GeoSeries([area], crs=4326).to_crs(3035).area[0] / 1e4
    rasters = []
    for zone in (32, 33):
        left, bottom, right, top = (
            geopandas.GeoSeries([area], crs=4326).to_crs(32600 + zone).total_bounds // 10 * 10
        )
        transform = Affine(10, 0, left - 50, 0, -10, top + 50)
        size = int(top - bottom) // 10 + 12, int(right - left) // 10 + 12
        pixels = np.ones(size, np.float32)
        rasters.append(write_raster(tmp_path / f"{zone}.tif", pixels, transform, 32600 + zone))
    table = run(parcel_file(tmp_path, area, crs=4326), *rasters, rule=rule).table
    assert column(table, "band") == ["32", "33"]
    assert column(table, "count") == pytest.approx([hectares * 100] * 2, rel=2e-3)


@pytest.mark.parametrize(
    ("transform", "sentence"),
    [
        (TRANSFORM_10M @ Affine.rotation(10), "is rotated or sheared"),
        (TRANSFORM_10M @ Affine.shear(5, 0), "is rotated or sheared"),
        (TRANSFORM_10M @ Affine.rotation(1e-4), "is rotated or sheared"),
        (Affine(10, 0, 500000, 0, 10, 6300000), "is not north-up: it runs from south to north"),
        (Affine(-10, 0, 500000, 0, -10, 6300000), "is not north-up: it runs from east to west"),
    ],
    ids=["rotated", "sheared", "slightly rotated", "south up", "mirrored"],
)
def test_grids_that_are_not_north_up(tmp_path: Path, transform: Affine, sentence: str) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS, transform)
    with pytest.raises(GridError) as caught:
        run(parcel_file(tmp_path, HERE), raster)
    assert str(caught.value) == f"{raster}: {sentence} (gdalwarp IN OUT writes it north-up)"


@both_rules
@pytest.mark.parametrize(("b", "d"), [(2e-7, 0), (0, -2e-7), (1e-12, 1e-12)])
def test_a_rotation_by_a_rounding_error(tmp_path: Path, rule: Rule, b: float, d: float) -> None:
    parcels = parcel_file(tmp_path, HERE)
    plain = run(parcels, write_raster(tmp_path / "a.tif", PIXELS), rule=rule).table
    turned = TRANSFORM_10M
    turned = Affine(turned.a, b, turned.c, d, turned.e, turned.f)
    file = write_raster(tmp_path / "b.tif", PIXELS, turned)
    assert run(parcels, file, rule=rule).table == plain


def test_parcels_that_all_lie_elsewhere(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS)
    with pytest.raises(ParcelFileError, match="no parcel lies on any of the rasters"):
        run(parcel_file(tmp_path, field(500, 500, 510, 510)), raster)


def test_parcels_of_which_some_lie_elsewhere(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS)
    result = run(parcel_file(tmp_path, field(500, 500, 510, 510), HERE), raster)
    assert column(result.table, "count") == [0, 256]
    assert result.empty == 1


def test_more_names_than_bands(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS)
    with pytest.raises(SettingsError, match="2 names given for 1 bands"):
        run(parcel_file(tmp_path, HERE), raster, bands=["VV", "VH"])


def test_a_product_with_more_bands_than_polarisations(tmp_path: Path) -> None:
    product = write_coherence(tmp_path, np.stack([PIXELS] * 3), ("coh_VV", "coh_VH"))
    with pytest.raises(InconsistentProduct, match="does not name its polarisations"):
        open_product(product, Kind.CARD_COH6)


def test_a_raster_cut_in_the_middle_of_a_block(tmp_path: Path) -> None:
    """The header is whole, the last block is not: found before any pixel is used."""
    random = np.random.default_rng(1).random((256, 256))
    raster = write_raster(
        tmp_path / "a.tif", random, tiled=True, blockxsize=64, blockysize=64, compress="deflate"
    )
    content = raster.read_bytes()
    raster.write_bytes(content[:-1000])
    with pytest.raises(CorruptProduct, match=r"a\.tif: 1 cannot be decoded"):
        run(parcel_file(tmp_path, HERE), raster)


def test_a_block_in_the_middle_that_cannot_be_decoded(tmp_path: Path) -> None:
    random = np.random.default_rng(1).random((256, 256))
    raster = write_raster(
        tmp_path / "a.tif", random, tiled=True, blockxsize=64, blockysize=64, compress="deflate"
    )
    content = bytearray(raster.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = b"\0" * 2000
    raster.write_bytes(content)
    with pytest.raises(CorruptProduct, match=r"a\.tif: band 1 cannot be decoded in rows"):
        run(parcel_file(tmp_path, field(0, 0, 256, 256)), raster)


def test_an_envi_file_cut_in_the_middle_of_a_line(tmp_path: Path) -> None:
    product = write_backscatter(tmp_path, {"Gamma0_VV": PIXELS})
    image = next(product.rglob("*.img"))
    image.write_bytes(image.read_bytes()[: 32 * 4 * 20 + 13])
    with pytest.raises(CorruptProduct, match="2573 bytes, its header says 4096"):
        run(parcel_file(tmp_path, HERE), product)


def test_nodata_that_the_header_does_not_name(tmp_path: Path) -> None:
    """In a plain raster zero is a value; in CARD products, which always mean nodata, it is none."""
    pixels = PIXELS.copy()
    pixels[4:20, 4:12] = 0
    parcels = parcel_file(tmp_path, HERE)
    plain = run(parcels, write_raster(tmp_path / "a.tif", pixels))
    assert column(plain.table, "count") == [256]
    assert column(plain.table, "min") == [0]
    product = run(parcels, write_backscatter(tmp_path, {"Gamma0_VV": pixels}))
    assert column(product.table, "count") == [128]
    assert column(product.table, "min") == [pixels[4, 12]]


def test_a_scale_that_turns_the_order_round(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", PIXELS)
    import rasterio

    with rasterio.open(raster, "r+") as dataset:
        dataset.scales = (-0.5,)
    with pytest.raises(InconsistentProduct, match=re.escape("band 1 has scale -0.5")):
        run(parcel_file(tmp_path, HERE), raster)


@both_rules
def test_a_parcel_of_a_million_vertices(tmp_path: Path, rule: Rule) -> None:
    angle = np.linspace(0, 2 * np.pi, 1_000_000, endpoint=False)
    radius = 150 + 5 * np.sin(angle * 5000)
    star = shapely.Polygon(
        np.column_stack([500_160 + radius * np.cos(angle), 6_299_840 + radius * np.sin(angle)])
    )
    raster = write_raster(tmp_path / "a.tif", np.ones((32, 32), np.float32))
    table = run(parcel_file(tmp_path, star), raster, rule=rule).table
    exact = rule is Rule.COVERAGE
    assert column(table, "count") == pytest.approx([star.area / 100], rel=1e-6 if exact else 0.02)


ZONE_1 = Affine(10, 0, 342_000, 0, -10, 7_000_000)  # 180 degrees is at 345 km east here
DATE_LINE = [shapely.box(179.99, 63.03, 180, 63.04), shapely.box(-180, 63.03, -179.97, 63.04)]


@both_rules
def test_a_parcel_cut_at_the_antimeridian_is_whole(tmp_path: Path, rule: Rule) -> None:
    raster = write_raster(tmp_path / "a.tif", np.ones((800, 800), np.float32), ZONE_1, 32601)
    parcels = parcel_file(tmp_path, shapely.MultiPolygon(DATE_LINE), *DATE_LINE, crs=4326)
    whole, west, east = column(run(parcels, raster, rule=rule).table, "count")
    assert west > 1000
    assert east == pytest.approx(3 * west, rel=0.01)
    assert whole == pytest.approx(west + east, rel=1e-6, abs=0 if rule is Rule.COVERAGE else 2)


def test_a_parcel_across_the_antimeridian_in_one_piece(tmp_path: Path) -> None:
    raster = write_raster(tmp_path / "a.tif", np.ones((800, 800), np.float32), ZONE_1, 32601)
    around = shapely.box(-179.97, 63.03, 179.99, 63.04)
    with pytest.raises(ExtractionFailed, match=r"position 1: crosses the antimeridian .*cut it"):
        run(parcel_file(tmp_path, DATE_LINE[0], around, crs=4326), raster)


OVERLAPPING = shapely.MultiPolygon([field(0, 0, 4, 4), field(2, 2, 6, 6)])
BOW_TIE = shapely.Polygon(
    [(500_000, 6.3e6), (500_080, 6.3e6 - 80), (500_080, 6.3e6), (500_000, 6.3e6 - 80)]
)


@both_rules
def test_parts_and_loops_that_cover_each_other_do_not_cancel(tmp_path: Path, rule: Rule) -> None:
    raster = write_raster(tmp_path / "a.tif", np.ones((32, 32), np.float32))
    result = run(parcel_file(tmp_path, OVERLAPPING, BOW_TIE), raster, rule=rule)
    united = shapely.union_all(list(OVERLAPPING.geoms)).area / 100
    counts = column(result.table, "count")
    assert counts[0] == (pytest.approx(united, rel=1e-6) if rule is Rule.COVERAGE else 28)
    assert counts[1] == pytest.approx(32, rel=1e-6)
    assert result.repaired == 2
