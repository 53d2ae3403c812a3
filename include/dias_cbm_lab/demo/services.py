"""The demo's services: start, stop and inspect database, local DIAS, mailbox and Airflow.

A second start only starts what is missing. Each service has a record in the run folder, see
:mod:`dias_cbm_lab.demo.processes`; no other process is ever signalled.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import connect
from dias_cbm.db.migrations import migrate
from dias_cbm.errors import ServiceError
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo import ports as port_choice
from dias_cbm_lab.demo import processes
from dias_cbm_lab.demo.folder import ROOT, RunFolder
from dias_cbm_lab.demo.settings import lab_settings
from dias_cbm_lab.dias import object_store

log = logging.getLogger(__name__)

#: Service -> name of its port.
_PORT_OF = {"dias": "dias", "mailbox": "smtp", "api-server": "airflow"}
_AIRFLOW = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
SERVICES = ("dias", "mailbox", *_AIRFLOW)

# Stopped group by group: tasks that are still running report to the api-server.
_STOPPED_TOGETHER = (("triggerer", "dag-processor", "scheduler"), ("api-server",), SERVICES[:2])

_START_S = 180.0
_API_TRIES = 120


@dataclass(frozen=True, slots=True)
class Running:
    """A running demo.

    :param ports: of ``airflow``, ``dias`` and ``smtp``.
    :param environment: of its processes.
    """

    run: RunFolder
    database_url: str
    ports: Mapping[str, int]
    environment: Mapping[str, str]

    @property
    def airflow_url(self) -> str:
        """Address of the Airflow UI."""
        return env.airflow_url(self.ports)

    @property
    def dias_url(self) -> str:
        """Address of the local DIAS."""
        return f"http://{port_choice.HOST}:{self.ports['dias']}"

    def airflow(self) -> AirflowApi:
        """A client of its Airflow that waits out a restart."""
        return AirflowApi(self.airflow_url, env.USER, env.password(self.run), tries=_API_TRIES)


def start(run: RunFolder) -> Running:
    """Start the services that are not running yet, and wait until all work.

    :raises ServiceError: a service does not start; its log is named.
    """
    if not run.season.is_dir():
        raise ServiceError("no season to serve", subject=run.season, hint="cbm lab season")
    with _locked(run):
        database_url = _start_database(run)
        with connect(database_url) as connection:
            migrate(connection)
        ports = _choose_ports(run)
        env.prepare_home(run)
        store = object_store.start(run) if run.store_kind.exists() else ""
        environment = env.environment(run, ports, database_url, store)
        _stop_if_changed(run, environment)
        running = Running(run, database_url, ports, environment)
        _start_local(running)
        _migrate_airflow(running)
        _start_airflow(running)
    return running


def stop(run: RunFolder) -> list[str]:
    """Stop everything that was started, in reverse order; the database too if it is our own.

    :returns: the services that were running.
    """
    if not run.root.is_dir():
        return []
    with _locked(run):
        stopped = []
        for together in _STOPPED_TOGETHER:
            stopped += processes.stop(run.processes, together)
        if run.store_kind.exists():
            object_store.stop(run)
        _postgres(run, "stop")
    return stopped


def status(run: RunFolder) -> dict[str, str]:
    """Service -> ``running on port N``, ``running`` or ``stopped``."""
    ports = port_choice.remembered(run.ports)
    state = _postgres(run, "status", check=False).stderr.strip()
    found = {"postgres": state.removeprefix("postgres: ")}
    for name in SERVICES:
        up = processes.alive(processes.recorded(run.processes, name))
        place = f" on port {ports[_PORT_OF[name]]}" if up and name in _PORT_OF else ""
        found[name] = f"running{place}" if up else "stopped"
    if run.store_kind.exists():
        found["store"] = object_store.running(run)
    return found


def missing(run: RunFolder) -> list[str]:
    """Services that have been started and have ended since."""
    records = {name: processes.recorded(run.processes, name) for name in SERVICES}
    return [name for name, record in records.items() if record and not processes.alive(record)]


@contextmanager
def _locked(run: RunFolder) -> Iterator[None]:
    run.root.mkdir(parents=True, exist_ok=True)
    with (run.root / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("waiting for another start or stop of %s", run.root)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_database(run: RunFolder) -> str:
    """The address of the database that is configured, or else of our own, started.

    :raises ServiceError: it cannot be reached.
    """
    url = settings().database.url
    if not url or url == _postgres(run, "url", check=False).stdout.strip():
        _postgres(run, "start")
        url = _postgres(run, "url").stdout.strip()
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise ServiceError(f"cannot be reached: {error}", subject="database") from error
    return url


def _postgres(
    run: RunFolder, command: str, *, check: bool = True
) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if key != "CBM_DATABASE_URL"}
    environment = {
        **own,
        "CBM_RUN_FOLDER": str(run.root),
        "CBM_PG_PORT": str(lab_settings().pg_port),
    }
    script = str(ROOT / "scripts" / "postgres.sh")
    done = subprocess.run(
        [script, command], env=environment, check=False, capture_output=True, text=True
    )
    if check and done.returncode:
        raise ServiceError(done.stderr.strip(), subject=f"postgres.sh {command}")
    return done


def _choose_ports(run: RunFolder) -> dict[str, int]:
    """The port of each service; one that is running keeps its own."""
    before = port_choice.remembered(run.ports)
    now = lab_settings()
    wanted = {"dias": now.dias_port, "smtp": now.smtp_port, "airflow": now.airflow_port}
    chosen: dict[str, int] = {}
    for service, key in _PORT_OF.items():
        if key in before and processes.alive(processes.recorded(run.processes, service)):
            chosen[key] = before[key]
            continue
        chosen[key] = port_choice.choose(wanted[key], besides=chosen.values())
        if chosen[key] != wanted[key]:
            log.warning("%s: port %d is taken, using %d", service, wanted[key], chosen[key])
    port_choice.remember(run.ports, chosen)
    return chosen


def _stop_if_changed(run: RunFolder, environment: Mapping[str, str]) -> None:
    """Stop services that run with settings, addresses or secrets that have changed since."""
    ours = sorted(item for item in environment.items() if item[0].startswith(("CBM_", "AIRFLOW_")))
    digest = hashlib.sha256(repr(ours).encode()).hexdigest()
    kept = run.root / "environment"
    if kept.exists() and kept.read_text() != digest:
        for together in _STOPPED_TOGETHER:
            processes.stop(run.processes, together)
    kept.write_text(digest)


def _start_local(running: Running) -> None:
    run, ports = running.run, running.ports
    python = [sys.executable, "-m"]
    dias = ["dias_cbm_lab.dias.server", "--folder", str(run.season), "--port", str(ports["dias"])]
    if run.faults.exists():
        dias += ["--faults", str(run.faults)]
    _launch(running, "dias", [*python, *dias])
    mailbox = ["dias_cbm_lab.demo.mailbox", "--folder", str(run.mail), "--port", str(ports["smtp"])]
    _launch(running, "mailbox", [*python, *mailbox])
    for name in ("dias", "mailbox"):
        port = ports[_PORT_OF[name]]
        _await(running, name, lambda port=port: not port_choice.is_free(port))  # type: ignore[misc]


def _migrate_airflow(running: Running) -> None:
    """Create Airflow's tables; skipped, to save ten seconds, if they have this version already."""
    url = env.create_metadata_database(running.database_url)
    stamp = running.run.airflow / "migrated"
    made_by = f"{_airflow_version()} {_schema_version(url)}"
    if stamp.exists() and stamp.read_text() == made_by:
        return
    output = running.run.log("airflow-migrate")
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("ab") as target:
        done = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=dict(running.environment),
            cwd=ROOT,
            stdout=target,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise ServiceError(
            "Airflow's tables cannot be created", subject="airflow", hint=f"see {output}"
        )
    stamp.write_text(f"{_airflow_version()} {_schema_version(url)}")


