"""Claiming, finishing and failing units: one worker wins, and nothing is half done."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import psycopg
import pytest

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import StateConflict
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration
Ready = Callable[..., int]


@pytest.fixture
def units(connection: Connection, season: int, ready: Ready) -> list[Unit]:
    """The three units of one scene."""
    planned = ledger.plan_extractions(connection, ready())
    connection.commit()
    assert len(planned) == 3
    return planned


def state(connection: Connection, unit: Unit) -> tuple[str, int, str | None, str | None]:
    row = connection.execute(
        "select status, attempts, cause || ': ' || reason, claimed_by from extraction"
        " where season = %s and obsid = %s and tile = %s",
        (unit.season, unit.obsid, unit.tile),
    ).fetchone()
    assert row is not None
    return tuple(row)


def silence(connection: Connection, unit: Unit, minutes: int) -> None:
    """Let a unit's worker have been silent for some time."""
    connection.execute(
        "update extraction set claimed_at = now() - make_interval(mins => %s)"
        " where season = %s and obsid = %s and tile = %s",
        (minutes, unit.season, unit.obsid, unit.tile),
    )
    connection.commit()


def test_a_claim_is_committed_and_exclusive(
    database: str, connection: Connection, units: list[Unit]
) -> None:
    assert ledger.claim(connection, units[0], "one")
    with connect(database) as other:
        assert state(other, units[0]) == ("inprogress", 1, None, "one")
        assert ledger.get(other, units[0].obsid).status == Status.INPROGRESS
        assert not ledger.claim(other, units[0], "two")
        assert ledger.claim(other, units[1], "two")


def test_of_many_workers_at_once_one_wins_each_unit(database: str, units: list[Unit]) -> None:
    workers, wins = 6, Counter[Unit]()
    start, lock = threading.Barrier(workers), threading.Lock()

    def work(name: str) -> None:
        with connect(database) as own:
            start.wait()
            for unit in units:
                if ledger.claim(own, unit, name):
                    with lock:
                        wins[unit] += 1

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wins == Counter(dict.fromkeys(units, 1))
    with connect(database) as own:
        assert all(state(own, unit)[1] == 1 for unit in units)


def test_a_unit_that_is_locked_is_passed_over(
    database: str, connection: Connection, units: list[Unit]
) -> None:
    """Nobody waits for another's row: the claim fails at once."""
    with connect(database) as other:
        other.execute("select from extraction where tile = %s for update", (units[0].tile,))
        connection.execute("set lock_timeout = '5s'")
        assert not ledger.claim(connection, units[0], "one")
        assert ledger.claim(connection, units[1], "one")


def test_the_last_unit_closes_the_scene(connection: Connection, units: list[Unit]) -> None:
    for unit in units:
        assert ledger.get(connection, unit.obsid).status != Status.EXTRACTED
        claim = ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, 100, 2.5, claim=claim)
        connection.commit()
    assert ledger.get(connection, units[0].obsid).status == Status.EXTRACTED
    row = connection.execute("select records, seconds, finished_at from extraction").fetchone()
    assert row is not None
    assert (row.records, row.seconds) == (100, 2.5)
    assert row.finished_at is not None
    assert not ledger.claim(connection, units[0], "two")


def test_units_that_end_at_the_same_time_close_their_scene(
    database: str, connection: Connection, season: int, ready: Ready
) -> None:
    """Neither transaction sees the other's end; without a lock both would leave the scene open."""
    scenes = [ready(product_id=str(number)) for number in range(8)]
    planned = [ledger.plan_extractions(connection, scene) for scene in scenes]
    connection.commit()
    for units in planned:
        start = threading.Barrier(len(units))

        def work(unit: Unit, start: threading.Barrier = start) -> None:
            with connect(database) as own:
                claim = ledger.claim(own, unit, unit.tile)
                start.wait()
                ledger.finish(own, unit, 1, 0.1, claim=claim)

        threads = [threading.Thread(target=work, args=(unit,)) for unit in units]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    statuses = {ledger.get(connection, scene).status for scene in scenes}
    assert statuses == {Status.EXTRACTED}


def test_a_silent_workers_unit_is_taken_again(connection: Connection, units: list[Unit]) -> None:
    unit = units[0]
    assert ledger.claim(connection, unit, "dead")
    silence(connection, unit, 29)
    assert not ledger.claim(connection, unit, "heir")
    silence(connection, unit, 31)
    assert ledger.claim(connection, unit, "heir")
    assert state(connection, unit) == ("inprogress", 2, None, "heir")


