"""Decisions in the database: never lost, never changed, the latest in force."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from blocks import add_block, add_season
from typer.testing import CliRunner, Result

from dias_cbm.cli.outliers import app
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DecisionError
from dias_cbm.outliers import decisions
from dias_cbm.outliers.decision_file import import_file
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.parcels.removal import remove_parcels, remove_results

pytestmark = pytest.mark.integration
NAME = "dk-2018"
MORNING = datetime(2018, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def season(connection: Connection) -> int:
    """Parcels p1 to p10, all barley, and one list with them in this order; p1 and p2 are red."""
    number = add_season(connection, NAME)
    add_block(connection, number, 0, [f"p{n}" for n in range(1, 11)])
    add_list(connection, number)
    return number


def add_list(connection: Connection, season: int) -> int:
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'model', '{}', 'labels', '{}') returning id",
        (season,),
    ).fetchone()
    connection.execute(
        "insert into outlier (run, season, pid, declared, predicted, rank, status, observations,"
        " swap_odds, rank_odds) select %s, %s, 'p' || n, 'barley', 'rye', n,"
        " case when n < 3 then 'outlier' else 'confirmed' end, 9, 4 - n, 5 - n"
        " from generate_series(1, 10) as n",
        (run.id, season),
    )
    connection.commit()
    return run.id


def found(pid: str, finding: str = "wrong", by: str = "ann", **options: object) -> Decision:
    return Decision(pid, Finding(finding), by, **options)


def in_force(connection: Connection, season: int) -> dict[str, tuple[str, str]]:
    rows = decisions.in_force(connection, season)
    connection.commit()
    return {one.pid: (one.finding.value, one.by) for one in rows}


def number_of(connection: Connection) -> int:
    row = connection.execute("select count(*) as n from decision").fetchone()
    connection.commit()
    return row.n


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("pid;finding;made_at;by;true_crop;note", *lines)) + "\n")
    return path


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


def test_a_file_is_imported_once(connection: Connection, season: int, tmp_path: Path) -> None:
    lines = [
        "p1;wrong;2018-06-01;ann;rye;by car",
        "p2;right;2018-06-01T09:30+02:00;bob;;",
        "p3;;;;;",
    ]
    path = write(tmp_path / "found.csv", *lines)
    first = import_file(connection, season, path)
    assert (first.recorded, first.known, first.waiting) == (2, 0, 1)
    again = import_file(connection, season, path)
    assert (again.recorded, again.known) == (0, 2)
    # The inspector goes on in the same file.
    longer = write(path, *lines[:2], "p3;RIGHT;2018-06-02;ann;;")
    more = import_file(connection, season, longer)
    assert (more.recorded, more.known, more.waiting) == (1, 2, 0)
    assert in_force(connection, season) == {
        "p1": ("wrong", "ann"), "p2": ("right", "bob"), "p3": ("right", "ann"),
    }  # fmt: skip
    row = connection.execute("select * from decision where pid = 'p2'").fetchone()
    assert row.made_at == datetime(2018, 6, 1, 7, 30, tzinfo=UTC)
    assert (row.source, row.file_hash, row.file_line) == ("file", first.sha256, 3)


def test_an_old_file_does_not_overrule_a_later_decision(
    connection: Connection, season: int, tmp_path: Path
) -> None:
    decisions.record(connection, season, found("p1", "right", by="bob"), Source.WINDOW)
    import_file(connection, season, write(tmp_path / "a.csv", "p1;wrong;2018-06-01;ann;;"))
    assert in_force(connection, season) == {"p1": ("right", "bob")}
    assert number_of(connection) == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("p99;wrong;2018-06-01;ann;;", "line 3: parcel p99 is not a parcel of this season"),
        ("p2;bad;2018-06-01;ann;;", "line 3: 'bad' is not a finding; these are: right, wrong"),
        ("p2;wrong;;ann;;", "line 3: made_at is missing"),
        ("p2;wrong;1 June;ann;;", "line 3: '1 June' is not a day"),
        ("p2;wrong;2018-06-01;;;", "line 3: by is missing"),
        (";wrong;2018-06-01;ann;;", "line 3: pid is missing"),
        ("p2;wrong;2018-06-01;ann;barley;", "found wrong, but 'barley'"),
        ("p2;wrong;2018-06-01;ann;;;;", "line 3 has too many cells"),
        ("p2;wrong;9999-06-01;ann;;", "lies in the future"),
        ("p2;wrong;0001-01-02T00:00+14:00;ann;;", "lies before the season"),
        ("p2;wr\0ng;2018-06-01;ann;;", "is not a text file"),
    ],
)
def test_one_wrong_line_and_nothing_is_recorded(
    connection: Connection, season: int, tmp_path: Path, line: str, problem: str
) -> None:
    path = write(tmp_path / "found.csv", "p1;wrong;2018-06-01;ann;;", line)
    with pytest.raises(DecisionError, match=problem):
        import_file(connection, season, path)
    assert number_of(connection) == 0


def test_files_that_are_not_decisions(connection: Connection, season: int, tmp_path: Path) -> None:
    def refusal(content: bytes) -> str:
        path = tmp_path / "x.csv"
        path.write_bytes(content)
        with pytest.raises(DecisionError) as refused:
            import_file(connection, season, path)
        return str(refused.value)

    assert "has no column pid, finding, made_at" in refusal(b"")
    assert "has no column made_at (its columns are: pid, finding)" in refusal(b"pid,finding\n")
    assert "two columns have the same name" in refusal(b"pid,finding,made_at,pid\n")
    assert "is not UTF-8" in refusal(
        "pid,finding,made_at\np\u00e5,wrong,2018-01-01".encode("cp1252")
    )
    with pytest.raises(DecisionError, match="cannot be read"):
        import_file(connection, season, tmp_path / "none.csv")


# Imports a file, and waits for a row that another transaction holds: in the middle.
IMPORT = """
import sys
from pathlib import Path
from dias_cbm.db.connection import connect
from dias_cbm.outliers.decision_file import import_file

