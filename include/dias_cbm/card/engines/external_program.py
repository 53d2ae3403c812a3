"""Run an external program: log its output, and kill it with its caller.

The program stays in the process group of its caller, so that whoever ends the group ends it too.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

from dias_cbm.errors import CardFailed
from dias_cbm.products.provenance import Progress

log = logging.getLogger(__name__)

_LAST_LINES, _LAST_CHARACTERS = 5, 600
_CHUNK = 4096


def run_program(
    command: Sequence[str | Path],
    *,
    share: re.Pattern[str],
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    """Run a program to its end and log its output.

    :param share: matches progress in the output; its first group is the percentage done.
    :param environment: added to this process's environment.
    :param folder: to run in.
    :raises CardFailed: it cannot be started or fails; its last lines are quoted.
    """
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
        )
    except OSError as error:
        raise CardFailed(f"cannot be run: {error}", subject=command[0]) from error
    with process:
        try:
            last = _listen(cast(IO[bytes], process.stdout), share, progress)
            code = process.wait()
        finally:
            process.kill()
    if code:
        ended = f"signal {-code}" if code < 0 else f"exit code {code}"
        quoted = " | ".join(last)[-_LAST_CHARACTERS:]
        raise CardFailed(f"ended with {ended}" + (f": {quoted}" if quoted else ""), subject=name)


def _listen(output: IO[bytes], share: re.Pattern[str], progress: Progress | None) -> list[str]:
    """Read the program's output to its end; returns the last lines."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    pending, reported = "", 0.0
    # Not line by line: gpt prints its progress bit by bit on a single line.
    while chunk := os.read(output.fileno(), _CHUNK):
        pending += chunk.decode("utf-8", "replace")
        for percent in share.findall(pending):
            if progress and reported < float(percent) / 100 <= 1:
                reported = float(percent) / 100
                progress(reported)
        *lines, pending = re.split(r"[\r\n]+", pending)
        for line in filter(None, map(str.strip, lines)):
            log.info("%s", line)
            last.append(line)
    if pending.strip():
        log.info("%s", pending.strip())
        last.append(pending.strip())
    return list(last)
