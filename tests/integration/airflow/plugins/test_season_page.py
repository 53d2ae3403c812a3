"""The page as a logged-in user sees it."""

import json
import time
from collections.abc import Iterator
from datetime import date

import pytest
from fastapi.testclient import TestClient
from psycopg.conninfo import conninfo_to_dict
from shapely import MultiPolygon, box

from dias_cbm import seasons
from dias_cbm.db.connection import Connection

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("airflow_database")]


@pytest.fixture
def client(connection: Connection) -> Iterator[TestClient]:
    from dias_cbm_airflow.plugins.season_page import page

    seasons.create(
        connection,
        "dk-2018",
        MultiPolygon([box(9, 56, 10, 57)]),
        25832,
        date(2018, 1, 1),
        date(2018, 1, 30),
    )
    # Names of earlier versions may have had any letters.
    connection.execute("update season set name = 'dk & <2018>'")
    connection.commit()
    application = page()
    for route in application.routes:
        for dependency in route.dependant.dependencies:
            application.dependency_overrides[dependency.call] = lambda: None
    yield TestClient(application)
    application.dependency_overrides.clear()


def test_seasons_are_listed_with_their_names_escaped(client: TestClient) -> None:
    reply = client.get("/")
    assert reply.status_code == 200
    assert "dk &amp; &lt;2018&gt;" in reply.text
    assert "<2018>" not in reply.text


def test_a_season_shows_what_its_digest_would_say(client: TestClient) -> None:
    reply = client.get("/seasons/dk & <2018>")
    assert reply.status_code == 200
    assert "dk &amp; &lt;2018&gt;" in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_gaps_as_json(client: TestClient) -> None:
    assert client.get("/seasons/dk & <2018>/gaps.json").json() == []


def test_an_unknown_season_is_not_found(client: TestClient) -> None:
    reply = client.get("/seasons/nowhere")
    assert reply.status_code == 404
    assert "nowhere" in reply.json()["detail"]


def test_the_page_takes_the_connection_of_the_tasks(
    client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CBM_DATABASE_URL")
    assert client.get("/").status_code == 503
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
    assert "dk &amp;" in client.get("/").text


def test_a_database_that_is_not_up_to_date_or_away_is_said(
    client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = database_url.rpartition("/")[0] + "/postgres"
    monkeypatch.setenv("CBM_DATABASE_URL", empty)
    reply = client.get("/")
    assert (reply.status_code, '"season" does not exist' in reply.json()["detail"]) == (503, True)
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://cbm:hidden@127.0.0.1:1/cbm")
    reply = client.get("/")
    assert reply.status_code == 503
    assert "hidden" not in reply.text


@pytest.mark.parametrize("path", ["/", "/seasons/dk & <2018>", "/seasons/no", "/nowhere"])
def test_no_reply_is_stored_or_guessed_at(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


def test_forty_views_of_a_database_that_waits_leave_airflow_its_threads(
    client: TestClient, connection: Connection
) -> None:
    """A plain route on the same server still answers while the page waits for a lock."""
    import anyio
    import httpx

    from dias_cbm_airflow.plugins.page_gate import MOST_REQUESTS

    application = client.app
    application.get("/health")(lambda: "well")
    route = application.routes[-1]
    for dependency in route.dependant.dependencies:
        application.dependency_overrides[dependency.call] = lambda: None
    codes: list[int] = []
    healthy: list[float] = []

    async def views() -> None:
        transport = httpx.ASGITransport(app=application)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://a") as http,
            anyio.create_task_group() as tasks,
        ):

            async def view() -> None:
                codes.append((await http.get("/", timeout=60)).status_code)

            for _ in range(40):
                tasks.start_soon(view)
            await anyio.sleep(1)
            begun = anyio.current_time()
            assert (await http.get("/health")).text == '"well"'
            healthy.append(anyio.current_time() - begun)

    connection.execute("lock table season in access exclusive mode")
    begun = time.monotonic()
    try:
        anyio.run(views)
    finally:
        connection.rollback()
        application.routes.remove(route)
    assert healthy[0] < 1
    assert codes.count(503) == 40
    # The few that were let in are refused by the lock's own timeout.
    assert 4 < time.monotonic() - begun < 15
    assert MOST_REQUESTS < 40
    assert client.get("/").status_code == 200
