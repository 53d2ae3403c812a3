"""The sandbox of an engine: a process of its own, with limits and a log."""

from __future__ import annotations

import json
import os
import pickle
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dias_cbm import errors
from dias_cbm.errors import CardFailed, CbmError
from dias_cbm.products.provenance import MadeProduct, Progress
from dias_cbm.scenes import Kind

#: How much of a log a message quotes.
_LAST_LINES, _LAST_CHARACTERS = 3, 400


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """Limits of the process.

    :param seconds: wall time.
    :param memory: bytes of address space; None for no limit.
    """

    seconds: float
    memory: int | None = None


def run(
    function: str,
    sources: tuple[Path, ...],
    options: Mapping[str, Any],
    *,
    limits: SandboxLimits,
    log: Path,
    progress: Progress | None = None,
) -> MadeProduct:
    """Call a function of the registry in another process.

    However this call ends, the process and all that it has started end with it.

    :param log: the process's output is appended to it.
    :returns: the product, with the time and memory used in its provenance.
    :raises CbmError: what the function raised.
    :raises CardFailed: it took too long or too much memory, or crashed; the log's last lines are
        quoted.
    """
    task = {
        "function": function,
        "sources": sources,
        "options": dict(options),
        "memory": limits.memory,
    }
    with log.open("ab") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "dias_cbm.card.engines.sandbox_child", str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=lines,
            start_new_session=True,
        )
    try:
        reply = _talk(process, pickle.dumps(task), limits, progress)
        code = process.wait(timeout=60)
    except TimeoutError:
        hours = limits.seconds / 3600
        raise CardFailed(
            f"not finished within {hours:g} h{_tail(log)}",
            subject=log,
            hint="see the setting card.hours",
        ) from None
    finally:
        _end(process)
    if "error" in reply:
        raise _error(reply)
    if "path" not in reply:
        raise _broken(code, limits, log)
    measured = {name: reply[name] for name in ("seconds", "cpu_seconds", "peak_mb")}
    return MadeProduct(Path(reply["path"]), Kind(reply["kind"]), reply["provenance"] | measured)


def _talk(
    process: subprocess.Popen[bytes], task: bytes, limits: SandboxLimits, progress: Progress | None
) -> dict[str, Any]:
    """Send the task and read the process's reports to the end; returns the last one."""
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(task)
            process.stdin.close()
    reply: dict[str, Any] = {}
    for line in _lines(process, time.monotonic() + limits.seconds):
        reply = json.loads(line)
        if progress and "progress" in reply:
            progress(reply["progress"])
    return reply


def _lines(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    if process.stdout is None:
        return
    descriptor, pending = process.stdout.fileno(), b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not selector.select(left):
                continue
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            *lines, pending = (pending + chunk).split(b"\n")
            yield from lines


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _error(reply: Mapping[str, Any]) -> CbmError:
    kind = getattr(errors, reply["error"], CardFailed)
    error: CbmError = kind(reply["message"], subject=reply["subject"], hint=reply["hint"])
    return error


def _broken(code: int, limits: SandboxLimits, log: Path) -> CardFailed:
    tail = _tail(log)
    hint = None
    if code == -signal.SIGKILL or "MemoryError" in tail or "allocate" in tail.lower():
        hint = "out of memory? see the setting card.memory_gb"
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    return CardFailed(f"the engine ended with {ended}{tail}", subject=log, hint=hint)


def _tail(log: Path) -> str:
    """The last lines of a log, for a message."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = file.read().decode("utf-8", "replace").split("\n")
    text = " | ".join(line.strip() for line in lines if line.strip()).strip()
    last = " | ".join(text.split(" | ")[-_LAST_LINES:])[-_LAST_CHARACTERS:]
    return f": {last}" if last else ""
