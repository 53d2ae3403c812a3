"""The main job: a simulated season from the local DIAS through the whole chain, under Airflow.

It can be interrupted at any moment and run again: finished work is found in the database and in
Airflow, and is not done twice.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import httpx
import psycopg
import shapely

from dias_cbm import seasons
from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import ServiceError
from dias_cbm.parcels.load import load
from dias_cbm_lab.demo import report, services
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.dias import dialects, object_store
from dias_cbm_lab.season import simulate
from dias_cbm_lab.season.place import PARCELS_SRID
from dias_cbm_lab.season.simulate import DemoSeason

log = logging.getLogger(__name__)

SIGNATURE_DAGS = ("cbm_bs", "cbm_c6", "cbm_s2")
DAGS = (*SIGNATURE_DAGS, "cbm_gaps", "cbm_outliers", "cbm_markers", "cbm_rules", "cbm_parcels")
ACTIVE_RUNS = 2

#: Ids of the runs that follow the backfill; a run of this id that exists is not started again.
FIRST_LOOK, SECOND_LOOK, VERDICT = "demo_first_look", "demo_second_look", "demo_verdict"
MARKED, JUDGED = "demo_marked", "demo_judged"

#: The dialects in which the demo has been run completely.
DEMO_DIALECTS = (dialects.OWN, "stac", "resto", "mundi", "sobloo", "onda", "wekeo")

_POLL_S = 2.0
_STALLED_S = 900.0
_ENDED = ("success", "failed")


class Show(Protocol):
    """Where progress is shown."""

    def step(self, text: str) -> None:
        """A line that stays."""

    def progress(self, text: str) -> None:
        """A line that the next one replaces."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the season is made of.

    :param seed: of all its random numbers.
    """

    days: int = 42
    parcels: int = 2000
    seed: int = 1


def choose_dialect(folder: RunFolder, protocol: str) -> None:
    """Choose the dialect that the local DIAS is asked in, for all runs in a folder.

    :param protocol: ``odata`` or another dialect.
    :raises ServiceError: there is no such dialect, or the folder was started with another one, in
        which products have other ids.
    """
    if protocol not in DEMO_DIALECTS:
        known = ", ".join(DEMO_DIALECTS)
        raise ServiceError("no such platform", subject=protocol, hint=f"one of {known}")
    used = folder.dialect.read_text() if folder.dialect.exists() else dialects.OWN
    if used == protocol:
        return
    if folder.ports.exists():
        raise ServiceError(
            f"this demo uses the dialect {used}",
            subject=folder.root,
            hint="remove it with `make clean`",
        )
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.dialect.write_text(protocol)


def choose_store(folder: RunFolder, kind: str) -> None:
    """Choose where products are read from, a folder or an object store, for all runs in a folder.

    :param kind: ``files``, ``s3`` or ``swift``.
    :raises ServiceError: there is no such store, or the folder was started with another one.
    """
    if kind not in object_store.KINDS:
        known = ", ".join(object_store.KINDS)
        raise ServiceError("no such store", subject=kind, hint=f"one of {known}")
    files = object_store.KINDS[0]
    used = folder.store_kind.read_text() if folder.store_kind.exists() else files
    if used == kind:
        return
    if folder.ports.exists():
        raise ServiceError(
            f"this demo reads its products from {used}",
            subject=folder.root,
            hint="remove it with `make clean`",
        )
    folder.root.mkdir(parents=True, exist_ok=True)
    if kind == files:
        folder.store_kind.unlink()
    else:
        folder.store_kind.write_text(kind)


def run(folder: RunFolder, options: Options, show: Show) -> report.Report:
    """Run the main job and report on it.

    :raises ServiceError: a service does not work, or nothing makes progress.
    """
    begun = time.monotonic()
    made = make_season(folder, options, show)
    show.step("starting database, local DIAS, mailbox and Airflow")
    demo = services.start(folder)
    with connect(demo.database_url, application="cbm demo") as connection:
        if load_season(connection, made):
            show.step(f"loaded the parcels of {made.name}")
    with demo.airflow() as airflow:
        await_dags(airflow)
        season_end, afterwards = clocks(made)
        looked_again = airflow.has_run("cbm_gaps", SECOND_LOOK)
        set_clock(demo, afterwards if looked_again else season_end)
        backfill(demo, made, show)
        run_once(demo, "cbm_gaps", FIRST_LOOK, {}, show)
        set_clock(demo, afterwards)
        run_once(demo, "cbm_gaps", SECOND_LOOK, {"everything": True}, show)
        of_season = {"season": made.name}
        start(airflow, "cbm_markers", MARKED, of_season)
        run_once(demo, "cbm_outliers", VERDICT, of_season, show)
        run_once(demo, "cbm_markers", MARKED, of_season, show)
        run_once(demo, "cbm_rules", JUDGED, of_season, show)
        show.step("comparing the results with what was planted")
        found = report.collect(demo, made, DAGS)
        return dataclasses.replace(found, seconds=time.monotonic() - begun)


def make_season(folder: RunFolder, options: Options, show: Show) -> DemoSeason:
    """Simulate the season, unless it exists already.

    :raises ServiceError: the folder holds another season.
    """
    wanted = dataclasses.asdict(options)
    described = folder.season / "season.json"
    if described.exists():
        made = json.loads(described.read_text())["parameters"]
        if different := {key: made.get(key) for key in wanted if made.get(key) != wanted[key]}:
            raise ServiceError(
                f"the folder holds another season, with {different}",
                subject=folder.season,
                hint="ask for that one, or remove it with `make clean`",
            )
    else:
        show.step(f"simulating {options.days} days over {options.parcels} parcels")
    return simulate.make(
        folder.season,
        **wanted,
        progress=lambda done, of, name: show.progress(f"product {done}/{of}  {name}"),
    )


def clocks(season: DemoSeason) -> tuple[datetime, datetime]:
    """Two times for the local DIAS: the end of the season, and when everything is published."""
    written = season.truth()["clocks"]
    end, afterwards = (datetime.fromisoformat(written[k]) for k in ("season_end", "afterwards"))
    return end, afterwards


def load_season(connection: Connection, made: DemoSeason) -> bool:
    """Create the season and load its parcels, unless they are there; commits.

    :returns: whether parcels were loaded.
    """
    if made.name not in {known.name for known in seasons.all_seasons(connection)}:
        collection = json.loads(made.area.read_text())
        shapes = [shapely.geometry.shape(f["geometry"]) for f in collection["features"]]
        area = shapely.MultiPolygon([s for s in shapes if isinstance(s, shapely.Polygon)])
        seasons.create(connection, made.name, area, PARCELS_SRID, made.starts, made.ends)
        connection.commit()
    known = seasons.get(connection, made.name)
    found = connection.execute("select from parcel where season = %s limit 1", (known.id,))
    if found.fetchone() is not None:
        return False
    load(connection, made.parcels, made.name, id_column="pid", crop_column="crop")
    connection.commit()
    return True


def await_dags(airflow: AirflowApi) -> None:
    """Wait until Airflow knows all DAGs.

    :raises ServiceError: a DAG file cannot be read.
    """
    deadline = time.monotonic() + 120
    while missing := set(DAGS) - set(airflow.dags()):
        errors = airflow.import_errors()
        if errors or time.monotonic() > deadline:
            reason = errors[0] if errors else f"does not know {', '.join(sorted(missing))}"
            raise ServiceError(reason, subject="dag-processor")
        time.sleep(1)


def set_clock(demo: services.Running, moment: datetime) -> None:
    """Set the clock of the local DIAS: what is published later is not listed yet."""
    reply = httpx.post(
        f"{demo.dias_url}/demo/clock", json={"now": moment.isoformat()}, trust_env=False
    )
    if not reply.is_success:
        raise ServiceError(f"its clock cannot be set: HTTP {reply.status_code}", subject="dias")


def backfill(
    demo: services.Running, season: DemoSeason, show: Show, *, reprocess: str = "failed"
) -> None:
    """Backfill the season for every card through Airflow, and follow it to its end.

    :param reprocess: which days that had a run get another, see :meth:`AirflowApi.backfill`.
    """
    with demo.airflow() as airflow:
        first, last = season.starts, season.ends
        days = (last - first).days + 1
        begun = time.monotonic()

        def ended(dag_id: str, states: Collection[str] = _ENDED) -> int:
            return sum(state in states for state in airflow.runs(dag_id, first, last).values())

        def look() -> tuple[bool, str]:
            counts = {dag_id: ended(dag_id) for dag_id in SIGNATURE_DAGS}
            shown = "  ".join(f"{dag_id} {count}/{days}" for dag_id, count in counts.items())
            show.progress(f"{shown}  {_elapsed(begun)}")
            return all(count == days for count in counts.values()), shown

        for dag_id in SIGNATURE_DAGS:
            airflow.set_paused(dag_id, False)
            if reprocess == "failed" and ended(dag_id, ["success"]) == days:
                continue
            if ended(dag_id) == days:
                # Airflow closes a backfill a little after its last run; no other may start before.
                _wait(demo, lambda dag_id=dag_id: (not airflow.backfilling(dag_id), ""))  # type: ignore[misc]
            airflow.backfill(dag_id, first, last, active_runs=ACTIVE_RUNS, reprocess=reprocess)
        show.step(
            f"backfilling {days} days for {', '.join(SIGNATURE_DAGS)}; watch {demo.airflow_url}"
        )
        _wait(demo, look)
        show.step(f"backfilled in {_elapsed(begun)}")


def start(
    airflow: AirflowApi, dag_id: str, run_id: str, conf: dict[str, Any], *, again: bool = True
) -> None:
    """Start a run by its id, unless it exists.

    :param again: retry it if it has failed.
    """
    airflow.set_paused(dag_id, False)
    if again and airflow.has_run(dag_id, run_id) and airflow.state(dag_id, run_id) == "failed":
        airflow.retry(dag_id, run_id)
    airflow.trigger(dag_id, run_id, conf)


def run_once(
    demo: services.Running,
    dag_id: str,
    run_id: str,
    conf: dict[str, Any],
    show: Show,
    *,
    again: bool = True,
) -> None:
    """Start a run by its id, or join the existing one, and wait for its end.

    :param again: retry it if it has failed.
    """
    with demo.airflow() as airflow:
        start(airflow, dag_id, run_id, conf, again=again)
        begun = time.monotonic()

        def look() -> tuple[bool, str]:
            state = airflow.state(dag_id, run_id)
            show.progress(f"{dag_id} ({run_id}) {state}  {_elapsed(begun)}")
            return state in _ENDED, state

        _wait(demo, look)
        show.step(f"{dag_id} ({run_id}) {airflow.state(dag_id, run_id)} in {_elapsed(begun)}")


def _wait(demo: services.Running, look: Callable[[], tuple[bool, str]]) -> None:
    """Wait until something has ended; a service that ends meanwhile is started again.

    :param look: returns whether it has ended, and its progress.
    :raises ServiceError: there was no progress for longer than anything here should take.
    """
    before, since = "", time.monotonic()
    while True:
        over, now = look()
        if over:
            return
        if now != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > _STALLED_S:
            raise ServiceError(
                f"no progress for {_STALLED_S:.0f} s", subject="airflow", hint=demo.airflow_url
            )
        if ended := services.missing(demo.run):
            log.warning("%s has ended; starting it again", ", ".join(ended))
            try:
                services.start(demo.run)
            except (ServiceError, psycopg.Error) as error:
                log.warning("no answer yet, trying again: %s", error)
        time.sleep(_POLL_S)


def _elapsed(begun: float) -> str:
    minutes, seconds = divmod(int(time.monotonic() - begun), 60)
    return f"{minutes}:{seconds:02d}"
