"""The outlier step on a small season in the database."""

import zlib
from typing import Any

import pytest
from outlier_season import PARCELS, PERIODS, RARE, UNSEEN, WRONG, latest, season
from typer.testing import CliRunner

from dias_cbm import __version__
from dias_cbm.cli.outliers import app
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import NotEnoughData
from dias_cbm.outliers import assess, decisions, features, report
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.outliers.layout import Series
from dias_cbm.outliers.parcel_explanation import explain_parcel
from dias_cbm.outliers.run import run

__all__ = ["season"]
pytestmark = pytest.mark.integration


def test_every_parcel_gets_a_verdict(connection: Connection, season: int) -> None:
    outcome = run(connect, "dk-2018")
    rows = connection.execute("select * from outlier where run = %s", (outcome.run,)).fetchall()
    assert {row.pid for row in rows} == {str(index) for index in range(PARCELS)}
    by_pid = {row.pid: row for row in rows}
    assert (by_pid[str(UNSEEN)].status, by_pid[str(UNSEEN)].reason) == (
        "inconclusive", "no_observations",
    )  # fmt: skip
    assert by_pid[str(RARE)].reason == "rare_crop"
    assert by_pid["50"].longest_gap_days == 10
    assert by_pid["51"].longest_gap_days == 0
    assert by_pid["50"].observations == PERIODS - 2
    assert sum(outcome.by_status.values()) == PARCELS


def test_wrong_declarations_are_on_top(connection: Connection, season: int) -> None:
    made = run(connect, "dk-2018")
    assert 0 < made.wrong_share_at_least < 2 * len(WRONG) / PARCELS
    listed = report.rows(connection, "dk-2018", status="outlier")
    assert made.listed == len(listed)
    assert listed[0]["plausible"] == [listed[0]["predicted"]]
    assert {int(row["pid"]) for row in listed[:3]} == WRONG
    assert [row["rank"] for row in listed] == list(range(1, len(listed) + 1))
    assert all(row["predicted"] != row["declared"] for row in listed[:3])


def test_every_listed_parcel_is_explained(connection: Connection, season: int) -> None:
    made = run(connect, "dk-2018")
    listed = connection.execute(
        "select outlier.pid, declared, compared, sentence from outlier"
        " left join outlier_explanation using (run, pid)"
        " where run = %s and (status = 'outlier' or outlier.reason = 'not_confirmed')",
        (made.run,),
    ).fetchall()
    assert {str(pid) for pid in WRONG} <= {row.pid for row in listed}
    assert all(row.sentence and row.compared != row.declared for row in listed)
    wrong = next(row for row in listed if int(row.pid) in WRONG)
    assert f"the declared {wrong.declared}" in wrong.sentence
    assert "VH" in wrong.sentence
    shown = CliRunner().invoke(app, ["list", "dk-2018"]).output
    assert f"\n      {wrong.sentence}\n" in shown
    assert f"\n      plausible: {wrong.compared}\n" in shown
    curves = connection.execute(
        "select distinct name from typical_curve where run = %s", (made.run,)
    ).fetchall()
    assert {row.name for row in curves} == {"barley", "grass"}


def test_a_second_run_repeats_the_first(connection: Connection, season: int) -> None:
    first, second = run(connect, "dk-2018"), run(connect, "dk-2018")
    assert first.model == second.model
    different = connection.execute(
        "select count(*) from outlier a join outlier b using (pid)"
        " where a.run = %s and b.run = %s"
        " and (a.rank, a.status, a.probability) is distinct from (b.rank, b.status, b.probability)",
        (first.run, second.run),
    ).fetchone()
    assert different is not None
    assert different[0] == 0


def test_features_are_the_means_in_decibel(connection: Connection, season: int) -> None:
    matrix = features.load(connection, season)
    series = matrix.layout.series.index(Series("bs", "VH"))
    expected = connection.execute(
        "select 10 * log(mean::double precision) as decibel from five_day_means"
        " where pid = '17' and band = 'VH' and period = 4"
    ).fetchone()
    assert expected is not None
    row = matrix.parcels.pids.index("17")
    value = matrix.layout.windows(matrix.values)[row, series, 4] + matrix.level[series, 4]
    assert value == pytest.approx(expected.decibel, rel=1e-6)


def test_a_parcel_without_power_was_not_observed(connection: Connection, season: int) -> None:
    position = 21
    connection.execute("update five_day_mean_block set mean[%s] = 0", (position,))
    connection.commit()
    made = run(connect, "dk-2018")
    row = connection.execute(
        "select status, reason, rank, observations from outlier where run = %s and pid = %s",
        (made.run, str(position - 1)),
    ).fetchone()
    assert row == ("inconclusive", "no_observations", None, 0)
    assert explain_parcel(connection, made.run, str(position - 1)).since == []


