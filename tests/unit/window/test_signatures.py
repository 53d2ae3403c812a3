"""Signed addresses: good for one path, one query, one user, and some minutes."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from window_host import READER, StandIn

from dias_cbm.window import signatures
from dias_cbm.window.context import Context
from dias_cbm.window.gate import Gate
from dias_cbm.window.rights import User
from dias_cbm.window.signatures import LIFE_S, Signed, check, sign

SECRET = b"s" * 32
PATH, QUERY = "/seasons/dk 2018/x/å/B04.tif", "size_m=500"


def token_of(address: str) -> str:
    return address.split("/")[2]


def test_the_address_holds_what_it_says() -> None:
    address = sign(SECRET, READER, PATH, QUERY, now=1000)
    assert address.startswith("/signed/2100.")
    assert address.endswith(".tif?size_m=500")
    token = token_of(address)
    assert unquote(address) == f"/signed/{token}{PATH}?{QUERY}"
    expected = Signed(READER.id, READER.name, 2100)
    assert check(SECRET, token, PATH, QUERY, now=1000 + LIFE_S) == expected
    assert check(SECRET, token, PATH, QUERY, now=2101) is None
    assert sign(SECRET, READER, PATH, QUERY, now=1150) == address


def test_nothing_of_it_can_be_changed() -> None:
    token = token_of(sign(SECRET, READER, PATH, QUERY, now=1000))
    ends, who, mac = token.split(".")
    other = token_of(sign(SECRET, User("2", "ida"), PATH, QUERY, now=1000)).split(".")[1]
    for changed in (
        f"9999999.{who}.{mac}", f"{ends}.{other}.{mac}", f"{ends}.{who}.{mac[:-2]}",
        f"{ends}.{who}.", f"{ends}.{who}", "", "1", "..", f"{ends}.W10.{mac}", "9" * 3000,
    ):  # fmt: skip
        assert check(SECRET, changed, PATH, QUERY, now=1000) is None
    assert check(SECRET, token, PATH + "x", QUERY, now=1000) is None
    assert check(SECRET, token, PATH, "size_m=5000", now=1000) is None
    assert check(b"t" * 32, token, PATH, QUERY, now=1000) is None


@given(st.text(), st.text())
def test_no_text_is_a_token(token: str, path: str) -> None:
    assert check(SECRET, token, path) is None


@pytest.fixture
def host() -> StandIn:
    return StandIn()


@pytest.fixture
def client(host: StandIn) -> TestClient:
    context = Context(host, Gate(host.connect))
    passing = signatures.right(context)
    routes = APIRouter()

    @routes.get(signatures.PREFIX + "/seasons/{season}/x/{name}/B04.tif")
    async def read(season: str, name: str, user: User = Depends(passing)) -> str:  # noqa: B008
        return f"{user.name} {season} {name}"

    app = FastAPI()
    app.include_router(routes)
    outer = FastAPI()
    outer.mount("/cbm", app)
    return TestClient(outer)


def test_it_opens_without_a_login_as_long_as_its_user_may_read(
    host: StandIn, client: TestClient
) -> None:
    address = sign(host.secret(), READER, PATH, QUERY)
    reply = client.get(f"/cbm{address}")
    assert (reply.status_code, reply.json()) == (200, "ana dk 2018 å")
    assert client.get(f"/cbm{address}1").status_code == 403
    assert client.get(f"/cbm{address}".replace("dk%202018", "dk-2019")).status_code == 403
    host.users["1"] = replace(READER, seasons=frozenset({"dk-2017"}))
    assert client.get(f"/cbm{address}").status_code == 403
    del host.users["1"]
    assert client.get(f"/cbm{address}").status_code == 403
