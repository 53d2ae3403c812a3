"""CARD-BS of simulated scenes, whose gamma0 and places are known by formulas of their own."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from file_limit import room_for
from lxml import etree
from pyproj import Transformer
from simulated_grd import CLASSES, Simulated, classes, hills, simulate

from dias_cbm.card.sar.backscatter import make_backscatter
from dias_cbm.errors import (
    CardFailed,
    CorruptProduct,
    ElevationError,
    InconsistentProduct,
    OrbitFileError,
)
from dias_cbm.products.open import open_product
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.products.validate import validate
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.level1.grd import Points


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("simulated"), 600, 700)


def make(simulated: Simulated, target: Path, **options: Any) -> MadeProduct:
    chosen: dict[str, Any] = {
        "source": simulated.safe,
        "dem": simulated.dem,
        "orbit": None,
        "datum": VerticalDatum.ELLIPSOID,
    } | options
    return make_backscatter(chosen.pop("source"), target=target, **chosen)


@pytest.fixture(scope="module")
def made(simulated: Simulated, tmp_path_factory: pytest.TempPathFactory) -> MadeProduct:
    return make(simulated, tmp_path_factory.mktemp("made"))


def pixels(
    made: MadeProduct, polarisation: str = "VV"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, and x and y of the pixels' centres."""
    product = open_product(made.path)
    validate(product)
    band = product.bands[polarisation]
    with rasterio.open(band.path) as dataset:
        values = dataset.read(band.index).astype(float)
        rows, columns = np.indices(values.shape) + 0.5
        x = dataset.transform.c + columns * dataset.transform.a
        y = dataset.transform.f + rows * dataset.transform.e
    return values, x, y


def class_errors(made: MadeProduct, polarisation: str, lowest: float) -> np.ndarray:
    """Decibels by which the mean of each class is off, parcels' edges left out."""
    values, x, y = pixels(made, polarisation)
    inside = (np.abs(x % 200 - 100) < 70) & (np.abs(y % 200 - 100) < 70) & (values != 0)
    which = classes(x, y)
    means = np.array([values[inside & (which == one)].mean() for one in range(CLASSES)])
    return 10 * np.log10(means) - (lowest + np.arange(CLASSES))


def test_classes_are_found(made: MadeProduct) -> None:
    assert np.abs(class_errors(made, "VV", -20)).max() < 0.1
    assert np.abs(class_errors(made, "VH", -26)).max() < 0.15


def test_parcels_are_found(made: MadeProduct) -> None:
    values, x, y = pixels(made)
    inside = (np.abs(x % 200 - 100) < 70) & (np.abs(y % 200 - 100) < 70) & (values != 0)
    parcel = np.floor(x / 200) * 1e5 + np.floor(y / 200)
    _, which, counts = np.unique(parcel[inside], return_inverse=True, return_counts=True)
    means = np.bincount(which, values[inside]) / counts
    truth = np.bincount(which, 10 ** ((classes(x, y)[inside] - 20) / 10)) / counts
    errors = 10 * np.log10(means / truth)[counts == 196]
    assert len(errors) > 600
    assert np.percentile(np.abs(errors), 95) < 0.4


def without_azimuth_noise(simulated: Simulated, folder: Path) -> Path:
    copy = folder / simulated.safe.name
    shutil.copytree(simulated.safe, copy)
    for file in copy.glob("annotation/calibration/noise-*.xml"):
        text = file.read_text()
        start, end = text.index("<noiseAzimuthVectorList>"), text.index("</noise>")
        file.write_text(text[:start] + text[end:])
    return copy


