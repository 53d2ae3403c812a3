"""What the storm does to processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dias_cbm_lab.chaos import fault_injector
from dias_cbm_lab.demo import processes

# Writes a file of a megabyte again and again, and notes how that went.
WRITER = """
cd "$0"
while :; do
    head -c 1000000 /dev/zero > large 2>/dev/null && echo room >> notes || echo full >> notes
    sleep 0.05
done
"""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[processes.Record]:
    record = processes.launch(
        tmp_path / "processes",
        "writer",
        ["sh", "-c", WRITER, str(tmp_path)],
        environment=os.environ,
        directory=tmp_path,
        log=tmp_path / "log",
    )
    yield record
    processes.clear(tmp_path / "processes", record)


def noted(folder: Path, word: str) -> None:
    """Wait until a word is noted anew."""
    notes = folder / "notes"
    notes.touch()
    seen = len(notes.read_text())
    deadline = time.monotonic() + 60
    while word not in notes.read_text()[seen:]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_while_the_disk_is_full_no_large_file_can_be_written(
    writer: processes.Record, tmp_path: Path
) -> None:
    noted(tmp_path, "room")
    fault_injector.limit_files(processes.members(writer), fault_injector.QUOTA_BYTES)
    noted(tmp_path, "full")
    fault_injector.limit_files(processes.members(writer), None)
    noted(tmp_path, "room")


def test_a_process_knows_who_has_begun_it(writer: processes.Record) -> None:
    assert processes.parent(writer.pid) == os.getpid()
    assert processes.parent(2**22 + 1) == 0
