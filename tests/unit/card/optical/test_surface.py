"""From a simulated L1C product to a CARD-2A product, and back to the surface that was put in."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from file_limit import room_for
from rasterio.crs import CRS

from dias_cbm.card.engines.embedded import LocalEngine
from dias_cbm.card.engines.job import Job, MakeOptions, Source
from dias_cbm.card.optical import surface
from dias_cbm.card.optical.altitude import altitude_of
from dias_cbm.card.optical.classes import Scl
from dias_cbm.card.optical.responses import read_responses
from dias_cbm.card.optical.sixs import Case, Coefficients, coefficients
from dias_cbm.card.optical.surface import COARSE, FINE, make_surface_reflectance
from dias_cbm.card.optical.tables import Atmosphere, Correction, Geometry, tables
from dias_cbm.card.planned import Planned
from dias_cbm.errors import CardFailed, CorruptProduct
from dias_cbm.products.model import Band, Grid
from dias_cbm.products.open import open_product
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Kind
from dias_cbm.storage.files import FileStore
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.level1.l1c import BANDS, PIXEL, write_l1c

SUN, VIEW = (45.0, 160.0), (5.0, 110.0)
ATMOSPHERE = Atmosphere(aot=0.2, water=1.7)
SIZE = 1200

#: A field of wheat in May, and bare soil.
WHEAT = {"B02": 0.03, "B03": 0.06, "B04": 0.03, "B05": 0.09, "B06": 0.30, "B07": 0.40}
WHEAT |= {"B08": 0.42, "B8A": 0.44, "B11": 0.18, "B12": 0.08}
SOIL = {"B02": 0.07, "B03": 0.10, "B04": 0.14, "B05": 0.17, "B06": 0.20, "B07": 0.22}
SOIL |= {"B08": 0.24, "B8A": 0.26, "B11": 0.34, "B12": 0.28}


def sensed(found: Coefficients | Correction, surface: float) -> float:
    return float((surface / (1 - found.xc * surface) + found.xb) / found.xa)


def halves(band: str, left: float, right: float) -> np.ndarray:
    side = SIZE // PIXEL[band]
    image = np.full((side, side), left)
    image[:, side // 2 :] = right
    return image


def simulated(at_sensor: dict[str, tuple[float, float]]) -> dict[str, np.ndarray | float]:
    """Both fields side by side, and the bands that only the cloud model sees as over clear land."""
    images = {band: halves(band, *pair) for band, pair in at_sensor.items()}
    return {"B01": 0.12, "B09": 0.10, "B10": 0.002, **images}


def by_tables(atmosphere: Atmosphere = ATMOSPHERE) -> dict[str, tuple[float, float]]:
    direction = Geometry(np.array(SUN[0]), np.array(VIEW[0]), np.array(SUN[1] - VIEW[1]))
    return {
        band: (sensed(found, WHEAT[band]), sensed(found, SOIL[band]))
        for band in (*FINE, *COARSE)
        if (found := tables().correction(band, direction, atmosphere))
    }


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return write_l1c(tmp_path, simulated(by_tables()), SIZE, sun=SUN, view=VIEW)


def reflectance(band: Band) -> np.ndarray:
    with rasterio.open(band.path) as dataset:
        return dataset.read(band.index) * band.scale + band.offset


def test_the_surface_that_6s_was_given_comes_back(tmp_path: Path, real_data: Path) -> None:
    metadata = next((real_data / "s2_meta").glob("*MSIL1C*.SAFE")) / "MTD_MSIL1C.xml"
    case = Case(SUN[0], VIEW[0], SUN[1] - VIEW[1], 0.2, 1.7, ATMOSPHERE.ozone)
    responses = read_responses(metadata)
    at_sensor = {}
    for band in (*FINE, *COARSE):
        found = coefficients(responses[band], case)
        at_sensor[band] = sensed(found, WHEAT[band]), sensed(found, SOIL[band])
    source = write_l1c(tmp_path, simulated(at_sensor), SIZE, sun=SUN, view=VIEW)
    made = make_surface_reflectance(source, target=tmp_path / "made", atmosphere=ATMOSPHERE)
    for name, band in open_product(made.path).bands.items():
        image = reflectance(band)
        side = image.shape[1] // 2
        assert np.abs(image[:, :side] - WHEAT[name]).max() < 0.01, name
        assert np.abs(image[:, side:] - SOIL[name]).max() < 0.01, name


def write_dem(path: Path, heights: np.ndarray, west: float = 499_000) -> Path:
    """A model of 100 m pixels, whose north-west corner is 1 km from the tile's."""
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=heights.shape[1],
        height=heights.shape[0],
        count=1,
        dtype="float32",
        crs="EPSG:32632",
        transform=Affine(100, 0, west, 0, -100, 6_301_000),
        nodata=-9999,
    ) as dataset:
        dataset.write(heights.astype("f4"), 1)
    return path


