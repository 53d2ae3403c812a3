"""Series imported into a season and compared with its own, by the commands and the library."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from typer.testing import CliRunner, Result

from dias_cbm import export, seasons
from dias_cbm.cli import build
from dias_cbm.db.connection import Connection
from dias_cbm.export.snapshot import What
from dias_cbm.scenes import Kind, Status
from dias_cbm.series.compare import Comparison, compare

pytestmark = pytest.mark.integration

HEAD = "pid,date,card,band,direction,count,mean"
DAYS = [date(2018, 4, 1) + timedelta(5 * n) for n in range(30)]


def run(*words: object) -> Result:
    return CliRunner().invoke(build(), [str(word) for word in words])


def ok(*words: object) -> Any:
    """What a command prints as JSON."""
    done = run(*words, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def fails(*words: object) -> str:
    done = run(*words)
    assert done.exit_code == 1
    return str(done.exception)


@pytest.fixture
def season(connection: Connection) -> Connection:
    """A season with two blocks of parcels, and no signatures."""
    made = add_season(connection, "dk-2018")
    for blk, pids in ((1, ["a", "b", "c"]), (2, ["d"])):
        add_block(connection, made, blk, pids)
    return connection


@pytest.fixture
def own(season: Connection) -> Connection:
    """With 30 days of backscatter of two directions, and NDVI."""
    connection, number_of_season = season, seasons.get(season, "dk-2018").id
    for number, day in enumerate(DAYS):
        wave = 0.5 + 0.3 * np.sin(number / 5)
        for hour, direction in ((5, "D"), (17, "A")):
            at = datetime(day.year, day.month, day.day, hour, 40, tzinfo=UTC)
            scene = add_scene(
                connection, f"bs_{at:%m%d%H}", at, direction=direction, status=Status.READY
            )
            for blk, parcels in ((1, 3), (2, 1)):
                mean = np.full(parcels, (0.1 if direction == "A" else 0.2) * wave, np.float32)
                add_signatures(
                    connection, number_of_season, scene, blk, "VV", [20.0] * parcels, mean
                )
        at = datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC)
        scene = add_scene(connection, f"s2_{at:%m%d}", at, Kind.S2_L2A, status=Status.READY)
        means = [wave + 0.1, wave, float("nan")]
        add_signatures(
            connection, number_of_season, scene, 1, "NDVI", [20, 20, float("nan")], means
        )
    connection.commit()
    return connection


def compared(connection: Connection, a: str, b: str) -> Comparison:
    found = compare(connection, seasons.get(connection, "dk-2018"), a, b)
    connection.commit()
    return found


def exported(connection: Connection, folder: Path) -> list[dict[str, Any]]:
    """The season's own signatures as rows of text."""
    import pyarrow.parquet as pq

    export.export(connection, "dk-2018", folder, [What.SIGNATURES])
    return [
        row for file in sorted(folder.glob("*.parquet")) for row in pq.read_table(file).to_pylist()
    ]


def write(path: Path, rows: list[dict[str, Any]], **changes: Any) -> Path:
    """Rows as CSV; ``day`` and ``mean`` may change each."""
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["pid", "obsid", "obstime", "card", "band", "direction", "count", "mean"])
        for row in rows:
            at = row["obstime"] + changes.get("later", timedelta())
            mean = changes.get("mean", lambda value: value)(row["mean"])
            told = "" if changes.get("untold") else row["direction"]
            key = [row["pid"], row["obsid"], at.isoformat(), row["card"], row["band"]]
            writer.writerow([*key, told, row["count"], mean])
    return path


