"""Background processes that outlive the command that started them, each recorded on disk.

A process is identified by its id together with its start time, so that an id that the system has
reused is never signalled. Each process leads its own session; processes that it leaves behind are
found by that session.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dias_cbm.errors import ServiceError

_POLL_S = 0.1
#: Children of this process that have not been reaped.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Record:
    """The record of a started process.

    :param pid: its process id, which is also its session id.
    :param started: its start time in clock ticks since boot, from ``/proc/PID/stat``.
    :param boot: the boot it belongs to; after a reboot ids belong to other processes.
    """

    name: str
    pid: int
    started: int
    boot: str
    command: list[str]


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    state: str
    parent: int
    session: int
    started: int


def launch(
    folder: Path,
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    log: Path,
) -> Record:
    """Start a process in a session of its own and record it as ``folder/NAME.json``.

    :param log: both of its outputs are appended there.
    :raises ServiceError: the command cannot be started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env=dict(environment),
                start_new_session=True,
            )
        except OSError as error:
            raise ServiceError(f"cannot be started: {error}", subject=name) from error
    _children.append(child)
    _reap()
    process = _read(child.pid)
    started = process.started if process else 0
    record = Record(name, child.pid, started, _boot(), list(command))
    _write(folder / f"{name}.json", record)
    return record


def recorded(folder: Path, name: str) -> Record | None:
    """The record of a process that was started, alive or not; None if there is none."""
    try:
        return Record(**json.loads((folder / f"{name}.json").read_text()))
    except FileNotFoundError:
        return None


def alive(record: Record | None) -> bool:
    """Whether the recorded process itself, and not another one with its id, is still running."""
    if record is None or record.boot != _boot():
        return False
    process = _read(record.pid)
    return process is not None and process.started == record.started and process.state != "Z"


def members(record: Record) -> list[int]:
    """Ids of the living processes of a recorded process' session, itself included.

    Empty when the session's number now belongs to a process that is not ours.
    """
    if record.boot != _boot():
        return []
    leader = _read(record.pid)
    if leader is not None and leader.started != record.started:
        return []
    return [
        process.pid
        for entry in Path("/proc").iterdir()
        if entry.name.isdecimal() and (process := _read(int(entry.name))) is not None
        if process.session == record.pid and process.started >= record.started
        if process.state != "Z"
    ]


def parent(pid: int) -> int:
    """The parent of a process; 0 if the process has ended."""
    process = _read(pid)
    return process.parent if process else 0


def stop(folder: Path, names: Sequence[str], *, patience_s: float = 30.0) -> list[str]:
    """Stop recorded processes together: TERM to each, KILL to what is left of their sessions.

    :param patience_s: seconds that they have to end after TERM.
    :returns: names of those that were running.
    """
    records = [record for name in names if (record := recorded(folder, name)) is not None]
    running = [record for record in records if alive(record)]
    for record in running:
        _signal(record.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience_s
    while any(alive(record) for record in running) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    for record in records:
        clear(folder, record)
    return [record.name for record in running]


def clear(folder: Path, record: Record) -> None:
    """Kill what is left of a process' session, and delete its record.

    :raises ServiceError: a process of it is still alive ten seconds after KILL.
    """
    deadline = time.monotonic() + 10
    while left := members(record):
        if time.monotonic() > deadline:
            raise ServiceError(f"processes {left} do not end", subject=record.name)
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(_POLL_S)
    _reap()
    (folder / f"{record.name}.json").unlink(missing_ok=True)


def _reap() -> None:
    """Collect the exit codes of children that have ended, so that no zombie is left."""
    _children[:] = [one for one in _children if one.poll() is None]


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _read(pid: int) -> _Process | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the command in parentheses and may itself hold spaces and parentheses.
    fields = text[text.rindex(")") + 2 :].split()
    return _Process(
        pid,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        started=int(fields[19]),
    )


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _write(path: Path, record: Record) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(asdict(record)))
    temporary.rename(path)
