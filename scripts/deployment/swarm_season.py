"""A season in the swarm with a stroke in the middle, and the checks on it.

Run inside the hosts' network; prints each check as a line of JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from swiftclient import client as swift

from dias_cbm.db.connection import connect
from dias_cbm_lab.chaos.checks import scratch_database
from dias_cbm_lab.cli.terminal import Terminal
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo import mailbox, main_job, reference_run, report
from dias_cbm_lab.demo.check import Check, equal
from dias_cbm_lab.demo.checks import sum_checks
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import object_store
from dias_cbm_lab.season.simulate import DemoSeason, open_season
from scripts.deployment.installation import PORTS, STORE_PORT
from scripts.deployment.proxied import Deployed, log_of
from scripts.deployment.season import of_runs
from scripts.deployment.soak import soak
from scripts.deployment.stack import HOST_NAME, LOGS, MADE, Swarm
from scripts.deployment.stroke import Struck, strike

#: Runs after the backfill, each waited for: DAG -> id of its run, and its conf.
_AFTERWARDS = {"cbm_gaps": (main_job.FIRST_LOOK, {"everything": True})}


def steps(swarm: Swarm, demo: Deployed, season: DemoSeason, *, soaked: bool) -> Iterator[Check]:
    """Do the season with its stroke, and check what has become of it.

    :param soaked: run the soak before.
    """
    show = Terminal()
    yield from _door(demo)
    # The role of the workers may add a season.
    with connect(swarm.worker_url(), application="swarm") as connection:
        main_job.load_season(connection, season)
    with demo.airflow() as airflow:
        main_job.await_dags(airflow)
        if soaked:
            show.step("300 short tasks")
            yield from soak(swarm, airflow, env.metadata_url(demo.database_url))
    main_job.set_clock(demo, main_job.clocks(season)[1])
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(strike, swarm.working[-1], demo.database_url, show.step)
        main_job.backfill(demo, season, show)
        struck = coming.result()
    for dag, (run, conf) in _AFTERWARDS.items():
        main_job.run_once(demo, dag, run, conf, show)
    show.step("the same season, undisturbed, on one machine")
    reference_run.process(season, scratch_database(demo.database_url))
    for ask in (_taken_over, _rows, _runs, _made, _logs, _mails):
        try:
            yield from ask(demo, season, struck)
        except Exception as error:
            name = f"checks of {ask.__name__.strip('_')}"
            yield Check(name, "an answer", f"{type(error).__name__}: {error}", ok=False)


def _door(demo: Deployed) -> Iterator[Check]:
    """What the proxy lets in."""
    with demo.client() as nobody:
        for path in ("/api/v2/dags", "/cbm/"):
            code = nobody.get(path).status_code
            yield Check(
                f"{path} without a login", "401, or sent to it", code, code in (401, 302, 307)
            )
        code = nobody.get("/execution/health").status_code
        yield equal("the tasks' API, from outside", 404, code)


def _taken_over(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """What has become of the tasks of the lost worker."""
    names = [f"{one['dag_id']}.{one['task_id']}[{one['map_index']}]" for one in struck.tasks]
    yield Check("tasks that ran on the lost worker", "1 or more", names, bool(names))
    gone = struck.gone_s
    found = "open" if gone is None else f"closed after {gone:.0f} s"
    name = "connections of the lost worker"
    yield Check(name, "closed within 60 s", found, gone is not None and gone <= 60)
    with psycopg.connect(env.metadata_url(demo.database_url), row_factory=dict_row) as airflow:
        for one in struck.tasks:
            row: Any = airflow.execute(
                "select state, try_number, hostname,"
                " extract(epoch from start_date - %(at)s)::int as after from task_instance"
                " where dag_id = %(dag_id)s and run_id = %(run_id)s and task_id = %(task_id)s"
                " and map_index = %(map_index)s",
                {**one, "at": struck.at},
            ).fetchone()
            told = f"{row['state']} by {row['hostname']} in try {row['try_number']}"
            elsewhere = row["hostname"] != struck.worker and row["try_number"] > one["try_number"]
            name = f"{one['dag_id']}.{one['task_id']}: done by another worker"
            after = f", begun {row['after']} s after the stroke"
            yield Check(name, "success", told + after, row["state"] == "success" and elsewhere)
        workers = airflow.execute(
            "select hostname, count(*) as tasks from task_instance where state = 'success'"
            " and dag_id like 'cbm%' and hostname <> '' group by 1"
        ).fetchall()
    tasks = {row["hostname"]: row["tasks"] for row in workers}
    yield Check("workers that ran tasks", "2 or more", tasks, len(tasks) >= 2)


def _rows(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """The tables, row by row against those of the undisturbed run."""
    other = f"{demo.database_url}_undisturbed"
    with connect(demo.database_url) as one, connect(other) as two:
        found = reference_run.differences(one, two)
        yield equal("rows lost, doubled or different", [], found[:5])
        stored = (
            "select count(*) as blocks,"
            " count(distinct (season, card, obsid, blk, band, rule)) as keys,"
            " count(distinct obsid) as scenes from signature_block"
        )
        (blocks, keys, scenes), expected = (
            one.execute(stored).fetchone() or (0, 0, 0),
            two.execute(stored).fetchone() or (0, 0, 0),
        )
        told = f"{blocks}, {keys} different, of {scenes} scenes"
        ok = blocks == keys > 0 and (blocks, keys, scenes) == tuple(expected)
        yield Check("blocks of signatures, and different keys", "as many", told, ok)
        again = one.execute(
            "select count(*) from extraction where status = 'extracted' and attempts > 1"
        ).fetchone() or (0,)
        yield Check("scenes extracted in a second attempt", "1 or more", again[0], again[0] > 0)
        yield from sum_checks(report.findings_of(one, season))


def _runs(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """Airflow and its runs."""
    with demo.airflow() as airflow:
        yield from of_runs(airflow, season)


def _made(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """Products made here: as many as in the undisturbed run, each in the object store."""
    other = f"{demo.database_url}_undisturbed"
    with connect(demo.database_url) as one, connect(other) as two:
        here, there = (report.findings_of(each, season)["made"] for each in (one, two))
    yield equal(
        "products made here, and their records",
        sorted((row["reference"], row["status"], row["records"]) for row in there),
        sorted((row["reference"], row["status"], row["records"]) for row in here),
    )
    names = _stored(MADE)
    lacking = [row["reference"] for row in here if not any(row["reference"] in n for n in names)]
    yield equal("products made here that are not in the object store", [], lacking)
    yield Check("files of products in the object store", "1 or more", len(names), bool(names))


def _logs(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """Logs of the lost worker through Airflow's API: of finished tasks, and of those cut off."""
    with psycopg.connect(env.metadata_url(demo.database_url), row_factory=dict_row) as airflow:
        finished = airflow.execute(
            "select dag_id, run_id, task_id, map_index, try_number,"
            " end_date > %s - interval '30 seconds' as late from task_instance"
            " where hostname = %s and state = 'success' and dag_id like 'cbm%%' order by end_date",
            (struck.at, struck.worker),
        ).fetchall()
    with closing(demo.logged_in()) as client:
        unread = [task for task in finished if not _whole(log_of(client, task))]
        names = [f"{task['dag_id']}.{task['task_id']}" for task in unread if not task["late"]]
        name = (
            f"of {len(finished)} tasks that the lost worker had finished, logs that are not whole"
        )
        yield Check(name, [], names, bool(finished) and not names)
        # A task reports its end before it sends its log.
        late = sum(task["late"] for task in finished)
        told = f"{late - sum(task['late'] for task in unread)} of {late} whole"
        yield Check("logs of those that ended in the last 30 seconds", "any", told, ok=True)
        for task in struck.tasks:
            text = log_of(client, task)
            clear = f"its worker ({struck.worker}) was lost" in text and f"s3://{LOGS}/" in text
            name = f"log of {task['dag_id']}.{task['task_id']}, cut off, says so"
            yield Check(name, "a sentence", "a sentence" if clear else text[:400], clear)
    logs = _stored(LOGS)
    yield Check("logs in the object store", "1 or more", len(logs), bool(logs))


