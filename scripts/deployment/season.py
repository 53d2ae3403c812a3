"""A short season through the deployed system, and the checks on it; run inside the namespace.

``season.py FOLDER DAYS first`` does the season, ``again`` looks whether it is all still there.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
from swiftclient import client as swift

from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.db.connection import connect
from dias_cbm.products.provenance import PROVENANCE
from dias_cbm_lab.chaos.checks import scratch_database
from dias_cbm_lab.cli.terminal import Terminal
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo import mailbox, main_job, reference_run, report, window_checks
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.checks import sum_checks
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.demo.services import Running
from dias_cbm_lab.dias import object_store
from dias_cbm_lab.season.simulate import DemoSeason, open_season
from scripts.deployment.installation import MADE, PORTS, STORE_PORT, WORKERS

#: A variable with the address of the database as the workers have it.
WORKER_URL = "DEPLOYMENT_WORKER_URL"
#: A pool, and the slots that the user gives it.
POOL, SLOTS = "cbm_card", 3
#: Runs besides the backfill: DAG -> id of its run.
_AFTERWARDS = {
    "cbm_gaps": (main_job.FIRST_LOOK, {"everything": True}),
    "cbm_markers": (main_job.MARKED, None),
    "cbm_rules": (main_job.JUDGED, None),
}


def process(demo: Running, season: DemoSeason) -> None:
    """Load the season and run it through Airflow, as the demo does; set a pool as a user would."""
    show = Terminal()
    # The role of the workers may add a season.
    with connect(os.environ[WORKER_URL], application="deployment") as connection:
        main_job.load_season(connection, season)
    with demo.airflow() as airflow:
        main_job.await_dags(airflow)
        airflow.set_pool(POOL, SLOTS, "as set by the user")
    main_job.set_clock(demo, main_job.clocks(season)[1])
    main_job.backfill(demo, season, show)
    for dag, (run, conf) in _AFTERWARDS.items():
        main_job.run_once(demo, dag, run, conf or {"season": season.name}, show)


def process_undisturbed(demo: Running, season: DemoSeason) -> None:
    """Run the season by plain calls of the library into a second database."""
    reference_run.process(season, scratch_database(demo.database_url))


def checks(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """Whether everything is there; what cannot be asked is a check that fails."""
    for ask in (_rows, _made, _roles, _hosts, _as_left, _runs, _pages):
        try:
            yield from ask(demo, season)
        except Exception as error:
            name = f"checks of {ask.__name__.strip('_')}"
            yield Check(name, "an answer", f"{type(error).__name__}: {error}", ok=False)


def _rows(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """The tables."""
    other = f"{demo.database_url}_undisturbed"
    with connect(demo.database_url) as one, connect(other) as two:
        found = reference_run.differences(one, two)
        yield equal("rows that differ from an undisturbed run without Airflow", [], found[:5])
        stored = "select count(*) as blocks, count(distinct obsid) as scenes from signature_block"
        blocks, scenes = one.execute(stored).fetchone() or (0, 0)
        told = f"{blocks} of {scenes} scenes"
        yield Check("blocks of signatures", "more than 0", told, blocks > 0)
        yield from sum_checks(report.findings_of(one, season))


def _made(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """The products made here, in the object store that all workers reach."""
    with connect(demo.database_url) as connection:
        row = connection.execute(
            "select count(*) filter ("
            " where status in ('ready', 'inprogress', 'extracted', 'no_parcels')) as made,"
            " count(*) filter (where status = 'extracted') as extracted,"
            " count(*) filter (where cause = 'fetch_failed') as failed"
            " from dias_catalogue where platform = 'made'"
        ).fetchone()
        gaps = connection.execute("select count(*) from gap where cause = 'fetch_failed'")
        lost = gaps.fetchone()
    login = f"http://127.0.0.1:{STORE_PORT}/auth/v1.0", object_store.USER, object_store.SECRET
    _, stored = swift.Connection(*login).get_container(MADE, full_listing=True)
    whole = sum(one["name"].endswith(f"/{PROVENANCE}") for one in stored)
    made, extracted, failed = row or (0, 0, 0)
    told = f"{made} made, {extracted} extracted, {whole} in the object store"
    yield Check("products made here", "all", told, 0 < extracted <= made == whole)
    yield equal("fetch_failed: scenes, gaps", [0, 0], [failed, *(lost or ())])


def _roles(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """As whom the deployed system uses the server."""
    with psycopg.connect(demo.database_url) as connection:
        rows = connection.execute(
            "select distinct usename, usesuper from pg_stat_activity join pg_user using (usename)"
            " where backend_type = 'client backend' and client_addr <> inet_client_addr()"
        ).fetchall()
    found = sorted(name for name, _ in rows)
    ok = bool(found) and not any(superuser for _, superuser in rows)
    yield Check("logins at the database", "no superuser", ", ".join(found), ok)


def _hosts(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """Whether every worker has run tasks."""
    with psycopg.connect(env.metadata_url(demo.database_url)) as connection:
        rows = connection.execute(
            "select hostname, count(*) from task_instance"
            " where state = 'success' and dag_id like 'cbm%' and hostname <> '' group by 1"
        ).fetchall()
    yield Check("workers that ran tasks", WORKERS, dict(rows), len(rows) >= WORKERS)


def _as_left(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """What a user has set, and the log of a task."""
    with httpx.Client(base_url=demo.airflow_url, timeout=60, trust_env=False) as api:
        login = {"username": env.USER, "password": env.password(demo.run)}
        reply = api.post("/auth/token", json=login).raise_for_status()
        api.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        pool = api.get(f"/api/v2/pools/{POOL}").raise_for_status().json()
        yield equal(f"slots of {POOL}, as the user has set them", SLOTS, pool["slots"])
        yield _log(api)


def _runs(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """Airflow and its runs."""
    with demo.airflow() as airflow:
        yield from of_runs(airflow, season)


def of_runs(airflow: AirflowApi, season: DemoSeason) -> Iterator[Check]:
    """The daily runs of a season, and the health of Airflow's parts."""
    yield equal("DAG runs that failed", [], report.failed_runs(airflow, main_job.DAGS))
    period = season.starts, season.ends
    runs = sum(len(airflow.runs(dag, *period)) for dag in main_job.SIGNATURE_DAGS)
    days = (season.ends - season.starts).days + 1
    yield equal("days that have been run", days * len(main_job.SIGNATURE_DAGS), runs)
    yield equal("parts of Airflow that are unwell", [], report.unwell(airflow))


