"""Kernels are compiled beforehand, and compilation is never counted as work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import geopandas
import numpy as np
import pytest
from card_products import TRANSFORM_10M, write_raster
from odd_parcel_files import squares

ROOT = Path(__file__).resolve().parents[3]

#: Extracts, and prints the summary, what was compiled, and the seconds that it took altogether.
EXTRACT = """
import json, sys, time
from numba.core import event
from typer.testing import CliRunner
from dias_cbm.cli import build
with event.install_recorder("numba:compile") as compiled:
    begun = time.monotonic()
    result = CliRunner().invoke(build(), ["extract", *sys.argv[1:], "--json"])
    seconds = time.monotonic() - begun
assert result.exit_code == 0, result.output
print(json.dumps([json.loads(result.stderr), len(compiled.buffer), seconds]))
"""


def run(cache: Path, *arguments: object) -> str:
    """The output of Python with a compilation cache of its own."""
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=dict(os.environ) | {"NUMBA_CACHE_DIR": str(cache)},
        check=True,
        capture_output=True,
        text=True,
        timeout=500,
    )
    return done.stdout


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    parcels = tmp_path / "parcels.gpkg"
    shapes = squares(50)
    frame = geopandas.GeoDataFrame({"pid": range(50)}, geometry=shapes, crs=25832)
    frame.to_file(parcels)
    grid = TRANSFORM_10M.translation(*shapes[0].bounds[::3]) @ TRANSFORM_10M.scale(10, -10)
    pixels = np.random.default_rng(1).random((20, 1000))
    rasters = [
        write_raster(tmp_path / f"{name}.tif", pixels.astype(name), grid, 25832)
        for name in ("uint16", "float32")
    ]
    return [parcels, *rasters]


@pytest.mark.timeout(900)
def test_compilation_is_done_beforehand_and_is_not_counted(
    tmp_path: Path, inputs: list[Path]
) -> None:
    empty = tmp_path / "empty"
    summary, compiled, seconds = json.loads(
        run(empty, "-c", EXTRACT, *inputs, "--id-column", "pid")
    )
    assert compiled > 0
    # Compiling takes many seconds, the work far less than one.
    assert seconds > 3
    assert summary["seconds"] < seconds / 3
    assert summary["records_per_second"] == pytest.approx(
        summary["records"] / summary["seconds"], rel=0.05
    )
    made = tmp_path / "made"
    assert "compiled in" in run(made, "-m", "dias_cbm.extraction.compilation")
    for rule in ("centre", "coverage"):
        options = ["--id-column", "pid", "--rule", rule]
        _, compiled, _ = json.loads(run(made, "-c", EXTRACT, *inputs, *options))
        assert compiled == 0


def test_set_up_and_image_compile() -> None:
    for name in ("scripts/setup.sh", "Dockerfile"):
        assert "-m dias_cbm.extraction.compilation" in (ROOT / name).read_text()


def test_a_clock_stands_still_while_numba_compiles() -> None:
    import numba

    from dias_cbm.extraction.compilation import work_clock

    with work_clock() as clock:
        begun = time.monotonic()
        numba.njit(lambda x: np.sort(x))(np.ones(3))
        elapsed = time.monotonic() - begun
        assert clock.compiling > elapsed / 2
        assert clock.seconds < elapsed / 2
