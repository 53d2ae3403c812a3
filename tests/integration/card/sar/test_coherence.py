"""The coherence engine on a simulated stress pair: 150 m between orbits, a fraction of a line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from file_limit import room_for
from pyproj import Transformer

from dias_cbm.card.sar.boxcar import BoxcarWindow
from dias_cbm.card.sar.coherence import make_coherence
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.step_times import StepTimes
from dias_cbm.errors import (
    CardFailed,
    CbmError,
    CorruptProduct,
    InconsistentProduct,
    OrbitFileError,
)
from dias_cbm.products.open import open_product
from dias_cbm.products.provenance import MadeProduct
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Kind, kind_of_name
from dias_cbm_lab.evidence.coherence_study import (
    CLASSES,
    Study,
    hills,
    looks_of,
    squares,
    stress_study,
    touzi,
    write_dem,
)
from dias_cbm_lab.level1.slc_annotation import displaced


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return stress_study(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="module")
def made(study: Study, tmp_path_factory: pytest.TempPathFactory) -> MadeProduct:
    return make(study, tmp_path_factory.mktemp("made"))


def make(study: Study, target: Path, **options: object) -> MadeProduct:
    options = {"dem": study.dem, "target": target} | options
    return make_coherence(study.pair.reference, study.pair.secondary, **options)  # type: ignore[arg-type]


def values_of(made: MadeProduct) -> np.ndarray:
    with rasterio.open(made.path / f"{made.path.name}.tif") as dataset:
        return dataset.read()


def test_coherence_in_radar_geometry_is_what_touzi_expects(study: Study) -> None:
    for mean in study.in_radar(CoherenceOptions()):
        assert mean.pixels > 5_000
        assert abs(mean.error) < 0.025, mean


@pytest.mark.parametrize("switched_off", [{"deramp": False}, {"remove_phase": False}])
def test_without_a_step_it_is_not(study: Study, switched_off: dict[str, bool]) -> None:
    highest = study.in_radar(CoherenceOptions(**switched_off))[-1]
    assert highest.true == CLASSES[-1]
    assert highest.error < -0.07, highest


def test_on_the_map_it_is_what_touzi_expects(study: Study, made: MadeProduct) -> None:
    swath = next(iter(study.bursts(CoherenceOptions()))).swath
    for mean in study.on_map(made.path, looks_of(swath, CoherenceOptions())):
        assert mean.pixels > 500
        assert abs(mean.error) < 0.03, mean


def test_the_product_is_one_of_the_platforms_kind(made: MadeProduct) -> None:
    assert made.kind is Kind.CARD_COH6 is kind_of_name(made.path.name)
    product = open_product(made.path)
    validate(product)
    assert tuple(product.bands) == ("VV",)
    band = product.bands["VV"]
    assert (band.dtype, band.nodata, band.grid.transform.a) == ("float32", 0.0, 20.0)
    assert band.grid.transform.c % 20 == band.grid.transform.f % 20 == 0
    values = values_of(made)
    assert values.min() == 0 and 0.9 < values.max() <= 1
    with rasterio.open(made.path / f"{made.path.name}.tif") as dataset:
        assert dataset.tags()["CARD_TEMPORAL_BASELINE_DAYS"] == "6"
        assert dataset.tags()["CARD_TERRAIN_SHARE"] == "1.0"
    assert made.provenance["pair_dates"] == ["2021-04-07", "2021-04-01"]


def test_bursts_and_swaths_meet_without_gap_or_step(study: Study, made: MadeProduct) -> None:
    """Seen by the middle of the image: all of it is covered, by four bursts of two swaths."""
    values = values_of(made)[0]
    rows = np.nonzero(values)[0]
    middle = values[int(np.median(rows)) - 60 : int(np.median(rows)) + 60]
    for line in middle:
        inside = np.flatnonzero(line)
        assert (np.diff(inside) == 1).all()
    # Where two bursts have the same ground, either would do: their means are the same.
    bursts = list(study.bursts(CoherenceOptions()))
    for one, other, lines in ((0, 1, 300), (2, 3, 300)):
        upper, lower = bursts[one].values[0][lines:], bursts[other].values[0][: 400 - lines]
        both = (upper > 0) & (lower > 0)
        assert both.sum() > 50_000
        assert abs(upper[both].mean() - lower[both].mean()) < 0.01


def test_no_step_at_the_seam_of_two_sub_swaths(study: Study, made: MadeProduct) -> None:
    bursts = list(study.bursts(CoherenceOptions()))
    near, far = bursts[0].drawn, bursts[-1].drawn
    assert near.part.far == far.part.near
    grid = near.lattice.grid
    with Dem(study.dem) as model:
        lattice = Lattice(grid, near.lattice.orbit, model)
        located = lattice.locate(0, 0, grid.height, grid.width)
    away = located.slant_range - near.part.far
    values = values_of(made)[0]
    looks = looks_of(near.pair.swath, CoherenceOptions())
    expected = {one: touzi(one, looks) for one in CLASSES}
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    to_degrees = Transformer.from_crs(grid.crs.to_wkt(), "EPSG:4326", always_xy=True)
    truth = squares(*to_degrees.transform(*(grid.transform @ (columns, rows))))
    error = values - np.vectorize(expected.get)(truth)
    # Two windows' width on either side, where half of what is averaged is of the other swath.
    sides = [(values > 0) & (away * side > 0) & (away * side < 250) for side in (-1, 1)]
    means = [error[side].mean(dtype=float) for side in sides]
    assert min(side.sum() for side in sides) > 1_000
    assert abs(means[0] - means[1]) < 0.02, means


@pytest.mark.parametrize("stripe", [37, 400])
def test_the_result_does_not_depend_on_the_stripe(
    made: MadeProduct, study: Study, stripe: int, tmp_path: Path
) -> None:
    other = make(study, tmp_path, options=CoherenceOptions(stripe=stripe))
    assert (values_of(other) == values_of(made)).all()


def test_the_result_does_not_depend_on_the_threads(
    study: Study, made: MadeProduct, tmp_path: Path
) -> None:
    times = StepTimes()
    other = make(study, tmp_path, threads=3, times=times)
    assert (values_of(other) == values_of(made)).all()
    assert set(times.seconds) == {
        "terrain and lattice",
        "read",
        "deramp",
        "positions, resample, multiply, window",
        "geocode",
        "write",
    }
    assert min(times.seconds.values()) > 0


def test_another_window_is_another_bias(study: Study) -> None:
    lowest = study.in_radar(CoherenceOptions(window=BoxcarWindow(range=20, azimuth=6)))[0]
    assert abs(lowest.error) < 0.02
    assert lowest.found < 0.235


def test_a_cog(study: Study, made: MadeProduct, tmp_path: Path) -> None:
    other = make(study, tmp_path, cog=True)
    assert (values_of(other) == values_of(made)).all()
    with rasterio.open(other.path / f"{other.path.name}.tif") as dataset:
        assert dataset.overviews(1)
        assert dataset.descriptions == ("VV",)


def test_holes_in_the_terrain_are_holes_in_the_product(
    study: Study, made: MadeProduct, tmp_path: Path
) -> None:
    dem = tmp_path / "dem.tif"
    shutil.copy(study.dem, dem)
    whole = values_of(made)[0]
    with rasterio.open(dem, "r+") as dataset:
        window = rasterio.windows.Window(900, 400, 200, 200)
        dataset.write(np.full((200, 200), -9999, np.float32), 1, window=window)
    other = make(study, tmp_path / "out", dem=dem)
    values = values_of(other)[0]
    lost = (whole > 0) & (values == 0)
    assert 0.02 < lost.sum() / (whole > 0).sum() < 0.4
    kept = values > 0
    assert (values[kept] == whole[kept]).mean() > 0.99
    assert other.provenance["terrain_share"] < 1


def refused(
    study: Study, target: Path, error: type[CbmError], match: str, **options: object
) -> None:
    with pytest.raises(error, match=match):
        make(study, target, **options)
    assert not target.exists() or not list(target.iterdir())


def changed(study: Study, folder: Path) -> Study:
    """A copy of a pair, to break."""
    roots = [shutil.copytree(one, folder / one.name) for one in study.pair[:2]]
    return Study(study.pair._replace(reference=roots[0], secondary=roots[1]), study.dem)


def copy_as_vh(root: Path) -> None:
    for file in [*root.glob("annotation/*-vv-*"), *root.glob("measurement/*-vv-*")]:
        shutil.copy(file, file.with_name(file.name.replace("-vv-", "-vh-")))
    edit(root, "annotation/*-vh-*", "<polarisation>VV<", "<polarisation>VH<")


def renamed(study: Study, mode: str) -> Study:
    """The secondary with another mode of polarisation in its name."""
    old = study.pair.secondary
    name = re.sub(r"_1S[SD][VH]_", f"_1S{mode}_", old.name)
    return Study(study.pair._replace(secondary=old.rename(old.with_name(name))), study.dem)


def edit(root: Path, pattern: str, old: str, new: str) -> None:
    for file in root.glob(pattern):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))


def test_terrain_elsewhere_is_refused(study: Study, tmp_path: Path) -> None:
    dem = tmp_path / "dem.tif"
    write_dem(dem, hills, (3.0, 50.0, 3.1, 50.1))
    refused(study, tmp_path / "out", CardFailed, "no burst of the pair has a height", dem=dem)


def test_another_track_is_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    edit(broken.pair.secondary, "manifest.safe", ">14<", ">15<")
    refused(broken, tmp_path / "out", InconsistentProduct, "relative orbit 15")


def test_seven_days_are_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    edit(broken.pair.secondary, "annotation/*.xml", "2021-04-01", "2021-03-31")
    # Only a product without a name can be of another day.
    secondary = broken.pair.secondary.rename(tmp_path / "secondary")
    broken = Study(broken.pair._replace(secondary=secondary), broken.dem)
    refused(broken, tmp_path / "out", InconsistentProduct, "7.00 days")


def test_a_swath_that_only_the_secondary_has_is_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    for file in broken.pair.reference.glob("*/*-iw2-*"):
        file.unlink()
    refused(broken, tmp_path / "out", InconsistentProduct, "lacks swath IW2, which S1B_IW")


def test_a_missing_swath_is_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    next((broken.pair.secondary / "annotation").glob("*-iw2-*")).unlink()
    refused(broken, tmp_path / "out", InconsistentProduct, "no VV image of IW2")


def test_a_missing_polarisation_is_refused(study: Study, tmp_path: Path) -> None:
    broken = renamed(changed(study, tmp_path), "DV")
    copy_as_vh(broken.pair.reference)
    refused(broken, tmp_path / "out", InconsistentProduct, "no VH image of IW1")


def test_a_dual_and_a_single_polarised_acquisition_make_what_both_have(
    study: Study, made: MadeProduct, tmp_path: Path
) -> None:
    mixed = renamed(changed(study, tmp_path), "SV")
    copy_as_vh(mixed.pair.reference)
    other = make(mixed, tmp_path / "out")
    assert other.provenance["polarisations"] == ["VV"]
    assert (values_of(other) == values_of(made)).all()


def test_swapped_polarisations_are_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    edit(broken.pair.secondary, "annotation/*-iw2-*", "<polarisation>VV<", "<polarisation>VH<")
    refused(broken, tmp_path / "out", InconsistentProduct, "annotates S1B SLC IW2 VH")


def test_an_image_of_another_size_is_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    edit(
        broken.pair.reference,
        "annotation/*-iw2-*",
        "<numberOfSamples>1200",
        "<numberOfSamples>1201",
    )
    refused(broken, tmp_path / "out", InconsistentProduct, "annotation says 800 x 1201")


def test_a_missing_image_is_refused(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    next((broken.pair.secondary / "measurement").glob("*-iw1-*")).unlink()
    refused(broken, tmp_path / "out", CorruptProduct, "no VV measurement of IW1")


def test_a_missing_orbit_file_is_refused(study: Study, tmp_path: Path) -> None:
    orbits = (None, tmp_path / "S1B_OPER_AUX_POEORB.EOF")
    refused(study, tmp_path / "out", OrbitFileError, "does not exist", orbits=orbits)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_truncated_image_leaves_nothing(study: Study, tmp_path: Path, threads: int) -> None:
    broken = changed(study, tmp_path)
    image = next((broken.pair.secondary / "measurement").glob("*-iw2-*"))
    with image.open("r+b") as stream:
        stream.truncate(image.stat().st_size // 2)
    refused(broken, tmp_path / "out", CorruptProduct, "cannot be", threads=threads)


def test_a_burst_without_partner_is_a_gap_and_counted(study: Study, tmp_path: Path) -> None:
    broken = changed(study, tmp_path)
    # As if the secondary's second burst were of ground further on.
    edit(broken.pair.secondary, "annotation/*-iw2-*", "<burstId>110432", "<burstId>110433")
    made = make(broken, tmp_path / "out")
    assert (made.provenance["bursts"], made.provenance["bursts_without_partner"]) == (3, 1)
    assert (values_of(made) > 0).any()


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_each_polarisation_is_its_own_band(study: Study, made: MadeProduct, tmp_path: Path) -> None:
    """VH is given the same images, but for the secondary's, which shows something else."""
    dual = changed(study, tmp_path)
    for root in dual.pair[:2]:
        copy_as_vh(root)
    for file in dual.pair.secondary.glob("measurement/*-vh-*"):
        with rasterio.open(file, "r+") as dataset:
            dataset.write(dataset.read(1)[::-1], 1)
    other = make(dual, tmp_path / "out")
    product = open_product(other.path)
    assert tuple(product.bands) == ("VV", "VH")
    assert other.provenance["polarisations"] == ["VV", "VH"]
    one, two = values_of(other)
    assert (one == values_of(made)[0]).all()
    assert np.median(two[two > 0]) < 0.3 < np.median(one[one > 0])


def test_the_overlap_of_bursts_tells_what_the_orbits_are_wrong(
    study: Study, tmp_path: Path
) -> None:
    off = changed(study, tmp_path)
    for file in off.pair.secondary.glob("annotation/*.xml"):
        file.write_bytes(displaced(file.read_bytes(), 0.0, -0.04))
    made = make(off, tmp_path / "out", options=CoherenceOptions(esd=True))
    for shift in made.provenance["azimuth_shift"].values():
        assert shift == pytest.approx(-0.04, abs=0.003)
    trusted = make(study, tmp_path / "trusted", options=CoherenceOptions(esd=True))
    for shift in trusted.provenance["azimuth_shift"].values():
        assert abs(shift) < 0.003
    assert make(study, tmp_path / "plain").provenance["azimuth_shift"] is None


def test_a_full_disk_leaves_nothing(study: Study, tmp_path: Path) -> None:
    """The limit of a file's size says what a full disk says: the first layer has no room."""
    with room_for(100_000):
        refused(study, tmp_path / "out", CardFailed, "the disk is full")
