"""Parcels and products of hostile names: every page and every answer of the API is about them."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from fastapi import FastAPI
from fastapi.testclient import TestClient
from served import served
from starlette.types import ASGIApp, Receive, Scope, Send
from window_client import FIXTURES
from window_host import INSPECTOR, READER, StandIn

from dias_cbm.db.connection import Connection
from dias_cbm.window import keys
from dias_cbm.window.names import segment
from dias_cbm.window.pages import PAGES

pytestmark = pytest.mark.integration
#: No name holds a NUL, and none is stripped of its spaces.
NAMES = [name for name, _ in json.loads((FIXTURES / "names.json").read_text())]
SEASON = "/api/v1/seasons/dk-2018"
AT = datetime(2018, 5, 3, 17, tzinfo=UTC)
#: Part of a parcel's address -> whether its answer names the parcel.
PARTS = {
    "": True, "/series": True, "/gaps": False, "/evidence": False, "/verdict": False,
    "/curves": False, "/markers": False, "/schemes": False, "/decisions": False, "/peers": False,
    "/peers/band": False, "/chips": True,
}  # fmt: skip


class Decoded:
    """The path as a server decodes it: the test client does so twice."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "path": unquote(scope["raw_path"].decode())}
        await self._app(scope, receive, send)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(Decoded(app)) as opened:
        yield opened


@pytest.fixture
def season(connection: Connection) -> int:
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 5, 31))
    add_block(connection, number, 1, NAMES)
    scene = add_scene(connection, "BS_1", AT, rel_orbit=44, location=None)
    values = list(range(1, len(NAMES) + 1))
    add_signatures(connection, number, scene, 1, "VV", [50] * len(NAMES), values)
    connection.execute("update parcel set crop = pid")
    connection.commit()
    return number


def test_every_parcel_has_its_pages_and_answers(
    client: TestClient, season: int, host: StandIn
) -> None:
    host.logged_in = INSPECTOR
    for number, pid in enumerate(NAMES, 1):
        there = f"{SEASON}/parcels/{segment(pid)}"
        for part, named in PARTS.items():
            reply = client.get(there + part)
            assert reply.status_code == 200, (pid, part, reply.text)
            assert not named or reply.json()["pid"] == pid
        (series,) = client.get(f"{there}/series").json()["series"]
        assert series["observations"]["mean"] == [number]
        about = client.get(there).json()
        assert about["crop"] == pid
        page = client.get(f"/seasons/dk-2018/parcels/{segment(pid)}")
        config = re.search(r'name="cbm" content="([^"]*)"', page.text)
        assert page.status_code == 200 and config is not None
        assert json.loads(unescape(config[1]))["pid"] == pid
        assert page.text.count("<script") == 1
        feature = client.get(f"/ogc/collections/dk-2018.parcels/items/{segment(pid)}")
        assert feature.json()["properties"]["pid"] == pid, feature.text
        (own,) = [one for one in feature.json()["links"] if one["rel"] == "self"]
        assert client.get(own["href"]).json()["id"] == pid
        (date_of,) = client.get(f"{there}/chips").json()["rows"]
        # There is no product; but it is this parcel's.
        for address in (date_of["about"], date_of["raw"]):
            assert client.get(f"/{address}").status_code == 404, (pid, address)
        led = client.get(f"/{date_of['renew']}", follow_redirects=False)
        assert led.status_code == 307
        asked = led.headers["location"]
        assert asked.lstrip("./") == date_of["raw"]
        body = {"pid": pid, "finding": "right", "seen": None}
        assert client.post(f"{SEASON}/decisions", json=body).status_code == 201
        (decided,) = client.get(f"{there}/decisions").json()["rows"]
        assert decided["pid"] == pid
    found = client.get(f"{SEASON}/map/legend", params={"colour": "crop"}).json()["rows"]
    assert sorted(one["name"] for one in found) == sorted(NAMES)
    crop = client.get("/ogc/collections/dk-2018.parcels/items", params={"crop": "a/.."})
    assert [one["id"] for one in crop.json()["features"]] == ["a/.."]


def test_every_product_has_its_page_and_its_answer(
    client: TestClient, connection: Connection, season: int
) -> None:
    at = datetime(2018, 5, 10, 17, tzinfo=UTC)
    for name in NAMES:
        add_scene(connection, name, at, rel_orbit=44)
    connection.commit()
    for name in NAMES:
        found = client.get(f"{SEASON}/products/{segment(name)}")
        assert found.status_code == 200, (name, found.text)
        assert found.json()["product"] == name
        page = client.get(f"/seasons/dk-2018/products/{segment(name)}")
        assert (page.status_code, page.text.count("<script")) == (200, 1)


def test_the_client_takes_names_from_no_other_page() -> None:
    """The pages that hold a name are those that are walked here."""
    held = {address for address in PAGES if ":name}" in address}
    assert held == {
        "/seasons/{season}/parcels/{pid:name}", "/seasons/{season}/products/{product:name}",
    }  # fmt: skip


def test_ten_thousand_ids_are_answered(
    connection: Connection, database: str, season: int, tmp_path: Path
) -> None:
    _, key = keys.make(connection, READER, "many", days=1)
    connection.commit()
    ids = [f"{number}/{number}" for number in range(10_000)]

    def many(name: str) -> str:
        return "&".join(f"{name}={one}" for one in ids)

    own = "aoi=dk&year=2018&pid="
    with served(database, tmp_path) as server:
        for path in (
            f"{SEASON}/map/legend?{many('only')}", f"{SEASON}/work?{many('crop')}",
            f"/tiles/dk-2018/11/1/1.mvt?{many('only')}", f"{SEASON}/evidence?{many('pid')}",
            f"{SEASON}/parcels/1%2F204?{many('pid')}", f"/query/parcelByID?{own}{','.join(ids)}",
            f"/ogc/collections/dk-2018.parcels/items?pid={','.join(ids)}",
            f"{SEASON}/map/search?text={','.join(ids)}", f"{SEASON}/parcels/{'%2F'.join(ids)}",
        ):  # fmt: skip
            reply = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=60)
            reply.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            told = reply.getresponse()
            assert told.status in (200, 400, 404, 422), (path[:60], told.status)
            # Nobody wants to read all of them again.
            assert len(told.read()) < 2_000, path[:60]
            reply.close()
