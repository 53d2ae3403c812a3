from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# A leader that ignores TERM and has a child in its session.
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True); time.sleep(600)",
]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., processes.Record]]:
    started: list[processes.Record] = []

    def start(name: str, command: list[str] = SLEEP) -> processes.Record:
        started.append(
            processes.launch(
                tmp_path,
                name,
                command,
                environment=os.environ,
                directory=tmp_path,
                log=tmp_path / f"{name}.log",
            )
        )
        return started[-1]

    yield start
    for record in started:
        processes.clear(tmp_path, record)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_started_process_is_recorded_and_alive(launch, tmp_path: Path) -> None:
    record = launch("one")
    assert processes.recorded(tmp_path, "one") == record
    assert processes.alive(record)
    assert processes.members(record) == [record.pid]


def test_a_started_process_leads_a_session_of_its_own(launch) -> None:
    record = launch("one")
    assert os.getsid(record.pid) == record.pid != os.getsid(0)


def test_stop_ends_it_and_forgets_it(launch, tmp_path: Path) -> None:
    record = launch("one")
    assert processes.stop(tmp_path, ["one"]) == ["one"]
    assert not processes.alive(record)
    assert processes.recorded(tmp_path, "one") is None


def test_stop_of_what_was_never_started_does_nothing(tmp_path: Path) -> None:
    assert processes.stop(tmp_path, ["one"]) == []


def test_a_namesake_with_another_start_time_is_not_ours(launch, tmp_path: Path) -> None:
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        started = processes._read(stranger.pid).started
        reused = dataclasses.replace(launch("one"), pid=stranger.pid, started=started - 1)
        processes._write(tmp_path / "one.json", reused)
        assert not processes.alive(reused)
        assert processes.members(reused) == []
        assert processes.stop(tmp_path, ["one"]) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_of_before_the_reboot_is_not_ours(launch) -> None:
    record = launch("one")
    earlier = dataclasses.replace(record, boot="another")
    assert not processes.alive(earlier)
    assert processes.members(earlier) == []


def test_a_zombie_is_not_alive(launch) -> None:
    record = launch("one")
    os.kill(record.pid, signal.SIGKILL)
    wait_for(lambda: processes._read(record.pid).state == "Z")
    assert not processes.alive(record)


def test_what_ignores_term_is_killed_with_its_children(launch, tmp_path: Path) -> None:
    record = launch("stubborn", STUBBORN)
    log = tmp_path / "stubborn.log"
    wait_for(lambda: log.read_text().strip())
    child = int(log.read_text())
    assert sorted(processes.members(record)) == sorted([record.pid, child])
    assert processes.stop(tmp_path, ["stubborn"], patience_s=0.3) == ["stubborn"]
    assert processes.members(record) == []


def test_children_of_a_killed_leader_are_found_and_ended(launch, tmp_path: Path) -> None:
    record = launch("stubborn", STUBBORN)
    log = tmp_path / "stubborn.log"
    wait_for(lambda: log.read_text().strip())
    child = int(log.read_text())
    os.kill(record.pid, signal.SIGKILL)
    wait_for(lambda: not processes.alive(record))
    assert processes.members(record) == [child]
    processes.clear(tmp_path, record)
    assert processes.members(record) == []


def test_a_command_that_does_not_exist_is_a_typed_error(launch) -> None:
    with pytest.raises(ServiceError, match="one: cannot be started"):
        launch("one", ["/no/such/program"])
