"""Checks of the season under fire: planted truth, gaps, mails, logs, and the undisturbed season."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from dias_cbm import seasons
from dias_cbm.completeness import gaps, proof
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.notices import alerts, digest
from dias_cbm_lab.demo import checks, mailbox, main_job, reference_run, report, services
from dias_cbm_lab.demo.checks import Check, equal
from dias_cbm_lab.dias import faults
from dias_cbm_lab.dias.faults import Fault
from dias_cbm_lab.season.simulate import DemoSeason

#: The run that uses up its retries while the mail server is down: its file does not exist.
NO_SUCH_FILE = "chaos_no_such_file"

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


def checks_of(demo: services.Running, made: DemoSeason, strokes: Mapping[str, int]) -> list[Check]:
    """Every check of a season that ran under fire.

    :param strokes: how often each fault was injected.
    """
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


def gap_rows(connection: Connection, made: DemoSeason) -> list[dict[str, Any]]:
    """The gaps of the season, as rows of ``lab/gaps``."""
    values = {"season": seasons.get(connection, made.name).id}
    return [row._asdict() for row in connection.execute(query("lab/gaps"), values)]


def _key(gap: Mapping[str, Any], day: object) -> str:
    return f"{gap['card']} {gap['satellite']} {day}"


def open_gaps(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keys of the gaps that are open."""
    closed = ("recovered", "confirmed")
    return [_key(row, row["day"]) for row in rows if row["state"] not in closed]


def planted_gaps(demo: services.Running, made: DemoSeason) -> dict[str, Mapping[str, Any]]:
    """The planted gaps by key."""
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


def passing_gaps(demo: services.Running, made: DemoSeason) -> Counter[str]:
    """Gaps by cause that were neither planted nor clouds: injected faults opened them."""
    planted = planted_gaps(demo, made)
    with connect(demo.database_url, application="cbm chaos") as connection:
        rows = gap_rows(connection, made)
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
    failing = proof.prove(connection, season, later, thorough=True).failing
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