def test_a_worker_that_lost_its_unit_cannot_close_it(
    connection: Connection, units: list[Unit]
) -> None:
    unit = units[0]
    slow = ledger.claim(connection, unit, "slow")
    silence(connection, unit, 31)
    assert ledger.claim(connection, unit, "heir")
    with pytest.raises(StateConflict, match="not in progress under this claim"):
        ledger.finish(connection, unit, 1, 1.0, claim=slow)
    connection.rollback()
    with pytest.raises(StateConflict):
        ledger.fail(connection, unit, Cause.EXTRACTION_FAILED, "x", claim=slow)
    with pytest.raises(StateConflict):
        ledger.put_back(connection, unit, "x", claim=slow)
    assert state(connection, unit) == ("inprogress", 2, None, "heir")


def test_a_claim_of_the_same_workers_name_is_another_claim(
    connection: Connection, units: list[Unit]
) -> None:
    unit = units[0]
    stale = ledger.claim(connection, unit, "one")
    current = ledger.claim(connection, unit, "one")
    assert stale
    assert current
    assert stale != current
    with pytest.raises(StateConflict, match="under this claim"):
        ledger.finish(connection, unit, 1, 1.0, claim=stale)
    connection.rollback()
    ledger.finish(connection, unit, 1, 1.0, claim=current)
    assert state(connection, unit)[0] == "extracted"


def test_a_unit_closes_once(connection: Connection, units: list[Unit]) -> None:
    unit = units[0]
    with pytest.raises(StateConflict):
        ledger.finish(connection, unit, 1, 1.0)
    connection.rollback()
    assert ledger.claim(connection, unit, "one")
    ledger.finish(connection, unit, 1, 1.0)
    with pytest.raises(StateConflict):
        ledger.finish(connection, unit, 1, 1.0)


def test_a_failed_unit_keeps_attempts_and_reason_and_can_be_retried(
    connection: Connection, units: list[Unit]
) -> None:
    scene = units[0].obsid
    for unit in units:
        assert ledger.claim(connection, unit, "one")
    ledger.fail(connection, units[0], Cause.CORRUPT, "band VV ends early")
    assert state(connection, units[0]) == ("failed", 1, "corrupt: band VV ends early", None)
    assert ledger.get(connection, scene).status == Status.INPROGRESS
    for unit in units[1:]:
        ledger.finish(connection, unit, 1, 1.0)
        connection.commit()
    row = ledger.get(connection, scene)
    assert (row.status, row.attempts) == (Status.FAILED, 1)
    assert (row.cause, row.reason) == (Cause.CORRUPT, "band VV ends early")
    assert ledger.plan_extractions(connection, scene) == [units[0]]
    assert ledger.claim(connection, units[0], "two")
    assert ledger.get(connection, scene).status == Status.INPROGRESS
    ledger.finish(connection, units[0], 1, 1.0)
    row = ledger.get(connection, scene)
    assert (row.status, row.cause, row.reason) == (Status.EXTRACTED, None, None)


def test_a_corrupt_product_speaks_for_the_scene_whatever_its_words(
    connection: Connection, units: list[Unit]
) -> None:
    for unit in units:
        assert ledger.claim(connection, unit, "one")
    ledger.fail(connection, units[0], Cause.EXTRACTION_FAILED, "a")
    ledger.fail(connection, units[1], Cause.CORRUPT, "z")
    ledger.finish(connection, units[2], 1, 1.0)
    row = ledger.get(connection, units[0].obsid)
    assert (row.status, row.cause, row.reason) == (Status.FAILED, Cause.CORRUPT, "z")


def test_a_unit_without_parcels_is_no_cause_for_an_extracted_scene(
    connection: Connection, units: list[Unit]
) -> None:
    for unit, parcels in zip(units, (0, 5, 0), strict=True):
        assert ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, parcels, 1.0, parcels=parcels)
    row = ledger.get(connection, units[0].obsid)
    assert (row.status, row.cause, row.reason) == (Status.EXTRACTED, None, None)


def test_failing_undoes_what_the_unit_had_written(
    connection: Connection, units: list[Unit]
) -> None:
    assert ledger.claim(connection, units[0], "one")
    connection.execute("create temporary table half_done (n integer)")
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select * from there_is_no_such_table")
    ledger.fail(connection, units[0], Cause.EXTRACTION_FAILED, "query")
    found = connection.execute("select to_regclass('half_done') as name").fetchone()
    assert found is not None
    assert found.name is None
    assert state(connection, units[0])[0] == "failed"


