"""The whole path through SNAP, with a stand-in that checks graphs and arguments."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from simulated_grd import simulate

from dias_cbm.card.engines.sandbox import SandboxLimits, run
from dias_cbm.card.engines.snap import make_backscatter, make_coherence
from dias_cbm.card.engines.snap.gpt import Gpt, find_gpt
from dias_cbm.card.engines.snap.output import find_bands
from dias_cbm.card.engines.snap.probes import probe
from dias_cbm.card.sar.backscatter import make_backscatter as embedded_backscatter
from dias_cbm.card.sar.coherence import make_coherence as embedded_coherence
from dias_cbm.errors import (
    CardFailed,
    CorruptProduct,
    InconsistentProduct,
    PairError,
    Unsynchronised,
)
from dias_cbm.products.open import open_product
from dias_cbm.products.validate import validate
from dias_cbm.scenes import Kind
from dias_cbm.vertical_datum import VerticalDatum
from dias_cbm_lab.evidence.coherence_study import hills, squares
from dias_cbm_lab.evidence.coherence_study import write_dem as write_hills
from dias_cbm_lab.level1.grd import write_dem
from dias_cbm_lab.level1.imaging import sea_level
from dias_cbm_lab.level1.slc_annotation import Pass, Swath, annotation, displaced
from dias_cbm_lab.level1.slc_pair import Ground
from dias_cbm_lab.level1.slc_products import write_annotations, write_pair

GRD = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021853_025B9C_1234"
LATER = "S1A_IW_SLC__1SDV_20180511T053956_20180511T054023_021853_025B9C_1234"
EARLIER = "S1B_IW_SLC__1SDV_20180505T053901_20180505T053928_010782_013B2A_5678"


def acquired(folder: Path, later: float = 0.0) -> tuple[Path, Path]:
    """The pair of these names, with annotations only.

    :param later: lines by which the secondary's bursts begin later.
    """
    passes = (
        Pass(np.datetime64("2018-05-11T05:39:56"), 21853, 9.5, 56.2),
        Pass(np.datetime64("2018-05-05T05:39:01"), 10782, 9.5, 56.2, satellite="S1B"),
    )
    roots = []
    for one, name, shift in zip(passes, (LATER, EARLIER), (0.0, later), strict=True):
        annotations = {
            (swath, band): displaced(annotation(one, Swath(swath), band), 0.0, shift)
            for swath in ("IW1", "IW2", "IW3")
            for band in ("VV", "VH")
        }
        roots.append(write_annotations(folder, annotations).rename(folder / f"{name}.SAFE"))
    return roots[0], roots[1]


def scene(folder: Path, name: str) -> Path:
    path = folder / f"{name}.SAFE"
    path.mkdir()
    (path / "manifest.safe").touch()
    return path


def test_backscatter(gpt: Path, tmp_path: Path) -> None:
    shares: list[float] = []
    target = tmp_path / "made"
    made = make_backscatter(scene(tmp_path, GRD), target=target, progress=shares.append)
    assert made.path == target / f"{GRD}_CARD_BS"
    assert list(target.iterdir()) == [made.path]
    product = open_product(made.path, made.kind)
    validate(product)
    # The stand-in writes VH first: the band's name decides.
    assert set(product.bands) == {"VV", "VH"}
    means = {}
    for name, band in product.bands.items():
        with rasterio.open(band.path) as dataset:
            means[name] = dataset.read(band.index).mean()
    assert means["VV"] == pytest.approx(0.2)
    assert means["VH"] == pytest.approx(0.1)
    assert shares == sorted(shares)
    assert len(shares) >= 3
    assert max(shares) <= 1
    assert made.provenance["snap_version"] == "12.0.0"
    assert len(str(made.provenance["graph_sha256"])) == 64
    assert "Precise" in str(made.provenance["orbit"])
    json.dumps(dict(made.provenance))


@pytest.mark.parametrize("version", ["old", "new"])
def test_coherence(
    gpt: Path, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_VERSION", version)
    made = make_coherence(*acquired(tmp_path), target=tmp_path / "made", cog=True)
    assert made.kind is Kind.CARD_COH6
    product = open_product(made.path, made.kind)
    validate(product)
    assert list(product.bands) == ["VV", "VH"]
    assert made.provenance["temporal_baseline_days"] == 6
    assert made.provenance["common_band"] == {"IW1": 1.0, "IW2": 1.0, "IW3": 1.0}
    with rasterio.open(next(made.path.glob("*.tif"))) as dataset:
        assert dataset.tags()["CARD_GRAPH_SHA256"] == made.provenance["graph_sha256"]
        np.testing.assert_allclose(dataset.read(1).mean(), 0.2, rtol=1e-6)


def test_what_the_graphs_cannot_do_is_refused(gpt: Path, tmp_path: Path) -> None:
    pair = scene(tmp_path, LATER), scene(tmp_path, EARLIER)
    with pytest.raises(CardFailed, match="no enhanced spectral diversity"):
        make_coherence(*pair, target=tmp_path / "made", esd=True)
    dem = write_dem(tmp_path / "dem.tif", sea_level, (8.0, 56.0, 8.01, 56.01))
    with pytest.raises(CardFailed, match="above the geoid only"):
        make_coherence(*pair, target=tmp_path / "made", dem=dem, datum=VerticalDatum.ELLIPSOID)


def test_a_pair_that_is_none_is_refused_before_snap_starts(tmp_path: Path) -> None:
    with pytest.raises(PairError):
        make_coherence(scene(tmp_path, EARLIER), scene(tmp_path, LATER), target=tmp_path / "made")


def test_bursts_that_are_not_synchronised_are_refused_before_snap_starts(
    gpt: Path, tmp_path: Path
) -> None:
    """SNAP does not filter them to their common band, and would make a pair of any."""
    for lines, error, words in (
        (20, CardFailed, "78% of the azimuth band in common with those of S1A_.*do not filter"),
        (70, Unsynchronised, "144 ms later over the ground .*: 22% of the azimuth band in common"),
    ):
        folder = tmp_path / str(lines)
        folder.mkdir()
        pair = acquired(folder, lines)
        with pytest.raises(error, match=words):
            make_coherence(*pair, target=folder / "made")
        assert not list((folder / "made").iterdir())


def test_a_failure_quotes_the_last_lines(
    gpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_FAILS", "1")
    with pytest.raises(CardFailed, match=r"exit code 1.*no DEM for the area"):
        make_backscatter(scene(tmp_path, GRD), target=tmp_path / "made")


def test_nothing_is_left_running_when_time_is_up(
    gpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = tmp_path / "pid"
    monkeypatch.setenv("STAND_IN_SLEEPS", str(running))
    (tmp_path / "made").mkdir()
    # On a busy machine SNAP may not have been started yet: then it is given more.
    for seconds in (3, 15, 60):
        with pytest.raises(CardFailed, match="not finished within"):
            run(
                "dias_cbm.card.engines.snap:make_backscatter",
                (scene(tmp_path, GRD),),
                {"target": tmp_path / "made"},
                limits=SandboxLimits(seconds=seconds),
                log=tmp_path / "log",
            )
        if running.exists():
            break
    assert_gone(int(running.read_text()))


def test_an_interrupt_ends_it_too(
    gpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = tmp_path / "pid"
    monkeypatch.setenv("STAND_IN_SLEEPS", str(running))

    def interrupt() -> None:
        while not (running.exists() and running.read_text()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    # The processes in which tests run side by side ignore an interrupt.
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            make_backscatter(scene(tmp_path, GRD), target=tmp_path / "made")
    finally:
        signal.signal(signal.SIGINT, ours)
    assert_gone(int(running.read_text()))


def assert_gone(process: int) -> None:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"process {process} still runs")


def test_without_snap_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SNAP_HOME", raising=False)
    with pytest.raises(CardFailed, match=r"not installed.*step.esa.int"):
        make_backscatter(scene(tmp_path, GRD), target=tmp_path / "made")


def test_where_gpt_is_looked_for(
    gpt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_gpt() == gpt
    home = tmp_path / "snap" / "bin"
    home.mkdir(parents=True)
    (home / "gpt").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SNAP_HOME", str(home.parent))
    assert find_gpt() == home / "gpt"
    monkeypatch.setenv("CBM_SNAP_GPT", "/opt/other/gpt")
    assert find_gpt() == Path("/opt/other/gpt")


def test_bands_are_found_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "x.data"
    with pytest.raises(CorruptProduct, match="wrote no product"):
        find_bands(tmp_path / "x", "coh", ["VV"])
    folder.mkdir()
    for name in ("coh_IW1_VH_11May2018", "coh_IW1_VV_11May2018", "topo_VV", "elevation"):
        (folder / f"{name}.img").touch()
    found = find_bands(tmp_path / "x", "coh", ["VV", "VH"])
    assert [path.stem for path in found.values()] == [
        "coh_IW1_VV_11May2018",
        "coh_IW1_VH_11May2018",
    ]
    (folder / "coh_IW2_VV_11May2018.img").touch()
    with pytest.raises(InconsistentProduct, match="2 bands coh VV"):
        find_bands(tmp_path / "x", "coh", ["VV"])


def test_what_the_doctor_finds(gpt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dias_cbm.card.engines.snap.probes.OPERATORS", {"Coherence": _coherence()})
    found = {finding.what: finding for finding in probe()}
    assert "SNAP 12.0.0" in str(found["gpt"].found)
    assert found["Coherence"].found == "16 parameters"
    # esa_snappy is installed here, without a SNAP that it could start.
    assert found["esa_snappy"].found is None
    assert "snappy-conf" in found["esa_snappy"].hint
    assert not found["esa_snappy"].needed


def _coherence():
    from dias_cbm.card.engines.snap.operators import OPERATORS

    return OPERATORS["Coherence"]


def test_an_operator_that_is_not_there(gpt: Path) -> None:
    with pytest.raises(CardFailed, match="KeyError"):
        Gpt(gpt).parameters("Barista")


def test_a_pair_goes_through_snap_as_through_the_embedded_engine(gpt: Path, tmp_path: Path) -> None:
    swath = Swath(bursts=1, lines=304, samples=672)
    sides = [
        {
            (swath.name, name): annotation(
                Pass(time, orbit, 9.5, 56.2, satellite=satellite), swath, name
            )
            for name in ("VV", "VH")
        }
        for time, orbit, satellite in (
            (np.datetime64("2021-04-07T05:30:00"), 37361, "S1A"),
            (np.datetime64("2021-04-01T05:30:00"), 26290, "S1B"),
        )
    ]
    grounds = {"VV": Ground(hills, squares), "VH": Ground(hills, lambda *at: 0.5 * squares(*at))}
    pair = write_pair(tmp_path, *sides, grounds)
    dem = tmp_path / "dem.tif"
    write_hills(dem, hills, (10.05, 55.95, 10.45, 56.20))
    options = {"dem": dem}
    made = make_coherence(*pair[:2], target=tmp_path / "snap", **options)
    expected = embedded_coherence(*pair[:2], target=tmp_path / "embedded", **options)
    assert (made.kind, made.path.name) == (Kind.CARD_COH6, expected.path.name)
    with (
        rasterio.open(made.path / f"{made.path.name}.tif") as ours,
        rasterio.open(expected.path / f"{expected.path.name}.tif") as theirs,
    ):
        assert ours.descriptions == theirs.descriptions == ("VV", "VH")
        assert (ours.transform, ours.crs) == (theirs.transform, theirs.crs)
        vv, vh = ours.read()
        np.testing.assert_array_equal([vv, vh], theirs.read())
    seen = vv > 0
    assert seen.sum() > 2_000
    assert vv[seen].mean() > vh[seen].mean() + 0.1
    assert expected.provenance["burst_ids"] == ["t014_110431_iw1"]
    assert expected.provenance["bursts_found_by"] == "identifier"


def test_a_scene_goes_through_snap_as_through_the_embedded_engine(
    gpt: Path, tmp_path: Path
) -> None:
    # The stand-in lets the embedded engine do SNAP's work: what differs is all that is ours.
    scene = simulate(tmp_path, 200, 240)
    made = make_backscatter(scene.safe, dem=scene.dem, target=tmp_path / "snap")
    expected = embedded_backscatter(
        scene.safe, dem=scene.dem, orbit=None, target=tmp_path / "embedded"
    )
    assert made.path.name == expected.path.name
    assert made.provenance["dem"] == "dem.tif"
    products = [open_product(one.path) for one in (made, expected)]
    for name, band in products[0].bands.items():
        other = products[1].bands[name]
        assert band.grid == other.grid
        with rasterio.open(band.path) as ours, rasterio.open(other.path) as theirs:
            np.testing.assert_array_equal(ours.read(), theirs.read())
