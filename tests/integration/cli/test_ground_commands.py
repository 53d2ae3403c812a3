"""``cbm db``, ``cbm season`` and ``cbm parcels`` as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import pytest
import shapely
from typer.testing import CliRunner, Result

from dias_cbm.cli import db, parcels, season
from dias_cbm.errors import SeasonError

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("database")]


def run(app: object, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])  # type: ignore[arg-type]


@pytest.fixture
def area(tmp_path: Path) -> Path:
    path = tmp_path / "area.geojson"
    geopandas.GeoDataFrame(geometry=[shapely.box(8, 54, 13, 58)], crs=4326).to_file(path)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "parcels.gpkg"
    shapes = [shapely.box(512_000, 6_243_000, 512_100, 6_243_100), None]
    columns = {"marknr": [1, 2], "kode": ["1", "2"]}
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=25832).to_file(path)
    return path


def test_migrations_are_applied_already() -> None:
    result = run(db.app, "migrate")
    assert (result.exit_code, result.output) == (0, "nothing to apply\n")
    assert json.loads(run(db.app, "migrate", "--json").output) == {"applied": []}
    assert run(db.app, "migrate", "--dry-run").output == "nothing to apply\n"


def test_a_season_is_created_and_listed(area: Path) -> None:
    arguments = ["dk-2018", "--area", area, "--from", "2018-03-01", "--to", "2018-10-31"]
    result = run(season.app, "create", *arguments, "--srid", 25832, "--step-days", 7, "--json")
    assert result.exit_code == 0, result.output
    created = json.loads(result.output)
    assert created["bounds"] == [8, 54, 13, 58]
    assert (created["srid"], created["epoch"], created["step_days"]) == (25832, "2018-01-01", 7)
    assert json.loads(run(season.app, "list", "--json").output) == [created]
    assert "dk-2018: 2018-03-01 to 2018-10-31" in run(season.app, "list").output
    again = run(season.app, "create", *arguments)
    assert isinstance(again.exception, SeasonError)


def test_no_seasons_is_said_so() -> None:
    assert "no seasons yet" in run(season.app, "list").output


def test_parcels_are_loaded_and_counted(file: Path) -> None:
    columns = ["--id-column", "marknr", "--crop-column", "kode", "--max-rejected", "50"]
    result = run(parcels.app, "load", "dk-2018", file, *columns, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert (report["features"], report["loaded"]) == (2, 1)
    assert report["rejected"] == {"null_geometry": 1}
    status = run(db.app, "status").output
    assert "season dk-2018: 1 parcels, 1 tiles, 1 blocks" in status
    assert json.loads(run(db.app, "status", "--json").output)["pending"] == []

    refused = run(parcels.app, "load", "dk-2018", file, *columns)
    assert isinstance(refused.exception, SeasonError)
    replaced = run(parcels.app, "load", "dk-2018", file, *columns, "--replace")
    assert "1 parcels replaced" in replaced.output


def test_a_dry_run_loads_nothing(file: Path) -> None:
    columns = ["--id-column", "marknr", "--crop-column", "kode", "--max-rejected", "50"]
    result = run(parcels.app, "load", "dk-2018", file, *columns, "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["loaded"] == 1
    assert result.stderr == "nothing was loaded\n"
    assert "no seasons yet" in run(season.app, "list").output


def test_an_area_is_written_for_other_commands(area: Path, tmp_path: Path) -> None:
    days = ["--from", "2018-03-01", "--to", "2018-10-31"]
    wkt = "POLYGON ((8 54, 13 54, 13 58, 8 58, 8 54))"
    assert run(season.app, "create", "dk-2018", "--area", wkt, *days).exit_code == 0
    out = tmp_path / "dk.geojson"
    assert run(season.app, "area", "dk-2018", "--out", out).output == f"{out}\n"
    assert run(season.app, "create", "dk-2019", "--area", out, *days).exit_code == 0
    printed = [run(season.app, "area", name).output for name in ("dk-2018", "dk-2019")]
    assert printed[0] == printed[1]
    assert printed[0].startswith("MULTIPOLYGON (((")
    assert json.loads(run(season.app, "area", "dk-2018", "--json").output)["type"] == "MultiPolygon"
    assert run(season.app, "area", "dk-2018", "--out", tmp_path / "dk.shp").exit_code == 2


@pytest.mark.parametrize("suffix", ["png", "html"])
def test_a_calendar_is_painted(area: Path, tmp_path: Path, suffix: str) -> None:
    days = ["--from", "2018-03-01", "--to", "2018-10-31"]
    assert run(season.app, "create", "dk-2018", "--area", area, *days).exit_code == 0
    out = tmp_path / f"calendar.{suffix}"
    result = run(season.app, "calendar", "dk-2018", "--out", out, "--json")
    assert json.loads(result.output)["file"] == str(out)
    assert out.read_bytes().startswith({"png": b"\x89PNG", "html": b"<!doctype"}[suffix])


def test_an_area_decides_what_is_loaded(file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.geojson"
    shapes = [shapely.box(20, 54, 21, 58), shapely.box(9.19, 56.3, 9.2, 56.4)]
    geopandas.GeoDataFrame(geometry=shapes, crs=4326).to_file(elsewhere)
    columns = ["--id-column", "marknr", "--crop-column", "kode", "--area", elsewhere]
    columns += ["--max-rejected", "50"]
    result = run(parcels.app, "load", "dk-2018", file, *columns, "--json")
    assert json.loads(result.output)["loaded"] == 1