def test_after_the_last_attempt_a_unit_is_set_aside_until_it_is_reopened(
    connection: Connection, units: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_ATTEMPTS", "2")
    unit = units[0]
    for _ in range(2):
        assert ledger.claim(connection, unit, "one")
        ledger.fail(connection, unit, Cause.EXTRACTION_FAILED, "x")
    assert not ledger.claim(connection, unit, "one")
    for other in units[1:]:
        assert ledger.claim(connection, other, "one")
        ledger.finish(connection, other, 1, 1.0)
    assert ledger.reopen(connection, unit.obsid, "by hand") == Status.READY
    assert state(connection, unit) == ("ready", 0, None, None)
    assert ledger.claim(connection, unit, "one")


def test_a_unit_that_kills_its_workers_fails_in_the_end(
    connection: Connection, units: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_ATTEMPTS", "2")
    for unit in units[1:]:
        assert ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, 1, 1.0)
    for _ in range(2):
        assert ledger.claim(connection, units[0], "doomed")
        silence(connection, units[0], 31)
    assert not ledger.claim(connection, units[0], "doomed")
    assert state(connection, units[0])[:3] == (
        "failed",
        2,
        "extraction_failed: 2 workers died on it",
    )
    assert ledger.get(connection, units[0].obsid).status == Status.FAILED


def test_a_product_beside_all_parcels_ends_without_any(
    connection: Connection, units: list[Unit]
) -> None:
    for unit in units:
        assert ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, 0, 1.0, parcels=0)
    row = ledger.get(connection, units[0].obsid)
    assert row.status == Status.NO_PARCELS
    assert row.cause is Cause.NO_PARCELS
    assert row.reason == "the product covers no parcel of the tile"


def test_a_product_without_a_clear_pixel_is_extracted(
    connection: Connection, units: list[Unit]
) -> None:
    """Empty of values is not empty of parcels."""
    for unit in units:
        assert ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, 0, 1.0, parcels=12)
    assert ledger.get(connection, units[0].obsid).status == Status.EXTRACTED


def test_superseding_closes_open_units_and_keeps_extracted_ones(
    connection: Connection, units: list[Unit], ready: Ready
) -> None:
    claims = [ledger.claim(connection, unit, "one") for unit in units[:2]]
    ledger.finish(connection, units[0], 1, 1.0)
    ledger.supersede(connection, units[0].obsid, ready(product_id="better"))
    assert [state(connection, unit)[0] for unit in units] == [
        "extracted",
        "superseded",
        "superseded",
    ]
    with pytest.raises(StateConflict):
        ledger.finish(connection, units[1], 1, 1.0, claim=claims[1])
    assert not ledger.claim(connection, units[2], "two")
    assert ledger.plan_extractions(connection, units[0].obsid) == []


def test_a_killed_backend_leaves_the_unit_to_be_taken_again_and_nothing_doubled(
    database: str, connection: Connection, season: int, ready: Ready
) -> None:
    """Result and state are one transaction: killed before its end, neither is there."""
    scene = ready(tile="31AAA", kind=Kind.S2_L2A)
    (unit,) = ledger.plan_extractions(connection, scene)
    connection.commit()

    def write(own: Connection) -> None:
        own.execute("delete from histogram_block where obsid = %s", (scene,))
        own.execute(
            "insert into histogram_block (season, obsid, blk, class, count)"
            " values (%s, %s, 1, 4, '{1}')",
            (season, scene),
        )
        ledger.finish(own, unit, 1, 1.0)

    victim = connect(database)
    assert ledger.claim(victim, unit, "victim")
    write(victim)
    connection.execute("select pg_terminate_backend(%s)", (victim.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        victim.commit()
    connection.commit()
    assert state(connection, unit) == ("inprogress", 1, None, "victim")
    count = "select count(*) as n from histogram_block"
    assert connection.execute(count).fetchone() == (0,)
    silence(connection, unit, 31)
    assert ledger.claim(connection, unit, "heir")
    write(connection)
    connection.commit()
    assert connection.execute(count).fetchone() == (1,)
    assert ledger.get(connection, scene).status == Status.EXTRACTED


def test_no_scene_stays_in_progress_for_a_season_that_is_dropped(
    connection: Connection, units: list[Unit]
) -> None:
    assert ledger.claim(connection, units[0], "one")
    assert ledger.get(connection, units[0].obsid).status is Status.INPROGRESS
    assert ledger.forget_season(connection, units[0].season) == len(units)
    assert ledger.get(connection, units[0].obsid).status is Status.READY
