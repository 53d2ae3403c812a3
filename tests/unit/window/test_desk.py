"""The desk: opened with the printed token, from this machine's own address only."""

from __future__ import annotations

import socket

import pytest
from fastapi.testclient import TestClient

from dias_cbm.errors import ServiceError
from dias_cbm.window import desk
from dias_cbm.window.app import application
from dias_cbm.window.desk import Desk, Door
from dias_cbm.window.rights import Right, may

PORT = 8090
BASE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def own() -> Desk:
    return Desk(["dk-2018"])


@pytest.fixture
def client(own: Desk) -> TestClient:
    return TestClient(
        Door(application(own), own, PORT), base_url=BASE, raise_server_exceptions=False
    )


def test_the_first_visit_puts_the_token_into_a_cookie(client: TestClient, own: Desk) -> None:
    reply = client.get(
        "/seasons/dk-2018", params={"token": own.token, "x": "a&b"}, follow_redirects=False
    )
    assert reply.status_code == 303
    assert reply.headers["location"] == "/seasons/dk-2018?x=a%26b"
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "domain" not in cookie
    assert client.get("/seasons/dk-2018").status_code == 200


def test_nobody_else_gets_in(client: TestClient, own: Desk) -> None:
    assert client.get("/").status_code == 401
    assert client.get("/", params={"token": "x"}).status_code == 401
    assert client.get("/", params={"token": "æ"}).status_code == 401
    client.cookies.set(f"cbm_desk_{PORT}", own.token[:-1])
    assert client.get("/").status_code == 401
    client.cookies.clear()
    assert client.get("/", headers={"Authorization": f"Bearer {own.token}"}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "127.0.0.1:1", "127.0.0.1"])
def test_a_name_of_others_that_leads_here_is_refused(
    client: TestClient, own: Desk, host: str
) -> None:
    reply = client.get("/", params={"token": own.token}, headers={"Host": host})
    assert reply.status_code == 421
    assert "set-cookie" not in reply.headers


def test_the_way_back_never_leads_elsewhere(client: TestClient, own: Desk) -> None:
    reply = client.get(f"{BASE}//evil.example/?token={own.token}", follow_redirects=False)
    assert reply.headers["location"] == "/evil.example/"


def test_the_first_visit_may_be_to_any_parcel(client: TestClient, own: Desk) -> None:
    path = "/seasons/dk-2018/parcels/1%2F2%3Fb%23c"
    reply = client.get(f"{BASE}{path}?token={own.token}", follow_redirects=False)
    assert reply.headers["location"] == path


def test_two_desks_do_not_log_each_other_out(client: TestClient, own: Desk) -> None:
    other = Desk()
    # A browser keeps one cookie of a name for all ports.
    beside = TestClient(Door(application(other), other, 8091), base_url="http://127.0.0.1:8091")
    client.get("/", params={"token": own.token})
    beside.get("/", params={"token": other.token})
    both = dict(client.cookies) | dict(beside.cookies)
    for one in (client, beside):
        cookies = "; ".join(f"{name}={value}" for name, value in both.items())
        assert one.get("/", headers={"Cookie": cookies}).status_code == 200


def test_the_analyst_decides_but_runs_nothing(own: Desk) -> None:
    user = own._user
    assert may(user, Right.DECIDE, "dk-2018")
    assert not may(user, Right.READ, "es-2019")
    assert not may(user, Right.OPERATE)


def test_a_port_that_cannot_be_used() -> None:
    with socket.socket() as taken:
        taken.bind((desk.ADDRESS, 0))
        taken.listen()
        with pytest.raises(ServiceError, match="cannot be used"):
            desk.listen(taken.getsockname()[1])
    with pytest.raises(ServiceError, match="cannot be used"):
        desk.listen(99999)
    with desk.listen(0) as free:
        assert free.getsockname()[0] == "127.0.0.1"
