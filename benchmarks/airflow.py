"""Airflow itself: a day of many scenes through the real scheduler, and what its tasks cost.

Three DAGs each process one day: scenes of CARD-BS and of coherence over six days and twelve, listed
in the ledger, over a strip that touches six tiles. Two days are run: one with a task for every
scene and unit, one with short work put together. The difference in CPU time over the difference in
tasks is what a task costs. Services run as in the demo, in a folder and databases of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from benchmarks import ground
from benchmarks.bench import Bench
from benchmarks.generator import Case, Work, make
from benchmarks.report import Row, Table
from dias_cbm import ledger
from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.db.connection import Connection, connect
from dias_cbm.scenes import Kind, Scene
from dias_cbm_lab.demo import main_job, processes, services
from dias_cbm_lab.demo.environment import metadata_url
from dias_cbm_lab.demo.folder import RunFolder

_STARTS, _ENDS = date(2018, 5, 1), date(2018, 6, 30)
#: Seconds that a task is given at least -> the day that is run with it.
_DAYS: Mapping[str, date] = {"0": date(2018, 5, 10), "10": date(2018, 5, 20)}
_KINDS = {"bs": Kind.CARD_BS, "c6": Kind.CARD_COH6, "c12": Kind.CARD_COH12}
#: From 398 to 502 km east and across 6,200 km north: three by two squares of 100 km.
_STRIP = Case("strip", 20_000, 10_400, 2_000, west=398_000.0, north=6_210_000.0)
_QUICK_STRIP = Case("quick-strip", 1_000, 10_400, 300, west=398_000.0, north=6_201_500.0)
_SCENES, _QUICK_SCENES = 20, 2
_PATIENCE_S = 1800

_TASKS = """
select
    count(*) as tasks, count(*) filter (where task_id = 'extract') as extracts,
    count(*) filter (where task_id = 'make_card') as products,
    coalesce(sum(extract(epoch from end_date - start_date)), 0)::double precision as inside,
    extract(epoch from max(end_date) - min(queued_dttm))::double precision as wall
from task_instance
where run_id = %s and state = 'success'
"""
_WORK = """
select
    count(*) as units, coalesce(sum(unit.seconds), 0)::double precision as seconds,
    count(*) filter (where unit.status <> 'extracted') as left_over
from extraction as unit
join dias_catalogue as scene on scene.id = unit.obsid
where (scene.obstime at time zone 'UTC')::date = %s
"""


@dataclass(frozen=True, slots=True)
class _Day:
    """What a day took.

    :param wall: from the first task queued to the last one ended.
    :param inside: of all tasks, from start to end.
    :param work: extractions of all units, as the ledger has them.
    :param cpu: of Airflow's services and all tasks.
    """

    tasks: int
    extracts: int
    products: int
    units: int
    wall: float
    inside: float
    work: float
    cpu: float


def run(bench: Bench) -> tuple[list[Row], list[Table]]:
    """Two days through the scheduler."""
    strip = make(_QUICK_STRIP if bench.quick else _STRIP, bench.cache)
    scenes = _QUICK_SCENES if bench.quick else _SCENES
    days = {}
    with _prepared(bench, strip) as folder:
        for least, day in _DAYS.items():
            os.environ["CBM_AIRFLOW_TASK_SECONDS"] = least
            demo = services.start(folder)
            with connect(demo.database_url) as connection:
                _list_scenes(connection, strip, day, scenes)
            days[least] = _run_day(demo, day)
    apart, together = days.values()
    cost = (apart.cpu - together.cpu) / max(1, apart.tasks - together.tasks)
    what = f"{scenes} scenes x 6 tiles x {len(_KINDS)} cards"
    rows = [
        Row(
            "airflow_task",
            "Airflow: CPU time that a task costs, whatever it does",
            cost,
            "s",
            note=f"{apart.tasks} tasks against {together.tasks} for the same work: {what}",
        ),
        Row(
            "airflow_wall",
            "Airflow: a day's wall time against the sum of its extractions, short work together",
            together.wall / together.work,
            "x",
            note=f"{together.wall:.0f} s against {together.work:.0f} s;"
            f" a task each: {apart.wall:.0f} s",
        ),
    ]
    columns = (
        "a task's least s", "tasks", "make_card", "extract", "units", "wall s", "in tasks s",
        "extractions s", "CPU s",
    )  # fmt: skip
    table = [
        (
            least, one.tasks, one.products, one.extracts, one.units, round(one.wall),
            round(one.inside), round(one.work), round(one.cpu),
        )
        for least, one in days.items()
    ]  # fmt: skip
    return rows, [Table(f"a day through Airflow: {what}", columns, table)]


@contextmanager
def _prepared(bench: Bench, strip: Work) -> Iterator[RunFolder]:
    """A run folder with an empty catalogue, and a database with the strip's season."""
    folder = RunFolder(bench.cache.resolve() / "airflow")
    shutil.rmtree(folder.root, ignore_errors=True)
    folder.store.mkdir(parents=True)
    (folder.store / strip.scenes[0].name).hardlink_to(strip.scenes[0])
    described = {
        "name": "bench-2018",
        "starts": _STARTS.isoformat(),
        "ends": _ENDS.isoformat(),
        "season_end": "2018-06-30T00:00:00Z",
        "parameters": {},
    }
    (folder.season / "season.json").write_text(json.dumps(described))
    (folder.season / "catalogue.json").write_text(json.dumps({"value": []}))
    with ground.scratch_database(bench.admin_url) as url:
        ground.plain_settings(url, strip.folder)
        # Other ports than a demo that may be up.
        for offset, name in enumerate(("AIRFLOW", "DIAS", "SMTP")):
            os.environ[f"CBM_{name}_PORT"] = str(29080 + 100 * offset)
        with connect(url) as connection:
            ground.open_season(connection, strip, "bench-2018", _STARTS, _ENDS)
        try:
            yield folder
        finally:
            services.stop(folder)
            _drop(bench.admin_url, urlsplit(metadata_url(url)).path[1:])
            shutil.rmtree(folder.root)


