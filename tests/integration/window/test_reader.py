"""What only looks is asked as the reader, where there is one; what changes something is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from database_roles import three_roles
from fastapi.testclient import TestClient
from observed_season import World
from window_host import INSPECTOR, StandIn

from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration

SEASON = "/api/v1/seasons/dk-2018"


@pytest.fixture
def addresses(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    with three_roles(database) as found:
        monkeypatch.setenv("CBM_DATABASE_READER_URL", found["reader"])
        yield found


def users(world: World) -> dict[str, str]:
    """Program -> the user of its connection."""
    rows = world.connection.execute(
        "select application_name as name, usename as user from pg_stat_activity"
        " where application_name like '%%window%%'"
    ).fetchall()
    world.connection.commit()
    return {row.name: row.user for row in rows}


def test_pages_are_read_by_a_role_that_can_do_nothing_else(
    client: TestClient, host: StandIn, world: World, addresses: dict[str, str]
) -> None:
    host.logged_in = INSPECTOR
    world.extracted(Kind.CARD_BS, 3)
    for path in ("", "/gaps", "/calendar", "/work"):
        assert client.get(f"{SEASON}{path}").status_code == 200, path
    (reader,) = users(world).values()
    assert reader.endswith("_reader")
    made = client.post("/api/v1/keys", json={"label": "QGIS"})
    assert made.status_code == 201, made.text
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    assert client.get("/api/v1/keys").json()["rows"]
    assert client.get(SEASON, headers=key).status_code == 200
    assert set(users(world)) == {"cbm window, reader", "window test"}
