"""The products of a small season, opened with GDAL and compared with what was planted."""

import hashlib
import json
from datetime import date

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from lxml import etree
from pyproj import CRS
from rasterio.features import rasterize

from dias_cbm.errors import SettingsError
from dias_cbm_lab.season import products
from dias_cbm_lab.season.simulate import make, open_season

DAYS, PARCELS, SEED = 21, 100, 5


@pytest.fixture(scope="module")
def truth(small_season):
    return small_season.truth()


@pytest.fixture(scope="module")
def listed(small_season):
    entries = json.loads((small_season.folder / "catalogue.json").read_text())["value"]
    return {entry["Name"]: entry for entry in entries}


def folder_of(season, entry):
    return season.folder / entry["S3Path"].lstrip("/")


def size_of(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def stored(listed):
    return [entry for entry in listed.values() if entry["Online"]]


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_parameters_give_the_same_bytes_whatever_the_workers(small_season, tmp_path):
    again = make(tmp_path / "again", days=DAYS, parcels=PARCELS, seed=SEED, workers=2)
    assert hashes(again.folder) == hashes(small_season.folder)


@pytest.fixture(scope="module")
def other(small_season, tmp_path_factory):
    """A season of another seed, in the place of one that was made otherwise; and what was told."""
    folder = tmp_path_factory.mktemp("demo") / "season"
    folder.mkdir()
    (folder / "season.json").write_text('{"parameters": {"seed": 1}}')
    (folder.with_name("season.partial")).mkdir()
    told = []
    season = make(
        folder,
        days=DAYS,
        parcels=PARCELS,
        seed=SEED + 1,
        workers=1,
        progress=lambda done, of, name: told.append((done, of, name)),
    )
    return season, told


def test_another_seed_gives_another_season(small_season, other):
    season, _ = other
    assert hashes(season.folder)["parcels.gpkg"] != hashes(small_season.folder)["parcels.gpkg"]


def test_a_finished_season_is_reused(small_season):
    before = (small_season.folder / "season.json").stat().st_mtime_ns
    again = make(small_season.folder, days=DAYS, parcels=PARCELS, seed=SEED)
    assert again.reused
    assert not small_season.reused
    assert (small_season.folder / "season.json").stat().st_mtime_ns == before


def test_a_season_made_otherwise_is_replaced_and_leaves_nothing_beside(other):
    season, _ = other
    assert season.truth()["seed"] == SEED + 1
    assert [path.name for path in season.folder.parent.iterdir()] == ["season"]


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not a demo season"):
        make(tmp_path, days=DAYS, parcels=PARCELS)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_folder_without_season_cannot_be_opened(tmp_path):
    with pytest.raises(SettingsError, match="holds no demo season"):
        open_season(tmp_path)


def test_progress_counts_every_product(other):
    _, told = other
    assert [done for done, _, _ in told] == list(range(1, len(told) + 1))
    assert {of for _, of, _ in told} == {len(told)}


def test_the_season_starts_and_ends_where_it_says(small_season, truth):
    assert (small_season.starts, small_season.ends) == (date(2018, 5, 11), date(2018, 5, 31))
    assert truth["clocks"]["season_end"] == "2018-06-01T00:00:00.000000Z"


def test_parcels_are_declarations_without_the_truth(small_season, truth):
    frame = geopandas.read_file(small_season.parcels)
    assert sorted(frame.columns) == ["crop", "geometry", "pid"]
    assert frame.crs.to_epsg() == 25832
    assert len(frame) == frame["pid"].nunique() == PARCELS
    assert {"Polygon", "MultiPolygon"} == set(frame.geom_type)
    declared = dict(zip(frame["pid"], frame["crop"], strict=True))
    assert len(truth["wrong_declarations"]) == 5
    for wrong in truth["wrong_declarations"]:
        assert declared[wrong["pid"]] == wrong["declared"] != wrong["true"]


def test_the_area_holds_all_parcels(small_season):
    area = geopandas.read_file(small_season.area)
    assert area.crs.to_epsg() == 4326
    assert area["label"].tolist() == ["SIMULATED"]
    parcels = geopandas.read_file(small_season.parcels).to_crs(4326)
    assert parcels.within(area.geometry[0]).all()


def test_everything_says_that_it_is_simulated(small_season, listed):
    assert "SIMULATED" in (small_season.folder / "README.txt").read_text()
    for name in ("season.json", "truth.json"):
        assert json.loads((small_season.folder / name).read_text())["label"] == "SIMULATED"
    assert b"SIMULATED" in small_season.parcels.read_bytes()
    for entry in stored(listed):
        folder = folder_of(small_season, entry)
        for path in folder.rglob("*"):
            if path.suffix in (".hdr", ".dim", ".xml"):
                assert "SIMULATED" in path.read_text().upper(), path
            if path.suffix == ".tif":
                with rasterio.open(path) as dataset:
                    assert "SIMULATED" in dataset.tags()["TIFFTAG_IMAGEDESCRIPTION"]


def test_the_store_holds_what_is_online_and_nothing_else(small_season, listed):
    on_disk = {
        path
        for family in ("Sentinel-1/SAR/*", "Sentinel-2/MSI/*")
        for path in small_season.store.glob(f"{family}/2018/*/*/*")
    }
    assert on_disk == {folder_of(small_season, entry) for entry in stored(listed)}


def test_sizes_in_the_catalogue_are_those_in_the_store_except_of_the_truncated(
    small_season, listed, truth
):
    differing = [
        entry["Name"]
        for entry in stored(listed)
        if size_of(folder_of(small_season, entry)) != entry["ContentLength"]
    ]
    assert differing == truth["faults"]["truncated"]["names"]


def test_the_truncated_object_is_shorter_than_its_header_says(small_season, listed, truth):
    (name,) = truth["faults"]["truncated"]["names"]
    data = folder_of(small_season, listed[name]) / f"{name}.data"
    header = dict(
        line.split(" = ", 1) for line in (data / "Gamma0_VH.hdr").read_text().splitlines()[1:]
    )
    wanted = int(header["samples"]) * int(header["lines"]) * 4
    assert (data / "Gamma0_VH.img").stat().st_size < wanted
    assert (data / "Gamma0_VV.img").stat().st_size == wanted


def test_backscatter_is_big_endian_linear_power_on_a_grid_of_its_own(small_season, listed, truth):
    whole = set(listed) - set(truth["faults"]["truncated"]["names"])
    names = [name for name in whole if name.endswith("_CARD_BS")]
    origins = set()
    for name in names:
        data = folder_of(small_season, listed[name]) / f"{name}.data"
        for band in ("Gamma0_VV", "Gamma0_VH"):
            with rasterio.open(data / f"{band}.img") as dataset:
                assert dataset.driver == "ENVI"
                assert dataset.dtypes == ("float32",)
                assert dataset.crs.to_epsg() == 32632
                assert (dataset.transform.a, dataset.transform.e) == (10, -10)
                assert dataset.descriptions == (band,)
                image = dataset.read(1)
                origins.add((dataset.transform.c, dataset.transform.f))
            raw = np.fromfile(data / f"{band}.img", dtype=">f4").reshape(image.shape)
            assert (raw == image).all()
            assert np.isfinite(image).all()
            assert image[image != 0].min() >= 1e-6
            assert 0.005 < image[image != 0].mean() < 0.5
    assert len(origins) == len(names)


def test_some_scenes_have_a_corner_without_data_outside_the_area(small_season, listed):
    area = geopandas.read_file(small_season.area).to_crs(32632).geometry[0]
    wedges = 0
    for name in (name for name in listed if name.endswith("_CARD_BS")):
        image = folder_of(small_season, listed[name]) / f"{name}.data" / "Gamma0_VV.img"
        with rasterio.open(image) as dataset:
            empty = dataset.read(1) == 0
            inside = rasterize([area], out_shape=dataset.shape, transform=dataset.transform)
        wedges += bool(empty.any())
        assert not (empty & (inside == 1)).any()
    assert 1 <= wedges < 7


def test_the_dimap_header_names_its_rasters(small_season, listed):
    name = next(name for name in listed if name.endswith("_CARD_BS"))
    folder = folder_of(small_season, listed[name])
    root = etree.fromstring((folder / f"{name}.dim").read_bytes())
    files = [element.get("href") for element in root.iter("DATA_FILE_PATH")]
    assert files == [f"{name}.data/Gamma0_VV.hdr", f"{name}.data/Gamma0_VH.hdr"]
    assert all((folder / file).exists() for file in files)
    assert CRS.from_wkt(root.findtext(".//WKT")).to_epsg() == 32632
    assert {e.text for e in root.iter("NO_DATA_VALUE")} == {"0.0"}
    with rasterio.open(folder / f"{name}.data" / "Gamma0_VV.img") as dataset:
        assert int(root.findtext(".//NCOLS")) == dataset.width
        assert int(root.findtext(".//NROWS")) == dataset.height


def test_coherence_is_one_file_with_two_named_bands(small_season, listed):
    names = [name for name in listed if name.endswith("CARD-COH6")]
    assert len(names) == 4
    for name in names:
        with rasterio.open(folder_of(small_season, listed[name]) / f"{name}.tif") as dataset:
            assert dataset.descriptions == ("VV", "VH")
            assert dataset.dtypes == ("float32", "float32")
            assert dataset.nodata == 0
            assert dataset.res == (20, 20)
            assert dataset.crs.to_epsg() == 32632
            vv, vh = dataset.read()
        assert 0 < vv.min() <= vv.max() < 1
        assert vv.mean() > vh.mean()


def images(season, entry):
    return {
        path.stem.split("_")[2]: path for path in folder_of(season, entry).rglob("IMG_DATA/*/*.jp2")
    }


def test_optical_products_lie_on_the_grid_of_the_tile(small_season, listed):
    for entry in (e for e in listed.values() if "MSIL2A" in e["Name"]):
        found = images(small_season, entry)
        assert set(found) == {"B02", "B03", "B04", "B08", "B11", "SCL"}
        for band, path in found.items():
            with rasterio.open(path) as dataset:
                assert dataset.driver == "JP2OpenJPEG"
                pixel = 20 if band in ("B11", "SCL") else 10
                assert dataset.res == (pixel, pixel)
                assert dataset.dtypes == ("uint8" if band == "SCL" else "uint16",)
                assert dataset.crs.to_epsg() == 32632
                assert (dataset.transform.c - 499_980) % 60 == 0
                assert (6_300_000 - dataset.transform.f) % 60 == 0
        values = set(np.unique(rasterio.open(found["SCL"]).read(1)).tolist())
        assert values <= {3, 4, 5, 8, 9, 10}


def metadata(season, entry):
    return etree.fromstring((folder_of(season, entry) / "MTD_MSIL2A.xml").read_bytes())


def test_only_the_reprocessed_product_carries_an_offset(small_season, listed, truth):
    for name, entry in listed.items():
        if "MSIL2A" in name:
            root = metadata(small_season, entry)
            offsets = [int(e.text) for e in root.iter("BOA_ADD_OFFSET")]
            assert offsets == ([-1000] * 13 if "_N0500_" in name else [])
            assert root.findtext(".//BOA_QUANTIFICATION_VALUE") == "10000"
            assert root.findtext(".//PRODUCT_URI") == name
            for image in root.iter("IMAGE_FILE"):
                assert (folder_of(small_season, entry) / f"{image.text}.jp2").exists()
    assert sorted(name[27:32] for name in truth["faults"]["reprocessed"]["names"]) == [
        "N0207",
        "N0500",
    ]


def test_reprocessing_recalibrates_by_one_per_cent(small_season, listed, truth):
    old, new = sorted(truth["faults"]["reprocessed"]["names"], key=lambda name: name[27:32])
    for band in ("B04", "B08", "B11"):
        before, after = (
            rasterio.open(images(small_season, listed[name])[band]).read(1).astype(float)
            for name in (old, new)
        )
        assert np.abs((after - 1000) - 1.01 * before).max() <= 1.01
    before, after = (
        rasterio.open(images(small_season, listed[name])["SCL"]).read(1) for name in (old, new)
    )
    assert (before == after).all()


def test_the_overcast_pass_leaves_less_than_a_hundredth_of_the_parcels_clear(
    small_season, listed, truth
):
    (name,) = truth["faults"]["cloudy"]["names"]
    parcels = geopandas.read_file(small_season.parcels).geometry
    with rasterio.open(images(small_season, listed[name])["SCL"]) as dataset:
        classes = dataset.read(1)
        inside = rasterize(parcels, out_shape=dataset.shape, transform=dataset.transform) == 1
    clear = np.isin(classes[inside], (4, 5, 6, 7)).mean()
    assert 0 < clear < 0.01


def test_the_scene_without_parcels_meets_none(small_season, listed, truth):
    (name,) = truth["faults"]["no_parcels"]["names"]
    footprint = shapely.geometry.shape(listed[name]["GeoFootprint"])
    parcels = geopandas.read_file(small_season.parcels).to_crs(4326)
    area = geopandas.read_file(small_season.area).geometry[0]
    assert footprint.intersects(area)
    # Not even the envelope of all parcels together.
    assert not footprint.intersects(shapely.box(*parcels.total_bounds))


def test_what_grows_shows_in_the_backscatter(small_season, listed, truth):
    frame = geopandas.read_file(small_season.parcels)
    name = max(n for n in listed if n.endswith("_CARD_BS") and "T1702" in n)
    vv = folder_of(small_season, listed[name]) / f"{name}.data" / "Gamma0_VV.img"
    with rasterio.open(vv) as dataset:
        image = dataset.read(1)
        means = {}
        for crop in ("grass in rotation", "winter wheat"):
            chosen = frame.geometry[(frame["crop"] == crop) & (frame.area > 20_000)]
            mask = rasterize(chosen, out_shape=dataset.shape, transform=dataset.transform)
            means[crop] = 10 * np.log10(image[mask == 1].mean())
    # The curves at the end of May: -10.7 and -14.7 dB.
    assert means["grass in rotation"] > means["winter wheat"] + 2


def test_a_coherence_product_needs_two_passes(tmp_path, small_season):
    from dataclasses import replace

    from dias_cbm_lab.season import landscape, plan
    from dias_cbm_lab.season.place import Place
    from dias_cbm_lab.season.signal import Signal

    place = Place.holding(PARCELS)
    planned = plan.compose(small_season.starts, DAYS, SEED, place)
    land = landscape.compose(place, PARCELS, SEED)
    pair = next(entry for entry in planned.entries if entry.earlier)
    with pytest.raises(ValueError, match="one pass only"):
        products.write([replace(pair, earlier=None)], tmp_path, land, Signal.of(land, SEED))
