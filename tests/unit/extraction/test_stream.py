"""Statistics over rasters: cut into stripes, without data, off the grid, of broken files."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterstats
import shapely
from affine import Affine
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from zonal_runs import CRS, SCL_GRID, TOP_LEFT, box, run, value

from dias_cbm.errors import CorruptProduct, ExtractionFailed, GridError, InconsistentProduct
from dias_cbm.extraction.indices import index
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.stream import ClearMask, zonal
from dias_cbm.geometry import flatten
from dias_cbm.products.open import Band, Grid


def fields(count: int, size: float, seed: int) -> list[shapely.Polygon]:
    """Irregular overlapping parcels over a raster of ``size`` pixels and a little beyond."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    centre = random.uniform(-3, size + 3, (count, 1, 2))
    radius = random.lognormal(1, 0.8, (count, 1)) * random.uniform(0.6, 1.4, (count, 12))
    pixel = centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    return list(shapely.polygons(pixel * [10, -10] + [TOP_LEFT.c, TOP_LEFT.f]))


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:rasterstats")
@pytest.mark.parametrize("dtype", ["float32", "uint16", "int16", "uint8", "float64", "int32"])
def test_equals_rasterstats(make_bands, tmp_path: Path, dtype: str) -> None:
    random = np.random.default_rng(5)
    pixels = (random.gamma(4.4, 20, (60, 60))).astype(dtype)
    pixels[random.random(pixels.shape) < 0.1] = 0
    parcels = fields(80, 60, seed=2)
    result = run(parcels, make_bands({"VV": pixels}, nodata=0))
    percentiles = ["percentile_25", "median", "percentile_75"]
    expected = rasterstats.zonal_stats(
        parcels,
        pixels.astype(np.float64),
        affine=TOP_LEFT,
        nodata=0,
        stats=["count", "mean", "std", "min", "max", *percentiles],
    )
    names = ["count", "mean", "std", "min", "max", *percentiles]
    table = np.array([[row[name] for name in names] for row in expected], dtype=float)
    assert (table[:, 0] > 0).sum() > 60
    np.testing.assert_array_equal(result.statistics[0][:, [0, 3, 4]], table[:, [0, 3, 4]])
    np.testing.assert_allclose(result.statistics[0], table, rtol=1e-6)


RULES = pytest.mark.parametrize("rule", list(Rule))


@RULES
@examples(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.integers(1, 70),
    st.sampled_from([{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}]),
    st.permutations(range(30)),
    st.integers(1, 3),
    st.integers(1, 29),
)
def test_neither_stripes_nor_blocks_nor_order_nor_tiles_nor_workers_change_a_result(
    make_bands,
    rule: Rule,
    stripe_rows: int,
    layout: dict[str, object],
    order: list[int],
    workers: int,
    cut: int,
) -> None:
    """Parcels are shuffled, then cut into tiles that so many workers extract side by side."""
    random = np.random.default_rng(1)
    pixels = random.gamma(4.4, 1, (50, 45)).astype(np.float32)
    pixels[random.random(pixels.shape) < 0.1] = 0
    far_apart = shapely.MultiPolygon([box(1, 1, 4, 3), box(9, 44, 30, 48)])
    parcels = [*fields(29, 50, seed=4), far_apart]
    bands = make_bands({"VV": pixels, "VH": pixels * 2}, nodata=0, **layout)
    (scl,) = make_bands({"SCL": random.integers(3, 6, (25, 23), np.uint8)}, SCL_GRID)
    options = {"mask": ClearMask(scl, (4, 5)), "indices": [index("VH/VV")], "rule": rule}
    expected = run(parcels, bands, **options)
    shuffled = [parcels[i] for i in order]
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(workers) as pool:
        patch.setenv("CBM_EXTRACTION_STRIPE_ROWS", str(stripe_rows))
        tiles = list(
            pool.map(lambda tile: run(tile, bands, **options), (shuffled[:cut], shuffled[cut:]))
        )
    for name in ("statistics", "inside", "pixels"):
        together = np.concatenate([getattr(tile, name) for tile in tiles], axis=1)
        np.testing.assert_array_equal(together, getattr(expected, name)[:, order])


