"""What is found of an Airflow, against a small stand-in for its REST API."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dias_cbm.installation.airflow import check_airflow, mail_connection
from dias_cbm.installation.airflow_names import POOLS
from dias_cbm.installation.findings import State

HEALTHY = {name: {"status": "healthy"} for name in ("scheduler", "triggerer", "dag_processor")}
SMTP = {"connection_id": "cbm_smtp", "host": "mail", "port": 25, "extra": '{"disable_ssl": true}'}


def listed(key: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {key: rows, "total_entries": len(rows)}


@pytest.fixture
def replies(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Path -> reply, to be changed by the test; the login is in the environment."""
    found: dict[str, Any] = {
        "/monitor/health": HEALTHY,
        "/pools": listed("pools", *({"name": name} for name in POOLS)),
        "/importErrors": listed("import_errors"),
        "/dags": listed("dags", {"dag_id": "cbm_bs", "is_paused": True}),
        "/connections/cbm_smtp": SMTP,
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/api/v2")
            self.send_response(200 if path in found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found.get(path, {})).encode())

        def log_message(self, *words: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("CBM_AIRFLOW_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("CBM_AIRFLOW_TOKEN", "token")
    yield found
    server.shutdown()
    server.server_close()


def test_all_is_well(replies: dict[str, Any]) -> None:
    assert [(one.what, one.state) for one in check_airflow()] == [
        ("Airflow", State.OK),
        ("Airflow's pools", State.OK),
        ("DAGs", State.OK),
    ]


@pytest.mark.parametrize(
    ("path", "reply", "what", "detail"),
    [
        ("/monitor/health", HEALTHY | {"triggerer": None}, "Airflow", "not healthy: triggerer"),
        ("/pools", listed("pools", {"name": "cbm_card"}), "Airflow's pools", "cbm_catalogue"),
        ("/dags", listed("dags", {"dag_id": "other", "is_paused": False}), "DAGs", "none found"),
        (
            "/importErrors",
            listed("import_errors", {"filename": "cbm_bs.py", "stack_trace": "boom\nline"}),
            "DAGs",
            "cbm_bs.py: boom",
        ),
    ],
)
def test_what_is_broken_is_said_with_what_to_do(
    path: str, reply: dict[str, Any], what: str, detail: str, replies: dict[str, Any]
) -> None:
    replies[path] = reply
    broken = [one for one in check_airflow() if one.state is State.BROKEN]
    assert [one.what for one in broken] == [what]
    assert detail in broken[0].detail
    assert broken[0].todo


def test_an_airflow_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.state for one in check_airflow()] == [State.UNUSED]
    monkeypatch.setenv("CBM_AIRFLOW_URL", "http://127.0.0.1:1")
    assert [one.state for one in check_airflow()] == [State.UNKNOWN]
    monkeypatch.setenv("CBM_AIRFLOW_TOKEN", "token")
    assert [one.state for one in check_airflow()] == [State.BROKEN]


def test_the_mail_server_is_the_one_of_airflow(
    replies: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = mail_connection()
    assert found is not None
    assert (found.host, found.port, found.extra) == ("mail", 25, {"disable_ssl": True})
    monkeypatch.setenv("AIRFLOW_CONN_CBM_SMTP", "smtp://here:2525")
    nearer = mail_connection()
    assert nearer is not None
    assert (nearer.host, nearer.port) == ("here", 2525)
