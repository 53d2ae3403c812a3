"""The process inside the sandbox: limited, and gone when its caller is.

It reads what to do from its standard input and reports on its standard output, one JSON text a
line; whatever libraries print goes to the log.
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

#: Progress is told when it has moved by this much.
_STEP = 0.005


def main() -> None:
    """Do the work; an error of this library is reported, any other ends the process."""
    _end_with_parent(int(sys.argv[1]))
    report = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    task = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the process that started this
    if task["memory"]:
        resource.setrlimit(resource.RLIMIT_AS, (task["memory"], task["memory"]))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    _work(task, report)


def _work(task: dict[str, Any], report: TextIO) -> None:
    from dias_cbm.card.engines.registry import load
    from dias_cbm.errors import CbmError

    started = time.monotonic()
    try:
        made = load(task["function"])(
            *task["sources"], **task["options"], progress=_Progress(report)
        )
    except CbmError as error:
        logging.getLogger(__name__).exception("not made")
        _tell(
            report,
            error=type(error).__name__,
            message=error.message,
            subject=error.subject,
            hint=error.hint,
        )
        return
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    _tell(
        report,
        path=str(made.path),
        kind=made.kind,
        provenance=dict(made.provenance),
        seconds=round(time.monotonic() - started, 1),
        cpu_seconds=round(sum(one.ru_utime + one.ru_stime for one in usage), 1),
        peak_mb=_peak_kb(usage[1].ru_maxrss) >> 10,
    )


def _peak_kb(children: int) -> int:
    """Most memory held by this process or one of its children.

    Of this process by VmHWM, because its ``ru_maxrss`` begins with the memory of its parent.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return max(own, children)


class _Progress:
    def __init__(self, report: TextIO) -> None:
        self._report, self._told = report, 0.0

    def __call__(self, share: float) -> None:
        if share >= self._told + _STEP or share >= 1:
            self._told = share
            _tell(self._report, progress=round(float(share), 4))


def _tell(report: TextIO, **what: Any) -> None:
    report.write(json.dumps(what, default=str) + "\n")
    report.flush()


def _end_with_parent(parent: int) -> None:
    """Take this process and its children along when the parent dies, by whatever.

    :param parent: its process id; another one has adopted this process if it has died already.
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