def test_sub_swaths_meet_without_a_step(tmp_path: Path) -> None:
    """Noise has steps where sub-swaths meet; uniform dark land must show none."""
    flat = simulate(tmp_path, 160, 600, points=Points(np.empty((0, 3)), 0.0), looks=None)
    copy = without_azimuth_noise(flat, tmp_path / "copy")
    for source, least, most in ((flat.safe, 0.0, 0.03), (copy, 0.1, 0.9)):
        values, _, _ = pixels(make(flat, tmp_path / f"out{most}", source=source))
        rows, columns = (size // 5 * 5 for size in values.shape)
        blocks = values[:rows, :columns].reshape(rows // 5, 5, columns // 5, 5)
        whole = (blocks != 0).all(axis=(1, 3))
        assert whole.sum() > 2_000
        away = np.abs(blocks.mean(axis=(1, 3))[whole] / 0.01 - 1)
        assert least <= away.max() < most


def test_noise_along_azimuth_counts(simulated: Simulated, tmp_path: Path) -> None:
    copy = without_azimuth_noise(simulated, tmp_path)
    without = make(simulated, tmp_path / "out", source=copy)
    assert without.provenance["noise_azimuth"] is False
    assert np.abs(class_errors(without, "VV", -20)).max() > 0.12


def test_noise_is_not_clipped(made: MadeProduct) -> None:
    values, _, _ = pixels(made, "VH")
    assert (values < 0).sum() > 100
    assert made.provenance["pixels"]["negative"] > 100


@pytest.mark.parametrize("ascending", [True, False])
def test_bright_points_lie_where_they_are(tmp_path: Path, ascending: bool) -> None:
    rng = np.random.default_rng(7)
    longitude, latitude = 9.5 + rng.uniform(-0.03, 0.03, 12), 56 + rng.uniform(-0.015, 0.015, 12)
    places = np.stack([longitude, latitude, hills(longitude, latitude)], axis=1)
    # Between two of them there have to be some empty pixels.
    simulated = simulate(
        tmp_path, 420, 480, ascending=ascending, points=Points(places, 20.0), looks=None
    )
    values, x, y = pixels(make(simulated, tmp_path / "out"))
    east, north = Transformer.from_crs(4326, 32632, always_xy=True).transform(longitude, latitude)
    away = np.hypot(east[:, None] - east, north[:, None] - north) + 1e9 * np.eye(12)
    alone = away.min(axis=1) > 160
    assert alone.sum() >= 5
    for at, up in zip(east[alone], north[alone], strict=True):
        near = np.hypot(x - at, y - up) < 70
        weight = np.clip(values[near] - 0.05, 0, None)
        found = (x[near] @ weight / weight.sum(), y[near] @ weight / weight.sum())
        assert np.hypot(found[0] - at, found[1] - up) < 0.5


def test_wrong_heights_would_be_seen(tmp_path: Path) -> None:
    longitude, latitude = np.array([9.5]), np.array([56.0])
    places = np.stack([longitude, latitude, hills(longitude, latitude)], axis=1)
    simulated = simulate(tmp_path, 300, 300, points=Points(places, 20.0), looks=None)
    values, x, y = pixels(make(simulated, tmp_path / "out", datum=VerticalDatum.EGM96))
    row, column = np.unravel_index(values.argmax(), values.shape)
    (east,), (north,) = Transformer.from_crs(4326, 32632, always_xy=True).transform(
        longitude, latitude
    )
    # 41 m of geoid at an incidence of 37 degrees.
    assert 40 < np.hypot(x[row, column] - east, y[row, column] - north) < 70


@pytest.mark.parametrize(("tile", "threads"), [(333, 3), (4096, 1)])
def test_result_does_not_depend_on_blocks(
    simulated: Simulated, made: MadeProduct, tmp_path: Path, tile: int, threads: int
) -> None:
    other = make(simulated, tmp_path, tile=tile, threads=threads)
    assert other.provenance["pixels"] == made.provenance["pixels"]
    for polarisation in ("VV", "VH"):
        assert np.array_equal(pixels(other, polarisation)[0], pixels(made, polarisation)[0])


def test_zip_as_cog_of_an_area(simulated: Simulated, made: MadeProduct, tmp_path: Path) -> None:
    archive = tmp_path / "scene.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in simulated.safe.rglob("*"):
            zipped.write(file, file.relative_to(simulated.safe.parent))
    shares: list[float] = []
    area = (9.48, 55.99, 9.52, 56.01)
    part = make(
        simulated, tmp_path / "out", source=archive, cog=True, area=area, progress=shares.append
    )
    assert shares[-1] == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == [part.path.name]
    values, x, y = pixels(part, "VH")
    whole, whole_x, whole_y = pixels(made, "VH")
    rows = np.searchsorted(-whole_y[:, 0], -y[:, 0])
    columns = np.searchsorted(whole_x[0], x[0])
    assert np.array_equal(values, whole[np.ix_(rows, columns)])


def test_provenance(made: MadeProduct) -> None:
    said = made.provenance
    assert said["orbit"] == "annotation"
    assert said["orbit_file"] is None
    assert said["polarisations"] == ["VV", "VH"]
    assert said["direction"] == "D"
    assert said["pixels"]["dem_holes"] == said["pixels"]["dem_outside"] == 0
    assert made.path.name.startswith("S1A_IW_GRDH_1SDV_20180821T052345_")
    assert made.path.name.endswith("_CARD_BS")


def test_holes_and_edges_of_the_terrain_are_counted(simulated: Simulated, tmp_path: Path) -> None:
    dem = tmp_path / "dem.tif"
    with rasterio.open(simulated.dem) as dataset:
        heights, profile = dataset.read(1), dataset.profile
    middle = heights.shape[0] // 2
    heights[middle : middle + 12, heights.shape[1] // 2 :][:, :12] = -32768
    profile |= {"width": heights.shape[1] * 3 // 5}
    with rasterio.open(dem, "w", **profile) as dataset:
        dataset.write(heights[:, : profile["width"]], 1)
    made = make(simulated, tmp_path / "out", dem=dem)
    counts = made.provenance["pixels"]
    assert 500 < counts["dem_holes"] < 1500
    assert counts["dem_outside"] > 50_000
    values, _, _ = pixels(made)
    assert (values != 0).sum() == counts["valid"]


def refused(
    simulated: Simulated, target: Path, error: type[Exception], text: str, **more: Any
) -> None:
    with pytest.raises(error, match=text):
        make(simulated, target, **more)
    assert not list(target.iterdir())


@pytest.mark.parametrize("cog", [False, True])
def test_an_acquisition_in_one_polarisation(
    simulated: Simulated, tmp_path: Path, cog: bool
) -> None:
    single = tmp_path / simulated.safe.name.replace("_1SDV_", "_1SSV_")
    shutil.copytree(simulated.safe, single)
    for file in list(single.rglob("*-vh-*")):
        file.unlink()
    made = make(simulated, tmp_path / "out", source=single, cog=cog)
    assert made.provenance["polarisations"] == ["VV"]
    assert list(open_product(made.path).bands) == ["VV"]
    both = make(simulated, tmp_path / "both")
    np.testing.assert_array_equal(pixels(made)[0], pixels(both)[0])


def test_bad_input_leaves_nothing(simulated: Simulated, tmp_path: Path) -> None:
    target = tmp_path / "out"

    def changed(name: str) -> Path:
        folder = tmp_path / name / simulated.safe.name
        shutil.copytree(simulated.safe, folder)
        return folder

    single = changed("single")
    for file in list(single.rglob("*-vh-*")):
        file.unlink()
    refused(simulated, target, InconsistentProduct, "by its name VH too", source=single)

    for place in ("0", "-56", "1e20"):
        astray = changed(f"astray {place}")
        for file in astray.glob("annotation/*.xml"):
            file.write_text(
                re.sub(r"(<latitude>)[^<]+", rf"\g<1>{place}", file.read_text(), count=1)
            )
        refused(simulated, target, CorruptProduct, "places far apart", source=astray)

    bare = changed("bare")
    next(bare.glob("measurement/*-vh-*")).unlink()
    refused(simulated, target, CorruptProduct, "has no image of VH", source=bare)

    short = changed("short")
    file = next(short.glob("annotation/*-vv-*.xml"))
    file.write_text(file.read_text().replace("OfSamples>700<", "OfSamples>710<"))
    refused(simulated, target, InconsistentProduct, "600 x 700.*600 x 710", source=short)

    torn = changed("torn")
    file = next(torn.glob("measurement/*-vv-*"))
    os.truncate(file, file.stat().st_size // 2)
    refused(simulated, target, CorruptProduct, "vv.*(decoded|opened)", source=torn)

    far = tmp_path / "far.tif"
    with rasterio.open(simulated.dem) as dataset:
        heights, profile = dataset.read(1), dataset.profile
    profile["transform"] = rasterio.transform.from_origin(2.0, 45.0, 1 / 3600, 1 / 3600)
    with rasterio.open(far, "w", **profile) as dataset:
        dataset.write(heights, 1)
    refused(simulated, target, CardFailed, r"no pixel.*far\.tif", dem=far)
    refused(simulated, target, ElevationError, "does not exist", dem=tmp_path / "none.tif")
    refused(simulated, target, OrbitFileError, "does not exist", orbit=tmp_path / "none.EOF")


def test_full_disk_leaves_nothing(simulated: Simulated, tmp_path: Path) -> None:
    with room_for(1_000_000):
        refused(simulated, tmp_path / "out", CardFailed, "disk is full")
    archive = tmp_path / "scene.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in simulated.safe.rglob("*"):
            zipped.write(file, file.relative_to(simulated.safe.parent))
    with room_for(500_000):
        refused(simulated, tmp_path / "out", CardFailed, "unpacking failed", source=archive)


def test_a_noise_table_in_other_units_is_not_removed_and_that_is_recorded(
    simulated: Simulated, made: MadeProduct, tmp_path: Path
) -> None:
    """Before IPF 2.53 its values are of about 1e-9."""
    assert made.provenance["not_removed"] is None
    old = without_azimuth_noise(simulated, tmp_path)
    manifest = old / "manifest.safe"
    manifest.write_text(manifest.read_text().replace("003.61", "002.43"))
    for file in old.glob("annotation/calibration/noise-*-vh-*.xml"):
        root = etree.parse(file)
        for table in root.iter("noiseRangeLut"):
            values = np.array((table.text or "").split(), float) * 1e-12
            table.text = " ".join(map(str, values))
        root.write(file)
    other = make(simulated, tmp_path / "out", source=old)
    reason = "the noise table is not in units of DN squared (as before IPF 2.53)"
    assert other.provenance["not_removed"] == [
        f"thermal noise of VH: {reason}",
        f"border noise of VH: {reason}",
    ]
    assert class_errors(other, "VH", -26).mean() > 1.0
    assert abs(class_errors(made, "VH", -26).mean()) < 0.1


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_border_noise_of_old_products(simulated: Simulated, tmp_path: Path) -> None:
    old = tmp_path / simulated.safe.name
    shutil.copytree(simulated.safe, old)
    for file in old.glob("measurement/*"):
        with rasterio.open(file, "r+") as dataset:
            image = dataset.read(1)
            image[:, :60] = 5
            image[-40:] = 5
            dataset.write(image, 1)
    noisy = make(simulated, tmp_path / "new", source=old)
    manifest = old / "manifest.safe"
    manifest.write_text(manifest.read_text().replace("003.61", "002.72"))
    clean = make(simulated, tmp_path / "old", source=old)
    assert not noisy.provenance["border_noise_removed"]
    assert clean.provenance["border_noise_removed"]
    lost = noisy.provenance["pixels"]["valid"] - clean.provenance["pixels"]["valid"]
    assert lost == pytest.approx(60 * 600 + 40 * 640, rel=0.06)
