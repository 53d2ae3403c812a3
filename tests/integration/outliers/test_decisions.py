"""Decisions in the database: never lost, never changed, the latest in force."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from blocks import add_block, add_season
from decided_season import MORNING, add_list, found, in_force, number_of, season

from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DecisionError
from dias_cbm.outliers import decisions
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Source
from dias_cbm.parcels.removal import remove_parcels, remove_results

__all__ = ["season"]
pytestmark = pytest.mark.integration


def test_a_decision_takes_along_what_the_list_said(connection: Connection, season: int) -> None:
    run = add_list(connection, season)
    decisions.record(connection, season, found("p2", true_crop="rye", note="seen"), Source.WINDOW)
    (one,) = decisions.in_force(connection, season)
    assert (one.run, one.declared, one.status, one.rank, one.ranked) == (
        run, "barley", "outlier", 2, 10,
    )  # fmt: skip
    assert (one.swap_odds, one.rank_odds) == (2.0, 3.0)
    assert (one.true_crop, one.note, one.source, one.area_ha) == ("rye", "seen", "window", 1.0)
    assert abs(datetime.now(UTC) - one.made_at) < timedelta(minutes=1)


def test_a_decision_about_an_older_list(connection: Connection, season: int) -> None:
    add_list(connection, season)
    (first,) = connection.execute("select min(id) as run from outlier_run").fetchone()
    decisions.record(connection, season, found("p1", run=first), Source.API)
    assert decisions.in_force(connection, season)[0].run == first


def test_a_parcel_that_no_list_has(connection: Connection, season: int) -> None:
    connection.execute("delete from outlier where pid = 'p9'")
    decisions.record(connection, season, found("p9", "right"), Source.WINDOW)
    (one,) = decisions.in_force(connection, season)
    assert (one.run, one.declared, one.status, one.rank, one.ranked) == (
        None, "barley", None, None, None,
    )  # fmt: skip


def test_the_latest_is_in_force_and_all_are_kept(connection: Connection, season: int) -> None:
    for by, hour in (("ann", 8), ("bob", 10), ("cid", 9)):
        moment = MORNING.replace(hour=hour)
        decisions.record(connection, season, found("p1", by=by, made_at=moment), Source.WINDOW)
    assert in_force(connection, season) == {"p1": ("wrong", "bob")}
    assert number_of(connection) == 3


def test_two_at_one_moment_the_later_recorded_is_in_force(
    connection: Connection, season: int
) -> None:
    for by in ("ann", "bob"):
        decisions.record(connection, season, found("p1", by=by, made_at=MORNING), Source.WINDOW)
    assert in_force(connection, season) == {"p1": ("wrong", "bob")}


def test_two_people_at_once_do_not_wait_for_each_other(
    connection: Connection, database: str, season: int
) -> None:
    """Ann's transaction is still open when Bob records and commits; both are kept."""
    decisions.record(connection, season, found("p1", by="ann"), Source.WINDOW)
    with connect(database) as bobs:
        bobs.execute("set statement_timeout = '5s'")
        decisions.record(bobs, season, found("p1", "right", by="bob"), Source.WINDOW)
        bobs.commit()
        assert in_force(bobs, season) == {"p1": ("right", "bob")}
    connection.commit()
    # Ann committed last, but decided first.
    assert in_force(connection, season) == {"p1": ("right", "bob")}
    assert number_of(connection) == 2


