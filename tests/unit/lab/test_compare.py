"""``cbm evidence compare``: the same agrees; what is moved, brighter or another is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from card_products import write_raster
from rasterio.crs import CRS
from scipy.ndimage import gaussian_filter
from typer.testing import CliRunner

from dias_cbm.errors import InconsistentProduct
from dias_cbm.products.model import Grid
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter
from dias_cbm_lab.cli.evidence import app
from dias_cbm_lab.evidence.compare import compare
from dias_cbm_lab.evidence.figure import Figure

SIZE, PIXEL = 120, 20.0
COHERENCE = "S1A_20210407T053000_20210401T053000_037361_026290_CARD-COH6"
BACKSCATTER = "S1A_IW_GRDH_1SDV_20180821T052345_20180821T052410_023340_0289E6_6558_CARD_BS"


def scene(seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE))
    return np.clip(0.5 + gaussian_filter(noise, 2), 0.05, 0.95).astype(np.float32)


def write(folder: Path, values: np.ndarray, name: str = COHERENCE, east: float = 500_000) -> Path:
    grid = Grid(CRS.from_epsg(32632), Affine(PIXEL, 0, east, 0, -PIXEL, 6e6), SIZE, SIZE)
    writer = GeoTiffWriter if name == COHERENCE else DimapWriter
    with writer(folder / name, grid, ("VV",)) as made:
        made.write("VV", 0, 0, values)
    return folder / name


def broken(figures: list[Figure]) -> list[str]:
    return [one.what.partition(": ")[2] for one in figures if not one.holds]


def test_the_same_agrees(tmp_path: Path) -> None:
    values = scene()
    values[:10] = np.nan
    paths = [write(tmp_path / side, values) for side in ("ours", "theirs")]
    found = compare(*paths)
    assert broken(found) == []
    assert found[0].value == pytest.approx(1)
    assert found[0].what == f"VV, {SIZE * (SIZE - 10)} pixels: correlation"


def test_what_differs_is_told(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", scene())
    for number, (values, east, wrong) in enumerate(
        [
            (np.minimum(scene() + 0.02, 1), 0.0, ["mean difference"]),
            (scene(), 2 * PIXEL, ["correlation", "shift to the right"]),
            (scene(seed=2), 0.0, ["correlation", "shift"]),
        ]
    ):
        theirs = write(tmp_path / str(number), values, east=500_000 + east)
        found = broken(compare(ours, theirs))
        assert [one for one in wrong if not any(one in told for told in found)] == []


def test_backscatter_is_compared_in_decibels(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", scene() / 10, BACKSCATTER)
    brighter = write(tmp_path / "theirs", scene() / 10 * np.float32(10**0.05), BACKSCATTER)
    median = compare(ours, brighter)[-1]
    assert (median.unit, median.value) == ("dB", pytest.approx(-0.5, abs=1e-4))
    assert broken(compare(ours, brighter)) == ["median"]


def test_what_snaps_graphs_wrote_is_read(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", scene())
    transform = Affine(PIXEL, 0, 500_000, 0, -PIXEL, 6e6)
    image = tmp_path / "snap" / "coherence.data" / "coh_IW1_VV_07Apr2021_01Apr2021.img"
    write_raster(image, scene(), transform, driver="ENVI")
    assert broken(compare(ours, tmp_path / "snap" / "coherence.dim")) == []
    with pytest.raises(InconsistentProduct, match="0 bands Gamma0 VV"):
        gamma0 = write(tmp_path / "gamma0", scene(), BACKSCATTER)
        compare(gamma0, tmp_path / "snap" / "coherence.dim")


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    ours = write(tmp_path / "ours", scene())
    with pytest.raises(InconsistentProduct, match="no place in common"):
        compare(ours, write(tmp_path / "far", scene(), east=600_000))
    with pytest.raises(InconsistentProduct, match="is a "):
        compare(ours, write(tmp_path / "other", scene(), BACKSCATTER))


def test_the_command_ends_with_1_if_they_differ(tmp_path: Path) -> None:
    ours, theirs = (write(tmp_path / str(seed), scene(seed)) for seed in (1, 2))
    assert CliRunner().invoke(app, ["compare", str(ours), str(ours)]).exit_code == 0
    done = CliRunner().invoke(app, ["compare", str(ours), str(theirs)])
    assert done.exit_code == 1
    assert "(at least 0.95: NO)" in done.output
