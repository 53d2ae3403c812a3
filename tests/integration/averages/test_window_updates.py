"""Five-day means made anew: late, superseded and failed scenes, several tasks, and failures."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from averaged_season import NAN, at, means, random_season, stored
from blocks import add_block, add_scene, add_season, add_signatures

from dias_cbm import ledger
from dias_cbm.averages import update
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import SeasonError
from dias_cbm.scenes import Cause, Status

pytestmark = pytest.mark.integration


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
