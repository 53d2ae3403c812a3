"""Standard streams that are closed, full or without a reader, and Ctrl-C, as a shell has them."""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_fuzz.files import Files
from command_fuzz.services import closed_services
from command_fuzz.settings import closed_database, environment

CBM = Path(sys.executable).with_name("cbm")


def plain(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CBM_")}
    return kept | more


def shell(command: str, **more: str) -> tuple[int, str]:
    """Exit code of ``cbm`` in a line of the shell, and what is on standard error."""
    script = f'set -o pipefail; cbm() {{ {shlex.quote(str(CBM))} "$@"; }}; {command}'
    done = subprocess.run(
        ["bash", "-c", script], env=plain(**more), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


def extract(files: Files, *more: str) -> list[str]:
    return [
        str(CBM), "extract", str(files.good["parcels"]), str(files.good["raster"]), "--id-column",
        "pid", *more,
    ]  # fmt: skip


PRINTING = ["--help", "settings show", "settings show --json", "catalogue platforms", "--version"]


@pytest.mark.parametrize("command", PRINTING)
def test_a_full_disk_under_standard_output(command: str) -> None:
    code, err = shell(f"cbm {command} > /dev/full")
    assert (code, err) == (1, "error: standard output: No space left on device\n")


@pytest.mark.parametrize("command", PRINTING)
def test_a_reader_that_leaves_is_no_news(command: str) -> None:
    code, err = shell(f"cbm {command} | true")
    # What fits into the pipe may be written before the reader has gone.
    assert code in (0, 141)
    assert err == ""


def test_a_reader_that_has_left_ends_the_command() -> None:
    code, err = shell("cbm settings show | { exec <&-; sleep 3; }")
    assert (code, err) == (141, "")


def test_standard_output_that_is_closed_is_an_error() -> None:
    code, err = shell("cbm settings show >&-")
    assert (code, err) == (1, "error: standard output: Bad file descriptor\n")


def test_no_file_takes_the_place_of_a_closed_stream(files: Files, tmp_path: Path) -> None:
    """The table would otherwise be opened as standard output or error, and notes go into it."""
    out = tmp_path / "out.csv"
    line = shlex.join(extract(files, "--out", str(out)))
    assert shell(f"{line} <&- 2>&-")[0] == 0
    assert out.read_text().startswith("pid,band,count")
    assert len(out.read_text().splitlines()) == 3


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_notes_that_nobody_can_read_stop_nothing(where: str, files: Files) -> None:
    assert shell(f"{shlex.join(extract(files))} {where}")[0] == 0
    assert shell(f"cbm season list {where}") == (1, "")


def test_a_question_without_standard_input(tmp_path: Path) -> None:
    code, err = shell("cbm season drop dk-2018 <&-")
    assert code == 1
    assert err.endswith("Aborted!\n")
    assert "Traceback" not in err


def test_letters_that_the_terminal_lacks_are_escaped() -> None:
    code, err = shell("cbm catalogue platforms", PYTHONIOENCODING="cp1252", CBM_PLATFORM="ł")
    assert code == 1
    assert "'\\u0142'" in err


def test_statistics_on_a_full_disk(files: Files) -> None:
    code, err = shell(f"{shlex.join(extract(files))} > /dev/full")
    assert code == 1
    assert err.endswith("error: standard output: No space left on device\n")
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_table_on_a_full_disk(name: str, files: Files, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/dev/full")
    code, err = shell(shlex.join(extract(files, "--out", str(tmp_path / name))))
    assert code == 1
    assert f"error: {tmp_path / name}: cannot be written: No space left on device" in err
    assert "Traceback" not in err


def test_a_settings_file_on_a_disk_that_is_full(tmp_path: Path) -> None:
    done = subprocess.run(
        [CBM, "init", "--yes", "--store", "files:/eodata", "--out", tmp_path / "mine.toml"],
        # Compiled code would be written half as well.
        env=plain(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "mine.toml: cannot be written: File too large" in done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["cbm.toml"]


@pytest.mark.parametrize("line", ["season list", "doctor"])
def test_an_interrupt_is_exit_code_130(line: str, tmp_path: Path) -> None:
    with closed_services() as ports:
        chosen = environment(ports["hangs"], closed_database(ports["hangs"]).replace("=2", "=60"))
        chosen |= {"CBM_HTTP_TIMEOUT_S": "60"}
        running = subprocess.Popen(
            [CBM, *line.split()], env=plain(**chosen), cwd=tmp_path, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            # A shell that starts tests in the background has interrupts ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        try:
            time.sleep(3)
            assert running.poll() is None
            running.send_signal(signal.SIGINT)
            _, err = running.communicate(timeout=60)
        finally:
            running.kill()
            running.communicate()
    assert running.returncode == 130
    assert "Traceback" not in err


def test_a_defect_leaves_its_traceback_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(
        "from dias_cbm.config import report\n"
        "def in_force(*_, **__):\n    raise KeyError('three\\nlines')\n"
        "report.in_force = in_force\n"
    )
    (tmp_path / "run.py").write_text(
        "import sys, broken\nfrom dias_cbm.cli import app\nsys.argv = ['cbm', 'settings', 'show']\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "run.py"], env=plain(TMPDIR=str(tmp_path)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: a defect of cbm: KeyError: ")
    (written,) = tmp_path.glob("cbm-defect-*.txt")
    assert str(written) in done.stderr
    assert "Traceback (most recent call last)" in written.read_text()
