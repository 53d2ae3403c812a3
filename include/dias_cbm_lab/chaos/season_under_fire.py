"""The demo season under fire: everything that can fail does, and the result must be the same.

The local DIAS answers with faults, products are lost or withheld, tasks, services and database
backends are killed, the disk is full for a while, the mail server is down. When the faults have
stopped, the season is compared with the planted truth and with the same season run undisturbed.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dias_cbm import seasons
from dias_cbm.completeness import gaps, proof
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.errors import ServiceError
from dias_cbm.notices import alerts, digest
from dias_cbm_lab.chaos.fault_injector import Storm
from dias_cbm_lab.demo import checks, mailbox, main_job, processes, reference_run, report, services
from dias_cbm_lab.demo.checks import Check, equal
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import faults
from dias_cbm_lab.dias.faults import Fault
from dias_cbm_lab.season.simulate import DemoSeason

#: The run that uses up its retries while the mail server is down: its file does not exist.
NO_SUCH_FILE = "chaos_no_such_file"

#: Run of ``cbm_gaps`` without faults; each one retries what has failed by chance.
_MOST_LOOKS = 5
_MOST_BACKFILLS = 4
#: Number of injected faults during the backfill and while gaps are rechecked.
_STROKES, _LATER_STROKES = 30, 6
_PATIENCE_S = 600.0
#: The state of a task whose try has failed.
_WAITS = "up_for_retry"

#: Text by which logs name each kind of fault.
_NAMED: Mapping[str, Sequence[str]] = {
    Fault.BUSY: ("HTTP 429", "slow down"),
    Fault.FAILING: ("HTTP 500", "the store fails: 500"),
    Fault.HANG: ("timed out", "no complete reply", "Read timeout"),
    Fault.TRUNCATED: ("broke off", "peer closed connection", "IncompleteRead", "Connection broken"),
    Fault.SCHEMA: ("SchemaChanged",),
    "no room for files": ("File too large",),
}

#: Causes that random faults may give to a pass that is not planted as missing.
_BY_CHANCE = (
    "fetch_failed",
    "card_failed",
    "extraction_failed",
    "not_published",
    "not_acquired",
    "pending",
)


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
    found = _checks(demo, made, strokes)
    return Outcome(
        seed=options.seed,
        days=options.days,
        parcels=options.parcels,
        strokes=strokes,
        served=faults.served(folder.faults),
        passing=_passing(demo, made),
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
        airflow.trigger("cbm_parcels", NO_SUCH_FILE, conf)
        airflow.set_paused("cbm_gaps", False)
        airflow.trigger("cbm_gaps", "chaos_look_0", {})
        # This morning's scheduled run starts first and has the same news.
        deadline = time.monotonic() + _PATIENCE_S
        while not any(task.endswith("/send_digest") for task in airflow.tasks("cbm_gaps", _WAITS)):
            if time.monotonic() > deadline:
                raise ServiceError("was sent without a mail server", subject="send_digest")
            time.sleep(2)
        main_job.run_once(demo, "cbm_parcels", NO_SUCH_FILE, conf, show, again=False)
        services.start(demo.run)
        show.step("chaos: the mail server is up again")
        main_job.run_once(demo, "cbm_gaps", "chaos_look_0", {}, show)


def _look_until_settled(demo: services.Running, made: DemoSeason, show: main_job.Show) -> int:
    """Run ``cbm_gaps`` until only planted gaps are open; returns the number of runs."""
    for number in range(_MOST_LOOKS):
        run_id = f"chaos_look_{number + 2}"
        main_job.run_once(demo, "cbm_gaps", run_id, {"everything": True}, show)
        with connect(demo.database_url, application="cbm chaos") as connection:
            rows = _gaps(connection, made)
        unplanted = set(_open(rows)) - set(_planted(demo, made))
        if not unplanted:
            return number + 1
        show.step(f"{len(unplanted)} gaps are open that were not planted")
    return _MOST_LOOKS


def _checks(demo: services.Running, made: DemoSeason, strokes: Mapping[str, int]) -> list[Check]:
    truth = _truth(demo, made)
    with _settings_of(demo), connect(demo.database_url, application="cbm chaos") as connection:
        findings = report.findings_of(connection, made)
        return [
            *checks.scene_checks(findings, truth),
            *checks.made_checks(findings, truth),
            *checks.fault_checks(findings["planted"], truth["faults"]),
            *_gap_checks(findings["gaps"], truth),
            *checks.sum_checks(findings),
            *_mail_checks(connection, demo, made),
            equal("DAG runs that failed", [f"cbm_parcels {NO_SUCH_FILE}"], _failed_runs(demo)),
            *_named_checks(demo, strokes),
            equal("differences from the undisturbed season", [], _differences(connection, made)),
            _proof_check(connection, made),
        ]


def _truth(demo: services.Running, made: DemoSeason) -> dict[str, Any]:
    entries = json.loads((made.folder / "catalogue.json").read_text())["value"]
    return faults.expected(made.truth(), faults.read(demo.run.faults), entries)


def _gaps(connection: Connection, made: DemoSeason) -> list[dict[str, Any]]:
    values = {"season": seasons.get(connection, made.name).id}
    return [row._asdict() for row in connection.execute(query("lab/gaps"), values)]


def _key(gap: Mapping[str, Any], day: object) -> str:
    return f"{gap['card']} {gap['satellite']} {day}"


def _open(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    closed = ("recovered", "confirmed")
    return [_key(row, row["day"]) for row in rows if row["state"] not in closed]


def _planted(demo: services.Running, made: DemoSeason) -> dict[str, Mapping[str, Any]]:
    return {_key(gap, gap["date"]): gap for gap in _truth(demo, made)["gaps"]}


def _gap_checks(rows: Sequence[Mapping[str, Any]], truth: Mapping[str, Any]) -> list[Check]:
    """Each planted gap has its cause and state; no other is open, or was ever there unexplained."""
    found = {_key(row, row["day"]): row for row in rows}
    planted = {_key(gap, gap["date"]): gap for gap in truth["gaps"]}
    listed = [
        equal(
            f"gap {key}",
            f"{gap['cause']}, {gap['fate']}",
            f"{found[key]['cause']}, {checks.fate(found[key]['state'])}"
            if key in found
            else "no gap",
        )
        for key, gap in planted.items()
    ]
    cloudy = [key for key, row in found.items() if row["cause"] == "cloudy"]
    other = {key: row for key, row in found.items() if key not in planted and key not in cloudy}
    odd = [
        f"{key}: {row['cause']}, {row['state']}"
        for key, row in other.items()
        if row["state"] != "recovered" or row["cause"] not in _BY_CHANCE
    ]
    clouded = truth["faults"]["cloudy"]
    expected = [f"s2 {clouded['satellite']} {clouded['date']}"]
    return [*listed, equal("cloudy passes", expected, cloudy), equal("other gaps open", [], odd)]


def _passing(demo: services.Running, made: DemoSeason) -> Counter[str]:
    planted = _planted(demo, made)
    with connect(demo.database_url, application="cbm chaos") as connection:
        rows = _gaps(connection, made)
    return Counter(
        row["cause"]
        for row in rows
        if _key(row, row["day"]) not in planted and row["cause"] != "cloudy"
    )


def _mail_checks(connection: Connection, demo: services.Running, made: DemoSeason) -> list[Check]:
    """Each recorded mail has arrived once; every fact is reported, and none is reported twice."""
    season = seasons.get(connection, made.name)
    sent = connection.execute(
        "select season, news, items from digest where state = 'sent'"
    ).fetchall()
    ids = {f"<{row.news}.{row.season}@cbm.invalid>" for row in sent}
    alerted = connection.execute("select task, sent_at is not null as sent from alert").fetchall()
    ids |= {alerts.Alert(row.task, "", "", "").message_id for row in alerted}
    received = [mail.message_id for mail in mailbox.received(demo.run.mail)]
    items = Counter(item for row in sent for item in row.items)
    composed = digest.compose(connection, season)
    return [
        equal("recorded mails that have not arrived", [], sorted(ids - set(received))),
        equal("mails that arrived but are not recorded", [], sorted(set(received) - ids)),
        equal("mails that arrived more than once", 0, len(received) - len(set(received))),
        equal("facts reported twice", [], [item for item, count in items.items() if count > 1]),
        equal("facts not reported", False, composed.kind is digest.DigestKind.NEWS),
        equal("alerts still unsent", [], [row.task for row in alerted if not row.sent]),
        Check("digests", "2 or more", len(sent), len(sent) >= 2),
        Check("alerts", "1 or more", len(alerted), len(alerted) >= 1),
    ]


def _failed_runs(demo: services.Running) -> list[str]:
    with demo.airflow() as airflow:
        return [
            f"{dag_id} {run['dag_run_id']}"
            for dag_id in main_job.DAGS
            for run in airflow.all_runs(dag_id)
            if run["state"] == "failed"
        ]


def _named_checks(demo: services.Running, strokes: Mapping[str, int]) -> list[Check]:
    """Every kind of fault that a task met is named in a task's log."""
    logs = demo.run.airflow / "logs"
    texts = [file.read_text(errors="replace") for file in logs.rglob("*.log") if file.is_file()]
    served = {**faults.served(demo.run.faults), **strokes}
    return [
        equal(
            f"named in a log: {kind}", True, any(word in text for text in texts for word in words)
        )
        for kind, words in _NAMED.items()
        if served.get(kind, 0) >= 3
    ]


