"""A parcel's chips over HTTP: dates, images, signed addresses, products that are gone or slow."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from affine import Affine
from blocks import add_block, add_scene, add_season, add_signatures
from card_products import l2a_xml, write_l2a
from fastapi import FastAPI
from fastapi.testclient import TestClient
from rasterio.io import MemoryFile
from window_host import READER, StandIn

from dias_cbm import ledger
from dias_cbm.chips.cache import ChipCache, chip_cache
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.window.data.chips import Order
from dias_cbm.window.workroom import Workroom

pytestmark = pytest.mark.integration
#: The parcels of ``add_block`` lie at 500000 to 500100, 6200000 to 6200100, in EPSG:25832.
PLACE = Affine(10, 0, 499_500, 0, -10, 6_200_600)
ODD = 'a/b "<é?#&%zz'
PIXELS = np.arange(110 * 110, dtype="u2").reshape(110, 110) % 3000 + 1


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/eodata")
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "chips"))
    (tmp_path / "eodata").mkdir()
    return tmp_path / "eodata"


@pytest.fixture
def season(connection: Connection) -> int:
    number = add_season(connection, "dk-2018")
    add_block(connection, number, 1, ["p1", ODD])
    return number


@pytest.fixture
def product(store: Path) -> Path:
    bands = dict.fromkeys(("B02", "B03", "B04"), PIXELS)
    return write_l2a(store, bands, None, xml=l2a_xml(), transform=PLACE)


def observed(
    connection: Connection, season: int, day: int, kind: Kind = Kind.S2_L2A, **more: Any
) -> Any:
    at = datetime(2018, 5, day, 10, 30, tzinfo=UTC)
    scene = add_scene(connection, f"{kind}_{day}", at, kind, rel_orbit=108, **more)
    add_signatures(connection, season, scene, 1, "NDVI", [100, 100], [0.5, 0.4])
    connection.commit()
    return scene


@pytest.fixture
def scene(connection: Connection, season: int, product: Path) -> Any:
    return observed(connection, season, 3, location=f"/eodata/{product.name}")


LIST = "/api/v1/seasons/dk-2018/parcels/p1/chips"


def rows(client: TestClient, path: str = LIST, **asked: Any) -> list[dict[str, Any]]:
    reply = client.get(path, params=asked)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["rows"]
    return found


def test_dates_lead_to_images(client: TestClient, scene: Any, connection: Connection) -> None:
    observed(connection, scene_season(connection), 9, location=None)
    first, second = rows(client)
    assert (first["obsid"], first["sensor"], first["orbit"]) == (scene.id, "S2", 108)
    assert (first["decides"], first["why_not"], first["frame"]) == (None, None, None)
    assert (second["held"], second["why_not"]) == (
        "statistics_only", "only its statistics are here",
    )  # fmt: skip
    image = client.get(f"/{first['image']}")
    assert (image.status_code, image.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in image.headers["Cache-Control"]
    kept = client.get(f"/{first['image']}", headers={"If-None-Match": image.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    about = client.get(f"/{first['about']}").json()
    frame = rows(client)[0]["frame"]
    assert {name: about[name] for name in frame} == frame
    assert (frame["width"], frame["crs"], frame["whole"]) == (128, "EPSG:32632", True)
    corners = np.array(re.findall(r"[\d.]+", frame["outline"]), float).reshape(-1, 2)
    # The parcel is 10 pixels wide, in the middle of the chip.
    assert np.ptp(corners, axis=0).tolist() == [10, 10]
    assert corners.mean(axis=0) == pytest.approx([64, 64], abs=1)
    assert client.get(f"/{first['image']}".replace("webp", "png")).content[1:4] == b"PNG"


def scene_season(connection: Connection) -> int:
    row = connection.execute("select id from season").fetchone()
    assert row is not None
    return int(row.id)


def test_the_pixels_of_a_parcel_are_its_clear_ones(
    client: TestClient, season: int, store: Path, connection: Connection
) -> None:
    bands = {name: np.full((110, 110), value) for name, value in
             (("B04", 1000), ("B08", 3000), ("B11", 2000))}  # fmt: skip
    # The parcel is ten pixels square; a cloud hides four rows in the north.
    bands["B08"][:, 55:] = 1000
    classes = np.full((55, 55), 4)
    classes[:27] = 9
    product = write_l2a(store, bands, classes, xml=l2a_xml(), transform=PLACE)
    scene = observed(connection, season, 3, location=f"/eodata/{product.name}")
    found = client.get(f"{LIST}/{scene.id}/pixels").json()
    # Six rows of ten are clear, and half of their pixels are bright in the near infrared.
    assert found["pixels"] == len(found["red"]) == len(found["nir"]) == 60
    assert len(set(found["red"])) == 1
    assert found["nir"].count(max(found["nir"])) == found["nir"].count(min(found["nir"])) == 30
    assert max(found["nir"]) - min(found["nir"]) == pytest.approx(0.2)
    assert max(found["ndvi"]) == 30
    radar = observed(connection, season, 4, Kind.CARD_BS, location="/eodata/x")
    assert client.get(f"{LIST}/{radar.id}/pixels").status_code == 422


def test_a_signed_address_gives_the_numbers_without_a_login(
    client: TestClient, host: StandIn, scene: Any
) -> None:
    address = rows(client, bands="B04", size_m=200)[0]["raw"]
    host.logged_in = None
    assert client.get(LIST).status_code == 401
    reply = client.get(f"/{address}")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/tiff")
    with MemoryFile(reply.content) as memory, memory.open() as dataset:
        assert dataset.read(1).tolist() == PIXELS[45:65, 45:65].tolist()
    for changed in (
        address.replace("size_m=200", "size_m=400"),
        address.replace("p1", "p2"),
        address.replace("B04", "B03"),
        address[:12] + "9" + address[13:],
        f"{address}&x=1",
    ):
        assert changed != address
        assert client.get(f"/{changed}").status_code == 403
    host.users["1"] = replace(READER, seasons=frozenset({"other"}))
    assert client.get(f"/{address}").status_code == 403


def test_a_page_that_is_open_for_long_leads_to_a_new_address(
    client: TestClient, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rows(client, bands="B04", size_m=200)[0]
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get(f"/{found['raw']}").status_code == 403
    led = client.get(f"/{found['renew']}", follow_redirects=False)
    assert (led.status_code, led.headers["cache-control"]) == (307, "no-store")
    reply = client.get(f"/{found['renew']}")
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/tiff")


def test_a_geotiff_is_read_piece_by_piece(client: TestClient, scene: Any) -> None:
    there = "/" + rows(client, bands="B04", size_m=200)[0]["raw"]
    whole = client.get(there).content
    for asked, expected in (
        ("bytes=0-9", whole[:10]), ("bytes=10-", whole[10:]), ("bytes=-5", whole[-5:]),
        ("bytes=5-999999999", whole[5:]),
    ):  # fmt: skip
        reply = client.get(there, headers={"Range": asked})
        assert (reply.status_code, reply.content) == (206, expected), asked
        first = len(whole) - len(expected) if asked != "bytes=0-9" else 0
        last = first + len(expected) - 1
        assert reply.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert client.get(there, headers={"Range": "bytes=999999999-"}).status_code == 416
    for odd in ("bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=x-"):
        reply = client.get(there, headers={"Range": odd})
        assert (reply.status_code, reply.content) == (200, whole), odd


def test_decisive_dates_are_those_of_the_follow_up(
    client: TestClient, connection: Connection, season: int, scene: Any
) -> None:
    notes = client.get(LIST).json()["notes"]
    assert notes == ["Nothing about this parcel is in doubt, so no image would decide anything."]
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (season,),
    ).fetchone()
    assert run is not None
    connection.execute(
        "insert into outlier (run, season, pid, declared, status, observations, rank)"
        " values (%s, %s, 'p1', 'barley', 'outlier', 9, 1)",
        (run.id, season),
    )
    for number, counts in ((4, [100, 100]), (9, [0, 0])):
        connection.execute(
            "insert into histogram_block values (%s, %s, 1, %s, %s::real[])",
            (season, scene.id, number, [float(one) for one in counts]),
        )
    connection.commit()
    found = client.get(LIST).json()
    assert found["doubts"][0] | {"sentence": ""} == {
        "name": "outlier", "colour": "red", "sentence": "",
    }  # fmt: skip
    assert found["rows"][0]["decides"]
    ledger.change(connection, scene.id, expected=Status.INGESTED, to=Status.READY)
    ledger.change(
        connection, scene.id, expected=Status.READY, to=Status.FAILED, cause=Cause.DELETED,
        reason="obsolete", attempts=1,
    )  # fmt: skip
    connection.commit()
    found = client.get(LIST).json()
    assert found["rows"][0]["decides"] is None
    assert found["notes"]


def test_a_product_that_is_gone_says_since_when(
    client: TestClient, scene: Any, product: Path, tmp_path: Path
) -> None:
    product.rename(product.with_name("moved"))
    path = rows(client)[0]["image"]
    reply = client.get(f"/{path}")
    assert reply.status_code == 410
    assert "is not in the store any more" in reply.json()["detail"]
    assert f"{datetime.now(UTC):%Y-%m-%d}" in reply.json()["detail"]
    assert str(tmp_path) not in reply.json()["detail"]


def test_a_broken_product_is_told_without_its_path(
    client: TestClient, scene: Any, product: Path, tmp_path: Path
) -> None:
    (red,) = product.rglob("*_B04_10m.jp2")
    red.write_bytes(red.read_bytes()[:300])
    reply = client.get(f"{LIST}/{scene.id}.webp")
    assert reply.status_code == 502
    assert reply.json()["detail"].startswith(red.name)
    assert str(tmp_path) not in reply.json()["detail"]


def test_what_is_asked_wrongly(client: TestClient, scene: Any) -> None:
    for below, code in (
        ("/99.webp", 404), ("/99999999999.webp", 422), ("/x.webp", 422), ("/1.exe", 422),
        ("/1.webp?size_m=nan", 422), ("/1.webp?size_m=1e9", 422), ("/-1", 422),
        ("?bands=rainbow", 422), ("/1.webp?bands=../../x", 422), ("/../../x/chips", 404),
    ):  # fmt: skip
        reply = client.get(LIST + below)
        assert (below, reply.status_code) == (below, code)
        assert reply.json()["detail"]


def test_names_of_others(client: TestClient, scene: Any) -> None:
    path = f"/api/v1/seasons/dk-2018/parcels/{quote(ODD, safe='')}/chips"
    found = rows(client, path)[0]
    assert client.get(f"/{found['image']}").status_code == 200
    assert client.get(f"/{found['about']}").status_code == 200
    assert client.get(f"/{found['raw']}").status_code == 200
    assert client.get(LIST.replace("p1", "p3")).status_code == 404
    assert client.get(LIST.replace("dk-2018", "%27--")).status_code == 404


@pytest.fixture
def hanging(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A store that hangs until the event."""
    free = threading.Event()
    cut = Order.cut

    def slow(self: Order) -> Any:
        free.wait(30)
        return cut(self)

    monkeypatch.setattr(Order, "cut", slow)
    app.state.context.pictures = Workroom(workers=2, waiting=3, patience_s=0.3)
    yield free
    free.set()


def test_a_store_that_hangs_stops_chips_alone(
    client: TestClient, scene: Any, hanging: threading.Event
) -> None:
    begun = monotonic()
    for size in range(300, 306):
        reply = client.get(f"{LIST}/{scene.id}.webp", params={"size_m": size})
        assert reply.status_code in (503, 504)
        assert "try again in a minute" in reply.json()["detail"]
    assert len(rows(client)) == 1
    assert client.get("/api/v1/seasons/dk-2018/map/images").status_code == 200
    assert monotonic() - begun < 6
    hanging.set()
    for _ in range(20):
        reply = client.get(f"{LIST}/{scene.id}.webp", params={"size_m": 300})
        if reply.status_code == 200:
            break
    assert reply.status_code == 200


def test_the_cache_is_bounded(
    client: TestClient, scene: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_CHIPS_CACHE_MB", "0.05")
    assert isinstance(chip_cache(), ChipCache)
    for size in range(300, 800, 20):
        path = f"{LIST}/{scene.id}.tif"
        assert client.get(path, params={"size_m": size}).status_code == 200
    kept = [one for one in (tmp_path / "chips").rglob("*") if one.is_file()]
    assert sum(one.stat().st_size for one in kept) <= 0.05 * 2**20