def _airflow_version() -> str:
    from importlib.metadata import version

    return version("apache-airflow")


def _schema_version(url: str) -> str | None:
    with psycopg.connect(url) as connection:
        found = connection.execute("select to_regclass('alembic_version')").fetchone()
        if found is None or found[0] is None:
            return None
        version = connection.execute("select version_num from alembic_version").fetchone()
        return None if version is None else str(version[0])


def _start_airflow(running: Running) -> None:
    """Start Airflow, the api-server first: a task that finds no API loses a try."""
    with running.airflow() as api:
        for name in ("api-server", "dag-processor"):
            _launch_airflow(running, name)
        _await(running, "api-server", lambda: bool(api.health()))
        for name, (slots, description) in _pools().items():
            api.set_pool(name, slots, description)
        for name in ("scheduler", "triggerer"):
            _launch_airflow(running, name)
        for name, component in {
            "scheduler": "scheduler",
            "triggerer": "triggerer",
            "dag-processor": "dag_processor",
        }.items():
            _await(running, name, lambda part=component: api.health().get(part) == "healthy")  # type: ignore[misc]


def _pools() -> Mapping[str, tuple[int, str]]:
    # The library does not import the operators, so their names are read as data.
    names = runpy.run_path(str(ROOT / "operators" / "names.py"))
    return dict(names["POOLS"])


def _launch_airflow(running: Running, name: str) -> None:
    _launch(running, name, [sys.executable, "-m", "airflow", *_AIRFLOW[name]])


def _launch(running: Running, name: str, command: list[str]) -> None:
    folder = running.run.processes
    record = processes.recorded(folder, name)
    if processes.alive(record):
        return
    if record is not None:
        # It was killed: end what it left behind before it is started again.
        processes.clear(folder, record)
    processes.launch(
        folder,
        name,
        command,
        environment=running.environment,
        directory=ROOT,
        log=running.run.log(name),
    )
    log.info("started %s", name)


def _await(running: Running, name: str, works: Callable[[], bool]) -> None:
    """Wait for a service to work; one that takes too long is ended.

    :raises ServiceError: it ended, or takes too long.
    """
    deadline = time.monotonic() + _START_S
    hint = f"see {running.run.log(name)}"
    while not works():
        if not processes.alive(processes.recorded(running.run.processes, name)):
            raise ServiceError("ended at once", subject=name, hint=hint)
        if time.monotonic() > deadline:
            # The next start starts it again.
            processes.stop(running.run.processes, [name], patience_s=5)
            raise ServiceError(f"does not work after {_START_S:.0f} s", subject=name, hint=hint)
        time.sleep(0.5)