def _differences(connection: Connection, made: DemoSeason) -> list[str]:
    """Differences from the season run in another database, by the same DIAS without faults."""
    url = scratch_database(str(settings().database.url))
    reference_run.process(made, url)
    with connect(url, application="cbm chaos") as other:
        return reference_run.differences(connection, other)[:20]


def _proof_check(connection: Connection, made: DemoSeason) -> Check:
    """The check that the season is proven finished once its open gaps are given up."""
    season = seasons.get(connection, made.name)
    later = datetime.now(UTC) + timedelta(days=settings().completeness.give_up_days + 1)
    gaps.refresh(connection, season, later)
    failing = proof.prove(connection, season, later).failing
    return equal(
        "failing items of the season's proof",
        [],
        [one for lines in failing.values() for one in lines],
    )


def scratch_database(url: str) -> str:
    """An empty database beside another."""
    parts = urlsplit(url)
    name = f"{parts.path[1:]}_undisturbed"
    with psycopg.connect(url, autocommit=True) as server:
        for statement in ("drop database if exists {} with (force)", "create database {}"):
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path=f"/{name}"))


@contextmanager
def _settings_of(demo: services.Running) -> Iterator[None]:
    """The settings of the demo's own processes."""
    before = dict(os.environ)
    os.environ.update({key: v for key, v in demo.environment.items() if key.startswith("CBM_")})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def report_file(folder: RunFolder) -> Path:
    """The file that holds the last result, as JSON."""
    return folder.root / "chaos.json"