def test_what_is_exported_and_imported_again_does_not_differ(
    own: Connection, tmp_path: Path
) -> None:
    rows = exported(own, tmp_path)
    done = ok("series", "import", "dk-2018", write(tmp_path / "s.csv", rows), "--name", "other")
    assert done["records"] == len(rows) == 30 * (2 * 4 + 2)
    for pair in (("own", "other"), ("own", "own"), ("other", "other")):
        found = compared(own, *pair)
        assert {(one.card, one.band, one.both, one.only_a, one.only_b) for one in found.bands} == {
            ("bs", "VV", 240, 0, 0), ("s2", "NDVI", 60, 0, 0),
        }  # fmt: skip
        for row in found.rows:
            one = row.difference
            assert (one.bias, one.spread, one.median, one.robust_spread) == (0, 0, 0, 0)
            assert one.correlation in (1, None)
        assert [(one.lag.days, one.lag.correlation) for one in found.bands if one.lag] == [
            (0, 1)
        ] * 2
    units = [(row.band, row.unit) for row in found.rows if row.crop is None and row.month is None]
    assert units == [("VV", "linear"), ("VV", "dB"), ("NDVI", "")]


def test_of_two_own_observations_of_a_day_both_sides_take_the_same(
    own: Connection, tmp_path: Path
) -> None:
    """A second tile saw the parcels on the same day, with as many pixels and other values."""
    season = seasons.get(own, "dk-2018").id
    at = datetime(2018, 4, 1, 10, 31, tzinfo=UTC)
    scene = add_scene(own, "s2_second", at, Kind.S2_L2A, status=Status.READY)
    add_signatures(own, season, scene, 1, "NDVI", [20, 21, float("nan")], [0.1, 0.2, float("nan")])
    rows = exported(own, tmp_path)
    done = ok("series", "import", "dk-2018", write(tmp_path / "s.csv", rows[::-1]), "--name", "x")
    assert done["counts"]["second_observations"] == 2
    ndvi = {one.band: one for one in compared(own, "own", "x").bands}["NDVI"]
    assert (ndvi.both, ndvi.only_a, ndvi.only_b) == (60, 0, 0)
    assert all(row.difference.spread == 0 for row in compared(own, "own", "x").rows)


def test_a_parquet_export_is_a_source(own: Connection, tmp_path: Path) -> None:
    exported(own, tmp_path)
    [file] = tmp_path.glob("signatures_bs_2018-05.parquet")
    done = ok("series", "import", "dk-2018", file, "--name", "x")
    assert (done["reading"]["layout"], done["cards"]) == ("own", ["bs"])
    [row] = own.execute("select * from imported_series where pid = 'd' and day = '2018-05-01' "
                        "and direction = 'A'").fetchall()  # fmt: skip
    assert (row.source, row.card, row.band, row.count) == ("x", "bs", "VV", 20)


def test_planted_bias_and_lag_are_recovered(own: Connection, tmp_path: Path) -> None:
    rows = [row for row in exported(own, tmp_path) if row["card"] == "s2"]
    biased = write(tmp_path / "biased.csv", rows, mean=lambda value: value + 0.05)
    late = write(tmp_path / "late.csv", rows, later=timedelta(7))
    for name, file in (("biased", biased), ("late", late)):
        ok("series", "import", "dk-2018", file, "--name", name)
    found = compared(own, "own", "biased")
    whole = next(row for row in found.rows if row.band == "NDVI")
    assert whole.difference.bias == pytest.approx(0.05, abs=1e-6)
    assert whole.difference.median == pytest.approx(0.05, rel=0.01)
    assert whole.difference.spread == pytest.approx(0, abs=1e-6)
    assert {row.crop for row in found.rows} == {None, "barley"}
    assert {row.month for row in found.rows} == {
        None, *(f"2018-0{n}" for n in range(4, 9)),
    }  # fmt: skip
    facts = {one.band: one for one in compared(own, "own", "late").bands}["NDVI"]
    assert facts.lag is not None
    assert facts.lag.days == 7
    assert (facts.both, facts.only_a, facts.only_b) == (0, 60, 60)
    assert facts.days_only_a == DAYS
    reverse = {one.band: one for one in compared(own, "late", "own").bands}["NDVI"]
    assert reverse.lag is not None
    assert reverse.lag.days == -7


def test_a_source_without_directions_is_not_mixed(own: Connection, tmp_path: Path) -> None:
    """Both directions pass on every day, so nothing tells which of the two a value is of."""
    rows = [row for row in exported(own, tmp_path) if row["direction"] == "A"]
    ok("series", "import", "dk-2018", write(tmp_path / "s.csv", rows, untold=True), "--name", "x")
    facts = {one.band: one for one in compared(own, "own", "x").bands}
    assert (facts["VV"].ambiguous, facts["VV"].both, facts["VV"].only_b) == (240, 0, 120)
    assert facts["NDVI"].both == 60


