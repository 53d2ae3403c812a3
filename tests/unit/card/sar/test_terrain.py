"""Terrain models, the geoid, aligned grids and the lattice."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_origin

from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geoid import undulation
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.errors import ElevationError
from dias_cbm.scenes import Cause
from dias_cbm.vertical_datum import VerticalDatum


def write_dem(path: Path, values: np.ndarray, west: float = 9.0, north: float = 56.0) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=from_origin(west, north, 0.01, 0.01),
        nodata=-32768,
    ) as dataset:
        dataset.write(values.astype(np.float32), 1)
    return path


def test_plane_is_interpolated_exactly(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:20, :30]
    path = write_dem(tmp_path / "dem.tif", 100.0 + 2 * columns + 3 * rows)
    with Dem(path, VerticalDatum.ELLIPSOID) as dem:
        # Centre of pixel (4, 7), and a quarter of a pixel further south and east.
        lon, lat = np.array([9.075, 9.0775]), np.array([55.955, 55.9525])
        assert dem.heights(lon, lat) == pytest.approx([126.0, 127.25], abs=1e-4)
    with Dem(path, VerticalDatum.EGM2008) as dem:
        higher = dem.heights(lon, lat) - np.array([126.0, 127.25])
    assert higher == pytest.approx(undulation(lon, lat, VerticalDatum.EGM96), abs=1e-4)


def test_what_is_kept_is_what_would_be_read(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:600, :40]
    values = 100.0 + rows - 2 * columns
    values[300, 20] = -32768
    with Dem(write_dem(tmp_path / "dem.tif", values), VerticalDatum.ELLIPSOID) as dem:
        # Beyond the edges, inside, and partly outside of what is kept.
        windows = [(-2, -2, 8, 9), (290, 15, 20, 20), (560, 30, 80, 20)]
        fresh = [dem.read(*window) for window in windows]
        kept = dem.keeping(-3, -3, 570, 45)
        for window, before in zip(windows, fresh, strict=True):
            assert np.array_equal(kept.read(*window), before, equal_nan=True)


def test_a_large_part_takes_little_more_than_its_heights(tmp_path: Path) -> None:
    path, size = tmp_path / "fine.tif", 2048
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "float64"}
    with rasterio.open(
        path, "w", **profile, crs=32632, transform=from_origin(5e5, 6e6, 5, 5), nodata=0
    ) as dataset:
        dataset.write(np.full((1, size, size), 7.0))
    with Dem(path) as dem:
        dem.read(0, 0, 1, 1)
        tracemalloc.start()
        try:
            assert (dem.read(0, 0, size, size) == 7).all()
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < 1.5 * 4 * size**2
        with pytest.raises(ElevationError, match="its pixels are too small"):
            dem.read(0, 0, 5_000, 50_000)


def test_holes_and_edges_have_no_height(tmp_path: Path) -> None:
    values = np.full((20, 30), 50.0)
    values[5, 5] = -32768
    values[10, 10] = 1e20
    with Dem(write_dem(tmp_path / "dem.tif", values), VerticalDatum.ELLIPSOID) as dem:
        inside, hole, beside, absurd, outside, far = dem.heights(
            9.0 + 0.01 * np.array([2.5, 5.5, 5.9, 10.5, 30.2, 900.0]),
            56.0 - 0.01 * np.array([2.5, 5.5, 5.9, 10.5, 10.0, 10.0]),
        )
    assert inside == 50
    assert np.isnan([hole, beside, absurd, outside, far]).all()


def test_folder_of_tiles_has_no_seam(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:20, :60]
    plane = 100.0 + 2 * columns + 3 * rows
    folder = tmp_path / "tiles"
    folder.mkdir()
    write_dem(folder / "west.tif", plane[:, :30])
    write_dem(folder / "east.tif", plane[:, 30:], west=9.3)
    # Copernicus DEM has masks beside its heights.
    (folder / "AUXFILES").mkdir()
    write_dem(folder / "AUXFILES" / "Copernicus_DSM_10_N56_00_E009_00_WBM.tif", plane * 0)
    lon = np.linspace(9.02, 9.58, 500)
    lat = np.full(500, 55.9)
    with Dem(folder, VerticalDatum.ELLIPSOID) as dem:
        heights = dem.heights(lon, lat)
    assert heights == pytest.approx(100 + 2 * ((lon - 9) / 0.01 - 0.5) + 3 * 9.5, abs=1e-3)


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_unusable_models(tmp_path: Path) -> None:
    with pytest.raises(ElevationError, match="does not exist"):
        Dem(tmp_path / "none.tif")
    (tmp_path / "dem.tif").write_text("no raster")
    with pytest.raises(ElevationError, match=r"dem\.tif: cannot be opened"):
        Dem(tmp_path / "dem.tif")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ElevationError, match="holds no GeoTIFF"):
        Dem(tmp_path / "empty")
    with rasterio.open(
        tmp_path / "bare.tif", "w", driver="GTiff", height=2, width=2, count=1, dtype="float32"
    ) as dataset:
        dataset.write(np.zeros((1, 2, 2), np.float32))
    with pytest.raises(ElevationError, match="has no CRS"):
        Dem(tmp_path / "bare.tif")
    for name, dtype, crs, said in (
        ("site", "float32", 'LOCAL_CS["a site",UNIT["metre",1]]', "nowhere on Earth"),
        ("pair", "complex64", "EPSG:4326", "complex numbers"),
    ):
        profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 1, "dtype": dtype}
        place = {"crs": CRS.from_user_input(crs), "transform": from_origin(9, 56, 1, 1)}
        with rasterio.open(tmp_path / f"{name}.tif", "w", **profile, **place) as dataset:
            dataset.write(np.zeros((1, 2, 2), dtype))
        with pytest.raises(ElevationError, match=said):
            Dem(tmp_path / f"{name}.tif")


def test_a_model_that_is_cut_is_not_the_products_fault(tmp_path: Path) -> None:
    path = write_dem(tmp_path / "dem.tif", np.arange(40_000.0).reshape(200, 200) % 500)
    os.truncate(path, path.stat().st_size // 2)
    with Dem(path) as dem, pytest.raises(ElevationError, match=r"dem\.tif: cannot be decoded"):
        dem.read(0, 0, *dem.shape)
    assert ElevationError.cause is Cause.CARD_FAILED


def test_geoid_at_known_places() -> None:
    # Off Africa as textbooks give it; the low south of India is the world's deepest, 106 to 107 m.
    lon, lat = np.array([0.0, 78.5, 360.0]), np.array([0.0, 4.5, 0.0])
    assert undulation(lon, lat, VerticalDatum.EGM96) == pytest.approx([17.16, -106.5, 17.16], abs=1)
    assert undulation(lon, lat, VerticalDatum.ELLIPSOID) == pytest.approx(np.zeros(3))


@pytest.mark.real_data
def test_heights_over_rome(real_data: Path) -> None:
    path = real_data / "s1" / "dem" / "Rome-30m-DEM.tif"
    with Dem(path, VerticalDatum.EGM96) as dem, rasterio.open(path) as dataset:
        lon, lat = dataset.xy(100, 200)
        height = dem.heights(np.array([lon]), np.array([lat]))[0]
        assert height == pytest.approx(float(dataset.read(1)[100, 200]) + 48.5, abs=0.3)


def test_aligned_grid_of_denmark() -> None:
    grid = aligned_grid(np.array([8.1, 12.3]), np.array([54.9, 57.6]), 10, margin=3)
    assert grid.crs is not None
    assert grid.crs.to_epsg() == 32632
    assert (grid.transform.c % 10, grid.transform.f % 10) == (0, 0)
    assert (
        aligned_grid(np.array([179.0, -179.5]), np.array([-1.0, -3.0]), 20).crs.to_epsg() == 32760
    )


@pytest.mark.parametrize("folder", [False, True])
def test_heights_that_are_not_metres(tmp_path: Path, folder: bool) -> None:
    for name, more in (
        ("times 0.1 plus 0", {"scales": (0.1,)}),
        ("times 1 plus 50", {"offsets": (50.0,)}),
        ("in US survey foot", {"units": ("US survey foot",)}),
    ):
        path = tmp_path / name / "dem.tif"
        path.parent.mkdir()
        write_dem(path, np.zeros((3, 3)))
        with rasterio.open(path, "r+") as dataset:
            for key, value in more.items():
                setattr(dataset, key, value)
        with pytest.raises(ElevationError, match=f"has heights {name}, not metres"):
            Dem(path.parent if folder else path)


@pytest.mark.parametrize(
    ("crs", "datum", "accepted"),
    [
        ("EPSG:9707", VerticalDatum.EGM96, True),
        ("EPSG:9707", VerticalDatum.EGM2008, True),
        ("EPSG:9707", VerticalDatum.ELLIPSOID, False),
        ("EPSG:4979", VerticalDatum.ELLIPSOID, True),
        ("EPSG:4979", VerticalDatum.EGM2008, False),
    ],
)
def test_a_crs_that_says_what_heights_are_above(
    tmp_path: Path, crs: str, datum: VerticalDatum, accepted: bool
) -> None:
    path = write_dem(tmp_path / "dem.tif", np.zeros((3, 3)))
    with rasterio.open(path, "r+") as dataset:
        dataset.crs = crs
    if accepted:
        Dem(path, datum).__exit__(None, None, None)
    else:
        with pytest.raises(ElevationError, match=f"is set to be above {datum}"):
            Dem(path, datum)
