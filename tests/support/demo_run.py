"""A main job whose scheduler is killed, what it made, and ``cbm backfill`` beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from dias_cbm_lab.demo import main_job, processes, report
from dias_cbm_lab.demo.environment import USER, password
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.season.simulate import DemoSeason

OPTIONS = main_job.Options(days=21, parcels=400, seed=7)


@dataclass
class Killer:
    """Shows progress, and kills the scheduler once some days are done."""

    run: RunFolder
    after: int
    killed: list[int] = field(default_factory=list)

    def step(self, text: str) -> None:
        """Nothing to do between the phases."""

    def progress(self, text: str) -> None:
        """The backfill's line says ``cbm_bs 3/21 ...``."""
        if self.killed or not text.startswith("cbm_bs "):
            return
        if sum(int(word.split("/")[0]) for word in text.split() if "/" in word) >= self.after:
            record = processes.recorded(self.run.processes, "scheduler")
            assert record is not None
            assert processes.alive(record)
            os.kill(record.pid, signal.SIGKILL)
            self.killed.append(record.pid)


@dataclass
class Demo:
    """A finished main job."""

    run: RunFolder
    season: DemoSeason
    database: str
    report: report.Report
    killed: list[int]
    environment: dict[str, str]

    def rows(self, statement: str, url: str | None = None) -> list[Any]:
        with psycopg.connect(url or self.database) as connection:
            return connection.execute(statement).fetchall()


class Command:
    """``cbm backfill`` as an operator runs it, in a process of its own."""

    def __init__(
        self,
        demo: Demo,
        first: date,
        last: date,
        *options: str,
        verb: str = "run",
        card: str = "bs",
        **settings: str,
    ) -> None:
        login = {"CBM_AIRFLOW_USER": USER, "CBM_AIRFLOW_PASSWORD": password(demo.run)}
        self._output = demo.run.root / f"backfill-{time.monotonic_ns()}.txt"
        days = ["--from", first.isoformat(), "--to", last.isoformat()]
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("cbm"),
                    "backfill",
                    verb,
                    demo.season.name,
                    "--card",
                    card,
                    *days,
                    *options,
                ],
                env=demo.environment | login | settings,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Whoever is started in the background of a shell ignores it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def text(self) -> str:
        return self._output.read_text()

    def says(self, words: str) -> None:
        deadline = time.monotonic() + 300
        while words not in self.text:
            assert self._process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.2)

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def ends(self, code: int) -> str:
        assert self._process.wait(timeout=600) == code, self.text
        return self.text