def _whole(text: str) -> bool:
    """Whether the log of a finished task was read out of the object store."""
    return f"s3://{LOGS}/" in text and "Could not read" not in text and len(text) > 500


def _mails(demo: Deployed, season: DemoSeason, struck: Struck) -> Iterator[Check]:
    """What the mails tell."""
    subjects = [mail.subject for mail in mailbox.received(demo.run.mail)]
    lost = [subject for subject in subjects if "LOST worker" in subject]
    yield equal("mails about the lost worker", 1, len(lost))
    yield Check(
        "that mail names it", struck.worker, lost, any(struck.worker in one for one in lost)
    )
    failed = [subject for subject in subjects if "FAILED" in subject]
    yield equal("mails about failed tasks", [], failed)
    digests = [subject for subject in subjects if subject not in lost and subject not in failed]
    yield Check("digests", "1 or more", digests, bool(digests))


def _stored(bucket: str) -> list[str]:
    """The names of all objects in a bucket."""
    address = f"http://127.0.0.1:{STORE_PORT}/auth/v1.0"
    connection = swift.Connection(address, object_store.USER, object_store.SECRET)
    try:
        return [entry["name"] for entry in connection.get_container(bucket, full_listing=True)[1]]
    finally:
        connection.close()


def main() -> None:
    """Do what is asked, and print the checks."""
    from scripts.deployment.swarm import known_swarm

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, required=True)
    parser.add_argument("--soak", action="store_true")
    asked = parser.parse_args()
    run, swarm = RunFolder(asked.folder), known_swarm()
    demo = Deployed(
        run,
        os.environ["CBM_DATABASE_URL"],
        PORTS,
        {},
        url=f"https://{HOST_NAME}",
        address=swarm.manager.host.address,
        authority=run.root / "settings" / "tls.crt",
    )
    whole = open_season(run.season)
    season = dataclasses.replace(whole, ends=whole.starts + timedelta(days=asked.days - 1))
    ours = env.environment(run, PORTS, demo.database_url)
    os.environ.update({key: value for key, value in ours.items() if key.startswith("CBM_")})
    for check in steps(swarm, demo, season, soaked=asked.soak):
        print(json.dumps(dataclasses.asdict(check), default=str), flush=True)


if __name__ == "__main__":
    main()