def _pages(demo: Running, season: DemoSeason) -> Iterator[Check]:
    """The mailbox and the window."""
    mails = [mail.subject for mail in mailbox.received(demo.run.mail)]
    yield Check("mails", "1 or more", len(mails), bool(mails))
    with connect(demo.database_url) as connection:
        parcels = connection.execute("select count(*) from parcel").fetchone() or (0,)
        truth = season.truth()
        subject = window_checks.subject_of(connection, season.name, parcels[0], truth)
    yield from window_checks.checks(demo.airflow_url, env.USER, env.password(demo.run), subject)


def _log(api: httpx.Client) -> Check:
    """Whether the log of a task that ran on a worker is read through the api-server."""
    runs = "/api/v2/dags/cbm_bs/dagRuns"
    asked = "state=success&limit=100"
    tasks = api.get(f"{runs}/~/taskInstances?{asked}").raise_for_status().json()
    task = next(one for one in tasks["task_instances"] if one["hostname"])
    path = f"{runs}/{task['dag_run_id']}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
    reply = api.get(
        path,
        params={"map_index": task["map_index"], "full_content": "true"},
        headers={"Accept": "application/json"},
    )
    readable = reply.is_success and "Could not read" not in reply.text and len(reply.text) > 500
    said = f"{len(reply.text)} bytes of {task['task_id']}"
    return Check("a task's log, through the api-server", "readable", said, readable)


def main() -> None:
    """Do what is asked, and print the checks as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("days", type=int)
    parser.add_argument("what", choices=("first", "again"))
    asked = parser.parse_args()
    run = RunFolder(asked.folder)
    demo = Running(run, os.environ["CBM_DATABASE_URL"], PORTS, {})
    whole = open_season(run.season)
    season = dataclasses.replace(whole, ends=whole.starts + timedelta(days=asked.days - 1))
    ours = env.environment(run, PORTS, demo.database_url)
    os.environ.update({key: value for key, value in ours.items() if key.startswith("CBM_")})
    if asked.what == "first":
        process(demo, season)
        process_undisturbed(demo, season)
    found = [dataclasses.asdict(check) for check in checks(demo, season)]
    json.dump(found, sys.stdout, default=str)


if __name__ == "__main__":
    main()
