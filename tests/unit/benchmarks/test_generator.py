"""The synthetic scenes: what is in them, and that a cache is used again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from benchmarks.generator import BANDS, Case, Work, make
from dias_cbm.geometry import flatten
from dias_cbm.products.open import open_product
from dias_cbm.scenes import Kind

CASE = Case("test", 200, 700, 600, scenes=2)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return make(CASE, tmp_path_factory.mktemp("bench"))


def test_a_scene_is_a_compressed_tiled_raster_with_named_bands(work: Work) -> None:
    with rasterio.open(work.scenes[0]) as scene:
        assert scene.shape == (600, 700)
        assert scene.descriptions == BANDS
        assert scene.block_shapes == [(512, 512)] * 2
        assert scene.profile["compress"] == "zstd"
        assert scene.nodata == 0
        assert scene.crs.to_epsg() == 25832
        band = scene.read(1)
    # The wedge, a few holes, and values elsewhere.
    assert (band[:20, :20] == 0).all()
    assert 0 < (band[:, 300:] == 0).mean() < 1e-3
    assert band.max() < 1.2


def test_pixels_of_a_parcel_vary_about_one_level(work: Work) -> None:
    from rasterio.features import geometry_mask

    with rasterio.open(work.scenes[0]) as scene:
        band = scene.read(1)
        largest = max(work.geometries(), key=lambda parcel: parcel.area)
        inside = geometry_mask([largest], band.shape, scene.transform, invert=True)
    pixels = band[inside & (band > 0)]
    assert len(pixels) > 100
    assert np.std(pixels) == pytest.approx(0.05, rel=0.5)


def test_scenes_differ_and_stripes_join_without_a_seam(work: Work) -> None:
    with rasterio.open(work.scenes[0]) as one, rasterio.open(work.scenes[1]) as two:
        assert (one.read(1) != two.read(1)).any()
        # Row 511 is the last of the first stripe: parcels go on in row 512.
        rows = one.read(1)[510:514, 100:].astype(float)
    assert np.abs(rows[1] - rows[2]).mean() < 2 * np.abs(rows[0] - rows[1]).mean()


def test_the_uncompressed_copy_has_the_same_pixels(work: Work) -> None:
    with rasterio.open(work.scenes[0]) as scene, rasterio.open(work.uncompressed()) as copy:
        assert copy.driver == "ENVI"
        assert copy.transform.almost_equals(scene.transform)
        np.testing.assert_array_equal(copy.read(), scene.read())
        np.testing.assert_array_equal(work.first_band(), scene.read(1))


def test_copies_in_other_formats_have_the_same_pixels(work: Work) -> None:
    with rasterio.open(work.scenes[0]) as scene:
        pixels = scene.read()
        for path, compress, predictor in (
            (work.deflated(), "deflate", None),
            (work.predicted(), "zstd", "3"),
        ):
            with rasterio.open(path) as copy:
                assert copy.profile["compress"] == compress
                assert copy.tags(ns="IMAGE_STRUCTURE").get("PREDICTOR") == predictor
                assert copy.descriptions == BANDS
                np.testing.assert_array_equal(copy.read(), pixels)
        product = open_product(work.dimap(), Kind.CARD_BS)
        assert set(product.bands) == set(BANDS)
        for band, expected in zip(BANDS, pixels, strict=True):
            with rasterio.open(product.bands[band].path) as copy:
                assert copy.transform.almost_equals(scene.transform)
                np.testing.assert_array_equal(copy.read(1), expected)


def test_a_case_is_made_once(work: Work) -> None:
    before = {file: file.stat().st_mtime_ns for file in work.folder.iterdir()}
    again = make(CASE, work.folder.parent)
    assert {file: file.stat().st_mtime_ns for file in work.folder.iterdir()} == before
    assert again == work


def test_flat_rings_are_those_of_the_parcels(work: Work) -> None:
    rings, expected = work.rings(), flatten(work.geometries())
    np.testing.assert_array_equal(rings.coordinates, expected.coordinates)
    np.testing.assert_array_equal(rings.parcel_ring_offsets, expected.parcel_ring_offsets)


def test_nothing_half_made_stays(work: Work) -> None:
    assert not [file.name for file in Path(work.folder).iterdir() if file.name.startswith("aside")]
