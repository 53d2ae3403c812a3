"""The terminal of a long run: steps and progress."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from dias_cbm_lab.demo.services import Running


class Terminal:
    """Progress on stderr: one line updated in place on a terminal, an occasional one in a log."""

    _EVERY = 30  # calls, a minute at the pace of the demo

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._calls = 0

    def step(self, text: str) -> None:
        """A line that stays."""
        self._calls = 0
        typer.echo(f"\r\033[K{text}" if self._live else text, err=True)

    def progress(self, text: str) -> None:
        """A line that the next one replaces."""
        if self._live:
            typer.echo(f"\r\033[K{text}", err=True, nl=False)
        elif self._calls % self._EVERY == 0:
            typer.echo(text, err=True)
        self._calls += 1


def log_warnings() -> None:
    """Print the library's warnings."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


def say_where(running: Running, *, err: bool = False) -> None:
    """Print where Airflow and the window are.

    The password is shown once; later only the file that has it.
    """
    from dias_cbm_lab.demo import environment, window_checks

    def say(text: str) -> None:
        typer.echo(text, err=err)

    say(f"\nAirflow: {running.airflow_url}  user {environment.USER}")
    if environment.first_showing(running.run):
        say(f"password (shown once): {environment.password(running.run)}")
    say(f"the passwords, also of its viewer and its inspector, are kept in {running.run.passwords}")
    window = window_checks.addresses(running.airflow_url)
    say(f"window:  {window['in_airflow']}")
    say(f"         {window['alone']}  without Airflow around it")
    say('database: psql "$(scripts/postgres.sh url)"')
    say("stop everything: make stop")
