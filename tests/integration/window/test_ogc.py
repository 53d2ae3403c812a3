"""OGC API Features over HTTP, read by GDAL's own client and compared with SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyogrio
import pytest
import shapely
from blocks import add_season
from fastapi import FastAPI
from fastapi.testclient import TestClient
from observed_season import NOW, World
from served import Served, served
from window_host import READER, StandIn

from dias_cbm.completeness import gaps
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.window import keys
from dias_cbm.window.app import application
from dias_cbm.window.rights import Right, User

pytestmark = pytest.mark.integration
COUNT = 300
CROPS = ("barley", "wheat", "mäize & 50 %")
STATUSES = ("confirmed", "inconclusive", "outlier")
PARCELS = "ogc-2018.parcels"
ITEMS = f"/ogc/collections/{PARCELS}/items"

FILL = (
    "insert into parcel (season, pid, crop, area_m2, geom, centre, attributes) select"
    " %(season)s, 'p/' || n, (%(crops)s::text[])[n %% 3 + 1], 18000, st_multi(shape),"
    " st_transform(st_centroid(shape), 4326), jsonb_build_object('farm', (n / 10)::text)"
    " from generate_series(0, %(count)s - 1) as n cross join lateral"
    " (select 550000 + 200 * (n %% 20) as x, 6190000 + 200 * (n / 20) as y) as corner"
    " cross join lateral (select st_makeenvelope(x, y, x + 150, y + 120, 25832) as shape) as one",
    "insert into parcel_slot"
    " select %(season)s, 'p/' || n, '32VNH', 1, n + 1 from generate_series(0, %(count)s - 1) as n",
    "insert into outlier (run, season, pid, declared, predicted, probability, status, observations)"
    " select (select max(id) from outlier_run), %(season)s, 'p/' || n, 'x', 'rye', 0.25,"
    " (%(statuses)s::text[])[n %% 4 + 1], 9"
    " from generate_series(0, %(count)s - 1) as n where n %% 4 < 3",
)


@pytest.fixture
def season(connection: Connection) -> int:
    """300 parcels in a grid; three of four on the list, a marker and a scheme on some."""
    number = add_season(connection, "ogc-2018")
    connection.execute(
        "insert into parcel_block values"
        " (%s, 1, '32VNH', %s, st_makeenvelope(9, 55, 10, 56, 4326))",
        (number, COUNT),
    )
    connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}')",
        (number,),
    )
    values = {"season": number, "count": COUNT, "crops": list(CROPS), "statuses": list(STATUSES)}
    for statement in FILL:
        connection.execute(statement, values)
    connection.execute(
        "with run as (insert into scheme_run"
        " (season, file_name, file_hash, file, inputs_hash, code)"
        " values (%(season)s, 'f', 'h', '', 'i', 'c') returning id)"
        " insert into verdict_block"
        " select id, %(season)s, 1, 'cover', %(colours)s, %(none)s, '', '{}'"
        " from run",
        {"season": number, "colours": [n % 6 for n in range(COUNT)], "none": [0] * COUNT},
    )
    connection.execute(query("parcels/outlines"), {"season": number})
    connection.commit()
    return number


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Served]:
    with served(database, tmp_path) as running:
        yield running


@pytest.fixture
def source(server: Served, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> str:
    """The service as GDAL opens it, with an API key as Basic password."""
    _, key = keys.make(connection, READER, "QGIS", days=1)
    monkeypatch.setenv("GDAL_HTTP_USERPWD", f"ana:{key}")
    monkeypatch.setenv("GDAL_HTTP_TIMEOUT", "20")
    # Files of parcels are read without a network, and a test before this one may have read some.
    pyogrio.set_gdal_config_options({"GDAL_HTTP_PROXY": None, "GDAL_HTTPS_PROXY": None})
    return f"OAPIF:{server.address}/ogc"


def read(source: str, layer: str = PARCELS, **wish: Any) -> list[dict[str, Any]]:
    about, _, shapes, columns = pyogrio.raw.read(source, layer=layer, **wish)
    names = about["fields"].tolist()
    rows = zip(*columns, strict=True) if len(columns) else []
    return [
        dict(zip(names, row, strict=True)) | {"shape": shapely.from_wkb(shape)}
        for row, shape in zip(rows, shapes, strict=True)
    ]


def pids(connection: Connection, where: str, *values: Any) -> set[str]:
    rows = connection.execute(
        "select parcel.pid from parcel left join outlier using (season, pid) where " + where, values
    )
    return {row.pid for row in rows}


def test_gdal_agrees_with_sql(
    connection: Connection, season: int, source: str, server: Served
) -> None:
    """One server for all: it takes seconds to start."""
    reads_everything(connection, source)
    reads_a_box_and_a_value(connection, source)
    sends_its_filters(source, server)
    follows_the_pages(source)


def reads_everything(connection: Connection, source: str) -> None:
    layers = {row[0] for row in pyogrio.list_layers(source)}
    assert layers == {f"ogc-2018.{kind}" for kind in ("parcels", "passes", "gaps")}
    found = read(source)
    assert len(found) == COUNT
    assert {row["pid"] for row in found} == pids(connection, "true")
    rows = connection.execute(
        "select parcel.pid, st_asbinary(st_transform(geom, 4326)) as shape, status from parcel"
        " left join outlier using (season, pid)"
    ).fetchall()
    truth = {row.pid: (shapely.from_wkb(row.shape), row.status) for row in rows}
    for row in found:
        shape, status = truth[row["pid"]]
        assert row["shape"].hausdorff_distance(shape) < 1e-6
        assert row["verdict"] == status
        assert row["predicted"] == (None if status is None else "rye")
    by_pid = {row["pid"]: row for row in found}
    assert [by_pid[f"p/{n}"]["scheme_cover"] for n in range(6)] == [
        None, "not_meant", "green", "yellow", "red", "open",
    ]  # fmt: skip


def reads_a_box_and_a_value(connection: Connection, source: str) -> None:
    box = (9.80, 55.85, 9.82, 55.87)
    inside = pids(
        connection,
        "st_intersects(st_transform(geom, 4326), st_makeenvelope(%s, %s, %s, %s, 4326))",
        *box,
    )  # fmt: skip
    assert 10 < len(inside) < COUNT
    assert {row["pid"] for row in read(source, bbox=box)} == inside
    for where in ("verdict = 'outlier'", "crop = 'mäize & 50 %'", "pid = 'p/17'", "tile = '32VNH'"):
        named = where.replace("verdict", "status").replace("pid", "parcel.pid")
        expected = pids(connection, "true" if "tile" in where else named.replace("%", "%%"))
        assert {row["pid"] for row in read(source, where=where)} == expected, where
    both = read(source, bbox=box, where="scheme_cover = 'red' and verdict = 'confirmed'")
    assert {row["pid"] for row in both} == {
        pid for pid in inside if int(pid[2:]) % 6 == 4 and int(pid[2:]) % 4 == 0
    }


def sends_its_filters(source: str, server: Served) -> None:
    assert len(read(source, where="verdict = 'outlier'")) == COUNT // 4
    items = [one for one in server.asked if one.startswith(ITEMS)]
    assert items
    assert any("verdict=outlier" in one for one in items)


def follows_the_pages(source: str) -> None:
    found = pyogrio.raw.read(
        source, layer=PARCELS, columns=["pid"], PAGE_SIZE="7", INITIAL_REQUEST_PAGE_SIZE="7"
    )
    assert sorted(found[3][0]) == sorted(f"p/{n}" for n in range(COUNT))


def walk(client: TestClient, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while address:
        reply = client.get(address)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        assert body["numberReturned"] == len(body["features"]) > 0
        found += body["features"]
        address = next((one["href"] for one in body["links"] if one["rel"] == "next"), "")
    return found


def test_pages_hold_each_parcel_once(client: TestClient, season: int) -> None:
    found = walk(client, f"{ITEMS}?limit=50&verdict=outlier&bbox=9,55,11,57")
    assert [one["id"] for one in found] == [f"p/{n}" for n in range(COUNT) if n % 4 == 2]
    for wish in ("limit=75", "limit=299", "limit=300", "limit=301", "limit=99999999999999"):
        assert len(walk(client, f"{ITEMS}?{wish}")) == COUNT
    assert client.get(f"{ITEMS}?crop=straw").json()["features"] == []


def test_a_page_of_parcels_that_were_replaced(
    client: TestClient, season: int, connection: Connection
) -> None:
    first = client.get(f"{ITEMS}?limit=5").json()
    (after,) = [one["href"] for one in first["links"] if one["rel"] == "next"]
    connection.execute(
        "insert into parcel_load (season, file, report) values (%s, 'f', '{}')",
        (season,),
    )
    connection.commit()
    reply = client.get(after)
    assert reply.status_code == 400
    assert "begin again" in reply.text


def test_one_parcel(client: TestClient, season: int) -> None:
    one = client.get(f"{ITEMS}/p/17").json()
    assert (one["id"], one["properties"]["verdict"]) == ("p/17", "inconclusive")
    assert one["geometry"]["type"] == "MultiPolygon"
    assert client.get(f"{ITEMS}/p/300").status_code == 404
    assert client.get(f"{ITEMS}/p%00").status_code in (404, 422)


NONSENSE = [
    "limit=0", "limit=-1", "limit=x", "limit=", "bbox=1,2,3", "bbox=9,56,10,55",
    "bbox=nan,0,1,1", "bbox=500,0,501,1", "bbox-crs=EPSG:25832", "crs=x", "colour=red",
    "verdict=outlier&verdict=x",
    "datetime=yesterday", "datetime=2018-05-01T00:00:00", "after=x", "after=WzFd", "f=html",
    "pid=" + "9" * 400, "pid=a%00b", "after=" + "W" * 280, "datetime=9999-12-31",
]  # fmt: skip


def test_what_cannot_be_understood_is_refused(client: TestClient, season: int) -> None:
    codes = {wish: client.get(f"{ITEMS}?{wish}").status_code for wish in NONSENSE}
    assert set(codes.values()) == {400}, codes


def test_boxes_at_the_ends_of_the_world(client: TestClient, season: int) -> None:
    for box, count in (
        ("-180,-90,180,90", COUNT), ("170,-90,-170,90", 0), ("20,-90,15,90", COUNT),
        ("0,86,180,90", 0), ("9,55,0,11,57,100", COUNT), ("9.8,55.85,9.8,55.85", 0),
    ):  # fmt: skip
        assert len(client.get(f"{ITEMS}?bbox={box}").json()["features"]) == count, box


def test_passes_and_gaps(client: TestClient, radar: Callable[..., World], source: str) -> None:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    world.connection.commit()
    truth = world.connection.execute("select id, tile, cause::text from gap order by id").fetchall()
    assert truth
    found = read(source, "dk-2018.gaps")
    assert [(row["tile"], row["cause"]) for row in found] == [(row[1], row[2]) for row in truth]
    assert all(not row["shape"].is_empty for row in found)
    one = client.get(f"/ogc/collections/dk-2018.gaps/items/{truth[0].id}").json()
    assert one["properties"]["cause"] == truth[0].cause
    gaps_found = walk(client, "/ogc/collections/dk-2018.gaps/items?limit=1&rel_orbit=44")
    assert [row["id"] for row in gaps_found] == [row.id for row in truth]
    passes = walk(client, "/ogc/collections/dk-2018.passes/items?limit=2")
    assert len({one["id"] for one in passes}) == len(passes) >= len(truth)
    seen = [one for one in passes if one["properties"]["acquisition"] is not None]
    assert seen
    assert all(one["geometry"]["type"] in ("Polygon", "MultiPolygon") for one in seen)
    day = seen[0]["properties"]["date"]
    on_day = client.get(f"/ogc/collections/dk-2018.passes/items?datetime={day}").json()["features"]
    assert seen[0]["id"] in {one["id"] for one in on_day}
    assert all(one["properties"]["date"] == day for one in on_day)
    far = client.get("/ogc/collections/dk-2018.passes/items?bbox=100,0,110,10").json()
    assert far["features"] == []
    assert len(read(source, "dk-2018.passes")) == len(passes)


def test_links_honour_the_mount_and_the_proxy(host: StandIn, season: int) -> None:
    inner = application(host, prefix="/proxied")
    outer = FastAPI()
    outer.mount("/cbm", inner)
    with TestClient(outer, base_url="https://cap.example") as client:
        seen = set()
        todo = ["/cbm/ogc/"]
        while todo:
            path = todo.pop()
            reply = client.get(path)
            assert reply.status_code == 200, path
            for one in links_in(reply.json()):
                parts = urlsplit(one)
                assert (parts.scheme, parts.netloc) == ("https", "cap.example")
                assert parts.path.startswith("/proxied/cbm/ogc")
                there = one.removeprefix("https://cap.example/proxied")
                if there not in seen and len(seen) < 40:
                    seen.add(there)
                    todo.append(there)
        assert len(seen) >= 12
        described = client.get("/cbm/api/v1/openapi.json").json()
        assert described["servers"] == [{"url": "https://cap.example/proxied/cbm"}]
    inner.state.context.gate.close()


def links_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "href" in value:
            yield value["href"]
        for one in value.values():
            yield from links_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from links_in(one)


def test_who_may_see_one_season_sees_no_other(
    client: TestClient, host: StandIn, season: int, world: World
) -> None:
    host.logged_in = User("9", "eva", frozenset({Right.READ}), frozenset({"dk-2018"}))
    listed = client.get("/ogc/collections").json()["collections"]
    assert {one["id"].split(".")[0] for one in listed} == {"dk-2018"}
    assert "ogc-2018" not in client.get("/ogc/api").text
    assert client.get(ITEMS).status_code == 403
    assert client.get(f"{ITEMS}/p/1").status_code == 403
    assert client.get("/ogc/collections/dk-2018.parcels/items").status_code == 200
    assert client.get("/ogc/collections/dk-2018.others/items").status_code == 404
    host.logged_in = READER
    assert client.get("/ogc/collections/no.such-2018.parcels/items").status_code == 404
