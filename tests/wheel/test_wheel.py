"""The wheel in empty environments, outside the checkout: base alone, and with everything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from affine import Affine
from shapely import box

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
PAGES = "dias_cbm/window/static/"
GRD = "S1A_IW_GRDH_1SDV_20180511T053956_20180511T054021_021859_025C02_4D42"
# What none of the three levels "search, download, extract" needs.
NOT_IN_BASE = ("airflow", "lightgbm", "matplotlib", "psycopg", "scipy", "sklearn", "uvicorn")

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
names = []
for package in ("dias_cbm", "dias_cbm_airflow", "dias_cbm_lab"):
    found = importlib.import_module(package)
    names += [one.name for one in pkgutil.walk_packages(found.__path__, f"{package}.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(len(names))
"""

AIRFLOW = """
import json, os
from importlib.metadata import entry_points
from pathlib import Path
import dias_cbm_airflow
from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag
from airflow.providers_manager import ProvidersManager
from airflow.sdk._shared.module_loading import import_string

(provider,) = [
    one
    for one in entry_points(group="apache_airflow_provider")
    if one.value.startswith("dias_cbm")
]
hooks = [one["hook-class-name"] for one in provider.load()()["connection-types"]]
for hook in hooks:
    import_string(hook)
bag = DagBag(str(Path(dias_cbm_airflow.__file__).parent / "dags"))
print(json.dumps({
    "hooks": hooks,
    "types": sorted(kind for kind in ProvidersManager().hooks if kind.startswith("cbm_")),
    "plugins": [plugin["name"] for plugin in plugins_manager.get_plugin_info()],
    "dags": sorted(bag.dags),
    "errors": {str(key): str(value) for key, value in bag.import_errors.items()},
}))
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Of a copy: a build leaves its metadata beside the sources for a while, and whoever looks for
    # plugins at that moment finds the package twice.
    ignore = shutil.ignore_patterns(".*", "__pycache__", "build", "node_modules")
    sources = shutil.copytree(ROOT, folder / "sources", ignore=ignore)
    _check([UV, "build", "--quiet", "--wheel", "--out-dir", folder, sources])
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _environment(wheel, "", tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def everything(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _environment(wheel, "[all]", tmp_path_factory.mktemp("all"))


def _environment(wheel: Path, extras: str, folder: Path) -> Run:
    """Install the wheel into an environment of its own, and give what runs a program of it."""
    venv = folder / "venv"
    _check([UV, "venv", "--quiet", "--python", sys.executable, venv])
    options = ["--override", ROOT / "requirements-overrides.txt", "-c", ROOT / "requirements.txt"]
    install = [UV, "pip", "install", "--quiet", "--python", venv / "bin/python", *options]
    _check([*install, f"dias-cbm{extras} @ {wheel.as_uri()}"])
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("CBM_", "PY"))}

    def run(program: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [str(venv / "bin" / program), *map(str, arguments)]
        return subprocess.run(
            command, cwd=folder, env=plain | variables, capture_output=True, text=True, check=False
        )

    return run


def _check(command: list[object]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_wheel_has_the_pages_of_the_window(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as held:
        names = {one.removeprefix(PAGES) for one in held.namelist() if one.startswith(PAGES)}
    assert names == {one.name for one in (ROOT / "include" / PAGES).iterdir()}
    assert {"season.js", "app.css", "maplibre-worker.js", "licences.txt"} <= names


def test_base_brings_none_of_what_it_does_not_need(base: Run) -> None:
    find = f"import importlib.util as u; print([n for n in {NOT_IN_BASE!r} if u.find_spec(n)])"
    assert base("python", "-c", find).stdout.strip() == "[]"


def test_base_lists_the_platforms(base: Run) -> None:
    done = base("cbm", "catalogue", "platforms")
    assert done.returncode == 0, done.stderr
    assert "cdse" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (
            *("catalogue", "search", "--card", "bs", "--from", "2018-05-01", "--to", "2018-05-02"),
            *("--area", "POLYGON((9 56, 10 56, 10 57, 9 56))"),
        ),
        ("download", f"{GRD}_CARD_BS"),
    ],
)
def test_base_asks_a_catalogue(base: Run, arguments: tuple[str, ...]) -> None:
    """Nobody answers; but it has asked, without anything that the base lacks."""
    done = base(
        *("cbm", *arguments, "--platform", "local"),
        CBM_PLATFORMS_LOCAL_CATALOGUE_URL="http://127.0.0.1:9/odata/v1",
        CBM_HTTP_ATTEMPTS="1",
    )
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert "Connection refused" in done.stderr


def test_base_extracts(base: Run, tmp_path: Path) -> None:
    pixels = np.arange(100, dtype=np.float32).reshape(1, 10, 10)
    profile = {"driver": "GTiff", "width": 10, "height": 10, "count": 1, "dtype": "float32"}
    grid = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 6_200_100)}
    with rasterio.open(tmp_path / "scene.tif", "w", **profile, **grid) as raster:
        raster.write(pixels)
    # The two columns and two rows of pixels in the upper left corner: 0, 1, 10 and 11.
    parcels = geopandas.GeoDataFrame(
        {"pid": ["p1"]}, geometry=[box(500_000, 6_200_080, 500_020, 6_200_100)], crs="EPSG:32632"
    )
    parcels.to_file(tmp_path / "parcels.gpkg")
    done = base(
        *("cbm", "extract", tmp_path / "parcels.gpkg", tmp_path / "scene.tif"),
        *("--id-column", "pid", "--out", tmp_path / "statistics.csv"),
    )
    assert done.returncode == 0, done.stderr
    header, row = (tmp_path / "statistics.csv").read_text().split()
    values = dict(zip(header.split(","), row.split(","), strict=True))
    assert values["pid"] == "p1"
    assert (int(values["count"]), float(values["mean"])) == (4, 5.5)


def test_base_says_which_extra_a_command_needs(base: Run) -> None:
    done = base("cbm", "db", "migrate", CBM_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert done.returncode != 0
    assert len(done.stderr.splitlines()) == 1
    assert "dias-cbm[database]" in done.stderr


def test_everything_migrates_a_database(everything: Run, empty_database_url: str) -> None:
    done = everything("cbm", "db", "migrate", "--json", CBM_DATABASE_URL=empty_database_url)
    assert done.returncode == 0, done.stderr
    applied = json.loads(done.stdout)["applied"]
    assert applied == sorted(path.stem for path in (ROOT / "sql/schema").glob("*.sql"))


def test_everything_imports(everything: Run, tmp_path: Path) -> None:
    done = everything("python", "-c", IMPORT_EVERYTHING, AIRFLOW_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    written = sum(1 for path in (ROOT / "include").glob("dias_cbm*/**/*.py"))
    assert int(done.stdout.splitlines()[-1]) > 0.9 * written


def test_the_demo_says_that_it_needs_a_checkout(everything: Run) -> None:
    done = everything("cbm", "demo", "status")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "a checkout of the repository" in done.stderr


def test_airflow_finds_connection_types_plugin_and_dags(everything: Run, tmp_path: Path) -> None:
    done = everything("python", "-c", AIRFLOW, AIRFLOW_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["errors"] == {}
    assert found["types"] == ["cbm_dias", "cbm_store"]
    assert "cbm_window" in found["plugins"]
    assert set(found["dags"]) == {path.stem for path in (ROOT / "dags").glob("cbm_*.py")}