def _drop(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as server:
        drop = sql.SQL("drop database if exists {} with (force)")
        server.execute(drop.format(sql.Identifier(name)))


def _list_scenes(connection: Connection, strip: Work, day: date, scenes: int) -> None:
    """Scenes of a day as a catalogue lists them, of all cards; commits."""
    area = ground.footprint(strip)
    start = datetime(day.year, day.month, day.day, 5, tzinfo=UTC)
    for card, kind in _KINDS.items():
        listed = [
            Scene(
                platform="local",
                product_id=f"{card}-{day}-{number}",
                name=f"{card}-{day}-{number}",
                kind=kind,
                satellite="S1A",
                start=start + timedelta(minutes=number),
                end=start + timedelta(minutes=number, seconds=25),
                published=start + timedelta(hours=6),
                footprint=area,
                direction="D",
                location=f"/eodata/{strip.scenes[0].name}",
                online=True,
            )
            for number in range(scenes)
        ]
        ledger.upsert(connection, listed)
    connection.commit()


def _run_day(demo: services.Running, day: date) -> _Day:
    """Run the DAGs of all cards for a day, and wait for their end.

    :raises RuntimeError: a run fails, or a unit is not extracted.
    """
    name = f"bench-{day}"
    with demo.airflow() as airflow:
        main_job.await_dags(airflow)
        for card in _KINDS:
            airflow.set_paused(f"cbm_{card}", False)
        # Unpausing starts a run of today, which finds no season.
        _await_ends(airflow, bool)
        before = _cpu_of(demo.run)
        for card in _KINDS:
            airflow.trigger(f"cbm_{card}", name, {"day": day.isoformat()})
        _await_ends(airflow, lambda runs: name in runs)
    cpu = _cpu_of(demo.run) - before
    with psycopg.connect(metadata_url(demo.database_url)) as connection:
        found = connection.execute(_TASKS, (name,)).fetchone()
    with psycopg.connect(demo.database_url) as connection:
        work = connection.execute(_WORK, (day,)).fetchone()
    if found is None or work is None or not work[0] or work[2]:
        raise RuntimeError(f"not all units were extracted: {work}")
    tasks, extracts, products, inside, wall = found
    return _Day(tasks, extracts, products, work[0], wall, inside, work[1], cpu)


def _await_ends(airflow: AirflowApi, wanted: Callable[[Mapping[str, str]], bool]) -> None:
    """Wait until each DAG has the wanted runs, and all its runs have ended.

    :raises RuntimeError: one has failed, or they take too long.
    """
    deadline = time.monotonic() + _PATIENCE_S
    for card in _KINDS:
        while True:
            runs = {run["dag_run_id"]: run["state"] for run in airflow.all_runs(f"cbm_{card}")}
            if "failed" in runs.values() or time.monotonic() > deadline:
                raise RuntimeError(f"cbm_{card}: {runs}")
            if wanted(runs) and set(runs.values()) == {"success"}:
                break
            time.sleep(1)


def _cpu_of(run: RunFolder) -> float:
    """CPU seconds of the services so far, and of the processes that they have waited for."""
    ticks = 0
    for name in services.SERVICES:
        record = processes.recorded(run.processes, name)
        for pid in processes.members(record) if record else ():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
