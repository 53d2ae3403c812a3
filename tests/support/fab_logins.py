"""An Airflow with FAB in a folder of its own: what each role may, asked over its real application.

Run as a program, since an Airflow has one auth manager: it prints one JSON object, person ->
request -> status. The environment names Airflow's home and database, and the library's.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

PASSWORD = "a-password-of-the-test"
PEOPLE = {
    "ida": "Inspector",
    "ana": "Analyst",
    "ole": "Operator",
    "ada": "Admin",
    "guest": "Public",
}
SEASON = "dk-2018"
#: Request -> method, path and body. Bodies of ours are of no use: who may, gets 422 for them.
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "page": ("GET", "/cbm/", None),
    "seasons": ("GET", "/cbm/api/v1/seasons", None),
    "metrics": ("GET", "/cbm/api/v1/metrics", None),
    "key": ("POST", "/cbm/api/v1/keys", {"label": "notebook", "days": 1}),
    "decide": ("POST", f"/cbm/api/v1/seasons/{SEASON}/decisions", {}),
    "operate": ("POST", f"/cbm/api/v1/seasons/{SEASON}/runs", {}),
    "dags": ("GET", "/api/v2/dags", None),
    "pools": ("GET", "/api/v2/pools", None),
    "new pool": (
        "POST",
        "/api/v2/pools",
        {"name": "night", "slots": 1, "include_deferred": False},
    ),
    "no pool": ("DELETE", "/api/v2/pools/night", None),
    "connections": ("GET", "/api/v2/connections", None),
    "users": ("GET", "/auth/fab/v1/users", None),
}


def main() -> None:
    """Create tables, roles and people; ask everything as each of them."""
    from airflow.utils import db

    db.initdb()
    from airflow.providers.fab.www.app import create_app

    from dias_cbm_airflow.plugins import fab_roles

    fab_roles.main()
    fab_roles.main()  # a second time changes nothing
    app = create_app(enable_plugins=False)
    with app.app_context():
        manager = app.appbuilder.sm
        for name, role in PEOPLE.items():
            mail = f"{name}@example.org"
            manager.add_user(name, name, "Test", mail, manager.find_role(role), PASSWORD)
    json.dump(asked() | {"left": left(app, "ana")}, sys.stdout)


def left(app: Any, name: str) -> dict[str, int]:
    """What somebody's token and key still open once the person is no longer active."""
    from airflow.api_fastapi.app import create_app as create_api
    from fastapi.testclient import TestClient

    with TestClient(create_api(), raise_server_exceptions=False) as client:
        login = {"username": name, "password": PASSWORD}
        given = client.post("/auth/token", json=login).json()["access_token"]
        token = {"Authorization": f"Bearer {given}"}
        wish = {"label": "notebook", "days": 1}
        made = client.post("/cbm/api/v1/keys", json=wish, headers=token).json()["key"]
        key = {"Authorization": f"Bearer {made}"}
        client.cookies.clear()
        before = client.get("/cbm/api/v1/seasons", headers=key).status_code
        with app.app_context():
            manager = app.appbuilder.sm
            person = manager.find_user(name)
            person.active = False
            manager.update_user(person)
        time.sleep(1.2)  # FAB__CACHE_TTL
        after = {"key": key, "token": token}
        return (
            {"key before": before}
            | {
                what: client.get("/cbm/api/v1/seasons", headers=headers).status_code
                for what, headers in after.items()
            }
            | {"login": client.post("/auth/token", json=login).status_code}
        )


def asked() -> dict[str, dict[str, int]]:
    """The status of each request, for everybody, for a stranger and for a wrong password."""
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    found: dict[str, dict[str, int]] = {}
    with TestClient(create_app(), raise_server_exceptions=False) as client:
        for name in PEOPLE:
            login = {"username": name, "password": PASSWORD}
            token = client.post("/auth/token", json=login).json()["access_token"]
            found[name] = statuses(client, {"Authorization": f"Bearer {token}"})
        found["nobody"] = statuses(client, {})
        wrong = client.post("/auth/token", json={"username": "ada", "password": "guessed"})
        found["wrong password"] = {"login": wrong.status_code}
    return found


def statuses(client: Any, headers: dict[str, str]) -> dict[str, int]:
    """The status of each request with these headers."""
    client.cookies.clear()
    return {
        name: client.request(method, path, json=body, headers=headers).status_code
        for name, (method, path, body) in REQUESTS.items()
    }


if __name__ == "__main__":
    main()
