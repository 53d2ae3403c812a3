"""Who may what under the real FAB: our pages and API, and Airflow's own, role by role."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "tests/support/fab_logins.py"
READING = {"page": 200, "seasons": 200, "metrics": 200, "key": 201, "dags": 200, "pools": 200}
# 422: allowed, and then told that the body is of no use.
MAY = {
    "ida": READING | {"decide": 422},
    "ana": READING,
    "ole": READING | {"decide": 422, "operate": 422, "connections": 200}
    | {"new pool": 201, "no pool": 204},
    "ada": READING | {"decide": 422, "operate": 422, "connections": 200, "users": 200}
    | {"new pool": 201, "no pool": 204},
    "guest": {},
}  # fmt: skip


@pytest.mark.integration
def test_each_role_may_what_it_needs_and_no_more(database: str, tmp_path: Path) -> None:
    plain = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    variables = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__API__SECRET_KEY": "s" * 32,
        "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 64,
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
        ),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # How long it believes what it knows of a person; 30 seconds by default.
        "AIRFLOW__FAB__CACHE_TTL": "1",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
        "CBM_DATABASE_URL": database,
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", PROGRAM],
        env=plain | variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("wrong password") == {"login": 401}
    assert set(found.pop("nobody").values()) == {401}
    # Whoever left is out, the key too.
    assert found.pop("left") == {"key before": 200, "key": 401, "token": 401, "login": 401}
    expected = {
        name: {request: may.get(request, 403) for request in found[name]}
        for name, may in MAY.items()
    }
    assert found == expected
