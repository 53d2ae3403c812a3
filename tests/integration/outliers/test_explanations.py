"""Explanations of listed parcels in the database, and the commands that show them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from blocks import add_means, add_season
from explained_season import (
    LISTED,
    RARE,
    SMALL,
    SPLIT,
    WRONG,
    doubts,
    new_run,
    prepared,
    run,
    season,
)
from typer.testing import CliRunner, Result

from dias_cbm.cli.outliers import app
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.errors import NotEnoughData, ParcelUnknown, SeasonError, StateConflict
from dias_cbm.outliers import assess, explanations, features, store
from dias_cbm.outliers.doubts import doubts_of, predictor_of
from dias_cbm.outliers.parcel_explanation import explain_parcel
from dias_cbm.seasons import Season

__all__ = ["run", "season"]
pytestmark = pytest.mark.integration


def test_listed_parcels_are_explained_with_the_run(connection: Connection, run: int) -> None:
    found = explain_parcel(connection, run, str(WRONG))
    assert (found.declared, found.compared, found.stored, found.rank) == (
        "maize",
        "barley",
        True,
        1,
    )
    assert found.method == "distance"
    # Maize and barley part from 31 May: block 2 begins on 31 May and block 3 on 25 June.
    assert "VH lies" in found.sentence
    assert "below the declared maize and within the band of barley" in found.sentence
    assert found.blame[0]["blame"] >= found.blame[-1]["blame"]
    assert {row["from"] for row in found.blame[:6]} == {"2018-05-31", "2018-06-25"}
    assert found.since == []
    assert explain_parcel(connection, None, str(SPLIT)).reason == "two_signals"
    small = explain_parcel(connection, None, str(SMALL))
    assert (
        small.remark == "With 0.12 ha it holds few pixels, and its neighbours show in its signal."
    )


def test_another_parcel_is_explained_on_demand(connection: Connection, run: int) -> None:
    stored = explain_parcel(connection, run, str(WRONG))
    connection.execute("delete from outlier_explanation where pid = %s", (str(WRONG),))
    made = explain_parcel(connection, run, str(WRONG))
    assert replace(made, stored=True, blame=[]) == replace(stored, blame=[])
    both = zip(made.blame, stored.blame, strict=True)
    assert all(a["blame"] == pytest.approx(b["blame"], abs=0.01) for a, b in both)
    connection.rollback()
    green = explain_parcel(connection, run, "30")
    assert (green.status, green.stored, green.declared) == ("confirmed", False, "barley")
    assert green.compared in ("maize", "rye")
    rare = explain_parcel(connection, run, str(RARE))
    assert rare.sentence == "Too few trusted parcels of hemp to know its typical signal."


def test_what_has_changed_since_the_run(connection: Connection, season: Season, run: int) -> None:
    connection.execute("update parcel set crop = 'oats' where pid = '30'")
    row = (season.id, "bs", 40, 0, "VV", "A", np.full(200, 0.1, "f4"), np.full(200, 2, "i2"))
    add_means(connection, [row])
    found = explain_parcel(connection, run, "30")
    was = found.since[1].split()[4]
    assert found.since == [
        "barley was declared in the run, oats is now",
        f"its means have changed: {was} observations in the run, {int(was) + 2} now",
    ]
    connection.execute("delete from parcel where pid = '31'")
    assert explain_parcel(connection, run, "31").since == [
        "the parcel is not in the season any more"
    ]


def test_unknown_parcels_and_runs(connection: Connection, run: int) -> None:
    with pytest.raises(ParcelUnknown, match="nobody: has no verdict in any run"):
        explain_parcel(connection, None, "nobody")
    with pytest.raises(ParcelUnknown, match="has no verdict in run 99"):
        explain_parcel(connection, 99, "1")
    with pytest.raises(SeasonError, match="nowhere: no such season"):
        explain_parcel(connection, None, "1", "nowhere")
    connection.execute("delete from typical_curve")
    with pytest.raises(NotEnoughData, match=f"run {run}: has no typical curves"):
        explain_parcel(connection, run, "30")
    assert explain_parcel(connection, run, str(WRONG)).stored


def test_the_latest_run_of_which_season(connection: Connection, run: int) -> None:
    other = add_season(connection, "es-2018")
    connection.execute(
        "with made as (insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '{}', 'l', '{}') returning id)"
        " insert into outlier (run, season, pid, status, observations, reason)"
        " select id, %s, '21', 'inconclusive', 0, 'no_observations' from made",
        (other, other),
    )
    with pytest.raises(SeasonError, match="several seasons: dk-2018, es-2018"):
        explain_parcel(connection, None, "21")
    assert explain_parcel(connection, None, "21", "dk-2018").run == run
    found = explain_parcel(connection, None, "21", "es-2018")
    assert found.sentence == "The parcel was not observed."


def test_explanations_come_with_the_run_or_not_at_all(
    connection: Connection, season: Season
) -> None:
    made = new_run(connection, season, LISTED)
    explanations.store(connection, made, season, prepared(connection, season))
    connection.rollback()
    for table in ("outlier_run", "typical_curve", "typical_level", "outlier_explanation"):
        assert connection.execute(f"select count(*) from {table}").fetchone()[0] == 0


def test_a_season_with_one_sensor(connection: Connection, season: Season) -> None:
    connection.execute("delete from five_day_mean_block where card <> 's2'")
    connection.execute("delete from signature_block")
    made = prepared(connection, season)
    assert made.directions == []
    assert "red (B04) lies 0.0" in made.listed[0].sentence
    run = new_run(connection, season, LISTED)
    explanations.store(connection, run, season, made)
    assert explain_parcel(connection, run, "30").sentence


def test_parcels_loaded_anew_meanwhile(connection: Connection, season: Season) -> None:
    loaded = features.load(connection, season.id)
    connection.execute("delete from parcel_block where blk = 1")
    with pytest.raises(StateConflict, match="dk-2018: its parcels were loaded anew"):
        explanations.prepare(connection, season, loaded, doubts(loaded, LISTED))


def test_the_same_season_is_explained_the_same_way(
    connection: Connection, season: Season, run: int
) -> None:
    again = new_run(connection, season, LISTED)
    explanations.store(connection, again, season, prepared(connection, season))
    for table in ("typical_curve", "typical_level", "outlier_explanation"):
        first, second = (
            connection.execute(
                f"select (to_jsonb(t) - 'run')::text as t from {table} t where run = %s order by 1",
                (number,),
            ).fetchall()
            for number in (run, again)
        )
        assert first == second
        assert first


def test_occlusion_asks_the_models(connection: Connection, season: Season) -> None:
    loaded = features.load(connection, season.id)
    column = loaded.layout.names().index("bs VH from p10 dB")

    def predict(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
        maize = 1 / (1 + np.exp(-2 * values[:, column]))
        return np.stack([1 - maize, maize, np.zeros(len(values))], axis=1)

    made = explanations.prepare(connection, season, loaded, doubts(loaded, [WRONG]), predict)
    (found,) = made.listed
    assert found.method == "occlusion"
    series = loaded.layout.series.index(("bs", "VH"))
    assert np.nanargmax(found.blame) == series * loaded.layout.block_count + 2
    assert found.sentence.startswith("From late May to late June VH lies")


def test_an_assessment_is_stored_with_its_explanations(
    connection: Connection, season: Season
) -> None:
    options = replace(settings().outliers, learners="trees", budget="2%", smallest_crop=20)
    loaded = features.load(connection, season.id)
    assessment = assess.assess(loaded, options, {"barley": "cereals", "rye": "cereals"})
    wanted = doubts_of(assessment)
    made = explanations.prepare(connection, season, loaded, wanted, predictor_of(assessment))
    record = store.Record(
        model="m", schema={}, labels="l", means="v", code="1", options={}, environment={},
        parcels=None, report={},
    )  # fmt: skip
    run = store.store(connection, season.id, season.step_days, record, loaded, assessment)
    explanations.store(connection, run, season, made)
    connection.commit()
    listed = connection.execute(
        "select outlier.pid, outlier.status, compared, method, sentence from outlier"
        " left join outlier_explanation as why using (run, pid)"
        " where outlier.status = 'outlier' or outlier.reason = 'not_confirmed'"
        " order by rank"
    ).fetchall()
    assert [row.pid for row in listed] == [loaded.parcels.pids[row] for row in wanted.listed]
    assert {row.method for row in listed} == {"occlusion"}
    assert listed[0].pid == str(WRONG)
    # The parcel grows barley, but rye is a cereal too: either is another group.
    assert listed[0].compared in ("barley", "rye")
    assert "the declared maize" in listed[0].sentence


def test_the_commands(connection: Connection, season: Season, run: int, tmp_path: Path) -> None:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    shown = call("explain", run, WRONG).output
    assert "declared maize, predicted barley; outlier, rank 1, P(declared) 0.001" in shown
    assert "blame by distance, against barley:" in shown
    found = json.loads(call("explain", "latest", "30", "--json").output)
    assert (found["run"], found["pid"], found["stored"]) == (run, "30", False)
    assert "not listed by the run" in call("explain", "latest", "30").output
    assert json.loads(call("explain", "dk-2018", "30", "--json").output) == found
    assert call("explain", "newest", "30").exit_code == 1
    later = new_run(connection, season, [SPLIT, WRONG, 99], model="newer")
    connection.commit()
    table = tmp_path / "changes.csv"
    shown = json.loads(call("compare", run, later, "--out", table, "--json").output)
    assert [(row["pid"], row["move"], row["why"]) for row in shown["changes"]] == [
        ("99", "came", "probability"),
        (str(SMALL), "went", "probability"),
        (str(SPLIT), "moved", "probability"),
        (str(WRONG), "moved", "probability"),
    ]
    assert (shown["stayed"], shown["same_input"]) == (2, False)
    with table.open() as stream:
        assert [row["pid"] for row in csv.DictReader(stream)] == ["99", "13", "12", "21"]
    text = call("compare", run, later).output
    assert "different: parameters of the models\nparcels on both lists: 2\n" in text
    assert "came because of probability: 1" in text
    same = json.loads(call("compare", run, run, "--json").output)
    assert same["changes"] == []
    assert same["same_input"]
    assert call("compare", run, 99).exit_code == 1
