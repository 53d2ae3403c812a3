"""Exit 0 if an Airflow component of this container is healthy: component_health.py COMPONENT.

The api-server is asked. Of the others, Airflow's database has the last sign of life: they are not
ill because the api-server is. ``airflow jobs check`` takes ten seconds of CPU each time.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request

#: Component -> its type of job in Airflow's database.
JOBS = {
    "scheduler": "SchedulerJob",
    "dag-processor": "DagProcessorJob",
    "triggerer": "TriggererJob",
}
#: They give a sign every five seconds, and later when they have much to do.
SILENCE_S = 60
VARIABLE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def api_server(url: str = "http://localhost:8080") -> bool:
    """Whether the api-server answers and reaches its database."""
    with urllib.request.urlopen(f"{url}/api/v2/monitor/health", timeout=10) as reply:  # noqa: S310
        report = json.load(reply)
    return (report.get("metadatabase") or {}).get("status") == "healthy"


def signs_of_life(component: str) -> bool:
    """Whether a component has lately given a sign of life from this host."""
    import psycopg2  # type: ignore[import-untyped]

    url = database_url().replace("postgresql+psycopg2://", "postgresql://")
    with psycopg2.connect(url, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select from job where job_type = %s and hostname = any(%s) and state = 'running'"
            " and latest_heartbeat > now() - make_interval(secs => %s) limit 1",
            (JOBS[component], host_names(), SILENCE_S),
        )
        return cursor.fetchone() is not None


def database_url() -> str:
    """The address of Airflow's database, as Airflow finds it: a value, or what a command prints."""
    if command := os.environ.get(f"{VARIABLE}_CMD"):
        # Airflow's own configuration; it runs the command in the same way.
        return subprocess.check_output(command, shell=True, text=True).strip()  # noqa: S602
    return os.environ[VARIABLE]


def host_names() -> list[str]:
    """Names by which Airflow may know this host."""
    name = socket.gethostname()
    found = socket.getaddrinfo(name, None, 0, socket.SOCK_DGRAM, 0, socket.AI_CANONNAME)
    return [name, *(one[3] for one in found if one[3])]


if __name__ == "__main__":
    healthy = api_server() if sys.argv[1] == "api-server" else signs_of_life(sys.argv[1])
    sys.exit(0 if healthy else 1)
