"""CPU time of a command together with its whole PostgreSQL."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.measure import Cost, local_backend

_TICK = os.sysconf("SC_CLK_TCK")


class Waited(Cost):
    """The time that some work took, in seconds.

    Client: this process and those that it started and that have ended. Server: all of PostgreSQL's
    processes, parallel workers and writers included.
    """

    def said(self) -> str:
        """The parts in words."""
        return (
            f"command {self.client:.1f} s and PostgreSQL {self.server:.1f} s of CPU;"
            f" {self.wall:.1f} s by the clock"
        )


class Stopwatch:
    """Measures work that uses the PostgreSQL of a connection, which nobody else may use."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._postmaster = int(_stat(local_backend(connection))[1])

    def measure(self, work: Callable[[], object]) -> Waited:
        """The time that some work takes."""
        client, server, wall = _own_cpu(), self._server_cpu(), time.perf_counter()
        work()
        return Waited(_own_cpu() - client, self._server_cpu() - server, time.perf_counter() - wall)

    def _server_cpu(self) -> float:
        """CPU of the postmaster, its children, and those of them that have ended."""
        ticks = sum(map(int, _stat(self._postmaster)[11:15]))
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    fields = _stat(int(entry.name))
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if int(fields[1]) == self._postmaster:
                    ticks += sum(map(int, fields[11:13]))
        return ticks / _TICK


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name: state, parent, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _own_cpu() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
