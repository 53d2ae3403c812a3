"""Airflow as a browser reaches it: by name, over TLS, through the proxy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm_lab.demo import environment as env
from dias_cbm_lab.demo.services import Running

_TRIES, _TIMEOUT_S = 120, 120


class Proxied(httpx.HTTPTransport):
    """Connects to an address whatever the name; the certificate must be of the name.

    :param context: with the authorities that are trusted.
    """

    def __init__(self, address: str, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._address = address

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the header Host has the name already."""
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host=self._address)
        return super().handle_request(request)


@dataclass(frozen=True)
class Deployed(Running):
    """A running season whose Airflow is behind the swarm's proxy.

    :param url: of the proxy, by name.
    :param address: of its host.
    :param authority: of its certificate.
    """

    url: str = ""
    address: str = ""
    authority: Path = Path()

    @property
    def airflow_url(self) -> str:
        """Address of the Airflow UI."""
        return self.url

    def airflow(self) -> AirflowApi:
        """A client of its Airflow that waits out a restart."""
        transport = self._transport()
        password = env.password(self.run)
        return AirflowApi(self.url, env.USER, password, tries=_TRIES, transport=transport)

    def client(self) -> httpx.Client:
        """A plain client, not logged in."""
        return httpx.Client(base_url=self.url, timeout=_TIMEOUT_S, transport=self._transport())

    def logged_in(self) -> httpx.Client:
        """A plain client with the admin's token."""
        client = self.client()
        login = {"username": env.USER, "password": env.password(self.run)}
        reply = client.post("/auth/token", json=login).raise_for_status()
        client.headers["Authorization"] = f"Bearer {reply.json()['access_token']}"
        return client

    def _transport(self) -> Proxied:
        return Proxied(self.address, ssl.create_default_context(cafile=str(self.authority)))


def log_of(client: httpx.Client, task: Mapping[str, Any]) -> str:
    """The log of a try, through the API.

    :param task: ``dag_id``, ``run_id``, ``task_id``, ``map_index`` and ``try_number``.
    """
    run = f"/api/v2/dags/{task['dag_id']}/dagRuns/{task['run_id']}"
    reply = client.get(
        f"{run}/taskInstances/{task['task_id']}/logs/{task['try_number']}",
        params={"map_index": task["map_index"], "full_content": "true"},
        headers={"Accept": "application/json"},
    )
    return reply.text if reply.is_success else f"HTTP {reply.status_code}: {reply.text[:200]}"
