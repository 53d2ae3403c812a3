"""Five-day means in the database, against SQL's own avg over the view."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from averaged_season import at, means, random_season, stored
from blocks import add_block, add_scene, add_season, add_signatures
from typer.testing import CliRunner

from dias_cbm.averages import update
from dias_cbm.cli.season import app
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Status
from dias_cbm.seasons import all_seasons

pytestmark = pytest.mark.integration

# Independent of the code: the view's records, windows cut by SQL, directions by union.
SQL_AVERAGE = """
with record as (
    select
        signatures.pid, signatures.card, signatures.band, signatures.mean, scene.direction,
        floor(extract(epoch from scene.obstime - season.epoch::timestamp at time zone 'UTC')
              / 86400 / season.step_days)::integer as period
    from signatures
    join dias_catalogue as scene on scene.id = signatures.obsid
    join season on season.name = signatures.season
    where signatures.count > 0 and signatures.mean is not null and scene.status <> 'superseded'
),
directed as (
    select pid, card, band, period, mean, '*' as direction from record
    union all
    select pid, card, band, period, mean, direction from record
    where direction is not null and card <> 's2'
)
select pid, card, band, period, direction, avg(mean) as mean, count(*) as n
from directed
group by pid, card, band, period, direction
"""


def assert_equal_to_sql(connection: Connection) -> int:
    expected = {
        tuple(row[:5]): (row.mean, row.n) for row in connection.execute(SQL_AVERAGE).fetchall()
    }
    found = means(connection)
    assert found.keys() == expected.keys()
    for key, (mean, n) in expected.items():
        assert found[key][0] == pytest.approx(mean, rel=1e-6)
        assert found[key][1] == n
    return len(expected)


def test_equal_to_sql_average(connection: Connection) -> None:
    season, _ = random_season(connection)
    for card in ("bs", "c6", "s2"):
        update(connection, season, card)
    assert assert_equal_to_sql(connection) > 300


def test_scene_by_scene_equals_all_at_once(connection: Connection) -> None:
    season, scenes = random_season(connection, seed=2)
    for scene in scenes:
        update(connection, season, str(scene.card), obsids=[scene.id])
    step_by_step = stored(connection)
    connection.execute("truncate five_day_mean_block")
    for card in ("bs", "c6", "s2"):
        update(connection, season, card)
    assert stored(connection) == step_by_step


def test_again_changes_nothing(connection: Connection) -> None:
    season, _ = random_season(connection, seed=3)
    first = update(connection, season, "bs")
    rows = stored(connection)
    second = update(connection, season, "bs")
    assert stored(connection) == rows
    assert (second.periods, second.blocks, second.means) == (
        first.periods,
        first.blocks,
        first.means,
    )
    assert first.blocks == len(rows)
    assert first.means == sum(1 for key in means(connection) if key[4] == "*")
    assert first.means > 0


def test_several_workers_write_what_one_does(connection: Connection) -> None:
    season, _ = random_season(connection, seed=6)
    one = update(connection, season, "bs")
    rows = stored(connection)
    connection.execute("truncate five_day_mean_block")
    three = update(connection, season, "bs", workers=3)
    assert stored(connection) == rows
    assert (three.periods, three.blocks, three.means) == (one.periods, one.blocks, one.means)


def test_the_command_averages_the_windows_of_the_days_asked_for(
    connection: Connection,
) -> None:
    number, _ = random_season(connection, seed=7)
    season = next(one.name for one in all_seasons(connection) if one.id == number)
    connection.commit()
    nothing = CliRunner().invoke(app, ["average", season, "--card", "c12"])
    assert "no signatures to average" in nothing.output
    some = ["average", season, "--from", "2018-05-03", "--to", "2018-05-06", "--json"]
    done = json.loads(CliRunner().invoke(app, some).output)
    assert done["bs"]["periods"] == [24, 25]
    whole = CliRunner().invoke(app, ["average", season])
    assert whole.exit_code == 0, whole.output
    rows = stored(connection)
    assert rows
    connection.execute("truncate five_day_mean_block")
    for card in ("bs", "c6", "s2"):
        update(connection, number, card)
    assert stored(connection) == rows


def test_midnight_belongs_to_one_window(connection: Connection) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a"])
    # Period 1 is 6 to 10 January.
    instants = [
        datetime(2018, 1, 5, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2018, 1, 6, tzinfo=UTC),
        datetime(2018, 1, 10, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2018, 1, 11, tzinfo=UTC),
    ]
    for number, instant in enumerate(instants):
        scene = add_scene(connection, f"scene-{number}", instant, status=Status.EXTRACTED)
        add_signatures(connection, season, scene, 1, "VV", [9], [2.0**number])
    report = update(connection, season, "bs")
    found = {key[3]: value for key, value in means(connection).items() if key[4] == "*"}
    assert found == {0: (1.0, 1), 1: (3.0, 2), 2: (8.0, 1)}
    assert sum(n for _, n in found.values()) == len(instants)
    assert len(report.periods) == 73


def test_time_zone_of_the_session_does_not_matter(connection: Connection) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a"])
    scene = add_scene(
        connection, "late", datetime(2018, 1, 5, 23, 30, tzinfo=UTC), status=Status.EXTRACTED
    )
    add_signatures(connection, season, scene, 1, "VV", [9], [0.5])
    connection.execute("set time zone 'Europe/Copenhagen'")
    connection.commit()
    assert update(connection, season, "bs", obsids=[scene.id]).periods == [0]
    assert ("a", "bs", "VV", 0, "*") in means(connection)


def test_leap_year_and_last_window(connection: Connection) -> None:
    season = add_season(connection, "2020", date(2020, 1, 1), date(2020, 12, 31))
    add_block(connection, season, 1, ["a"])
    # 29 February is day 59, in period 11 (25-29 February); 31 December is day 365, in period 73.
    for name, day, period in (
        ("leap", datetime(2020, 2, 29, 12, tzinfo=UTC), 11),
        ("march", datetime(2020, 3, 1, tzinfo=UTC), 12),
        ("last", datetime(2020, 12, 31, 12, tzinfo=UTC), 73),
    ):
        scene = add_scene(connection, name, day, status=Status.EXTRACTED)
        add_signatures(connection, season, scene, 1, "VV", [9], [0.5])
        assert update(connection, season, "bs", obsids=[scene.id]).periods == [period]
    rows = connection.execute(
        "select period, window_start, window_end from five_day_means where direction = '*'"
        " order by period"
    ).fetchall()
    assert [tuple(row) for row in rows] == [
        (11, date(2020, 2, 25), date(2020, 3, 1)),
        (12, date(2020, 3, 1), date(2020, 3, 6)),
        (73, date(2020, 12, 31), date(2021, 1, 5)),
    ]


def test_step_and_epoch_are_the_seasons(connection: Connection) -> None:
    season = add_season(
        connection,
        starts=date(2018, 4, 1),
        ends=date(2018, 6, 30),
        epoch=date(2018, 3, 1),
        step_days=7,
    )
    add_block(connection, season, 1, ["a"])
    scene = add_scene(connection, "a", at(3), status=Status.EXTRACTED)
    add_signatures(connection, season, scene, 1, "VV", [9], [0.5])
    # 3 May is 63 days after 1 March.
    assert update(connection, season, "bs", obsids=[scene.id]).periods == [9]
