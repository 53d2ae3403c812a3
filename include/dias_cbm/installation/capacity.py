"""The capacity of a deployment: how many tasks run at a time, and what limits them first.

Counted from settings, Airflow's variables in this environment, and the database's own limit.
Connections and the share of the api-server were measured in a swarm of three hosts;
docs/deployment.md has the figures.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dias_cbm.config.settings import settings
from dias_cbm.db.queries import query
from dias_cbm.installation.airflow_names import pools
from dias_cbm.installation.findings import Finding, State, unused

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection

#: Connections of scheduler, dag-processor and triggerer, and of a process of the api-server.
_COMPONENTS, _API = 4, 5
#: Requests of the window that one process of the api-server handles at a time.
_WINDOW = 6
#: Connections of a worker that runs nothing, and at most of one task: its own, and for moments one
#: more (a rate limit that is shared, a lease that is renewed, a lock).
_WORKER, _TASK = 3, 2
#: Running tasks of three seconds whose calls one process of the api-server answers.
_TASKS_OF_API = 25


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a deployment can carry.

    :param limits: tasks at a time that each limit allows, smallest first.
    :param connections: that all processes need at most.
    :param available: connections that the database allows; None if it could not be asked.
    :param used: connections that are open now.
    :param most_workers: workers that the connections suffice for.
    :param pooled: the database is behind a pooler, whose limits count.
    """

    workers: int
    slots: int
    limits: Mapping[str, int]
    connections: int
    available: int | None
    used: int | None
    most_workers: int | None
    pooled: bool

    @property
    def first(self) -> str:
        """The limit that is met first."""
        return next(iter(self.limits))


def capacity(
    connection: Connection | None,
    slots_of_pools: Mapping[str, int] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Capacity:
    """Count what this deployment can carry.

    :param slots_of_pools: as Airflow has them; else those of the settings.
    :param environ: instead of this process's environment.
    """
    given = os.environ if environ is None else environ
    parallelism = _number(given, "AIRFLOW__CORE__PARALLELISM", 32)
    celery = "Celery" in given.get("AIRFLOW__CORE__EXECUTOR", "")
    workers = settings().airflow.workers if celery else 1
    slots = _number(given, "AIRFLOW__CELERY__WORKER_CONCURRENCY", 16) if celery else parallelism
    api = _number(given, "AIRFLOW__API__WORKERS", 1)
    own = {name: size for name, (size, _) in pools().items()}
    own |= {name: size for name, size in (slots_of_pools or {}).items() if name in own}
    fixed = _COMPONENTS + api * (_API + _WINDOW)
    each = _WORKER + _TASK * slots
    available, used, pooled = _of_server(connection)
    limits = {
        "slots of workers": workers * slots,
        "pools": sum(own.values()),
        "parallelism": parallelism,
        "api workers": api * _TASKS_OF_API,
    }
    if available is not None and not pooled:
        limits["connections"] = max(0, (available - fixed - workers * _WORKER) // _TASK)
    return Capacity(
        workers,
        slots,
        dict(sorted(limits.items(), key=lambda one: one[1])),
        fixed + workers * each,
        available,
        used,
        None if available is None or pooled else max(0, (available - fixed) // each),
        pooled,
    )


def finding(found: Capacity) -> Finding:
    """The capacity as a finding; broken if the connections do not suffice."""
    figures: dict[str, Any] = asdict(found) | {"first": found.first}
    others = ", ".join(f"{name} {size}" for name, size in found.limits.items())
    needed = f"{found.connections} connections"
    if found.pooled:
        needed += " to the pooler"
    elif found.available is not None:
        needed += f" of {found.available} ({found.used} are open), enough for"
        needed += f" {found.most_workers} workers of {found.slots} slots"
    detail = (
        f"{found.limits[found.first]} tasks at a time, limited first by {found.first} ({others});"
        f" at most {needed}"
    )
    short = found.available is not None and not found.pooled and found.connections > found.available
    todo = "raise max_connections, or put PgBouncer before it; see docs/deployment.md"
    state = State.BROKEN if short else State.OK
    return Finding("capacity", state, detail, todo if short else "", figures)


def check_capacity(
    connection: Connection | None, slots_of_pools: Mapping[str, int] | None
) -> Finding:
    """The capacity of this deployment, if it has an Airflow."""
    if not settings().airflow.url and not os.environ.get("AIRFLOW__CORE__EXECUTOR"):
        return unused("capacity", "no Airflow; one day at a time", "")
    return finding(capacity(connection, slots_of_pools))


def _of_server(connection: Connection | None) -> tuple[int | None, int | None, bool]:
    """Connections that the server allows and has, and whether a pooler stands before it."""
    if connection is None:
        return None, None, False
    row = connection.execute(query("db/connections")).fetchone()
    connection.commit()
    if row is None:
        return None, None, False
    return row.available, row.used, row.pid != connection.info.backend_pid


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    return int(text) if text.isdecimal() and int(text) else default
