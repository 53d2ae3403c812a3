"""The window's host in Airflow: roles become rights, keys need a user who is still there."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from fastapi import FastAPI, Request

from dias_cbm.errors import SettingsError
from dias_cbm.window.host import RunRefused
from dias_cbm.window.rights import Right, User

pytestmark = pytest.mark.usefixtures("airflow_database")
USERS = "ana:viewer,ida:user,ole:op,adm:admin"
READ, DECIDE = {Right.READ}, {Right.READ, Right.DECIDE}


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Airflow's own simple manager, as the api-server has it."""
    from airflow.api_fastapi import app

    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", USERS)
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "s" * 64)
    return app.create_auth_manager()


def request(token: str | None = None, *, bearer: bool = True) -> Any:
    headers = []
    if token is not None:
        given = f"Bearer {token}" if bearer else f"_token={token}"
        headers = [(b"authorization" if bearer else b"cookie", given.encode())]
    return Request({"type": "http", "headers": headers, "state": {}})


def simple(name: str, role: str | None) -> Any:
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return SimpleAuthManagerUser(username=name, role=role)


def ask(work: Any, *arguments: Any) -> Any:
    return anyio.run(work, *arguments)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("viewer", READ),
        ("user", DECIDE),
        ("op", set(Right)),
        ("admin", set(Right)),
        ("ADMIN", set(Right)),
        ("gardener", set()),
        ("", set()),
        (None, set()),
    ],
)
@pytest.mark.parametrize("bearer", [True, False])
def test_a_role_of_the_simple_manager(
    manager: Any, role: str | None, rights: set[Right], bearer: bool
) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    token = manager.generate_jwt(simple("ana", role))
    found = ask(AirflowHost().user, request(token, bearer=bearer))
    assert (found.name, found.rights, found.seasons) == ("ana", frozenset(rights), None)


@pytest.mark.parametrize("token", [None, "", "rubbish", "a.b.c"])
def test_no_login_or_a_bad_one_is_nobody(manager: Any, token: str | None) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    assert ask(AirflowHost().user, request(token)) is None


def test_an_expired_login_is_nobody(manager: Any) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    token = manager.generate_jwt(simple("ana", "admin"), expiration_time_in_seconds=-60)
    assert ask(AirflowHost().user, request(token)) is None


def test_the_holder_of_a_key_has_the_role_of_today(manager: Any) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    host = AirflowHost()
    assert ask(host.holder, "ida", "ida").rights == frozenset(DECIDE)
    assert ask(host.holder, "gone", "gone") is None
    assert ask(host.holder, "ida", "renamed") is None


def test_seasons_of_a_role(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    monkeypatch.setenv("CBM_WINDOW_SEASONS_OF_ROLES", "viewer=dk-2018,viewer=dk-2019,admin=*")
    host = AirflowHost()
    assert ask(host.holder, "ana", "ana").seasons == {"dk-2018", "dk-2019"}
    assert ask(host.holder, "adm", "adm").seasons is None
    assert ask(host.holder, "ida", "ida").seasons == frozenset()
    monkeypatch.setenv("CBM_WINDOW_SEASONS_OF_ROLES", "viewer")
    with pytest.raises(SettingsError, match="ROLE=SEASON"):
        ask(host.holder, "ana", "ana")


class FabStandIn:
    """The questions that FAB's manager answers, asked without its database."""

    def __init__(self, view: object, custom: object, dag: object) -> None:
        self.view, self.custom, self.dag = view, custom, dag

    def is_authorized_view(self, *, access_view: Any, user: Any) -> object:
        return self.view if access_view.name == "WEBSITE" else False

    def is_authorized_custom_view(self, *, method: str, resource_name: str, user: Any) -> object:
        return self.custom if (method, resource_name) == ("POST", "CbM decisions") else False

    def is_authorized_dag(self, *, method: str, access_entity: Any, details: Any, user: Any) -> Any:
        return self.dag if (method, access_entity.name) == ("POST", "RUN") else False

    def deserialize_user(self, token: dict[str, Any]) -> Any:
        if token != {"sub": "4"}:
            raise ValueError("User with id 5 not found")
        return FabUser()


class FabUser:
    """A user with two roles."""

    roles = tuple(type("Role", (), {"name": name}) for name in ("Viewer", "Jutland"))

    def get_id(self) -> str:
        return "4"

    def get_name(self) -> str:
        return "boss"


def fab(*answers: object) -> Any:
    module = "airflow.providers.fab.auth_manager.fab_auth_manager"
    return type("FabAuthManager", (FabStandIn,), {"__module__": module})(*answers)


@pytest.mark.parametrize(
    ("answers", "rights"),
    [
        ((True, False, False), READ),
        ((True, True, False), DECIDE),
        ((True, False, True), {Right.READ, Right.OPERATE}),
        ((False, False, False), set()),
        ((None, "yes", 1), set()),
    ],
)
def test_permissions_of_fab(answers: tuple[object, ...], rights: set[Right]) -> None:
    from dias_cbm_airflow.plugins.airflow_host import user_of

    found = user_of(fab(*answers), FabUser())
    assert (found.id, found.name, found.rights) == ("4", "boss", frozenset(rights))


def test_the_holder_of_a_key_under_fab() -> None:
    from dias_cbm_airflow.plugins.airflow_host import _holder

    assert _holder(fab(True, False, False), "4", "boss").rights == frozenset(READ)
    assert _holder(fab(True, False, False), "5", "boss") is None


def test_an_unknown_manager_gives_nobody_anything() -> None:
    from dias_cbm_airflow.plugins.airflow_host import _holder, user_of

    stranger = FabStandIn(True, True, True)
    assert user_of(stranger, FabUser()).rights == frozenset()
    assert _holder(stranger, "4", "boss") is None


def test_a_run_is_started_by_airflows_api_as_the_user(manager: Any) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    airflow, seen = FastAPI(), []

    @airflow.post("/api/v2/dags/{dag}/dagRuns")
    async def start(dag: str, request: Request) -> dict[str, str]:
        token = request.headers["authorization"].removeprefix("Bearer ")
        user = await manager.get_user_from_token(token)
        seen.append((dag, user.get_name(), json.loads(await request.body())["conf"]))
        return {"dag_run_id": "manual__1"}

    host = AirflowHost(airflow)
    conf = {"day": "2018-05-11"}
    assert ask(host.start_dag, "cbm_bs", conf, User("ole", "ole", frozenset(Right))) == "manual__1"
    assert seen == [("cbm_bs", "ole", conf)]
    # Airflow has the last word, whatever the window thinks of its user.
    with pytest.raises(RunRefused, match="you may not"):
        ask(host.start_dag, "cbm_bs", conf, User("ana", "ana", frozenset(Right)))
    with pytest.raises(RunRefused, match="404"):
        ask(AirflowHost(FastAPI()).start_dag, "cbm_x", {}, User("ole", "ole", frozenset(Right)))


def test_the_secret_is_the_same_in_all_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    from dias_cbm_airflow.plugins.airflow_host import AirflowHost

    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "one")
    assert AirflowHost().secret() == AirflowHost().secret()
    first = AirflowHost().secret()
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "two")
    assert AirflowHost().secret() != first