with connect(application="the import to be killed") as connection:
    import_file(connection, int(sys.argv[1]), Path(sys.argv[2]))
"""


def test_an_import_that_is_killed_in_the_middle_records_nothing(
    connection: Connection, database: str, season: int, tmp_path: Path
) -> None:
    lines = [f"p{n};wrong;2018-06-01;ann;;" for n in range(1, 11)]
    path = write(tmp_path / "found.csv", *lines)
    hash_ = import_file(connection, season, path).sha256
    connection.rollback()
    # Line 7 is written by an open transaction: the import can only go on when that has ended.
    decisions.insert(connection, season, found("p6", made_at=MORNING), Source.FILE, hash_, 7)
    worker = subprocess.Popen([sys.executable, "-c", IMPORT, str(season), path], env=os.environ)
    try:
        with connect(database) as watcher:
            for _ in range(300):
                row = watcher.execute(
                    "select count(*) as n from pg_stat_activity"
                    " where application_name = 'the import to be killed'"
                    " and wait_event_type = 'Lock'"
                ).fetchone()
                watcher.commit()
                if row.n:
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the import did not get to the middle")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    connection.rollback()
    assert number_of(connection) == 0
    assert import_file(connection, season, path).recorded == 10
    assert import_file(connection, season, path).known == 10


def test_the_commands(connection: Connection, season: int, tmp_path: Path) -> None:
    def call(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    connection.commit()
    sheet = tmp_path / "sample.csv"
    assert json.loads(call("sample", NAME, "--out", sheet, "--json").output)["parcels"] == 10
    head, *rows = sheet.read_text().splitlines()
    assert head.startswith("pid,finding,made_at,by,true_crop,run,note,rank,declared")
    assert rows[0].startswith("p1,,,,,")
    filled = [row.replace(",,,", ",wrong,2018-06-01,", 1) for row in rows[:3]]
    sheet.write_text("\n".join([head, *filled, *rows[3:]]))
    assert call("import", NAME, sheet, "--by", "ann", "--dry-run").output == (
        "would record 3 decisions; 0 known before, 7 lines without a finding\n"
    )
    done = json.loads(call("import", NAME, sheet, "--by", "ann", "--json").output)
    assert (done["recorded"], done["waiting"], done["ignored"]) == (3, 7, [])
    told = call("decide", NAME, "p10", "right", "--by", "bob", "--note", "walked there")
    assert told.output.endswith(f"{NAME} p10 right\n")
    assert call("decide", NAME, "p10", "perhaps").exit_code == 2
    assert isinstance(call("decide", NAME, "nowhere", "right").exception, DecisionError)
    assert json.loads(call("sample", NAME, "--out", sheet, "--json").output)["parcels"] == 6

    report = json.loads(call("report", NAME, "--json").output)
    assert (report["decided"], report["precision"]["hits"], report["precision"]["parcels"]) == (
        4, 2, 2,
    )  # fmt: skip
    assert report["definitions"]["alpha"]
    assert "precision: 100.0 % (2 of 2; 95 % interval" in call("report", NAME).output
