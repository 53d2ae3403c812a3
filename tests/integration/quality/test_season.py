"""A sample of a season in the database: from attributes and verdicts to evidence."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import psycopg
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from psycopg.types.json import Jsonb
from typer.testing import CliRunner

from dias_cbm import seasons
from dias_cbm.averages import update
from dias_cbm.cli.quality import app
from dias_cbm.db.connection import Connection
from dias_cbm.errors import OutputError, SampleError
from dias_cbm.quality import folder, store
from dias_cbm.quality.evidence import outlier_sentence
from dias_cbm.quality.verdicts import Verdict, of_season
from dias_cbm.scenes import Status

pytestmark = pytest.mark.integration
PIDS = [f"p{number}" for number in range(12)]


#: One answer and one event for each of the twelve parcels.
MARKERS = """
with input as (
    insert into marker_input (season, blk, hash, days, looks, missing)
    values (%(season)s, 1, 'hash', '{17653}', '\\x80', '[]') returning id
), run as (
    insert into marker_run (
        season, marker, version, parameters, inputs_hash, code, until, window_start, window_end
    )
    values (
        %(season)s, 'mowing', '1', '{}', 'hash', '0', '2018-06-01', '2018-01-01', '2019-01-01'
    )
    returning id
), state as (
    insert into marker_state_block
    select
        run.id, %(season)s, 1, input.id, array_fill(1, array[12]), array_fill(0, array[12]),
        array_fill(0.9, array[12]), array_fill(0.5, array[12]), array_fill(9, array[12]),
        array_fill(7, array[12])
    from run, input
)
insert into marker_event_slot
select
    run.id, %(season)s, 1, pos, 1, 'mowing', '2018-05-01', '2018-05-06', '2018-05-04', 0.9, null,
    null, '{}', '{}'
