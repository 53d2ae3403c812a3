"""A soak of many short tasks: tasks a second, connections, and CPU of each service."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm_lab.demo.check import Check, equal
from scripts.deployment.stack import Swarm

_RUN, _WAITING = "soak", "soak_waiting"
_IDLE_S, _WATCHED_S, _POLL_S, _LONGEST_S = 30, 60, 2.0, 2400
_SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", "postgis", "redis", "worker")
_USAGE = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || cat /sys/fs/cgroup/cpu.stat"


@dataclass(frozen=True, slots=True)
class Sampled:
    """What was seen of the database's connections.

    :param most: at one time, of all clients.
    :param by_client: at most, by the client's address.
    """

    most: int
    by_client: Counter[str]


def soak(swarm: Swarm, airflow: AirflowApi, metadata_url: str) -> Iterator[Check]:
    """Run the DAG of the lab, and say what it took; only a task that failed is a fault.

    :param metadata_url: Airflow's database.
    """
    idle = _cpu(swarm)
    time.sleep(_IDLE_S)
    before = _cpu(swarm)
    rates = {name: (before[name] - idle[name]) / _IDLE_S for name in before}
    begun = time.monotonic()
    airflow.set_paused(_RUN, False)
    airflow.trigger(_RUN, _RUN)
    with psycopg.connect(metadata_url, autocommit=True, row_factory=dict_row) as connection:
        seen = _follow(airflow, connection)
        seconds = time.monotonic() - begun
        after = _cpu(swarm)
        row: Any = connection.execute(
            "select count(*) as tasks, count(*) filter (where state = 'success') as done,"
            " count(*) filter (where try_number > 1) as again,"
            " extract(epoch from max(end_date) - min(start_date))::float as seconds,"
            " avg(duration)::float as duration"
            " from task_instance where dag_id = 'soak' and task_id = 'nothing'"
        ).fetchone()
    tasks = row["tasks"]
    found = f"{row['done']}, {row['again']} of them"
    yield equal(f"soak: done of {tasks} tasks, and tried again", f"{tasks}, 0 of them", found)
    rate = f"{row['done'] / row['seconds']:.2f}, in {row['seconds']:.0f} s"
    yield _told("soak: tasks a second", f"{rate}; a task took {row['duration']:.1f} s")
    clients = sorted(seen.by_client.values(), reverse=True)
    yield _told("soak: connections at most, and of each client", f"{seen.most}: {clients}")
    addresses = {
        node.host.name: seen.by_client[_address(swarm, number)]
        for number, node in enumerate(swarm.nodes)
        if number
    }
    yield _told("soak: connections of each worker at most", addresses)
    used = {name: after[name] - before[name] for name in before}
    yield _told("soak: CPU seconds of all services", f"{sum(used.values()):.0f}")
    for name in used:
        own = used[name] - rates[name] * seconds
        text = f"{own / tasks:.3f} a task beyond {rates[name]:.3f} a second when idle"
        yield _told(f"soak: CPU seconds of {name}", text)
    yield from _waiting(swarm, airflow, rates)


def _waiting(swarm: Swarm, airflow: AirflowApi, rates: Mapping[str, float]) -> Iterator[Check]:
    """Measure tasks that only run, and give a sign of life now and then.

    :param rates: CPU seconds a second of each service when idle.
    """
    airflow.set_paused(_WAITING, False)
    airflow.trigger(_WAITING, _RUN)
    deadline = time.monotonic() + _LONGEST_S
    while not (tasks := airflow.tasks(_WAITING, "running")) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    time.sleep(_IDLE_S)
    tasks, before = airflow.tasks(_WAITING, "running"), _cpu(swarm)
    time.sleep(_WATCHED_S)
    after = _cpu(swarm)
    for name in ("api-server", "scheduler", "postgis", "worker"):
        own = (after[name] - before[name]) / _WATCHED_S - rates[name]
        text = f"{own / max(1, len(tasks)):.4f} a second for each of {len(tasks)} tasks that run"
        yield _told(f"soak: CPU seconds of {name}, tasks waiting", text)


def _told(name: str, found: object) -> Check:
    return Check(name, "any", found, ok=True)


def _follow(airflow: AirflowApi, connection: psycopg.Connection[Any]) -> Sampled:
    most, by_client = 0, Counter[str]()
    deadline = time.monotonic() + _LONGEST_S
    while airflow.state(_RUN, _RUN) not in ("success", "failed") and time.monotonic() < deadline:
        rows = connection.execute(
            "select host(client_addr) as client, count(*) as number from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid() group by 1"
        ).fetchall()
        most = max(most, sum(row["number"] for row in rows))
        for row in rows:
            by_client[row["client"]] = max(by_client[row["client"]], row["number"])
        time.sleep(_POLL_S)
    return Sampled(most, by_client)


def _address(swarm: Swarm, number: int) -> str:
    node = swarm.nodes[number]
    return node.address(node.containers("worker")[0])


def _cpu(swarm: Swarm) -> dict[str, float]:
    """CPU seconds of each service since its containers were started."""
    found: dict[str, float] = {}
    for service in _SERVICES:
        found[service] = sum(
            _seconds(node.engine.docker("exec", container, "sh", "-c", _USAGE))
            for node in swarm.nodes
            for container in node.containers(service)
        )
    return found


def _seconds(said: str) -> float:
    """CPU seconds, of a control group of the first or of the second kind."""
    words = said.split()
    if words[0] == "usage_usec":
        return int(words[1]) / 1e6
    return int(words[0]) / 1e9
