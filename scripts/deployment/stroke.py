"""The stroke: a worker's host loses its link, and its worker is killed, while it writes records."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dias_cbm_lab.demo import environment as env
from scripts.deployment.programs import CannotRun
from scripts.deployment.stack import Node

_POLL_S, _LONGEST_S, _GONE_S = 0.5, 1800, 300
#: Tasks that the worker must have done, so that there are logs of finished tasks.
_DONE = 5


@dataclass(frozen=True, slots=True)
class Struck:
    """What was lost.

    :param worker: the name of the worker, its host's in Airflow.
    :param tasks: that ran on it: ``dag_id``, ``run_id``, ``task_id``, ``map_index`` and
        ``try_number`` of each.
    :param gone_s: seconds until the database had closed all connections of the worker; None if it
        had not after five minutes.
    """

    worker: str
    at: datetime
    tasks: Sequence[dict[str, Any]]
    gone_s: float | None


def strike(node: Node, database_url: str, show: Callable[[str], None]) -> Struck:
    """Cut a host off and kill its worker at the moment when it writes the records of a scene.

    A lock on the table of records holds all writers; it is taken once the worker has done some
    tasks, and released when the worker is gone.

    :raises CannotRun: the worker never writes.
    """
    (container,) = node.containers("worker")
    worker, address = container[:12], node.address(container)
    with psycopg.connect(
        env.metadata_url(database_url), autocommit=True, row_factory=dict_row
    ) as airflow:
        _until(lambda: len(_tasks(airflow, worker, "success")) >= _DONE, "works")
        with psycopg.connect(database_url) as library:
            library.execute("lock table signature_block in share mode")
            _until(lambda: _writes(airflow, address), "writes")
            tasks = _tasks(airflow, worker, "running")
            show(f"cutting {node.host.name} off, and killing its worker {worker}")
            node.host.cut()
            node.engine.docker("kill", "--signal", "KILL", container)
            struck = time.monotonic(), datetime.now(UTC)
        gone = _gone(airflow, address, struck[0])
    return Struck(worker, struck[1], tasks, gone)


def _until(there: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _LONGEST_S
    while not there():
        if time.monotonic() > deadline:
            raise CannotRun(f"the worker that is to be lost never {what}")
        time.sleep(_POLL_S)


def _tasks(airflow: psycopg.Connection[Any], worker: str, state: str) -> list[dict[str, Any]]:
    return airflow.execute(
        "select dag_id, run_id, task_id, map_index, try_number from task_instance"
        " where hostname = %s and state = %s and dag_id like 'cbm%%'",
        (worker, state),
    ).fetchall()


def _writes(airflow: psycopg.Connection[Any], address: str) -> bool:
    """Whether a connection from an address waits to write records."""
    found = airflow.execute(
        "select from pg_stat_activity where client_addr = %s and wait_event_type = 'Lock'"
        " and query ilike '%%signature_block%%'",
        (address,),
    )
    return found.fetchone() is not None


def _gone(airflow: psycopg.Connection[Any], address: str, since: float) -> float | None:
    """Seconds until no connection from an address was left."""
    asked = "select from pg_stat_activity where client_addr = %s"
    while time.monotonic() < since + _GONE_S:
        if airflow.execute(asked, (address,)).fetchone() is None:
            return time.monotonic() - since
        time.sleep(_POLL_S)
    return None
