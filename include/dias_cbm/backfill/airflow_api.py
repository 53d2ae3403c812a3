"""A client for the part of Airflow's REST API used here; a call takes 0.1 s, the CLI 10 s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

import httpx

from dias_cbm.config.secrets import of_environment
from dias_cbm.config.settings import settings
from dias_cbm.days import midnight
from dias_cbm.errors import ServiceError, SettingsError
from dias_cbm.transport.retry import Retry, TryAgain

_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 4.0
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Backfill:
    """A backfill that Airflow knows of; days are included."""

    id: int
    first: date
    last: date
    paused: bool
    completed: bool


class AirflowApi:
    """A logged-in client of one Airflow.

    :param url: without a path, e.g. ``http://127.0.0.1:8080``.
    :param token: instead of a login with user and password.
    :param tries: how often a call is tried that is not answered.
    :param transport: instead of the network.
    """

    def __init__(
        self,
        url: str,
        user: str = "",
        password: str = "",
        *,
        token: str = "",
        tries: int = 10,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._login = {"username": user, "password": password}
        self._retry = Retry(tries, _FIRST_WAIT_S, _LONGEST_WAIT_S)
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False, transport=transport)
        if token:
            self._client.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its HTTP connections."""
        self._client.close()

    def health(self) -> dict[str, str]:
        """Component -> ``healthy``, or its problem; empty while the API does not answer."""
        try:
            reply = self._client.get("/api/v2/monitor/health", timeout=10)
            reply.raise_for_status()
        except httpx.HTTPError:
            return {}
        return {name: str((part or {}).get("status")) for name, part in reply.json().items()}

    def dags(self) -> dict[str, bool]:
        """DAG id -> whether it is paused."""
        return {dag["dag_id"]: dag["is_paused"] for dag in self._pages("/dags", "dags")}

    def import_errors(self) -> list[str]:
        """Import errors of DAG files, one text each."""
        errors = self._pages("/importErrors", "import_errors")
        return [f"{error['filename']}: {error['stack_trace']}" for error in errors]

    def pools(self) -> list[str]:
        """The names of all pools."""
        return [pool["name"] for pool in self._pages("/pools", "pools")]

    def slots(self) -> dict[str, int]:
        """Pool -> its slots."""
        return {pool["name"]: int(pool["slots"]) for pool in self._pages("/pools", "pools")}

    def connection(self, conn_id: str) -> Mapping[str, Any] | None:
        """A connection as the API describes it, without its password; None if there is none."""
        found = self._call("GET", f"/connections/{conn_id}", accept=(httpx.codes.NOT_FOUND,))
        return found if "connection_id" in found else None

    def add_connection(self, described: Mapping[str, Any]) -> None:
        """Create a connection."""
        self._call("POST", "/connections", json=dict(described))

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool, or set its number of slots."""
        pool = {"slots": slots, "description": description, "include_deferred": False}
        if name in self.pools():
            self._call("PATCH", f"/pools/{name}", json={"pool": name, **pool})
        else:
            self._call("POST", "/pools", json={"name": name, **pool})

    def set_paused(self, dag_id: str, paused: bool) -> None:
        """Pause or unpause a DAG."""
        self._call("PATCH", f"/dags/{dag_id}", json={"is_paused": paused})

    def backfill(
        self, dag_id: str, first: date, last: date, *, active_runs: int, reprocess: str
    ) -> None:
        """Start a backfill over days, both included; one that is already running is left alone.

        :param reprocess: which days that had a run get another: ``none``, ``failed`` (those whose
            run failed) or ``completed`` (all).
        """
        body = {
            "dag_id": dag_id,
            "from_date": midnight(first).isoformat(),
            "to_date": (midnight(last) + timedelta(hours=23)).isoformat(),
            "max_active_runs": active_runs,
            "reprocess_behavior": reprocess,
        }
        if not self.backfilling(dag_id):
            self._call("POST", "/backfills", json=body, accept=(409,))

    def backfilling(self, dag_id: str) -> bool:
        """Whether a backfill of a DAG is running."""
        return any(not backfill.completed for backfill in self.backfills(dag_id))

    def backfills(self, dag_id: str) -> list[Backfill]:
        """The backfills of a DAG, the oldest first."""
        found = [
            Backfill(
                backfill["id"],
                datetime.fromisoformat(backfill["from_date"]).date(),
                datetime.fromisoformat(backfill["to_date"]).date(),
                backfill["is_paused"],
                backfill["completed_at"] is not None,
            )
            for backfill in self._pages("/backfills", "backfills", dag_id=dag_id)
        ]
        return sorted(found, key=lambda backfill: backfill.id)

    def pause_backfill(self, backfill_id: int, paused: bool) -> None:
        """Pause or unpause a backfill; tasks that are running are finished."""
        self._call("PUT", f"/backfills/{backfill_id}/{'pause' if paused else 'unpause'}")

    def runs(self, dag_id: str, first: date, last: date) -> dict[date, str]:
        """Day -> state of the run, over days of observation, both included."""
        found = self._pages(
            f"/dags/{dag_id}/dagRuns",
            "dag_runs",
            logical_date_gte=midnight(first).isoformat(),
            logical_date_lt=(midnight(last) + timedelta(days=1)).isoformat(),
        )
        return {datetime.fromisoformat(run["logical_date"]).date(): run["state"] for run in found}

    def has_run(self, dag_id: str, run_id: str) -> bool:
        """Whether a run of this id was ever started."""
        return any(run["dag_run_id"] == run_id for run in self.all_runs(dag_id))

    def all_runs(self, dag_id: str) -> list[Mapping[str, Any]]:
        """Every run of a DAG, as the API describes it."""
        return list(self._pages(f"/dags/{dag_id}/dagRuns", "dag_runs"))

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any] | None = None) -> None:
        """Start a run now, unless one of this id exists."""
        body = {
            "dag_run_id": run_id,
            "logical_date": datetime.now(UTC).isoformat(),
            "conf": dict(conf or {}),
        }
        self._call("POST", f"/dags/{dag_id}/dagRuns", json=body, accept=(409,))

    def retry(self, dag_id: str, run_id: str) -> None:
        """Run the failed tasks of a run again, and the tasks after them."""
        body = {"dry_run": False, "only_failed": True}
        self._call("POST", f"/dags/{dag_id}/dagRuns/{run_id}/clear", json=body)

    def state(self, dag_id: str, run_id: str) -> str:
        """The state of one run: ``queued``, ``running``, ``success`` or ``failed``."""
        return str(self._call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, state: str) -> list[str]:
        """The tasks that are in a state, ``RUN/TASK``, of all runs of a DAG."""
        path = f"/dags/{dag_id}/dagRuns/~/taskInstances"
        found = self._pages(path, "task_instances", state=state)
        return [f"{task['dag_run_id']}/{task['task_id']}" for task in found]

    def _pages(self, path: str, key: str, **parameters: Any) -> Iterator[Any]:
        offset = 0
        while True:
            page = {**parameters, "limit": _PAGE, "offset": offset}
            reply = self._call("GET", path, params=page)
            yield from reply[key]
            offset += _PAGE
            if offset >= reply["total_entries"]:
                return

    def _call(self, method: str, path: str, *, accept: tuple[int, ...] = (), **body: Any) -> Any:
        """One call; waits while the API restarts, and logs in again if asked.

        :raises ServiceError: it does not answer, or refuses.
        """
        return self._retry.call(lambda: self._call_once(method, path, accept, body))

    def _call_once(
        self, method: str, path: str, accept: tuple[int, ...], body: Mapping[str, Any]
    ) -> Any:
        try:
            if "Authorization" not in self._client.headers:
                self._log_in()
            reply = self._client.request(method, f"/api/v2{path}", **body)
        except httpx.TransportError as error:
            raise TryAgain(_error(f"does not answer: {error}")) from error
        if reply.is_success or reply.status_code in accept:
            return reply.json() if reply.content else {}
        refused = _error(f"{method} {path}: HTTP {reply.status_code}: {reply.text[:500]}")
        if reply.status_code == httpx.codes.UNAUTHORIZED:
            self._client.headers.pop("Authorization", None)
        elif reply.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            raise refused
        raise TryAgain(refused)

    def _log_in(self) -> None:
        reply = self._client.post("/auth/token", json=self._login)
        if not reply.is_success:
            raise ServiceError(f"login refused: HTTP {reply.status_code}", subject="airflow")
        self._client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"


def _error(problem: str) -> ServiceError:
    return ServiceError(problem, subject="airflow", hint="see the log of api-server")


def open_airflow() -> AirflowApi:
    """The Airflow of the setting ``airflow.url``; close it when done.

    :raises SettingsError: no address, or no login in the environment.
    """
    url = (settings().airflow.url or "").rstrip("/")
    names = ("CBM_AIRFLOW_TOKEN", "CBM_AIRFLOW_USER", "CBM_AIRFLOW_PASSWORD")
    token, user, password = (of_environment(name) for name in names)
    if not url:
        raise SettingsError("is not set", subject="airflow.url", hint="set CBM_AIRFLOW_URL")
    if not token and not (user and password):
        hint = f"set {names[0]}, or {names[1]} and {names[2]}"
        raise SettingsError("no login for Airflow", subject=url, hint=hint)
    return AirflowApi(url, user, password, token=token)
