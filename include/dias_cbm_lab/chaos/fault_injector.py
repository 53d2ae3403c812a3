"""Fault injector: kills the demo's processes and fills its disk at random, by a seed."""

from __future__ import annotations

import logging
import os
import random
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import processes, services
from dias_cbm_lab.dias import faults

log = logging.getLogger(__name__)

#: Largest file that a task may write while the disk is "full": less than a product.
QUOTA_BYTES = 300_000

_PAUSE_S = (4.0, 12.0)
_QUOTA_S = (12.0, 25.0)
_SERVICES = ("scheduler", "triggerer", "dag-processor", "api-server")


class Storm:
    """A context in which a thread injects faults.

    Tasks, Airflow's services and database backends get SIGKILL, and for some seconds at a time no
    large file can be written.

    :param strokes: number of faults at most; after that only the local DIAS still fails.
    :param tell: takes a line about each fault.
    """

    def __init__(
        self, demo: services.Running, seed: int, strokes: int, tell: Callable[[str], None]
    ) -> None:
        self.done: Counter[str] = Counter()
        self._demo = demo
        self._chance = random.Random(seed)
        self._left = strokes
        self._tell = tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._rage, daemon=True)
        self._strokes: list[tuple[int, Callable[[], str | None]]] = [
            (6, self._kill_task),
            (2, self._kill_worker),
            (3, self._kill_backend),
            (3, self._fill_disk),
            *((1, lambda name=name: self._kill_service(name)) for name in _SERVICES),
        ]

    def __enter__(self) -> Self:
        faults.calm(self._demo.run.faults, False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        faults.calm(self._demo.run.faults, True)
        self._mend()

    def _rage(self) -> None:
        weights = [weight for weight, _ in self._strokes]
        while not self._over.wait(self._chance.uniform(*_PAUSE_S)):
            if not self._left:
                self._mend()
                continue
            (_, stroke), *_ = self._chance.choices(self._strokes, weights)
            try:
                what = stroke()
            except (psycopg.Error, OSError) as error:
                log.info("a fault could not be injected: %s", error)
                what = None
            if what:
                self.done[what] += 1
                self._left -= 1
                self._tell(f"chaos: {what}")
            self._mend()

    def _mend(self) -> None:
        """Start services that have ended, as a supervisor of the system would."""
        if services.missing(self._demo.run):
            self._over.wait(self._chance.uniform(1, 5))
            try:
                services.start(self._demo.run)
            except (ServiceError, psycopg.Error) as error:
                log.warning("not started yet: %s", error)

    def _workers(self) -> dict[int, list[int]]:
        """The scheduler's busy workers, with the processes that each has started for its task."""
        record = processes.recorded(self._demo.run.processes, "scheduler")
        if record is None:
            return {}
        children: dict[int, list[int]] = {}
        for pid in processes.members(record):
            children.setdefault(processes.parent(pid), []).append(pid)
        return {pid: children[pid] for pid in children.get(record.pid, []) if pid in children}

    def _tasks(self) -> list[int]:
        return [pid for begun in self._workers().values() for pid in begun]

    def _kill_task(self) -> str | None:
        tasks = self._tasks()
        return self._kill(self._chance.choice(tasks), "task killed") if tasks else None

    def _kill_worker(self) -> str | None:
        # An idle one may hold the lock of the executor's queue, so killing it stops the executor.
        workers = list(self._workers())
        return self._kill(self._chance.choice(workers), "worker killed") if workers else None

    def _kill_service(self, name: str) -> str | None:
        record = processes.recorded(self._demo.run.processes, name)
        if record is None or not processes.alive(record):
            return None
        return self._kill(record.pid, f"{name} killed")

    def _kill_backend(self) -> str | None:
        with psycopg.connect(self._demo.database_url, autocommit=True) as connection:
            rows = connection.execute(
                "select pid from pg_stat_activity"
                " where backend_type = 'client backend' and pid <> pg_backend_pid() order by pid"
            ).fetchall()
            where = connection.execute("show data_directory").fetchone()
            pids = [pid for (pid,) in rows]
            if not pids or where is None:
                return None
            victim = self._chance.choice(pids)
            if not Path(where[0]).is_relative_to(self._demo.run.root):
                connection.execute("select pg_terminate_backend(%s)", (victim,))
                return "database connection cut"
        return self._kill(victim, "database backend killed, and all others with it")

    def _fill_disk(self) -> str:
        """Keep tasks from writing large files; logs are written by other processes and go on."""
        until = time.monotonic() + self._chance.uniform(*_QUOTA_S)
        while time.monotonic() < until and not self._over.wait(0.1):
            limit_files(self._tasks(), QUOTA_BYTES)
        limit_files(self._tasks(), None)
        return "no room for files"

    @staticmethod
    def _kill(pid: int, what: str) -> str:
        os.kill(pid, signal.SIGKILL)
        return what


def limit_files(pids: Iterable[int], size: int | None) -> None:
    """Limit the size of files that processes may write; None removes the limit."""
    for pid in pids:
        try:
            _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most if size is None else size, most))
        except ProcessLookupError:
            continue
