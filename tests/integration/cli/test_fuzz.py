"""Every command that uses a database, with broken files and odd values; a season is in it."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from command_fuzz import grammar
from command_fuzz.calls import call, complaints
from command_fuzz.files import Files
from command_fuzz.fixtures import MOST_SECONDS
from command_fuzz.settings import environment
from hypothesis import given
from hypothesis import strategies as st

pytestmark = [pytest.mark.integration]

CBM = Path(sys.executable).with_name("cbm")
#: The test bench starts services of its own.
COMMANDS = {
    name: one
    for name, one in grammar.commands().items()
    if name.split()[0] not in ("demo", "evidence", "lab") and name != "extract"
}
#: Commands that write results, with a file or folder for each format.
WRITING = (
    ("season area dk-2018", "area.geojson"),
    ("season calendar dk-2018", "calendar.png"),
    ("season calendar dk-2018", "calendar.html"),
    ("season export dk-2018 --what parcels", "export"),
    ("season dump dk-2018", "dump"),
    ("outliers export dk-2018", "outliers.csv"),
    ("outliers export dk-2018", "outliers.gpkg"),
    ("peers list dk-2018 1", "peers.csv"),
)


@pytest.fixture
def season(database: str, files: Files, out: Path) -> str:
    """A database with a season, two parcels and a run of the outlier step; its address."""
    from dias_cbm.db.connection import connect

    line = ["parcels", "load", "dk-2018", str(files.good["parcels"])]
    done = call(
        [*line, "--id-column", "pid", "--crop-column", "crop"], {"CBM_DATABASE_URL": database}, out
    )
    assert done.code == 0, done.err
    with connect(database) as connection:
        connection.execute(
            "with made as (insert into outlier_run (season, model, features, labels, report)"
            " select id, 'x', '[]', '', '{}' from season returning id, season)"
            " insert into outlier (run, season, pid, declared, status, observations)"
            " select id, season, '1', 'wheat', 'outlier', 3 from made"
        )
    return database


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_with_odd_input(
    name: str, season: str, files: Files, ports: Mapping[str, int], out: Path
) -> None:
    lines = grammar.Lines(name, COMMANDS[name], files, out)

    @grammar.bounded(lines, share=1)
    @given(grammar.Lines.drawn(lines), st.sampled_from(sorted(set(ports) - {"hangs"})))
    def attempt(line: list[str], service: str) -> None:
        done = call(line, environment(ports[service], season), out)
        found = complaints(done, most_seconds=MOST_SECONDS)
        assert not found, f"{found}: cbm {done.arguments}\n{done.code} {done.err}"

    attempt()


@pytest.mark.parametrize(("line", "name"), WRITING)
def test_results_are_written(line: str, name: str, season: str, out: Path) -> None:
    done = call([*line.split(), "--out", name], {"CBM_DATABASE_URL": season}, out)
    assert done.code == 0, done.err
    assert (out / name).exists()
    assert [one for one in done.left if ".part" in one.name] == []


@pytest.mark.parametrize(("line", "name"), WRITING)
def test_results_on_a_full_disk(line: str, name: str, season: str, out: Path) -> None:
    """One line that names file or folder, and nothing of it is left."""
    done = subprocess.run(
        [CBM, *line.split(), "--out", out / name],
        # Compiled code would be written half as well.
        env={"CBM_DATABASE_URL": season, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)),
        capture_output=True, text=True, check=False, cwd=out,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"error: {out / name}: cannot be written: ")
    assert "Traceback" not in done.stderr
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("line", ["db status", "season list --json", "season area dk-2018"])
def test_results_on_a_full_standard_output(line: str, season: str, out: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [CBM, *line.split()], env={"CBM_DATABASE_URL": season}, cwd=out, check=False,
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1, "error: standard output: No space left on device\n",
    )  # fmt: skip


def test_a_database_that_may_only_be_read(season: str, out: Path) -> None:
    read_only = f"{season}?options=-c%20default_transaction_read_only%3Don"
    done = call(["season", "drop", "dk-2018", "--yes"], {"CBM_DATABASE_URL": read_only}, out)
    assert done.code == 1
    assert done.err.startswith("error: the database does not allow this: cannot execute ")


def test_what_is_left_after_an_export_of_nothing(database: str, out: Path) -> None:
    done = call(["season", "export", "none", "--out", "a/b"], {"CBM_DATABASE_URL": database}, out)
    assert done.code == 1
    assert list(out.iterdir()) == []
