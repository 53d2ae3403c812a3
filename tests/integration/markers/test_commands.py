"""``cbm markers`` on a small season: run, show, report, export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet as pq
import pytest
from marker_season import MarkerSeason
from typer.testing import CliRunner, Result

from dias_cbm.cli.markers import app
from dias_cbm.errors import MarkerError, NotEnoughData, ParcelUnknown

pytestmark = pytest.mark.integration


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def told(*arguments: object) -> Any:
    found = call(*arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def test_list() -> None:
    assert "presence" in call("list").output
    listed = {one["marker"]: one for one in told("list")}
    assert listed["presence"]["optical"] == "NDVI"


def test_run_and_report(marked: MarkerSeason) -> None:
    marked.connection.commit()
    assert "presence  2" in call("run", "dk-2018", "--marker", "presence", "--dry-run").output
    assert marked.table("marker_run") == []
    planned = told("run", "dk-2018", "--marker", "presence", "--dry-run")
    assert planned["markers"] == [{"marker": "presence", "version": "2", "blocks": 2, "parcels": 6}]
    marked.connection.commit()
    text = call("run", "dk-2018", "--marker", "presence").output
    assert "6 parcels in 2 blocks" in text
    assert "NOT_EXECUTED 3 (few_clear 1, no_statistics 1, too_small 1)" in text
    assert "nothing has changed" in call("run", "dk-2018", "--marker", "presence").output
    assert told("run", "dk-2018", "--marker", "presence", "--everything")["parcels"] == 6
    (entry,) = told("report", "dk-2018")
    assert entry == {
        "marker": "presence",
        "versions": ["2"],
        "parcels": 6,
        "states": {
            "OK": {"none": 2},
            "NOT_VALID": {"none": 1},
            "NOT_EXECUTED": {"too_small": 1, "few_clear": 1, "no_statistics": 1},
        },
        "events": {"vegetation": 2},
    }
    assert "NOT_VALID: 1" in call("report", "dk-2018").output


def test_show_gives_evidence_and_what_is_missing(marked: MarkerSeason) -> None:
    from datetime import date

    marked.gap(date(2018, 5, 6), [1])
    assert call("run", "dk-2018", "--marker", "presence").exit_code == 0
    text = call("show", "dk-2018", "a").output
    assert "presence 2: OK, confidence 1.00" in text
    assert "vegetation on 2018-05-11, between 2018-05-11 and 2018-05-11" in text
    assert "    S2_2018-05-11_1\n" in text
    text = call("show", "dk-2018", "b").output
    assert "presence 2: NOT_VALID (gap_open)" in text
    assert "    s2 2018-05-06 S2A orbit 8: not_published" in text
    (answer,) = told("show", "dk-2018", "e", "--marker", "presence")
    assert answer["events"][0]["after"] == "S2_2018-04-01_2"
    assert isinstance(call("show", "dk-2018", "nobody").exception, ParcelUnknown)
    assert isinstance(call("show", "dk-2018", "a", "--marker", "x").exception, MarkerError)


def test_exports(marked: MarkerSeason, tmp_path: Path) -> None:
    marked.connection.commit()
    nothing = call("export", "dk-2018", "--out", tmp_path / "a.csv")
    assert isinstance(nothing.exception, NotEnoughData)
    assert call("run", "dk-2018", "--marker", "presence").exit_code == 0
    states, events = tmp_path / "states.csv", tmp_path / "events.csv"
    assert told("export", "dk-2018", "--out", states) == {"file": str(states), "rows": 6}
    assert told("export", "dk-2018", "--out", events, "--events")["rows"] == 2
    with states.open() as stream:
        rows = {row["pid"]: row for row in csv.DictReader(stream)}
    assert rows["c"]["status"] == "NOT_EXECUTED"
    assert (rows["c"]["reason"], rows["c"]["observations"]) == ("few_clear", "2")
    with events.open() as stream:
        assert {row["pid"]: row["best"] for row in csv.DictReader(stream)} == {
            "a": "2018-05-11", "e": "2018-04-01",
        }  # fmt: skip
    table = tmp_path / "states.parquet"
    told("export", "dk-2018", "--out", table)
    found = pq.read_table(table).to_pylist()
    assert {row["pid"]: row["status"] for row in found} == {
        pid: row["status"] for pid, row in rows.items()
    }
    told("export", "dk-2018", "--out", tmp_path / "events.parquet", "--events")
    layer = tmp_path / "states.gpkg"
    told("export", "dk-2018", "--out", layer)
    frame = geopandas.read_file(layer)
    assert frame.crs.to_epsg() == 25832
    assert dict(zip(frame["pid"], frame["status"], strict=True)) == {
        pid: row["status"] for pid, row in rows.items()
    }
    assert frame.geometry.area.tolist() == pytest.approx([10_000] * 6)
    shapes = tmp_path / "events.gpkg"
    told("export", "dk-2018", "--out", shapes, "--events")
    assert set(geopandas.read_file(shapes)["pid"]) == {"a", "e"}
    assert call("export", "dk-2018", "--out", tmp_path / "list.xlsx").exit_code == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
