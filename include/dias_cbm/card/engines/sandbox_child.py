"""The process inside the sandbox: it has limits and ends with its caller.

It reads its task from standard input and reports on standard output, one JSON text a line;
whatever libraries print goes to the log.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import pickle
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any, TextIO

_PR_SET_PDEATHSIG = 1

#: Progress is reported in steps of this share.
_STEP = 0.005


def main() -> None:
    """Do the work. Errors of this library are reported; any other ends the process."""
    _end_with_parent(int(sys.argv[1]))
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the process that started this
    if task["memory"]:
        _limit_memory(task["memory"])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    _work(task, report)


def _limit_memory(memory: int) -> None:
    allowed = resource.getrlimit(resource.RLIMIT_AS)[1]
    if allowed != resource.RLIM_INFINITY:
        memory = min(memory, allowed)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _work(task: dict[str, Any], report: TextIO) -> None:
    from dias_cbm.card.engines.registry import load
    from dias_cbm.errors import CbmError

    started = time.monotonic()
    try:
        made = load(task["function"])(
            *task["sources"], **task["options"], progress=_Progress(report)
        )
    except CbmError as error:
        logging.getLogger(__name__).exception("failed")
        _send(
            report,
            error=type(error).__name__,
            message=error.message,
            subject=error.subject,
            hint=error.hint,
        )
        return
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    _send(
        report,
        path=str(made.path),
        kind=made.kind,
        provenance=dict(made.provenance),
        seconds=round(time.monotonic() - started, 1),
        cpu_seconds=round(sum(one.ru_utime + one.ru_stime for one in usage), 1),
        peak_mb=_peak_kb(usage[1].ru_maxrss) >> 10,
    )


def _peak_kb(children: int) -> int:
    """Peak memory of this process or of one of its children.

    For this process it is VmHWM, because ``ru_maxrss`` starts at the memory of the parent.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return max(own, children)


class _Progress:
    def __init__(self, report: TextIO) -> None:
        self._report, self._sent = report, 0.0

    def __call__(self, share: float) -> None:
        if share >= self._sent + _STEP or share >= 1:
            self._sent = share
            _send(self._report, progress=round(float(share), 4))


def _send(report: TextIO, **what: Any) -> None:
    report.write(json.dumps(what, default=str) + "\n")
    report.flush()


def _end_with_parent(parent: int) -> None:
    """End this process and its children when the parent dies, for whatever reason.

    :param parent: its process id; if it has died already, this process has another parent.
    """

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.killpg(0, signal.SIGKILL)

    signal.signal(signal.SIGTERM, end)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        end()


if __name__ == "__main__":
    main()