@pytest.mark.parametrize("at_a_time", [1, 7, 31])
def test_so_many_parcels_at_a_time_change_nothing(
    make_bands, monkeypatch: pytest.MonkeyPatch, at_a_time: int
) -> None:
    pixels = np.random.default_rng(3).gamma(4.4, 1, (50, 45)).astype(np.float32)
    bands = make_bands({"VV": pixels, "VH": pixels * 2})
    parcels = [*fields(29, 50, seed=4), shapely.Point(3, 3), box(400, 0, 410, 10)]
    options = {"rule": Rule.COVERAGE, "indices": [index("VH/VV")]}
    expected = run(parcels, bands, **options)
    monkeypatch.setattr(Rule, "at_a_time", at_a_time)
    found = run(parcels, bands, **options)
    for name in ("statistics", "inside", "pixels"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_a_parcel_is_named_by_its_place_however_many_at_a_time(
    make_bands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Rule, "at_a_time", 2)
    parcels = [*fields(5, 30, seed=4), box(0, 0, np.inf, 1)]
    with pytest.raises(ExtractionFailed, match="position 5"):
        run(parcels, make_bands({"VV": np.ones((30, 30), np.float32)}), rule=Rule.COVERAGE)


@RULES
def test_pixels_are_what_the_count_would_be_without_nodata(make_bands, rule: Rule) -> None:
    pixels = np.ones((30, 30), np.float32)
    parcels = fields(30, 30, seed=8)
    whole = run(parcels, make_bands({"VV": pixels}), rule=rule)
    np.testing.assert_allclose(whole.pixels[0], whole.statistics[0, :, 0], rtol=1e-12)
    empty = run(parcels, make_bands({"VV": pixels}, nodata=1), rule=rule)
    assert not empty.statistics[0, :, 0].any()
    np.testing.assert_array_equal(empty.pixels, whole.pixels)


def test_shares_weigh_only_pixels_that_count(make_bands) -> None:
    """Half of the pixels 2 and 6, a quarter of nodata, half of one that is not clear."""
    pixels = np.array([[2, 8, 99, 6, 4], [0, 0, 0, 0, 0]], np.uint16)
    (scl,) = make_bands({"SCL": np.array([[4, 4, 4, 4, 9]], np.uint8)})
    bands = make_bands({"B04": pixels}, nodata=99, scale=0.5, offset=1)
    parcel = shapely.union_all([box(0, 0, 2, 0.5), box(2, 0, 3, 0.25), box(3, 0, 5, 0.5)])
    result = run([parcel], bands, rule=Rule.COVERAGE, mask=ClearMask(scl, (4,)))
    assert value(result, "B04", "count") == 1.5
    assert value(result, "B04", "mean") == pytest.approx((2 + 8 + 6) / 3 / 2 + 1)
    assert value(result, "B04", "std") == pytest.approx(np.std([2, 8, 6]) / 2)
    assert value(result, "B04", "p50") == pytest.approx(6 / 2 + 1)
    assert result.pixels[0, 0] == pytest.approx(2.25)


def test_nodata_nan_and_infinities_do_not_count(make_bands) -> None:
    pixels = np.array([[1, -99, np.nan], [np.inf, -np.inf, 5]], np.float32)
    result = run([box(0, 0, 3, 2)], make_bands({"VV": pixels}, nodata=-99))
    assert value(result, "VV", "count") == 2
    assert value(result, "VV", "mean") == 3


def test_a_nodata_of_nan_and_no_nodata_at_all(make_bands) -> None:
    pixels = np.array([[0, np.nan, 2]], np.float32)
    for nodata in (None, np.nan):
        result = run([box(0, 0, 3, 1)], make_bands({"VV": pixels}, nodata=nodata))
        assert value(result, "VV", "count") == 2
        assert value(result, "VV", "min") == 0


def test_zero_is_nodata_before_the_offset_is_added(make_bands) -> None:
    pixels = np.array([[0, 1000, 3000]], np.uint16)
    bands = make_bands({"B04": pixels}, nodata=0, scale=1e-4, offset=-0.1)
    result = run([box(0, 0, 3, 1)], bands)
    assert value(result, "B04", "count") == 2
    assert value(result, "B04", "min") == pytest.approx(0.0, abs=1e-12)  # a reflectance of zero
    assert value(result, "B04", "mean") == pytest.approx(0.1)


def test_outside_differs_from_empty(make_bands) -> None:
    bands = make_bands({"VV": np.zeros((4, 4), np.float32)}, nodata=0)
    result = run([box(0, 0, 4, 4), box(50, 50, 60, 60)], bands)
    assert result.statistics[0, :, 0].tolist() == [0, 0]
    assert np.isnan(result.statistics[0, :, 1:]).all()
    assert result.inside.tolist() == [[True, False]]


def test_parcels_of_another_crs_are_projected(make_bands) -> None:
    pixels = np.arange(16, dtype=np.float32).reshape(4, 4)
    bands = make_bands({"VV": pixels})
    import geopandas

    degrees = geopandas.GeoSeries([box(1, 1, 3, 3)], crs=CRS).to_crs(4326)
    result = zonal(flatten(degrees.to_numpy()), "EPSG:4326", bands)
    assert value(result, "VV", "count") == 4
    assert value(result, "VV", "mean") == pytest.approx(np.mean([5, 6, 9, 10]))


def test_parcels_that_the_projection_cannot_hold_are_an_error(make_bands) -> None:
    bands = make_bands({"VV": np.ones((4, 4), np.float32)})
    beyond = shapely.box(0, 89.9, 1, 95)
    with pytest.raises(ExtractionFailed, match="position 0"):
        zonal(flatten([beyond]), "EPSG:4326", bands)


@pytest.mark.parametrize(
    ("transform", "crs", "message"),
    [
        (TOP_LEFT, None, "no CRS"),
        (Affine(10, 1, 500_000, 0, -10, 6_000_000), CRS, "rotated"),
        (Affine(0, 10, 500_000, 10, 0, 6_000_000), CRS, "rotated"),
    ],
)
def test_a_grid_that_cannot_be_used(make_bands, transform: Affine, crs: str, message: str) -> None:
    bands = make_bands({"VV": np.ones((4, 4), np.float32)}, transform, crs=crs)
    with pytest.raises(GridError, match=message):
        run([box(0, 0, 4, 4)], bands)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_turns_the_order_round_is_refused(make_bands, scale: float) -> None:
    bands = make_bands({"VV": np.ones((4, 4), np.float32)}, scale=scale)
    with pytest.raises(InconsistentProduct, match="scale"):
        run([box(0, 0, 4, 4)], bands)


def test_complex_numbers_are_refused(make_bands) -> None:
    bands = make_bands({"i": np.ones((4, 4), np.complex64)})
    with pytest.raises(InconsistentProduct, match="complex"):
        run([box(0, 0, 4, 4)], bands)


@pytest.fixture
def truncated(tmp_path: Path) -> Band:
    """A tiled file of 64 x 64 pixels whose second half is missing."""
    path = tmp_path / "truncated.tif"
    random = np.random.default_rng(0)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=64,
        height=64,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=TOP_LEFT,
        tiled=True,
        blockxsize=16,
        blockysize=16,
        compress="deflate",
    ) as dataset:
        dataset.write(random.normal(size=(1, 64, 64)).astype(np.float32))
        grid = Grid(dataset.crs, dataset.transform, 64, 64)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return Band("VV", str(path), 1, "float32", None, 1.0, 0.0, grid)


