"""Typical curves and explanations in the database, and the commands that show them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from typer.testing import CliRunner, Result

from dias_cbm import seasons
from dias_cbm.cli.outliers import app
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_rows
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown, SeasonError, StateConflict
from dias_cbm.outliers import assess, explanations, features, store
from dias_cbm.outliers.doubts import Doubts, doubts_of, predictor_of
from dias_cbm.outliers.explanations import Explanations
from dias_cbm.outliers.parcel_explanation import explain_parcel
from dias_cbm.outliers.spread import inner_halves
from dias_cbm.outliers.stored_curves import joined, run_curves
from dias_cbm.seasons import Season

pytestmark = pytest.mark.integration

PARCELS, PERIODS = 300, range(20, 40)
CROPS = ("barley", "maize", "rye")
WRONG, SPLIT, SMALL, RARE = 21, 12, 13, 33
MEANS = {
    "season": "smallint", "card": "text", "period": "smallint", "blk": "integer", "band": "text",
    "direction": "text", "mean": "real[]", "n": "smallint[]",
}  # fmt: skip
# Level of each band; how much maize and rye differ from barley in the second half of the season.
LEVELS = {("bs", "VV"): -10.0, ("bs", "VH"): -18.0, ("c6", "VV"): 0.4, ("s2", "B04"): 0.1}
DIFFERS = {("bs", "VV"): 2.0, ("bs", "VH"): 4.0, ("c6", "VV"): -0.15, ("s2", "B04"): 0.02}
NOISE = {"bs": 0.7, "c6": 0.04, "s2": 0.01}


def crop_of(parcel: int) -> int:
    return parcel % 3


@pytest.fixture
def season(connection: Connection) -> Season:
    """Three crops that part in summer, in two blocks; one parcel is declared as a wrong crop."""
    made = add_season(connection, "dk-2018")
    for blk, pids in ((0, range(200)), (1, range(200, PARCELS))):
        add_block(connection, made, blk, [str(pid) for pid in pids])
    for number, name in enumerate(CROPS):
        pids = [str(pid) for pid in range(PARCELS) if crop_of(pid) == number]
        connection.execute("update parcel set crop = %s where pid = any(%s)", (name, pids))
    # A parcel of barley that is declared as maize, a small one and one of a rare crop.
    for crop, pid, area in (("maize", WRONG, 10_000), (None, SMALL, 1_200), ("hemp", RARE, 10_000)):
        connection.execute(
            "update parcel set crop = coalesce(%s, crop), area_m2 = %s where pid = %s",
            (crop, area, str(pid)),
        )
    copy_rows(connection, "five_day_mean_block", MEANS, list(_means(made)))
    _signatures(connection, made)
    connection.commit()
    return seasons.get(connection, "dk-2018")


def _means(season: int) -> Any:
    generator = np.random.default_rng(4)
    crop = np.arange(PARCELS) % 3
    for (card, band), level in LEVELS.items():
        for direction in "AD*":  # of reflectance only * is used, of radar only A and D
            for period in PERIODS:
                apart = DIFFERS[card, band] * crop * (period >= 30)
                value = level + apart + generator.normal(0, NOISE[card], PARCELS)
                value += NOISE[card] * 3 * (direction == "D" and card != "s2")  # the other look
                mean = (10 ** (value / 10) if card == "bs" else value).astype(np.float32)
                gap = generator.random(PARCELS) < 0.15
                mean[gap] = np.nan
                for blk, here in ((0, slice(0, 200)), (1, slice(200, PARCELS))):
                    n = (~gap[here]).astype(np.int16)
                    yield season, card, period, blk, band, direction, mean[here], n


def _signatures(connection: Connection, season: int) -> None:
    """Six observations a block of 25 days: parcel SPLIT spreads in some weeks."""
    generator = np.random.default_rng(5)
    for number, period in enumerate(PERIODS):
        day = datetime(2018, 1, 1, 5, tzinfo=UTC) + timedelta(days=5 * period)
        scene = add_scene(connection, f"bs{number}", day)
        for blk, size in ((0, 200), (1, PARCELS - 200)):
            inner = 5 + generator.normal(0, 0.3, size)
            if blk == 0 and period >= 35:
                inner[SPLIT] += 4
            low = np.full(size, 0.01, np.float32)
            high = (low * 10 ** (inner / 10)).astype(np.float32)
            count = np.full(size, 90, np.float32)
            add_signatures(connection, season, scene, blk, "VH", count, low, p25=low, p75=high)


def doubts(loaded: features.Features, listed: list[int]) -> Doubts:
    names = np.array(CROPS)
    crops = loaded.parcels.crops
    declared = np.where(np.isin(crops, names), np.searchsorted(names, crops), -1)
    trusted = declared >= 0
    trusted[WRONG] = False
    return Doubts(
        crops=CROPS,
        declared=declared,
        other=np.where(declared == 0, 1, 0),
        trusted=trusted,
        listed=np.array(listed),
        group=np.array([0, 1, 0]),
        group_names=("cereals", "maize"),
    )


def new_run(connection: Connection, season: Season, red: list[int], *, model: str = "model") -> int:
    """A run with a verdict on each parcel; the red ones in order of rank."""
    row = connection.execute(
        "insert into outlier_run (season, model, features, labels, report, code, means)"
        " values (%s, %s, '{}', 'labels', '{}', '1.0', 'means') returning id",
        (season.id, model),
    ).fetchone()
    loaded = features.load(connection, season.id)
    rest = [parcel for parcel in range(PARCELS) if parcel not in (*red, RARE)]
    for rank, parcel in enumerate([*red, *rest], start=1):
        crop = str(loaded.parcels.crops[parcel])
        connection.execute(
            "insert into outlier (run, season, pid, declared, predicted, probability, rank, status,"
            " observations) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                row.id, season.id, str(parcel), crop, CROPS[crop_of(parcel)], rank / 1000, rank,
                "outlier" if parcel in red else "confirmed", int(loaded.observations[parcel]),
            ),
        )  # fmt: skip
    connection.execute(
        "insert into outlier (run, season, pid, declared, status, reason, observations)"
        " values (%s, %s, %s, 'hemp', 'inconclusive', 'rare_crop', 9)",
        (row.id, season.id, str(RARE)),
    )
    return int(row.id)


LISTED = [WRONG, SPLIT, SMALL]


@pytest.fixture
def run(connection: Connection, season: Season) -> int:
    made = new_run(connection, season, LISTED)
    explanations.store(connection, made, season, prepared(connection, season))
    connection.commit()
    return made


def prepared(connection: Connection, season: Season) -> Explanations:
    loaded = features.load(connection, season.id)
    return explanations.prepare(connection, season, loaded, doubts(loaded, LISTED))


def test_curves_per_direction_are_those_of_the_means(
    connection: Connection, season: Season, run: int
) -> None:
    values = connection.execute(
        "select 10 * log(mean::double precision) as decibel from five_day_means"
        " join parcel using (pid) where card = 'bs' and band = 'VH' and direction = 'D'"
        " and period = 33 and crop = 'rye'"
    ).fetchall()
    curve = connection.execute(
        "select * from typical_curves where run = %s and kind = 'crop' and name = 'rye'"
        " and card = 'bs' and band = 'VH' and direction = 'D' and period = 33",
        (run,),
    ).fetchone()
    expected = np.percentile([row.decibel for row in values], [10, 50, 90])
    assert (curve.p10, curve.p50, curve.p90) == pytest.approx(tuple(expected), rel=1e-5)
    assert curve.n == len(values)
    assert curve.window_start == date(2018, 1, 1) + timedelta(days=165)
    assert curve.season == "dk-2018"


def test_every_band_direction_crop_and_group_has_a_curve(connection: Connection, run: int) -> None:
    rows = connection.execute("select * from typical_curve where run = %s", (run,)).fetchall()
    names = {(row.kind, row.name) for row in rows}
    # Maize is alone in its group.
    assert names == {("crop", "barley"), ("crop", "maize"), ("crop", "rye"), ("group", "cereals")}
    bands = {(row.card, row.band, row.direction) for row in rows}
    radar = [("bs", "VH"), ("bs", "VV"), ("bs", "VH-VV"), ("c6", "VV")]
    assert bands == {(*band, way) for band in radar for way in "AD*"} | {("s2", "B04", "*")}
    assert len(rows) == len(names) * len(bands)
    assert {len(row.p50) for row in rows} == {len(PERIODS)}
    # 10 % are below 50 % are below 90 %.
    assert all(np.all(np.diff([row.p10, row.p50, row.p90], axis=0) > 0) for row in rows)
    joint = next(
        row
        for row in rows
        if (row.name, row.card, row.band, row.direction) == ("barley", "bs", "VV", "*")
    )
    # -10 dB in A and 2.1 dB more in D.
    assert joint.p50 == pytest.approx([-8.95] * len(PERIODS), abs=0.4)


def test_a_parcel_read_alone_is_its_row_of_the_matrix(
    connection: Connection, season: Season, run: int
) -> None:
    loaded = features.load(connection, season.id)
    _, curves, levels = run_curves(connection, run)
    made = prepared(connection, season).curves
    assert curves.layout == loaded.layout
    np.testing.assert_allclose(curves.medians[:3], made.medians[:3], atol=1e-4)
    np.testing.assert_allclose(curves.variance, made.variance[:3], rtol=1e-5)
    for parcel in (0, WRONG, 200, PARCELS - 1):
        values = {"season": season.id, "pid": loaded.parcels.pids[parcel]}
        rows = connection.execute(query("outliers/means_of_parcel"), values).fetchall()
        found = joined(rows, levels, loaded.layout)
        np.testing.assert_allclose(found, loaded.values[parcel], atol=1e-4)


def test_inner_halves_are_those_of_the_signatures(connection: Connection, season: Season) -> None:
    loaded = features.load(connection, season.id)
    # A parcel of few pixels, and an observation after the last window with means.
    connection.execute("update signature_block set count[4] = 11 where blk = 0")
    late = add_scene(connection, "late", datetime(2018, 8, 1, 5, tzinfo=UTC))
    one = np.ones(200, np.float32)
    add_signatures(connection, season.id, late, 0, "VH", 40 * one, one, p25=one, p75=9 * one)
    spread, pixels = inner_halves(connection, season, PERIODS, loaded.parcels.blk)
    rows = connection.execute(
        "select 10 * log((p75 / p25)::double precision) as decibel, obstime from bs_signatures"
        " join dias_catalogue on id = obsid where pid = %s order by obstime",
        (str(SPLIT),),
    ).fetchall()
    expected = np.array([row.decibel for row in rows[:20]]).reshape(4, 5).mean(axis=1)
    np.testing.assert_allclose(spread[SPLIT], expected, rtol=1e-4)
    assert spread.shape == (PARCELS, 4)
    assert np.isnan(spread[3]).all()
    assert pixels[[2, 3, 299]].tolist() == [90, 40, 90]


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
    copy_rows(connection, "five_day_mean_block", MEANS, [row])
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
