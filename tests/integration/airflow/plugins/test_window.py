"""The window in Airflow, as a logged-in viewer sees it: Airflow's token and connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg.conninfo import conninfo_to_dict
from shapely import MultiPolygon, box

from dias_cbm import seasons
from dias_cbm.db.connection import Connection

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("airflow_database")]


@pytest.fixture
def client(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    from airflow.api_fastapi.app import create_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    from dias_cbm_airflow.plugins import cbm_window

    area = MultiPolygon([box(9, 56, 10, 57)])
    seasons.create(connection, "dk-2018", area, 25832, date(2018, 1, 1), date(2018, 1, 30))
    connection.commit()
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
    token = create_auth_manager().generate_jwt(SimpleAuthManagerUser(username="ana", role="viewer"))
    outer = FastAPI()
    outer.mount("/cbm", cbm_window.window)
    cbm_window._window.cache_clear()
    yield TestClient(outer, cookies={"_token": token}, raise_server_exceptions=False)
    cbm_window._window()[1].state.context.gate.close()


def test_a_viewer_reads_and_does_not_run(client: TestClient) -> None:
    page = client.get("/cbm/", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "&quot;user&quot;: &quot;ana&quot;" in page.text
    rows = client.get("/cbm/api/v1/seasons").json()["rows"]
    assert [row["name"] for row in rows] == ["dk-2018"]
    assert client.get("/cbm/seasons/dk-2018/gaps.json").json() == []
    reply = client.post("/cbm/api/v1/seasons/dk-2018/runs", json={"what": "ask_again"})
    assert reply.status_code == 403


def test_it_takes_the_connection_of_the_tasks(
    client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CBM_DATABASE_URL")
    assert client.get("/cbm/api/v1/seasons").status_code == 503
    parts = conninfo_to_dict(database_url)
    described = {
        "conn_type": "postgres",
        "host": parts["host"],
        "port": int(parts["port"]),
        "login": parts["user"],
        "password": parts["password"],
        "schema": parts["dbname"],
    }
    monkeypatch.setenv("AIRFLOW_CONN_CBM_POSTGRES", json.dumps(described))
    assert client.get("/cbm/api/v1/seasons").json()["rows"][0]["name"] == "dk-2018"
