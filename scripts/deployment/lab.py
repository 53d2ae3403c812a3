"""A lab as a command: its steps, one check a line, the sum, and what is left behind."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing

from dias_cbm_lab.demo import checks
from dias_cbm_lab.demo.check import Check
from scripts.deployment import programs
from scripts.deployment.programs import CannotRun


def parser_of(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the arguments that every lab has.

    :param name: of the lab, as in ``make NAME``.
    """
    parser = argparse.ArgumentParser(prog=f"make {name}", description=description)
    parser.add_argument("--days", type=int, default=6, help="days of the season, at most 21")
    parser.add_argument("--parcels", type=int, default=300)
    parser.add_argument(
        "--keep", action="store_true", help="keep images and season for the next run"
    )
    return parser


def run(name: str, attempt: Callable[[], Generator[Check]], remove: Callable[[], None]) -> int:
    """Try a lab; the exit code is 1 if a check fails, and 2 where it cannot be tried.

    :param name: of the lab, for messages.
    :param attempt: its steps, and the checks after them.
    :param remove: removes what was made; called however the attempt ends.
    """
    # Told to end, it cleans up like one that has done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    begun = time.monotonic()
    found: list[Check] = []
    try:
        held = programs.alone()
    except CannotRun as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    try:
        with closing(attempt()) as steps:
            for check in steps:
                found.append(check)
                print(checks.line(check), flush=True)
    except CannotRun as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted; what was started is ended", file=sys.stderr)
        return 130
    finally:
        remove()
        held.close()
    failed = sum(not check.ok for check in found)
    minutes = (time.monotonic() - begun) / 60
    print(f"{len(found)} checks, {failed} FAILED, {minutes:.1f} minutes")
    return 1 if failed else 0