def test_a_truncated_file_is_corrupt_and_named(truncated: Band) -> None:
    with pytest.raises(CorruptProduct, match=r"truncated\.tif: band VV cannot be decoded"):
        run([box(0, 0, 64, 64)], [truncated])


def test_blocks_without_parcels_are_never_read(
    truncated: Band, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_STRIPE_ROWS", "16")
    assert value(run([box(0, 0, 16, 16)], [truncated]), "VV", "count") == 256


def test_a_missing_file_is_corrupt(truncated: Band) -> None:
    Path(truncated.path).unlink()
    with pytest.raises(CorruptProduct, match="cannot be opened"):
        run([box(0, 0, 16, 16)], [truncated])


def test_memory_does_not_grow_with_the_scene(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, size = tmp_path / "large.tif", 6000
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "float32"}
    layout = {"tiled": True, "compress": "deflate", "sparse_ok": True}
    with rasterio.open(path, "w", crs=CRS, transform=TOP_LEFT, **profile, **layout) as dataset:
        grid = Grid(dataset.crs, dataset.transform, size, size)
    monkeypatch.setenv("CBM_EXTRACTION_STRIPE_ROWS", "256")
    band = Band("VV", str(path), 1, "float32", None, 1.0, 0.0, grid)
    # A parcel of two corners of the scene, and small ones along the diagonal.
    far_apart = shapely.MultiPolygon([box(0, 0, 9, 9), box(size - 9, size - 9, size, size)])
    parcels = [far_apart, *(box(i, i, i + 30, i + 30) for i in range(0, size - 30, 50))]
    run(parcels[:2], [band])
    tracemalloc.start()
    try:
        result = run(parcels, [band])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert value(result, "VV", "count") == 162
    assert (result.statistics[0, 1:, 0] == 900).all()
    assert peak < 12e6  # the scene: 144 MB; one stripe: 6 MB