def test_high_ground_is_corrected_for_its_altitude_in_the_elevation_model(tmp_path: Path) -> None:
    alpine = replace(ATMOSPHERE, aot=0.1, water=0.5, altitude=2.4)
    source = write_l1c(tmp_path, simulated(by_tables(alpine)), SIZE, sun=SUN, view=VIEW)
    dem = write_dem(tmp_path / "alps.tif", np.full((40, 40), 2400.0))
    setting = replace(alpine, altitude=0.0)
    made = make_surface_reflectance(source, target=tmp_path / "a", atmosphere=setting, dem=dem)
    assert made.provenance["altitude_m"] == pytest.approx(2400, abs=0.1)
    assert made.provenance["altitude_from"] == "alps.tif"
    for name, band in open_product(made.path).bands.items():
        side = reflectance(band).shape[1] // 2
        assert np.abs(reflectance(band)[:, :side] - WHEAT[name]).max() < 0.001, name
    low = make_surface_reflectance(source, target=tmp_path / "b", atmosphere=setting)
    assert (low.provenance["altitude_m"], low.provenance["altitude_from"]) == (0, "settings")
    blue = reflectance(open_product(low.path).bands["B02"])
    assert blue[0, 0] < WHEAT["B02"] - 0.015


@pytest.mark.parametrize(
    ("heights", "west", "datum", "metres", "origin"),
    [
        (np.full((40, 40), -60.0), 499_000, VerticalDatum.EGM2008, 0, "dem.tif"),
        (np.full((40, 40), 1044.0), 499_000, VerticalDatum.ELLIPSOID, 1000, "dem.tif"),
        (np.full((40, 40), 1000.0), 600_000, VerticalDatum.EGM2008, 700, "settings, as dem.tif"),
        (np.full((40, 40), -9999.0), 499_000, VerticalDatum.EGM2008, 700, "settings, as dem.tif"),
        (np.full((40, 16), 800.0), 499_000, VerticalDatum.EGM2008, 800, "dem.tif, 45 % of"),
        (np.repeat([[600.0], [1000.0]], [16, 24], 0) * np.ones(40), 499_000, "egm2008", 800, "dem"),
    ],
)
def test_altitude(
    tmp_path: Path,
    heights: np.ndarray,
    west: float,
    datum: VerticalDatum,
    metres: float,
    origin: str,
) -> None:
    dem = write_dem(tmp_path / "dem.tif", heights, west)
    grid = Grid(CRS.from_epsg(32632), Affine(60, 0, 500_000, 0, -60, 6_300_000), 20, 20)
    found = altitude_of(grid, np.ones((20, 20), bool), dem, VerticalDatum(datum), 700)
    assert found.metres == pytest.approx(metres, abs=6)
    assert found.origin.startswith(origin)


def test_the_altitude_is_that_of_pixels_with_data(tmp_path: Path) -> None:
    dem = write_dem(tmp_path / "dem.tif", np.repeat([[600.0], [1000.0]], [16, 24], 0) * np.ones(40))
    grid = Grid(CRS.from_epsg(32632), Affine(60, 0, 500_000, 0, -60, 6_300_000), 20, 20)
    valid = np.zeros((20, 20), bool)
    valid[:8] = True
    found = altitude_of(grid, valid, dem, VerticalDatum.EGM2008, 0)
    assert found.metres == pytest.approx(600, abs=0.1)


def test_an_elevation_model_that_cannot_be_read_is_not_the_products_fault(tmp_path: Path) -> None:
    (tmp_path / "dem.tif").write_text("no raster")
    grid = Grid(CRS.from_epsg(32632), Affine(60, 0, 500_000, 0, -60, 6_300_000), 20, 20)
    with pytest.raises(CardFailed, match=r"dem\.tif: cannot be opened"):
        altitude_of(grid, np.ones((20, 20), bool), tmp_path / "dem.tif", VerticalDatum.EGM2008, 0)


