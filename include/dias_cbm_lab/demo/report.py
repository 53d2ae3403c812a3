"""The demo's report: the season's numbers, and the checks on them."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dias_cbm import seasons
from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import checks, mailbox, planted, window_checks
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.environment import USER, password
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.demo.services import Running
from dias_cbm_lab.season.simulate import DemoSeason

#: A scheduler that has much to do is late with its sign of life.
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a demo.

    :param cards: per card, scenes by state, records, seconds of extraction, means.
    :param gaps: every gap of the season.
    :param outliers: planted, listed, and how many of the planted are listed.
    :param markers: planted cuts and how many were found; parcels by scheme and colour.
    :param mails: subjects, oldest first.
    :param window: addresses of the season's page, inside Airflow's frame and alone.
    :param seconds: from the start of the command to the report.
    """

    season: str
    airflow: str
    cards: Mapping[str, Mapping[str, Any]]
    gaps: Sequence[Mapping[str, Any]]
    outliers: Mapping[str, Any]
    markers: Mapping[str, Any]
    mails: Sequence[str]
    window: Mapping[str, str]
    checks: Sequence[Check] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether all checks pass."""
        return all(check.ok for check in self.checks)


def collect(demo: Running, season: DemoSeason, dags: Sequence[str]) -> Report:
    """Read the results from the database, Airflow and the mailbox, and check them.

    :param dags: whose runs must all have succeeded.
    :raises ServiceError: an older version simulated the season.
    """
    truth = season.truth()
    if "planted" not in truth:
        raise ServiceError(
            "an older version of the demo simulated this season",
            subject=season.folder,
            hint="remove it with `make clean`, and run the demo again",
        )
    with connect(demo.database_url, application="cbm demo report") as connection:
        findings = findings_of(connection, season)
        season_id = seasons.get(connection, season.name).id
        findings["markers"] = planted.gather(connection, season_id)
        parcels = findings["totals"][0]["parcels"]
        subject = window_checks.subject_of(connection, season.name, parcels, truth)
    findings["mails"] = [mail.subject for mail in mailbox.received(demo.run.mail)]
    with demo.airflow() as airflow:
        findings["failed_runs"] = failed_runs(airflow, dags)
        window = window_checks.checks(demo.airflow_url, USER, password(demo.run), subject)
        window.append(equal("Airflow after the window was asked", [], unwell(airflow)))
    return Report(
        season=season.name,
        airflow=demo.airflow_url,
        cards=_cards(findings),
        gaps=findings["gaps"],
        outliers=checks.outliers_found(findings["outliers"], truth),
        markers=planted.numbers(findings["markers"], truth["planted"]),
        mails=findings["mails"],
        window=window_checks.addresses(demo.airflow_url, season.name),
        checks=[*checks.all_checks(findings, truth), *window],
    )


def write(report: Report, run: RunFolder) -> None:
    """Keep the report as JSON in the run folder."""
    temporary = run.report.with_suffix(".new")
    temporary.write_text(as_json(report))
    temporary.rename(run.report)


def as_json(report: Report) -> str:
    """The report as JSON; contains no password."""
    document = dataclasses.asdict(report) | {"ok": report.ok}
    return json.dumps(document, indent=1, default=str)


def as_text(report: Report) -> str:
    """The report as text."""
    lines = [
        "",
        f"SIMULATED season {report.season}, done in {report.seconds / 60:.1f} minutes",
        "",
        f"{'card':<6}{'found':>7}{'extracted':>11}{'superseded':>12}{'failed':>8}{'no parcels':>12}"
        f"{'records':>11}{'per second':>12}{'means':>10}",
    ]
    lines += [_card_line(card, numbers) for card, numbers in report.cards.items()]
    lines += ["", "gaps"]
    lines += [
        f"  {gap['day']}  {gap['card']}  {gap['satellite']} orbit {gap['rel_orbit']:<4}"
        f" {gap['cause']:<14} {gap['state']}"
        for gap in report.gaps
    ] or ["  none"]
    numbers = report.outliers
    lines += [
        "",
        f"outliers: {numbers['listed']} listed of {numbers['parcels']} parcels;"
        f" {numbers['found']} of {numbers['planted']} planted wrong declarations are among them"
        f" ({numbers['recall']:.0%})",
        *_marker_lines(report.markers),
        "",
        f"mails ({len(report.mails)})",
        *(f"  {subject}" for subject in report.mails),
        "",
        "checks",
        *(checks.line(check) for check in report.checks),
        "",
        "everything planted was found and every number adds up"
        if report.ok
        else f"{sum(not check.ok for check in report.checks)} checks FAILED",
    ]
    return "\n".join(lines)


def _marker_lines(numbers: Mapping[str, Any]) -> list[str]:
    lines = [
        f"markers: {numbers['cuts_found']} of {numbers['cuts_shown']} planted cuts found"
        f" ({numbers['cuts_hidden']} more are hidden by clouds); ploughing on"
        f" {numbers['ploughed_found']} parcels; {numbers['mixed_found']} parcels of several crops"
        " (two that overlap count as such)"
    ]
    for scheme, colours in numbers["colours"].items():
        shown = ", ".join(f"{colour} {number}" for colour, number in colours.items())
        lines.append(f"rules: {scheme}: {shown}")
    return lines


def _card_line(card: str, numbers: Mapping[str, Any]) -> str:
    states = numbers["scenes"]
    return (
        f"{card:<6}{numbers['found']:>7}{states.get('extracted', 0):>11}"
        f"{states.get('superseded', 0):>12}{states.get('failed', 0):>8}"
        f"{states.get('no_parcels', 0):>12}{numbers['records']:>11,}"
        f"{numbers['records_per_second']:>12,.0f}{numbers['means']:>10,}"
    )


def findings_of(connection: Connection, demo_season: DemoSeason) -> dict[str, Any]:
    """All rows that the checks of a demo season use, by subject.

    :param demo_season: the season that was run in the database.
    """
    season = seasons.get(connection, demo_season.name)
    values = {"season": season.id}
    names = ("scenes", "records", "means", "gaps", "outliers", "planted", "made", "totals")
    return {
        name: [row._asdict() for row in connection.execute(query(f"lab/{name}"), values)]
        for name in names
    }


def failed_runs(airflow: AirflowApi, dags: Sequence[str]) -> list[str]:
    """The runs of DAGs that have failed, one text each."""
    return [
        f"{dag_id} {run['dag_run_id']}"
        for dag_id in dags
        for run in airflow.all_runs(dag_id)
        if run["state"] == "failed"
    ]


def unwell(airflow: AirflowApi) -> list[str]:
    """Parts of Airflow that are not well; what is late with its sign of life is waited for."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        health = airflow.health()
        unwell = [f"{name} {state}" for name, state in health.items() if state != "healthy"]
        # Parts that nobody runs have no state.
        unwell = [one for one in unwell if not one.endswith(" None")]
        if health and not unwell:
            return []
        if time.monotonic() > deadline:
            return unwell or ["no answer"]
        time.sleep(1)


def _cards(findings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    records = {row["card"]: row for row in findings["records"]}
    means = {row["card"]: row for row in findings["means"]}
    cards: dict[str, dict[str, Any]] = {}
    for card in sorted({row["card"] for row in findings["scenes"] if row["card"]}):
        states = checks.states_of(findings, card)
        stored = records.get(card, {"stored": 0, "seconds": 0.0})
        seconds = stored["seconds"]
        cards[card] = {
            "found": sum(states.values()),
            "scenes": states,
            "records": stored["stored"],
            "seconds": seconds,
            "records_per_second": stored["stored"] / seconds if seconds else 0.0,
            "means": means.get(card, {"means": 0})["means"],
        }
    return cards
