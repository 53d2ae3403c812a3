"""Five-day means in the database, against SQL's own avg over the view."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from typer.testing import CliRunner

from dias_cbm import ledger
from dias_cbm.averages import update
from dias_cbm.cli.season import app
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import SeasonError
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.seasons import all_seasons

pytestmark = pytest.mark.integration

NAN = float("nan")

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


def means(connection: Connection) -> dict[tuple[Any, ...], tuple[float, int]]:
    rows = connection.execute(
        "select pid, card, band, period, direction, mean, n from five_day_means"
    ).fetchall()
    found = {tuple(row[:5]): (row.mean, row.n) for row in rows}
    assert len(found) == len(rows)
    return found


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


def stored(connection: Connection) -> list[Any]:
    return connection.execute(
        "select season, card, period, blk, band, direction, mean::text, n::text"
        " from five_day_mean_block order by 1, 2, 3, 4, 5, 6"
    ).fetchall()


def at(day: int, hour: int = 5, month: int = 5) -> datetime:
    return datetime(2018, month, day, hour, 40, tzinfo=UTC)


def random_season(connection: Connection, seed: int = 1) -> tuple[int, list[LedgerScene]]:
    """Three blocks of different size, forty scenes of three cards, holes of every kind."""
    rng = np.random.default_rng(seed)
    season = add_season(connection)
    sizes = {1: 7, 2: 3, 3: 1}
    for blk, size in sizes.items():
        add_block(connection, season, blk, [f"{blk}-{n}" for n in range(size)])
    scenes = []
    kinds = {Kind.CARD_BS: ("VV", "VH"), Kind.CARD_COH6: ("VV", "VH"), Kind.S2_L2A: ("B04", "B08")}
    for number in range(40):
        kind = list(kinds)[number % 3]
        scene = add_scene(
            connection,
            f"scene-{number}",
            datetime(2018, 3, 1, tzinfo=UTC) + timedelta(hours=float(rng.uniform(0, 1000))),
            kind,
            direction=[None, "A", "D"][int(rng.integers(3))],
            status=Status.EXTRACTED,
        )
        scenes.append(scene)
        for blk, size in sizes.items():
            if rng.random() < 0.2:
                continue
            for band in kinds[kind]:
                count = rng.choice([NAN, 0, 1, 50], size)
                mean = np.where(count > 0, rng.gamma(2, 0.05, size), NAN)
                add_signatures(connection, season, scene, blk, band, count, mean)
    return season, scenes


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


def test_superseded_scene_gives_way_to_its_better(connection: Connection) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a", "b"])
    loser = add_scene(connection, "nrt", at(3), status=Status.EXTRACTED)
    winner = add_scene(connection, "fast", at(3, 6), status=Status.EXTRACTED)
    add_signatures(connection, season, loser, 1, "VV", [9, 9], [0.2, 0.2])
    update(connection, season, "bs", obsids=[loser.id])
    add_signatures(connection, season, winner, 1, "VV", [9, NAN], [0.4, NAN])
    ledger.supersede(connection, loser.id, winner.id)
    connection.commit()
    update(connection, season, "bs", obsids=[winner.id])
    found = {key[0]: value for key, value in means(connection).items() if key[4] == "*"}
    assert found == {"a": (pytest.approx(0.4), 1)}


def test_scene_that_failed_in_another_tile_counts_where_it_is_there(
    connection: Connection,
) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a"])
    scene = add_scene(connection, "scene", at(3), status=Status.INPROGRESS)
    add_signatures(connection, season, scene, 1, "VV", [9], [0.5])
    ledger.change(
        connection,
        scene.id,
        expected=Status.INPROGRESS,
        to=Status.FAILED,
        cause=Cause.EXTRACTION_FAILED,
        reason="33VUC: disk full",
    )
    update(connection, season, "bs", obsids=[scene.id])
    assert means(connection)["a", "bs", "VV", 24, "*"] == (0.5, 1)


def test_window_that_lost_its_observations_is_removed(connection: Connection) -> None:
    season = add_season(connection)
    # The better product does not reach the second block, and begins in the next window.
    add_block(connection, season, 1, ["a"])
    add_block(connection, season, 2, ["b"])
    loser = add_scene(
        connection, "nrt", datetime(2018, 1, 5, 23, 59, 58, tzinfo=UTC), status=Status.READY
    )
    ledger.plan_extractions(connection, loser.id)
    for blk in (1, 2):
        add_signatures(connection, season, loser, blk, "VV", [9], [0.2])
    update(connection, season, "bs", obsids=[loser.id])
    assert {key[0] for key in means(connection)} == {"a", "b"}
    winner = add_scene(
        connection, "fast", datetime(2018, 1, 6, 0, 0, 1, tzinfo=UTC), status=Status.EXTRACTED
    )
    ledger.supersede(connection, loser.id, winner.id)
    connection.execute("delete from signature_block where obsid = %s", (loser.id,))
    add_signatures(connection, season, winner, 1, "VV", [9], [0.4])
    report = update(connection, season, "bs", obsids=[winner.id])
    assert report.periods == [0, 1]
    assert {key[0]: key[3] for key in means(connection)} == {"a": 1}


def test_late_scene_touches_its_window_and_blocks_only(connection: Connection) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a"], tile="32VNH")
    add_block(connection, season, 2, ["b"], tile="33VUC")
    first = add_scene(connection, "first", at(2), status=Status.EXTRACTED)
    for blk in (1, 2):
        add_signatures(connection, season, first, blk, "VV", [9], [0.2])
    update(connection, season, "bs")
    # A mark on every row tells which ones are written anew.
    connection.execute("update five_day_mean_block set n = n || 99::smallint")
    late = add_scene(connection, "late", at(3), status=Status.EXTRACTED)
    add_signatures(connection, season, late, 1, "VV", [9], [0.6])
    report = update(connection, season, "bs", obsids=[late.id])
    assert (len(report.periods), report.blocks, report.means) == (1, 2, 1)
    rows = connection.execute(
        "select blk, direction, n from five_day_mean_block order by blk, direction"
    ).fetchall()
    assert [(row.blk, row.direction, row.n) for row in rows] == [
        (1, "*", [2]),
        (1, "A", [2]),
        (2, "*", [1, 99]),
        (2, "A", [1, 99]),
    ]


def test_other_cards_and_seasons_are_left_alone(connection: Connection) -> None:
    for name in ("one", "two"):
        season = add_season(connection, name)
        add_block(connection, season, 1, ["a"])
    scene = add_scene(connection, "scene", at(3), status=Status.EXTRACTED)
    for season_id in (season - 1, season):
        add_signatures(connection, season_id, scene, 1, "VV", [9], [0.5])
        update(connection, season_id, "bs")
    before = stored(connection)
    update(connection, season, "c6")
    assert stored(connection) == before
    assert {row.season for row in before} == {season - 1, season}


def test_given_periods_only(connection: Connection) -> None:
    season, _ = random_season(connection, seed=4)
    report = update(connection, season, "bs", periods=[13, 14, 13])
    assert report.periods == [13, 14]
    assert {key[3] for key in means(connection)} <= {13, 14}


def test_two_tasks_on_one_window_wait_for_each_other(connection: Connection, database: str) -> None:
    season = add_season(connection)
    add_block(connection, season, 1, ["a"])
    scenes = [add_scene(connection, f"s{n}", at(2 + n), status=Status.EXTRACTED) for n in range(4)]

    def extract_and_average(number: int) -> None:
        with connect(database) as own:
            add_signatures(own, season, scenes[number], 1, "VV", [9], [float(number)])
            barrier.wait()
            for _ in range(5):
                update(own, season, "bs", obsids=[scenes[number].id])

    barrier = threading.Barrier(len(scenes))
    with ThreadPoolExecutor(len(scenes)) as pool:
        for _ in pool.map(extract_and_average, range(len(scenes))):
            pass
    assert means(connection) == {
        ("a", "bs", "VV", 24, direction): (1.5, 4) for direction in ("*", "A")
    }


def test_a_locked_window_is_waited_for(connection: Connection, database: str) -> None:
    season = add_season(connection)
    with connect(database) as other, connect(database) as impatient:
        other.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))",
            (f"five_day_mean_block/{season}/bs/3",),
        )
        impatient.execute("set lock_timeout = '200ms'")
        impatient.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            update(impatient, season, "bs", periods=[3])
        impatient.rollback()
        assert update(impatient, season, "bs", periods=[4]).periods == [4]


def test_failure_in_the_middle_leaves_the_old_means(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    season, _ = random_season(connection, seed=5)
    update(connection, season, "bs")
    before = stored(connection)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("dias_cbm.averages.window_means.copy_rows", fail)
    with pytest.raises(OSError, match="disk full"):
        update(connection, season, "bs")
    connection.rollback()
    assert stored(connection) == before


def test_unknown_season(connection: Connection) -> None:
    with pytest.raises(SeasonError, match="no such season"):
        update(connection, 999, "bs")