def test_the_engine_passes_the_elevation_model_on(
    product: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_CARD_FREE_GB", "0")
    dem = write_dem(tmp_path / "dem.tif", np.full((40, 40), 300.0))
    start = datetime(2018, 5, 11, 10, 30, 21, tzinfo=UTC)
    scene = Planned(Kind.S2_L2A, product_name_of(product), start)
    sources = (Source(product.stem, lambda _: product),)
    options = MakeOptions(tmp_path / "made", dem=dem)
    job = Job(scene, FileStore(tmp_path), sources=sources, options=options)
    made = LocalEngine("embedded").produce(job)
    assert made.attributes["altitude_m"] == pytest.approx(300, abs=0.1)


def product_name_of(source: Path) -> str:
    return source.stem.replace("MSIL1C", "MSIL2A").replace("N0500", "N9999")


def test_the_product(product: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    made = make_surface_reflectance(
        product, target=tmp_path / "made", atmosphere=ATMOSPHERE, progress=shares.append
    )
    assert made.kind is Kind.S2_L2A
    assert made.path.name == "S2A_MSIL2A_20180511T103021_N9999_R108_T32VNH_20230911T142132.SAFE"
    assert [path.name for path in (tmp_path / "made").iterdir()] == [made.path.name]
    opened = open_product(made.path)
    validate(opened)
    assert sorted(opened.bands) == sorted({*FINE, *COARSE})
    pixels = {name: band.grid.transform.a for name, band in opened.bands.items()}
    assert pixels == {band: float(PIXEL[band]) for band in (*FINE, *COARSE)}
    assert opened.attributes["baseline"] == "99.99"
    assert opened.attributes["offset_from"] == "metadata"
    assert opened.scl is not None
    with rasterio.open(opened.scl.path) as dataset:
        classes = dataset.read(1)
    assert (classes[:, :30] == Scl.VEGETATION).all()
    assert (classes[:, 30:] == Scl.UNCLASSIFIED).all()
    assert shares == sorted(shares)
    assert shares[-1] == 1
    metadata = (made.path / "MTD_MSIL2A.xml").read_text()
    assert "not equal to Sen2Cor" in metadata
    assert "<CARD_AOT>0.2</CARD_AOT>" in metadata
    assert made.provenance["aot_from"] == "settings"
    json.dumps(dict(made.provenance))


def test_no_data_saturation_and_clouds(tmp_path: Path) -> None:
    images = simulated(by_tables())
    images["B04"][:20] = np.nan
    images["B12"][30:40] = np.inf
    # A thick cloud over the lower third: white, cold and high.
    bright = dict.fromkeys(BANDS, 0.7) | {"B10": 0.03, "B11": 0.5, "B12": 0.4, "B09": 0.5}
    for band, value in bright.items():
        side = SIZE // PIXEL[band]
        image = np.broadcast_to(np.asarray(images[band], float), (side, side)).copy()
        image[2 * side // 3 :] = value
        images[band] = image
    source = write_l1c(tmp_path, images, SIZE, sun=SUN, view=VIEW)
    made = make_surface_reflectance(source, target=tmp_path / "made", atmosphere=ATMOSPHERE)
    opened = open_product(made.path)
    validate(opened)
    with rasterio.open(opened.scl.path) as dataset:
        classes = dataset.read(1)
    assert (classes[:10] == Scl.NO_DATA).all()
    assert (classes[30:40] == Scl.SATURATED).all()
    assert (classes[46:] == Scl.CLOUD_HIGH).all()
    assert np.isin(classes[11:29], [Scl.VEGETATION, Scl.UNCLASSIFIED]).all()
    with rasterio.open(opened.bands["B04"].path) as dataset:
        assert (dataset.read(1)[:20] == 0).all()
    with rasterio.open(opened.bands["B12"].path) as dataset:
        assert (dataset.read(1)[30:40] == 65_535).all()


def test_parts_and_threads_do_not_change_the_product(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(2)
    images = {
        band: 0.2 + 0.05 * rng.standard_normal((SIZE // PIXEL[band],) * 2) for band in BANDS
    } | {"B10": 0.002}
    images["B8A"][:9, :9] = np.nan
    source = write_l1c(tmp_path, images, SIZE, sun=SUN, view=VIEW)

    def made(folder: str, threads: int) -> dict[str, np.ndarray]:
        path = make_surface_reflectance(source, target=tmp_path / folder, threads=threads).path
        found = {}
        for file in path.rglob("*.tif"):
            with rasterio.open(file) as dataset:
                found[file.name] = dataset.read(1)
        return found

    whole = made("whole", 1)
    monkeypatch.setattr(surface, "_LARGEST", 32)
    monkeypatch.setattr(surface, "_STRIP", 7)
    parts = made("parts", 3)
    assert sorted(whole) == sorted(parts)
    assert len(np.unique(whole["T32VNH_20180511T103021_SCL_20m.tif"])) > 1
    for name, image in whole.items():
        np.testing.assert_array_equal(image, parts[name], name)


def test_a_product_that_is_there_is_not_made_again(product: Path, tmp_path: Path) -> None:
    target = tmp_path / "made"
    made = make_surface_reflectance(product, target=target, atmosphere=ATMOSPHERE)
    before = (made.path / "MTD_MSIL2A.xml").stat().st_mtime_ns
    with pytest.raises(CardFailed, match="exists already"):
        make_surface_reflectance(product, target=target, atmosphere=ATMOSPHERE)
    assert (made.path / "MTD_MSIL2A.xml").stat().st_mtime_ns == before
    assert len(list(target.iterdir())) == 1


def test_a_band_that_breaks_in_the_middle_leaves_nothing(product: Path, tmp_path: Path) -> None:
    (file,) = product.rglob("*_B07.jp2")
    file.write_bytes(file.read_bytes()[:-40])
    target = tmp_path / "made"
    with pytest.raises(CorruptProduct, match="B07"):
        make_surface_reflectance(product, target=target, atmosphere=ATMOSPHERE)
    assert not list(target.iterdir())


@pytest.mark.parametrize("noisy", [False, True])
def test_a_disk_that_is_full_in_the_end_leaves_nothing(tmp_path: Path, noisy: bool) -> None:
    rng = np.random.default_rng(1)
    noise = {band: rng.uniform(0.1, 5, (SIZE // PIXEL[band],) * 2) for band in BANDS}
    source = write_l1c(tmp_path, noise if noisy else dict.fromkeys(BANDS, 0.2), SIZE)
    made = make_surface_reflectance(source, target=tmp_path / "a", atmosphere=ATMOSPHERE)
    largest = max(file.stat().st_size for file in made.path.rglob("*.tif"))
    decoded = 2 * (SIZE // 10) ** 2
    # Noise cannot be compressed, so that an image of the product is the last to find no room.
    assert (largest > decoded) == noisy
    target = tmp_path / "b"
    with (
        room_for(max(largest, decoded) - 1),
        pytest.raises(CardFailed, match=r"disk is full|disk full\?"),
    ):
        make_surface_reflectance(source, target=target, atmosphere=ATMOSPHERE)
    assert not list(target.iterdir())
    with room_for(max(largest, decoded)):
        make_surface_reflectance(source, target=target, atmosphere=ATMOSPHERE)


def test_the_sun_below_the_tables(tmp_path: Path) -> None:
    source = write_l1c(tmp_path, simulated(by_tables()), SIZE, sun=(81.0, 180.0), view=VIEW)
    with pytest.raises(CardFailed, match="sun's zenith angle is 81"):
        make_surface_reflectance(source, target=tmp_path / "made", atmosphere=ATMOSPHERE)


def test_a_place_that_cannot_be_written(product: Path, tmp_path: Path) -> None:
    target = tmp_path / "file" / "made"
    target.parent.write_text("not a folder")
    with pytest.raises(CardFailed, match=f"{target}: cannot be written"):
        make_surface_reflectance(product, target=target, atmosphere=ATMOSPHERE)


def test_a_view_beyond_the_tables(tmp_path: Path) -> None:
    source = write_l1c(tmp_path, simulated(by_tables()), SIZE, sun=SUN, view=(40.0, 110.0))
    with pytest.raises(CardFailed, match="view's zenith angle is 40; the tables cover 0 to 16"):
        make_surface_reflectance(source, target=tmp_path / "made", atmosphere=ATMOSPHERE)
