"""Decisions from files: recorded once, all or none, and by the commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from decided_season import MORNING, NAME, found, in_force, number_of, season
from typer.testing import CliRunner, Result

from dias_cbm.cli.outliers import app
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DecisionError
from dias_cbm.outliers import decisions
from dias_cbm.outliers.decision_file import import_file
from dias_cbm.outliers.finding import Source

__all__ = ["season"]
pytestmark = pytest.mark.integration


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("pid;finding;made_at;by;true_crop;note", *lines)) + "\n")
    return path


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
