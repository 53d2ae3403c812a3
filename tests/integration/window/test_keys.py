"""API keys: shown once, and good for what they say, for whom they are and as long as they last."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from observed_season import World
from window_host import INSPECTOR, OPERATOR, READER, StandIn

from dias_cbm.window import keys
from dias_cbm.window.rights import Right, User

pytestmark = pytest.mark.integration
LIST = "/api/v1/seasons"


def make(client: TestClient, **wish: Any) -> dict[str, Any]:
    reply = client.post("/api/v1/keys", json={"label": "QGIS", **wish})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def basic(name: str, key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{name}:{key}".encode()).decode()}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_opens_what_its_user_may_read(
    client: TestClient, host: StandIn, world: World
) -> None:
    made = make(client)
    key = made["key"]
    (stored,) = world.connection.execute("select * from api_key").fetchall()
    assert key not in str(stored)
    assert made["row"]["rights"] == ["read"]
    host.logged_in = None
    assert client.get(LIST, headers=bearer(key)).status_code == 200
    assert client.get(LIST, headers=basic("ana", key)).status_code == 200
    assert client.get(LIST, headers={"Authorization": f"bearer  {key}"}).status_code == 200
    # Of another user, not quite the key, or in another place.
    for headers in (
        basic("ida", key),
        basic("", key),
        basic("Ana", key),
        bearer(key + "x"),
        bearer(key[:-1]),
        basic(key, "ana"),
        {"Authorization": f"Basic {key}"},
        {"Authorization": key},
        {"X-Api-Key": key},
    ):
        assert client.get(LIST, headers=headers).status_code == 401, headers
    assert client.get(LIST, params={"key": key}).status_code == 401
    asked = client.get(LIST, headers=basic("ida", key)).headers["www-authenticate"]
    assert asked.startswith("Basic ")


def test_a_bad_key_is_not_helped_by_a_login(client: TestClient) -> None:
    assert client.get(LIST, headers=bearer("cbm_x")).status_code == 401
    # But a proxy's own password is not a key.
    assert client.get(LIST, headers=basic("proxy", "hush")).status_code == 200


def test_a_key_that_has_expired_or_was_revoked(
    client: TestClient, host: StandIn, world: World
) -> None:
    first, second = make(client, days=1), make(client, label="R")
    rows = client.get("/api/v1/keys").json()["rows"]
    assert [row["label"] for row in rows] == ["R", "QGIS"]
    assert "hash" not in rows[0] and "key" not in rows[0]
    assert client.delete(f"/api/v1/keys/{second['row']['id']}").status_code == 204
    host.logged_in = None
    assert client.get(LIST, headers=bearer(second["key"])).status_code == 401
    assert client.get(LIST, headers=bearer(first["key"])).status_code == 200
    world.connection.execute(
        "update api_key set created_at = created_at - interval '2 days', expires_at = now()"
    )
    world.connection.commit()
    assert client.get(LIST, headers=bearer(first["key"])).status_code == 401


def test_nobody_revokes_the_key_of_another(client: TestClient, host: StandIn) -> None:
    made = make(client)
    host.logged_in = INSPECTOR
    for key in (made["row"]["id"], 0, 2**31, -1):
        assert client.delete(f"/api/v1/keys/{key}").status_code == 404
    assert client.delete(f"/api/v1/keys/{10**30}").status_code in (404, 422)
    assert client.get("/api/v1/keys").json()["rows"] == []
    assert client.get(LIST, headers=bearer(made["key"])).status_code == 200


def test_a_key_reads_unless_it_was_made_for_more(
    client: TestClient, host: StandIn, world: World
) -> None:
    host.logged_in = OPERATOR
    reads, runs = make(client)["key"], make(client, rights=["read", "operate"])["key"]
    host.logged_in = None
    wish = {"what": "ask_again"}
    path = "/api/v1/seasons/dk-2018/runs"
    assert client.post(path, json=wish, headers=bearer(reads)).status_code == 403
    assert host.started == []
    assert client.post(path, json=wish, headers=bearer(runs)).status_code == 202
    assert host.started == [("cbm_gaps", {"everything": True, "season": "dk-2018"}, "ole")]
    # A key makes, shows and revokes no keys.
    assert client.get("/api/v1/keys", headers=bearer(runs)).status_code == 403
    assert client.post("/api/v1/keys", json={"label": "x"}, headers=bearer(runs)).status_code == 403
    assert client.delete("/api/v1/keys/1", headers=bearer(runs)).status_code == 403
    # What its user may no longer do, the key may not either.
    host.users[OPERATOR.id] = User("3", "ole", frozenset({Right.READ}))
    assert client.post(path, json=wish, headers=bearer(runs)).status_code == 403
    assert client.get(LIST, headers=bearer(runs)).status_code == 200
    del host.users[OPERATOR.id]
    assert client.get(LIST, headers=bearer(runs)).status_code == 401


def test_a_key_for_some_seasons(client: TestClient, host: StandIn, world: World) -> None:
    own, other = make(client, seasons=["dk-2018"])["key"], make(client, seasons=["es-2019"])["key"]
    nothing = make(client, seasons=[])["key"]
    host.logged_in = None
    place = "/api/v1/seasons/dk-2018/gaps"
    assert client.get(place, headers=bearer(own)).status_code == 200
    for key in (other, nothing):
        assert client.get(place, headers=bearer(key)).status_code == 403
        assert client.get(LIST, headers=bearer(key)).json()["rows"] == []
    # Its user was limited to another season since.
    host.users[READER.id] = User("1", "ana", READER.rights, frozenset({"es-2019"}))
    assert client.get(place, headers=bearer(own)).status_code == 403


def test_a_key_that_is_not_made(client: TestClient) -> None:
    odd: list[dict[str, Any]] = [
        {"rights": ["read", "decide"]},
        {"rights": ["decide"]},
        {"rights": []},
        {"rights": ["everything"]},
        {"days": 0},
        {"days": 367},
        {"label": ""},
        {"label": "  "},
        {"label": "a\nb"},
        {"label": "x" * 81},
        {"label": "a\x00b"},
        {"seasons": ["a\x00b"]},
        {"user_name": "boss"},
    ]
    for wish in odd:
        reply = client.post("/api/v1/keys", json={"label": "x", **wish})
        assert reply.status_code == 422, wish
        assert isinstance(reply.json()["detail"], str)
    assert client.get("/api/v1/keys").json()["rows"] == []


def test_a_limited_user_makes_no_key_for_other_seasons(client: TestClient, host: StandIn) -> None:
    host.logged_in = User("1", "ana", READER.rights, frozenset({"dk-2018"}))
    reply = client.post("/api/v1/keys", json={"label": "x", "seasons": ["es-2019"]})
    assert reply.status_code == 422
    host.logged_in = User("1", "ana", READER.rights, frozenset())
    reply = client.post("/api/v1/keys", json={"label": "x", "seasons": ["es-2019"]})
    assert reply.status_code == 422


def test_the_use_of_a_key_is_noted_to_the_minute(world: World) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    _, secret = keys.make(world.connection, READER, "x", days=9, now=now)

    def used(at: datetime) -> datetime:
        assert keys.find(world.connection, keys.Given(secret), at)
        row = world.connection.execute("select last_used_at from api_key").fetchone()
        return row.last_used_at

    assert used(now) == now
    assert used(now + timedelta(seconds=30)) == now
    later = now + timedelta(minutes=2)
    assert used(later) == later
    assert keys.find(world.connection, keys.Given(secret), now + timedelta(days=9)) is None


def test_a_user_has_a_bounded_number_of_keys(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MOST_KEYS", 2)
    for _ in range(2):
        keys.make(world.connection, READER, "x", days=9)
    with pytest.raises(keys.KeyRefused, match="2 keys already"):
        keys.make(world.connection, READER, "x", days=9)
    keys.make(world.connection, INSPECTOR, "x", days=9)