from run, generate_series(1, 12) as pos
"""


@pytest.fixture
def season(connection: Connection) -> int:
    """Twelve parcels of four holdings; every second also claims ECO; one scene."""
    made = add_season(connection, "dk-2018")
    add_block(connection, made, 1, PIDS)
    for number, pid in enumerate(PIDS):
        groups = "BISS; ECO" if number % 2 else "BISS"
        attributes = {"hol": f"h{number % 4}", "ua": groups, "vhr": number % 3 > 0, "ha": "0.75"}
        connection.execute(
            "update parcel set attributes = %s where season = %s and pid = %s",
            (Jsonb(attributes), made, pid),
        )
    scene = add_scene(
        connection, "s1", datetime(2018, 5, 2, 5, 40, tzinfo=UTC), status=Status.READY
    )
    add_signatures(connection, made, scene, 1, "VV", [9] * 12, [0.25] * 12)
    update(connection, made, "bs")
    connection.commit()
    return made


@pytest.fixture
def verdicts(tmp_path: Path) -> Path:
    path = tmp_path / "verdicts.csv"
    rows = [f"{pid},BISS,{'red' if pid == 'p3' else 'green'},said so" for pid in PIDS]
    path.write_text("\n".join(["pid,scheme,colour,sentence", *rows, "p1,ECO,none,"]) + "\n")
    return path


def cbm(*words: Any) -> Any:
    done = CliRunner().invoke(
        app, [str(word) for word in (*words, "--json")], catch_exceptions=False
    )
    assert done.exit_code == 0
    return json.loads(done.output)


def draw(out: Path, *words: Any) -> Any:
    return cbm("draw", "dk-2018", "--out", out, "--holding-column", "hol", "--seed", "9", *words)


def test_a_list_from_attributes_and_verdicts(
    connection: Connection, season: int, verdicts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sample"
    words = ("--group-column", "ua", "--covered-column", "vhr", "--area-column", "ha")
    made = draw(out, *words, "--verdicts", verdicts, "--covered", "2", "--default-targets", "table")
    assert {one["group"]: one["rows"] for one in made["buckets"]} == {"BISS": 8, "ECO": 4}
    with (out / folder.LIST).open() as stream:
        rows = {(row["gsa_par_id"], row["ua_grp_id"]): row for row in csv.DictReader(stream)}
    assert len(rows) == 18
    assert rows["p3", "BISS"]["colour"] == "red"
    assert rows["p3", "ECO"]["colour"] == ""
    assert rows["p1", "ECO"] | {"ranking": ""} == {
        "gsa_par_id": "p1", "gsa_hol_id": "h1", "ua_grp_id": "ECO", "covered": "1",
        "ranking": "", "claim_area": "0.7500", "colour": "",
    }  # fmt: skip
    kept = store.load(connection, made["sample"])
    assert kept == (season, folder.read(out))
    items = connection.execute("select count(*) as n from quality_item").fetchone()
    assert items.n == 12
    assert cbm("check", made["sample"])["sample_sha256"] == made["sample_sha256"]


def test_verdicts_of_the_rules_come_from_the_latest_run(
    connection: Connection, season: int
) -> None:
    """On tables with the columns that are read; they stand in front of any real ones."""
    connection.execute("create temporary table scheme_run (id integer, season smallint)")
    connection.execute(
        "create temporary table verdict"
        " (run integer, pid text, scheme text, colour text, sentence text)"
    )
    connection.execute(
        "insert into scheme_run values (1, %(season)s), (2, %(season)s), (3, 99)",
        {"season": season},
    )
    connection.execute(
        "insert into verdict values (1, 'p1', 'EM1', 'green', 'old'),"
        " (2, 'p1', 'EM1', 'red', 'new'), (2, 'p1', 'EM2', 'none', null),"
        " (2, 'p2', 'EM1', 'open', null), (3, 'p1', 'EM1', 'green', '')"
    )
    found = of_season(connection, season)
    assert found == [Verdict("p1", "EM1", "red", "new"), Verdict("p2", "EM1", "open", "")]
    assert of_season(connection, season, "p2") == found[1:]


def test_the_groups_are_the_schemes_of_the_verdicts(
    season: int, verdicts: Path, tmp_path: Path
) -> None:
    made = draw(tmp_path / "sample", "--verdicts", verdicts)
    assert made["buckets"] == [{"group": "BISS", "rows": 12, "target": 1, "drawn": 1}]
    again = draw(tmp_path / "again", "--verdicts", verdicts)
    assert again["list_sha256"] == made["list_sha256"]
    assert again["sample"] == made["sample"] + 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--holding-column", "farm"), "parcel p0: it has no attribute 'farm'"),
        (("--area-column", "size"), "parcel p0: it has no attribute 'size'"),
        (("--covered-column", "ua"), "parcel p0: its ua is 'BISS', not 0 or 1"),
        (("--group-column", "none"), "no parcel has a group of interventions"),
    ],
)
def test_what_a_list_lacks(
    connection: Connection, season: int, tmp_path: Path, words: tuple[str, str], told: str
) -> None:
    start = ("draw", "dk-2018", "--out", str(tmp_path / "s"), "--holding-column", "hol")
    with pytest.raises(SampleError) as caught:
        CliRunner().invoke(app, [*start, "--group-column", "ua", *words], catch_exceptions=False)
    assert told in str(caught.value)
    assert not (tmp_path / "s").exists()
    assert connection.execute("select 1 from quality_sample").fetchone() is None


def test_verdicts_of_a_parcel_that_is_not_there(season: int, tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("pid,scheme,colour\nx1,BISS,green\n")
    with pytest.raises(SampleError, match="a verdict is about parcel x1"):
        draw(tmp_path / "s", "--verdicts", tmp_path / "v.csv")


def test_findings_are_only_added_and_the_draw_never_changes(
    connection: Connection, season: int, verdicts: Path, tmp_path: Path
) -> None:
    made = draw(tmp_path / "sample", "--verdicts", verdicts)
    with (tmp_path / "sample" / folder.SAMPLE).open() as stream:
        [item] = csv.DictReader(stream)
    file = tmp_path / "found.csv"
    head = "bucket_id,gsa_par_id,finding,reason\n"
    file.write_text(f"{head}BISS,{item['gsa_par_id']},cannot_tell,no access\n")
    [replaced] = cbm("record", made["sample"], file, "--inspector", "ann")["replaced"]
    file.write_text(f"{head}BISS,{replaced['by']},compliant,\n")
    cbm("record", tmp_path / "sample", file, "--inspector", "bo")
    report = cbm("report", made["sample"])
    # The folder is a copy: what it is asked for comes from the database.
    assert cbm("report", tmp_path / "sample") == report
    assert not (tmp_path / "sample" / folder.FINDINGS).exists()
    assert report["replaced"] == {"no access": 1}
    assert sum(one["compliant"] for one in report["table"].values()) == 1
    for table in ("quality_sample", "quality_item", "quality_finding"):
        with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
            connection.execute(f"update {table} set season = season")
        connection.rollback()
    file.write_text(f"{head}BISS,{item['gsa_par_id']},compliant,\n")
    with pytest.raises(SampleError, match=f"was replaced by {replaced['by']}"):
        cbm("record", made["sample"], file, "--inspector", "ann")
    with pytest.raises(SampleError, match="sample 999: there is no such sample"):
        cbm("record", 999, file, "--inspector", "ann")
    connection.execute("delete from quality_sample")
    connection.commit()
    with pytest.raises(SampleError, match="in another database"):
        cbm("report", tmp_path / "sample")


def test_evidence_for_every_item(
    connection: Connection, season: int, verdicts: Path, tmp_path: Path
) -> None:
    connection.execute(
        "insert into gap (season, card, satellite, rel_orbit, tile, expected_at, cause, evidence,"
        " state, parcels, next_check) values (%s, 'bs', 'S1A', 44, '32VNH', '2018-05-04T05:40Z',"
        " 'corrupt', 'said so', 'missing', 12, now())",
        (season,),
    )
    connection.execute(
        "with run as (insert into outlier_run (season, model, features, labels, report) values"
        " (%(season)s, 'm', '{}', 'l', '{}') returning id)"
        " insert into outlier (run, season, pid, status, declared, predicted, probability,"
        " predicted_probability, observations, longest_gap_days)"
        " select run.id, %(season)s, pid, 'outlier', 'barley', 'rape', 0.02, 0.93, 41, 12"
        " from run, parcel where parcel.season = %(season)s",
        {"season": season},
    )
    connection.execute(MARKERS, {"season": season})
    connection.commit()
    targets = tmp_path / "targets.csv"
    targets.write_text("ua_grp_id,target\nBISS,3\n")
    made = draw(tmp_path / "sample", "--verdicts", verdicts, "--targets", targets)
    out = tmp_path / "evidence"
    assert cbm("export", made["sample"], "--out", out) == {
        "folder": str(out), "items": 3, "evidence": 3,
    }  # fmt: skip
    folders = sorted(path for path in out.iterdir() if path.is_dir())
    assert [path.name[:10] for path in folders] == ["0001_BISS_", "0002_BISS_", "0003_BISS_"]
    for path in folders:
        series = list(csv.DictReader((path / "series.csv").read_text().splitlines()))
        # One pass, once in its own direction and once in all.
        assert {(row["direction"], row["mean"]) for row in series} == {("A", "0.25"), ("*", "0.25")}
        [state] = csv.DictReader((path / "markers.csv").read_text().splitlines())
        assert (state["marker"], state["status"], state["confidence"]) == ("mowing", "OK", "0.9")
        [event] = csv.DictReader((path / "events.csv").read_text().splitlines())
        assert (event["kind"], event["best_day"]) == ("mowing", "2018-05-04")
        [gap] = csv.DictReader((path / "gaps.csv").read_text().splitlines())
        assert gap["meaning"] == "the product is damaged or incomplete"
        about = json.loads((path / "parcel.json").read_text())
        assert about["geometry"]["type"] == "MultiPolygon"
        said = (path / "verdict.txt").read_text()
        assert "as the list of the sample says" in said
        assert (
            "Outliers: outlier, declared barley with probability 0.02, likeliest rape with 0.93;"
            " 41 observations, longest gap 12 days"
        ) in said
    shapes = geopandas.read_file(out / "sample.gpkg")
    assert len(shapes) == 3
    assert shapes.crs.to_epsg() == 25832
    assert len((out / "items.csv").read_text().splitlines()) == 4
    with pytest.raises(OutputError, match="it is not empty"):
        cbm("export", made["sample"], "--out", out)
    unknown = outlier_sentence(connection, seasons.get(connection, "dk-2018"), "x")
    assert unknown == "Outliers: the parcel was not judged."
