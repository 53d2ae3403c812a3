"""The client of Airflow's REST API against a small stand-in for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import httpx
import pytest

from dias_cbm.backfill import airflow_api
from dias_cbm.backfill.airflow_api import AirflowApi
from dias_cbm.errors import ServiceError, SettingsError

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_api, "_FIRST_WAIT_S", 0.0)


class Stand:
    """Answers the login, and everything else by a function; keeps the requests."""

    def __init__(self, handler: Handler, accepted: str = "right") -> None:
        self.requests: list[httpx.Request] = []
        self.logins = 0
        self._handler = handler
        self._accepted = accepted

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            self.logins += 1
            if json.loads(request.content)["password"] != self._accepted:
                return httpx.Response(401, json={"detail": "Invalid credentials"})
            return httpx.Response(201, json={"access_token": f"token-{self.logins}"})
        self.requests.append(request)
        return self._handler(request)

    def client(self) -> AirflowApi:
        return AirflowApi("http://airflow", "admin", "right", transport=httpx.MockTransport(self))


def page_of(items: list[str], key: str) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
        found = [{"dag_id": item, "is_paused": False} for item in items[offset : offset + limit]]
        return httpx.Response(200, json={key: found, "total_entries": len(items)})

    return answer


def test_all_pages_are_read_with_one_login() -> None:
    stand = Stand(page_of([f"dag{n}" for n in range(230)], "dags"))
    assert len(stand.client().dags()) == 230
    assert len(stand.requests) == 3
    assert stand.logins == 1
    assert stand.requests[0].headers["Authorization"] == "Bearer token-1"


def test_an_expired_login_is_renewed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] == "Bearer token-1":
            return httpx.Response(401)
        return httpx.Response(200, json={"state": "success"})

    stand = Stand(answer)
    assert stand.client().state("cbm_bs", "run") == "success"
    assert stand.logins == 2


def test_an_api_that_restarts_is_waited_for() -> None:
    answers = iter([httpx.ConnectError("refused"), httpx.Response(503), None])

    def answer(request: httpx.Request) -> httpx.Response:
        now = next(answers)
        if isinstance(now, Exception):
            raise now
        return now or httpx.Response(200, json={"state": "running"})

    assert Stand(answer).client().state("cbm_bs", "run") == "running"


def test_a_refusal_is_not_repeated_and_named() -> None:
    stand = Stand(lambda request: httpx.Response(422, json={"detail": "Field required"}))
    with pytest.raises(ServiceError, match=r"PATCH /dags/cbm_bs: HTTP 422.*Field required"):
        stand.client().set_paused("cbm_bs", False)
    assert len(stand.requests) == 1


def test_an_api_that_stays_away_is_a_typed_error() -> None:
    stand = Stand(lambda request: httpx.Response(500, text="broken"))
    with pytest.raises(ServiceError, match="HTTP 500"):
        stand.client().dags()
    assert len(stand.requests) == 10


def test_a_wrong_password_is_a_typed_error() -> None:
    stand = Stand(page_of([], "dags"), accepted="other")
    with pytest.raises(ServiceError, match="login refused: HTTP 401"):
        stand.client().dags()


def test_health_of_an_api_that_does_not_answer_is_empty() -> None:
    assert Stand(lambda request: httpx.Response(502)).client().health() == {}


def test_health_names_the_components() -> None:
    report = {
        "scheduler": {"status": "healthy"},
        "triggerer": {"status": None},
        "dag_processor": None,
    }
    found = Stand(lambda request: httpx.Response(200, json=report)).client().health()
    assert found == {"scheduler": "healthy", "triggerer": "None", "dag_processor": "None"}


def test_a_pool_is_created_or_changed() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        pools = [{"name": "known"}]
        return httpx.Response(200, json={"pools": pools, "total_entries": 1})

    stand = Stand(answer)
    stand.client().set_pool("known", 4, "d")
    stand.client().set_pool("new", 2, "d")
    changes = [(r.method, r.url.path) for r in stand.requests if r.method != "GET"]
    assert changes == [("PATCH", "/api/v2/pools/known"), ("POST", "/api/v2/pools")]
    body = json.loads(stand.requests[-1].content)
    assert body == {"name": "new", "slots": 2, "description": "d", "include_deferred": False}


@pytest.mark.parametrize(("completed_at", "posts"), [(None, 0), ("2026-01-01T00:00:00Z", 1)])
def test_a_backfill_that_goes_on_is_not_started_again(completed_at: str | None, posts: int) -> None:
    known = [
        {
            "id": 1,
            "from_date": "2018-05-11T00:00:00Z",
            "to_date": "2018-05-31T23:00:00Z",
            "is_paused": False,
            "completed_at": completed_at,
        }
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"backfills": known, "total_entries": 1})

    stand = Stand(answer)
    stand.client().backfill(
        "cbm_bs", date(2018, 5, 11), date(2018, 5, 31), active_runs=2, reprocess="failed"
    )
    sent = [json.loads(r.content) for r in stand.requests if r.method == "POST"]
    assert len(sent) == posts
    for body in sent:
        assert body["from_date"] == "2018-05-11T00:00:00+00:00"
        assert body["to_date"] == "2018-05-31T23:00:00+00:00"
        assert body["reprocess_behavior"] == "failed"


def test_runs_are_given_by_day() -> None:
    runs = [{"logical_date": "2018-05-11T00:00:00Z", "state": "success"}]
    stand = Stand(lambda request: httpx.Response(200, json={"dag_runs": runs, "total_entries": 1}))
    found = stand.client().runs("cbm_bs", date(2018, 5, 11), date(2018, 5, 12))
    assert found == {date(2018, 5, 11): "success"}
    asked = stand.requests[0].url.params
    assert asked["logical_date_gte"] == "2018-05-11T00:00:00+00:00"
    assert asked["logical_date_lt"] == "2018-05-13T00:00:00+00:00"


def test_tasks_are_given_by_state_over_all_runs() -> None:
    waits = [{"dag_run_id": "first", "task_id": "send_digest"}]
    stand = Stand(
        lambda request: httpx.Response(200, json={"task_instances": waits, "total_entries": 1})
    )
    assert stand.client().tasks("cbm_gaps", "up_for_retry") == ["first/send_digest"]
    asked = stand.requests[0].url
    assert asked.path == "/api/v2/dags/cbm_gaps/dagRuns/~/taskInstances"
    assert asked.params["state"] == "up_for_retry"


def test_a_run_that_exists_is_not_started_twice() -> None:
    stand = Stand(lambda request: httpx.Response(409, json={"detail": "exists"}))
    stand.client().trigger("cbm_gaps", "first")
    assert json.loads(stand.requests[0].content)["dag_run_id"] == "first"


def test_a_token_needs_no_login_and_a_backfill_can_be_paused() -> None:
    stand = Stand(lambda request: httpx.Response(200, json={}))
    api = AirflowApi("http://airflow", token="given", transport=httpx.MockTransport(stand))
    api.pause_backfill(7, True)
    api.pause_backfill(7, False)
    assert stand.logins == 0
    assert [(r.method, r.url.path) for r in stand.requests] == [
        ("PUT", "/api/v2/backfills/7/pause"),
        ("PUT", "/api/v2/backfills/7/unpause"),
    ]
    assert stand.requests[0].headers["Authorization"] == "Bearer given"


def test_a_connection_that_is_not_there_is_none_and_one_that_is_made_is_sent_whole() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201, json=json.loads(request.content))
        if request.url.path.endswith("/cbm_smtp"):
            return httpx.Response(200, json={"connection_id": "cbm_smtp", "host": "mail"})
        return httpx.Response(404, json={"detail": "not found"})

    stand = Stand(answer)
    with stand.client() as api:
        assert api.connection("cbm_postgres") is None
        found = api.connection("cbm_smtp")
        assert found is not None
        assert found["host"] == "mail"
        api.add_connection({"connection_id": "cbm_postgres", "password": "p"})
    assert json.loads(stand.requests[-1].content)["password"] == "p"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "airflow.url: is not set .set CBM_AIRFLOW_URL"),
        ({"CBM_AIRFLOW_URL": "http://a"}, "no login for Airflow .set CBM_AIRFLOW_TOKEN"),
        ({"CBM_AIRFLOW_URL": "http://a", "CBM_AIRFLOW_USER": "me"}, "no login"),
    ],
)
def test_without_address_or_login_there_is_no_client(
    environ: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=message):
        airflow_api.open_airflow()
