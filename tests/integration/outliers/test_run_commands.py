"""The commands of the outlier step, and its lists as files."""

import csv
import json
from pathlib import Path

import geopandas
import pytest
from outlier_season import PARCELS, WRONG, latest, season
from typer.testing import CliRunner, Result

from dias_cbm.cli.outliers import app
from dias_cbm.db.connection import Connection, connect
from dias_cbm.outliers import decisions, report
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.outliers.run import run

__all__ = ["season"]
pytestmark = pytest.mark.integration


def test_lists_as_files(connection: Connection, season: int, tmp_path: Path) -> None:
    run(connect, "dk-2018")
    assert report.write_csv(connection, "dk-2018", tmp_path / "list.csv") == PARCELS
    with (tmp_path / "list.csv").open() as stream:
        assert len(list(csv.DictReader(stream))) == PARCELS
    report.write_geopackage(connection, "dk-2018", tmp_path / "list.gpkg", "outlier")
    frame = geopandas.read_file(tmp_path / "list.gpkg")
    assert frame.crs.to_epsg() == 25832
    assert set(frame["status"]) == {"outlier"}
    assert frame["rank"].is_monotonic_increasing
    assert frame.geometry.area.tolist() == pytest.approx([8100] * len(frame))
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".toml") == [
        "list.csv", "list.gpkg",
    ]  # fmt: skip


def test_the_commands(connection: Connection, season: int, tmp_path: Path) -> None:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    connection.commit()
    assert json.loads(call("run", "dk-2018", "--json").stdout)["parcels"] == PARCELS
    listed = json.loads(call("list", "dk-2018", "--limit", 3, "--json").output)
    assert {int(row["pid"]) for row in listed} == WRONG
    assert ": 12 parcels, " in call("list", "dk-2018").output.splitlines()[0]
    assert "P(wrong)" in call("list", "dk-2018", "--status", "confirmed").output
    assert call("list", "dk-2018", "--status", "green").exit_code == 2
    table = tmp_path / "list.csv"
    told = json.loads(call("export", "dk-2018", "--out", table, "--json").output)
    assert told == {"file": str(table), "parcels": PARCELS}
    layer = tmp_path / "list.gpkg"
    assert call("export", "dk-2018", "--out", layer, "--status", "outlier").exit_code == 0
    assert set(geopandas.read_file(layer)["status"]) == {"outlier"}
    assert call("export", "dk-2018", "--out", tmp_path / "list.xlsx").exit_code == 2


def test_texts_of_people_stay_on_their_line(connection: Connection, season: int) -> None:
    run(connect, "dk-2018")
    by = "ann\n\x1b]0;title\x07"
    decisions.record(
        connection, season, Decision(str(min(WRONG)), Finding.WRONG, by), Source.WINDOW
    )
    connection.commit()
    shown = CliRunner().invoke(app, ["list", "dk-2018"], color=True).output
    assert "      found wrong (ann  ]0;title ," in shown.splitlines()[4]


def test_a_dry_run_stores_nothing(connection: Connection, season: int) -> None:
    connection.commit()
    found = CliRunner().invoke(app, ["run", "dk-2018", "--dry-run"])
    assert found.output.startswith("240 parcels x 24 columns, 2 crops: about ")
    as_json = json.loads(CliRunner().invoke(app, ["run", "dk-2018", "--dry-run", "--json"]).stdout)
    assert as_json["rows"] == PARCELS
    assert as_json["minutes"] < 1
    assert latest(connection) is None


def test_progress_and_measures_are_printed(connection: Connection, season: int) -> None:
    connection.commit()
    done = CliRunner().invoke(app, ["run", "dk-2018"])
    assert "second pass, trees: fold 4 of 4: 0." in done.stderr
    assert "self-test: exchanged declarations look more wrong" in done.stdout
    assert "100% of the season seen" in done.stdout
    assert "there is no coherence" in done.stdout