def test_many_at_once_are_all_kept(connection: Connection, database: str, season: int) -> None:
    start = threading.Barrier(8)

    def decide(person: int) -> None:
        with connect(database) as own:
            start.wait()
            for pid in ("p1", "p2", "p1"):
                decisions.record(own, season, found(pid, by=f"person {person}"), Source.API)
                own.commit()

    people = [threading.Thread(target=decide, args=(person,)) for person in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert number_of(connection) == 24
    last = connection.execute(
        "select decided_by from decision where pid = 'p1' order by made_at desc, id desc limit 1"
    ).fetchone()
    assert in_force(connection, season)["p1"][1] == last.decided_by


@pytest.mark.parametrize(
    "statement",
    [
        "update decision set finding = 'right'",
        "update decision set note = 'changed'",
        "delete from decision",
        "truncate decision",
        "truncate season cascade",
        "insert into decision (id, season, pid, finding, decided_by, source)"
        " overriding system value select id, season, pid, 'right', decided_by, source from decision"
        " on conflict (id) do update set finding = 'right'",
    ],
)
def test_nothing_changes_or_removes_a_decision(
    connection: Connection, season: int, statement: str
) -> None:
    decisions.record(connection, season, found("p1"), Source.WINDOW)
    connection.commit()
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="only ever added"):
        connection.execute(statement)
    connection.rollback()
    assert in_force(connection, season) == {"p1": ("wrong", "ann")}


def test_dropping_another_season_removes_none(connection: Connection, season: int) -> None:
    decisions.record(connection, season, found("p1"), Source.WINDOW)
    connection.commit()
    connection.execute("select set_config('cbm.dropped_season', %s, true)", (str(season + 1),))
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        connection.execute("delete from decision")
    connection.rollback()


def test_parcels_are_replaced_and_decisions_stay(connection: Connection, season: int) -> None:
    decisions.record(connection, season, found("p1", true_crop="rye"), Source.WINDOW)
    decisions.record(connection, season, found("p2", "right"), Source.WINDOW)
    connection.commit()
    before = decisions.in_force(connection, season)
    remove_results(connection, season)
    remove_parcels(connection, season)
    connection.commit()
    assert connection.execute("select count(*) as n from outlier").fetchone().n == 0
    assert decisions.in_force(connection, season) == before
    known = decisions.findings(before)
    assert known.rank_odds.tolist() == [4.0, 3.0]
    assert known.wrong.tolist() == [True, False]


@pytest.mark.parametrize(
    ("decision", "problem"),
    [
        (found("p99"), "parcel p99: is not a parcel of this season"),
        (found("p1", run=10_000), "is not in run 10000 of this season"),
        (found("p1\0"), "zero byte"),
        (found("p1", note="a\0b"), "zero byte"),
        (found("p1", by=" "), "it is not said who decided"),
        (found("p1", made_at=datetime.now(UTC) + timedelta(days=2)), "lies in the future"),
        (found("p1", true_crop="barley"), "found wrong, but 'barley' is the declared crop"),
        (found("p1", "right", true_crop="rye"), "'rye' is not the declared crop, 'barley'"),
    ],
)
def test_what_cannot_be_true_is_refused(
    connection: Connection, season: int, decision: Decision, problem: str
) -> None:
    with pytest.raises(DecisionError, match=problem):
        decisions.record(connection, season, decision, Source.WINDOW)
    assert number_of(connection) == 0


def test_a_list_of_another_season_is_refused(connection: Connection, season: int) -> None:
    other = add_season(connection, "es-2018")
    add_block(connection, other, 0, ["p1"])
    run = connection.execute("select max(id) as id from outlier_run").fetchone().id
    with pytest.raises(DecisionError, match=f"is not in run {run}"):
        decisions.record(connection, other, found("p1", run=run), Source.WINDOW)


def test_a_confusion_inside_a_group_calibrates_as_right(
    connection: Connection, season: int
) -> None:
    decisions.record(connection, season, found("p1", true_crop="rye"), Source.WINDOW)
    decisions.record(connection, season, found("p2", true_crop="maize"), Source.WINDOW)
    decisions.record(connection, season, found("p3"), Source.WINDOW)
    decisions.record(connection, season, found("p4", "unclear", true_crop="rye"), Source.WINDOW)
    known = decisions.in_force(connection, season)
    groups = {"barley": "cereals", "rye": "cereals", "maize": "maize"}
    assert decisions.findings(known, groups).wrong.tolist() == [False, True, True]
    assert decisions.findings(known).wrong.tolist() == [True, True, True]
