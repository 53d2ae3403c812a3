"""The demo season under fire: everything that can fail does, and the result must be the same.

The local DIAS answers with faults, products are lost or withheld, tasks, services and database
backends are killed, the disk is full for a while, the mail server is down. When the faults have
stopped, the season is compared with the planted truth and with the same season run undisturbed.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.db.connection import connect
from dias_cbm.errors import ServiceError
from dias_cbm_lab.chaos import checks as chaos_checks
from dias_cbm_lab.chaos.fault_injector import Storm
from dias_cbm_lab.demo import checks, mailbox, main_job, processes, services
from dias_cbm_lab.demo.checks import Check
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import faults
from dias_cbm_lab.season.simulate import DemoSeason

#: Run of ``cbm_gaps`` without faults; each one retries what has failed by chance.
_MOST_LOOKS = 5
_MOST_BACKFILLS = 4
#: Number of injected faults during the backfill and while gaps are rechecked.
_STROKES, _LATER_STROKES = 30, 6
_PATIENCE_S = 600.0
#: The state of a task whose try has failed.
_WAITS = "up_for_retry"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The faults injected into a season, and the checks of its result.

    :param strokes: injected faults, by kind.
    :param served: faults of the local DIAS, by kind.
    :param passing: gaps that were not planted and have recovered, by cause.
    :param backfills: how often days were run until none had failed.
    :param looks: runs of ``cbm_gaps`` until only planted gaps were open.
    """

    seed: int
    days: int
    parcels: int
    strokes: Mapping[str, int]
    served: Mapping[str, int]
    passing: Mapping[str, int]
    backfills: int
    looks: int
    mails: Sequence[str]
    checks: Sequence[Check]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether all checks pass."""
        return all(check.ok for check in self.checks)

    def as_json(self) -> str:
        """The result as JSON."""
        # Not with asdict, which cannot copy a Counter.
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        plain |= {"checks": [dataclasses.asdict(check) for check in self.checks], "ok": self.ok}
        return json.dumps(plain, indent=1, default=str)

    def lines(self) -> list[str]:
        """The result as text."""

        def listed(counts: Mapping[str, int]) -> list[str]:
            return [f"  {count:>4} x {name}" for name, count in sorted(counts.items())] or [
                "  none"
            ]

        return [
            "",
            f"SIMULATED season of {self.days} days and {self.parcels} parcels under fire,"
            f" seed {self.seed}, {self.seconds / 60:.1f} minutes",
            "",
            "injected faults",
            *listed(self.strokes),
            "faulty replies of the local DIAS",
            *listed(self.served),
            "gaps that were not planted and have recovered",
            *listed(self.passing),
            f"backfills {self.backfills}, runs of cbm_gaps {self.looks}, mails {len(self.mails)}",
            "",
            "checks",
            *(checks.line(check) for check in self.checks),
            "",
            "nothing lost, nothing doubled, every fault named"
            if self.ok
            else f"{sum(not check.ok for check in self.checks)} checks FAILED",
        ]


def run(folder: RunFolder, options: main_job.Options, show: main_job.Show) -> Outcome:
    """Run a season under fire, and check the result.

    :param folder: must not hold an ordinary demo.
    :raises ServiceError: a service does not work, or nothing makes progress.
    """
    begun = time.monotonic()
    if folder.ports.exists() and not folder.faults.exists():
        raise ServiceError(
            "the folder holds an ordinary demo", subject=folder.root, hint="another folder"
        )
    made = main_job.make_season(folder, options, show)
    if not folder.faults.exists():
        faults.write(folder.faults, faults.choose(folder.season, options.seed))
    faults.calm(folder.faults, True)
    show.step("starting database, local DIAS with its store, mailbox and Airflow")
    demo = services.start(folder)
    with connect(demo.database_url, application="cbm chaos") as connection:
        main_job.load_season(connection, made)
    with demo.airflow() as airflow:
        main_job.await_dags(airflow)
    season_end, afterwards = main_job.clocks(made)
    main_job.set_clock(demo, season_end)
    strokes: Counter[str] = Counter()
    with Storm(demo, options.seed, _STROKES, show.step) as storm:
        main_job.backfill(demo, made, show)
    strokes += storm.done
    backfills = 1 + _run_failed_days(demo, made, show)
    _look_without_mail_server(demo, show)
    main_job.set_clock(demo, afterwards)
    with Storm(demo, options.seed + 1, _LATER_STROKES, show.step) as storm:
        main_job.run_once(demo, "cbm_gaps", "chaos_look_1", {"everything": True}, show)
    strokes += storm.done
    looks = 2 + _look_until_settled(demo, made, show)
    show.step("running the season again, undisturbed, and comparing")
    found = chaos_checks.checks_of(demo, made, strokes)
    return Outcome(
        seed=options.seed,
        days=options.days,
        parcels=options.parcels,
        strokes=strokes,
        served=faults.served(folder.faults),
        passing=chaos_checks.passing_gaps(demo, made),
        backfills=backfills,
        looks=looks,
        mails=[mail.subject for mail in mailbox.received(folder.mail)],
        checks=found,
        seconds=time.monotonic() - begun,
    )


def _run_failed_days(demo: services.Running, made: DemoSeason, show: main_job.Show) -> int:
    """Run failed days again, as an operator would; returns how often that was needed."""
    for number in range(_MOST_BACKFILLS):
        with demo.airflow() as airflow:
            runs = {
                dag: airflow.runs(dag, made.starts, made.ends) for dag in main_job.SIGNATURE_DAGS
            }
        failed = sum(state == "failed" for days in runs.values() for state in days.values())
        if not failed:
            return number
        show.step(f"{failed} days failed; running them again")
        main_job.backfill(demo, made, show)
    return _MOST_BACKFILLS


def _look_without_mail_server(demo: services.Running, show: main_job.Show) -> None:
    """Let a run use up its retries and a digest have news while no mail can be sent."""
    record = processes.recorded(demo.run.processes, "mailbox")
    if record is not None:
        processes.clear(demo.run.processes, record)
    show.step("chaos: the mail server is down")
    with demo.airflow() as airflow:
        airflow.set_paused("cbm_parcels", False)
        conf = {"file": "/nowhere.gpkg", "season": "none", "id_column": "id", "crop_column": "crop"}
        airflow.trigger("cbm_parcels", chaos_checks.NO_SUCH_FILE, conf)
        airflow.set_paused("cbm_gaps", False)
        airflow.trigger("cbm_gaps", "chaos_look_0", {})
        # This morning's scheduled run starts first and has the same news.
        deadline = time.monotonic() + _PATIENCE_S
        while not any(task.endswith("/send_digest") for task in airflow.tasks("cbm_gaps", _WAITS)):
            if time.monotonic() > deadline:
                raise ServiceError("was sent without a mail server", subject="send_digest")
            time.sleep(2)
        main_job.run_once(demo, "cbm_parcels", chaos_checks.NO_SUCH_FILE, conf, show, again=False)
        services.start(demo.run)
        show.step("chaos: the mail server is up again")
        main_job.run_once(demo, "cbm_gaps", "chaos_look_0", {}, show)


def _look_until_settled(demo: services.Running, made: DemoSeason, show: main_job.Show) -> int:
    """Run ``cbm_gaps`` until only planted gaps are open; returns the number of runs."""
    for number in range(_MOST_LOOKS):
        run_id = f"chaos_look_{number + 2}"
        main_job.run_once(demo, "cbm_gaps", run_id, {"everything": True}, show)
        with connect(demo.database_url, application="cbm chaos") as connection:
            rows = chaos_checks.gap_rows(connection, made)
        unplanted = set(chaos_checks.open_gaps(rows)) - set(chaos_checks.planted_gaps(demo, made))
        if not unplanted:
            return number + 1
        show.step(f"{len(unplanted)} gaps are open that were not planted")
    return _MOST_LOOKS


def report_file(folder: RunFolder) -> Path:
    """The file that holds the last result, as JSON."""
    return folder.root / "chaos.json"