def test_decibels_and_linear(own: Connection, tmp_path: Path) -> None:
    """Half the backscatter is 3.01 dB less, wherever it is on the linear scale."""
    rows = [row for row in exported(own, tmp_path) if row["card"] == "bs"]
    file = write(tmp_path / "s.csv", rows, mean=lambda value: 10 * np.log10(value / 2))
    assert "say --backscatter db" in fails("series", "import", "dk-2018", file, "--name", "x")
    ok("series", "import", "dk-2018", file, "--name", "x", "--backscatter", "db")
    found = {row.unit: row.difference for row in compared(own, "own", "x").rows if not row.month}
    assert found["dB"].bias == pytest.approx(-3.0103, abs=1e-4)
    assert found["dB"].spread == pytest.approx(0, abs=1e-4)
    assert found["linear"].mean_b == pytest.approx(found["linear"].mean_a / 2, rel=1e-5)


def small(tmp_path: Path, name: str, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / name
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def records(connection: Connection) -> list[tuple[Any, ...]]:
    found = connection.execute(
        "select source, pid, day::text, band, mean from imported_series order by 1, 2, 3, 4"
    ).fetchall()
    connection.commit()
    return [tuple(row) for row in found]


def test_again_and_replaced(season: Connection, tmp_path: Path) -> None:
    first = small(tmp_path, "1.csv", "a,2018-05-01,s2,B04,D,5,0.25")
    second = small(tmp_path, "2.csv", "b,2018-05-01,s2,B04,D,5,0.5")
    words = ("series", "import", "dk-2018")
    assert ok(*words, first, "--name", "x", "--dry-run")["records"] == 1
    assert records(season) == []
    assert ok(*words, first, "--name", "x")["unchanged"] is False
    assert ok(*words, first, "--name", "x")["unchanged"] is True
    assert "x: was imported before, from 1.csv (--replace" in fails(*words, second, "--name", "x")
    assert ok(*words, second, "--name", "x", "--replace", "--dry-run")["replaced"] == 1
    assert records(season) == [("x", "a", "2018-05-01", "B04", 0.25)]
    ok(*words, second, "--name", "x", "--replace")
    ok(*words, first, "--name", "y")
    assert records(season) == [
        ("x", "b", "2018-05-01", "B04", 0.5), ("y", "a", "2018-05-01", "B04", 0.25),
    ]  # fmt: skip
    [listed, _] = ok("series", "list", "dk-2018")
    assert (listed["name"], listed["bands"], listed["days"], listed["records"]) == (
        "x",
        "B04",
        1,
        1,
    )
    assert "sources: own, x, y" in fails("series", "compare", "dk-2018", "own", "z")
    assert ok("series", "drop", "dk-2018", "x", "--dry-run")["records"] == 1
    ok("series", "drop", "dk-2018", "x", "--yes")
    assert [row[0] for row in records(season)] == ["y"]
    assert season.execute("select count(*) from signature_block").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "has no rows"),
        (
            ["x,2018-05-01,s2,B04,D,5,0.2"],
            "none of its 1 rows is of a parcel and day of the season",
        ),
        (["a,2018-05-01,s2,B04,D,5,2000"] * 2, "say --optical dn"),
        (
            ["a,2018-05-01,s2,B04,D,5,0.25", "a,2018-05-01,s2,B04,D,5,0.5"],
            "has several values for 1 parcels, days and bands, such as a on 2018-05-01, s2 B04",
        ),
        (["a,2018-05-01,s2,B04,D,5,0.25", "a,2018-05-01,s2,B04"], "cannot be read"),
    ],
)
def test_whole_or_nothing(season: Connection, tmp_path: Path, rows: list[str], told: str) -> None:
    file = small(tmp_path, "f.csv", *rows)
    assert told in fails("series", "import", "dk-2018", file, "--name", "x")
    assert records(season) == []
    assert season.execute("select count(*) from series_source").fetchone()[0] == 0
    season.commit()