def test_what_makes_a_list_again_is_kept(connection: Connection, season: int) -> None:
    made = run(connect, "dk-2018")
    row = connection.execute("select * from outlier_run where id = %s", (made.run,)).fetchone()
    assert row is not None
    assert (len(row.labels), len(row.means), row.code) == (16, 16, __version__)
    assert row.features["features"][0] == "bs VH p00 dB"
    assert row.options["seed"] == 20180101
    assert row.environment["threads"] == 1
    assert row.report["learners"] == made.learners
    models = connection.execute(
        "select name, content from outlier_model where run = %s order by name", (made.run,)
    ).fetchall()
    trees = [one for one in models if one.name.startswith("trees")]
    assert len(trees) == 4
    assert zlib.decompress(trees[0].content).startswith(b"tree")
    folds = connection.execute(
        "select fold, count(*) as n from outlier where run = %s group by fold order by fold",
        (made.run,),
    ).fetchall()
    assert [one.fold for one in folds] == [0, 1, 2, 3]
    assert max(one.n for one in folds) - min(one.n for one in folds) <= 4


def test_suspicion_ranks_and_is_empty_where_nothing_is_scored(
    connection: Connection, season: int
) -> None:
    made = run(connect, "dk-2018")
    rows = connection.execute(
        "select * from outlier where run = %s order by suspicion desc nulls last", (made.run,)
    ).fetchall()
    scored = [row for row in rows if row.suspicion is not None]
    assert [row.rank for row in scored] == list(range(1, len(scored) + 1))
    assert all(0 <= row.wrong_at_least <= 1 for row in scored)
    unscored = [row for row in rows if row.suspicion is None]
    assert {int(row.pid) for row in unscored} == {UNSEEN, RARE}
    assert all((row.rank, row.swap_odds, row.aum) == (None, None, None) for row in unscored)


def test_odds_in_the_order_of_the_ranking_are_kept(connection: Connection, season: int) -> None:
    made = run(connect, "dk-2018")
    rows = connection.execute(
        "select swap_odds, rank_odds from outlier where run = %s and rank is not null"
        " order by rank",
        (made.run,),
    ).fetchall()
    odds = [row.rank_odds for row in rows]
    assert odds == sorted((row.swap_odds for row in rows), reverse=True)
    # A decision takes them along, to calibrate later lists.
    decisions.record(
        connection, season, Decision(str(min(WRONG)), Finding.WRONG, "ann"), Source.WINDOW
    )
    (known,) = decisions.findings(decisions.in_force(connection, season)).rank_odds.tolist()
    assert known in odds[:3]


def test_changed_means_and_labels_change_the_hashes(connection: Connection, season: int) -> None:
    first = run(connect, "dk-2018")
    connection.execute(
        "update parcel set crop = 'grass' where season = %s and pid = '9'", (season,)
    )
    connection.commit()
    second = run(connect, "dk-2018")
    rows = connection.execute("select labels, means, model from outlier_run order by id").fetchall()
    assert rows[0].means == rows[1].means
    assert rows[0].labels != rows[1].labels
    assert first.model != second.model


def test_no_connection_is_held_while_the_models_learn(
    connection: Connection, season: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Connection] = []
    closed: list[bool] = []

    def open_database() -> Connection:
        opened.append(connect(application="test outliers"))
        return opened[-1]

    learn = assess.assess

    def watched(*given: Any, **named: Any) -> Any:
        closed.append(opened[-1].closed)
        return learn(*given, **named)

    monkeypatch.setattr(assess, "assess", watched)
    run(open_database, "dk-2018")
    assert closed == [True]
    assert len(opened) == 3


def test_parcels_of_a_holding_share_a_fold(
    connection: Connection, season: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute(
        "update parcel set attributes = jsonb_build_object('farm', pid::int / 5) where season = %s",
        (season,),
    )
    connection.commit()
    monkeypatch.setenv("CBM_OUTLIERS_HOLDING_ATTRIBUTE", "farm")
    made = run(connect, "dk-2018")
    split = connection.execute(
        "select pid::int / 5 as farm from outlier where run = %s group by 1"
        " having count(distinct fold) > 1",
        (made.run,),
    ).fetchall()
    assert split == []
    monkeypatch.setenv("CBM_OUTLIERS_HOLDING_ATTRIBUTE", "owner")
    with pytest.raises(NotEnoughData, match="no parcel has the attribute 'owner'"):
        run(connect, "dk-2018")


def test_groups_are_used_and_odd_ones_are_told(connection: Connection, season: int) -> None:
    rows = [("oats", "cereals"), ("barley", "cereals")]
    for crop, name in rows:
        connection.execute(
            "insert into crop_group (season, crop, name, source) values (%s, %s, %s, 'groups.csv')",
            (season, crop, name),
        )
    connection.commit()
    made = run(connect, "dk-2018")
    assert made.group_remarks == [
        "crops of the groups that nobody declared: oats",
        "declared crops without a group: grass",
    ]
    kept = connection.execute("select options from outlier_run where id = %s", (made.run,))
    assert kept.fetchone().options["groups"] == dict(rows)
    connection.execute("insert into crop_group (season, crop, name, source)"
                       " values (%s, 'grass', 'cereals', 'groups.csv')", (season,))  # fmt: skip
    connection.commit()
    with pytest.raises(NotEnoughData, match="fewer than two groups of crops"):
        run(connect, "dk-2018")
    assert latest(connection) == made.run