def test_what_is_counted(season: Connection, tmp_path: Path) -> None:
    file = small(
        tmp_path, "f.csv", "a,2018-05-01,bs,VV,A,5,0.25", "a,2018-05-01,bs,VV,A,5,0.25",
        "q,2018-05-01,bs,VV,A,5,0.25", "a,2017-05-01,bs,VV,A,5,0.25", "b,2018-05-01,bs,VV,A,5,",
    )  # fmt: skip
    done = run("series", "import", "dk-2018", file, "--name", "x")
    assert done.output.splitlines()[1:] == [
        "imported 1 of 5 rows as x: bs; VV",
        "1 rows have no value",
        "1 rows are of parcels that the season does not have: q",
        "1 rows are of days outside the season",
        "1 rows are there a second time",
    ]


def test_of_two_tiles_the_value_with_most_pixels_is_kept(
    season: Connection, tmp_path: Path
) -> None:
    file = small(
        tmp_path, "f.csv", "a,11,2018-05-01T10:30,B04,5,2000", "a,12,2018-05-01T10:30,B04,9,3000",
        head="pid,obsid,obstime,band,count,mean",
    )  # fmt: skip
    done = ok("series", "import", "dk-2018", file, "--name", "jrc")
    assert done["reading"]["layout"] == "jrc"
    assert done["counts"]["second_observations"] == 1
    assert records(season) == [("jrc", "a", "2018-05-01", "B04", pytest.approx(0.3))]


def test_a_killed_import_leaves_nothing(season: Connection, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    days = [date(2018, 1, 1) + timedelta(n) for n in range(365)]
    with file.open("w") as stream:
        stream.write(f"{HEAD}\n")
        for band in range(300):
            stream.writelines(f"a,{day},s2,I{band},D,5,0.2\n" for day in days)
    line = ["series", "import", "dk-2018", str(file), "--name", "x"]
    cbm = Path(sys.executable).with_name("cbm")
    with subprocess.Popen([cbm, *line], env=dict(os.environ), stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        busy = (
            "select 1 from pg_stat_activity where application_name = 'cbm series import'"
            " and query ilike '%series_staged%' and datname = current_database()"
        )
        while not season.execute(busy).fetchone() and time.monotonic() < deadline:
            season.commit()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    season.commit()
    assert process.returncode == -signal.SIGKILL
    assert records(season) == []
    done = ok(*line)
    assert (done["records"], done["unchanged"]) == (300 * 365, False)


def test_table_file_and_picture(own: Connection, tmp_path: Path) -> None:
    rows = [row for row in exported(own, tmp_path) if row["obstime"].month < 7]
    ok("series", "import", "dk-2018", write(tmp_path / "s.csv", rows), "--name", "x")
    words = ("series", "compare", "dk-2018", "own", "x")
    done = run(*words, "--out", tmp_path / "c.csv")
    assert done.exit_code == 0, done.output
    assert "VV linear" in done.output
    assert "s2 NDVI: 22 values only in own; days that only it has: 2018-07-05, " in done.output
    with (tmp_path / "c.csv").open() as stream:
        found = list(csv.DictReader(stream))
    assert {row["unit"] for row in found} == {"", "dB", "linear"}
    assert found[0]["crop"] == found[0]["month"] == ""
    assert run(*words, "--out", tmp_path / "c.png").exit_code == 0
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    assert ok(*words)["bands"][0]["days_only_b"] == []


def test_nothing_in_common(own: Connection, tmp_path: Path) -> None:
    words = ("series", "compare", "dk-2018", "own", "x")
    file = small(tmp_path, "1.csv", "a,2018-03-01,s2,B04,D,5,0.25")
    ok("series", "import", "dk-2018", file, "--name", "x")
    for name in ("c.csv", "c.png"):
        done = run(*words, "--out", tmp_path / name)
        assert done.exit_code == 0, done.exception
        assert "s2 B04: no parcel has a value of both on one day" in done.output
    assert (tmp_path / "c.csv").read_text().startswith("card,band,unit,crop,month,pairs,mean_a,")
