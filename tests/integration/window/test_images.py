"""Quick looks and map tiles of products: in their places, the newest on top, dated."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from blocks import add_scene, add_season
from card_products import l2a_xml, write_backscatter, write_l2a
from fastapi.testclient import TestClient
from map_season import address_of
from numpy.typing import NDArray
from PIL import Image
from pyproj import Transformer

from dias_cbm.chips.overview import bounds_of
from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration
#: 5.12 km in EPSG:32632 from its central meridian eastwards.
PLACE = Affine(10, 0, 500_000, 0, -10, 6_200_000)
SIZE = 512
FOOTPRINT = shapely.MultiPolygon([shapely.box(8.9, 55.8, 9.2, 56.0)])


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}/eodata")
    monkeypatch.setenv("CBM_CHIPS_CACHE_FOLDER", str(tmp_path / "chips"))
    (tmp_path / "eodata").mkdir()
    return tmp_path / "eodata"


def listed(connection: Connection, product: Path, day: int, kind: Kind = Kind.S2_L2A) -> Any:
    at = datetime(2018, 5, day, 10, 30, tzinfo=UTC)
    scene = add_scene(
        connection, f"{kind}_{day}", at, kind, footprint=FOOTPRINT, rel_orbit=108,
        location=f"/eodata/{product.parent.name}/{product.name}",
    )  # fmt: skip
    connection.commit()
    return scene


def optical(store: Path, day: int, red: NDArray[np.uint16]) -> Path:
    dark = np.full((SIZE, SIZE), 300, "u2")
    bands = {"B04": red, "B03": dark, "B02": dark}
    return write_l2a(store / str(day), bands, None, xml=l2a_xml(), transform=PLACE)


def tile_at(zoom: int, x: float, y: float) -> tuple[int, int, int]:
    place = Transformer.from_crs(32632, 4326, always_xy=True).transform(x, y)
    return address_of(zoom, *place)


def pixels(content: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))


def path_of(address: tuple[int, int, int], sensor: str = "s2") -> str:
    z, x, y = address
    return f"/tiles/dk-2018/image/{sensor}/{z}/{x}/{y}.webp"


def test_the_newest_image_is_on_top(
    client: TestClient, connection: Connection, store: Path
) -> None:
    add_season(connection, "dk-2018")
    bright = np.full((SIZE, SIZE), 2500, "u2")
    half = bright.copy()
    half[:, SIZE // 2 :] = 0  # No data in the east.
    old = listed(connection, optical(store, 3, np.full((SIZE, SIZE), 1000, "u2")), 3)
    new = listed(connection, optical(store, 9, half), 9)
    layers = client.get("/api/v1/seasons/dk-2018/map/images").json()["rows"]
    assert [(one["sensor"], one["newest_at"]) for one in layers] == [
        ("s1", None), ("s2", "2018-05-09T10:30:00Z"),
    ]  # fmt: skip
    assert [one["obsid"] for one in layers[1]["products"]] == [new.id, old.id]
    for zoom in (15, 13, 10):
        address = tile_at(zoom, 502_560, 6_197_440)
        reply = client.get(path_of(address))
        assert reply.status_code == 200, reply.text
        assert reply.headers["CbM-Sensed"].split()[0] == "2018-05-09T10:30:00+00:00"
        seen = pixels(reply.content)
        assert seen.shape == (256, 256, 4)
        west, south, east, north = bounds_of(address, 3857)
        there = Transformer.from_crs(32632, 3857, always_xy=True)
        for x, red in ((502_300, 212), (502_820, 85)):
            across, down = there.transform(x, 6_197_440)
            column = int((across - west) / (east - west) * 256)
            row = int((north - down) / (north - south) * 256)
            if 0 <= column < 256 and 0 <= row < 256 and zoom > 10:
                assert abs(int(seen[row, column, 0]) - red) < 25, (zoom, x)
        if zoom == 10:
            # 5 km of 22: the rest is transparent.
            assert 0.02 < (seen[..., 3] > 0).mean() < 0.15
    again = client.get(path_of(address), headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_there_is_no_image_elsewhere(
    client: TestClient, connection: Connection, store: Path
) -> None:
    add_season(connection, "dk-2018")
    product = optical(store, 3, np.full((SIZE, SIZE), 1000, "u2"))
    scene = listed(connection, product, 3)
    far = client.get(path_of(tile_at(12, 600_000, 6_300_000)))
    assert (far.status_code, far.content) == (204, b"")
    for outside in ((9, 1, 1), (16, 1, 1), (10, 1024, 0), (10, -1, 0)):
        assert client.get(path_of(outside)).status_code == 404
    assert client.get(path_of((12, 1, 1), "s3")).status_code == 422
    here = path_of(tile_at(13, 502_560, 6_197_440))
    product.rename(product.with_name("moved"))
    gone = client.get(here)
    assert (gone.status_code, gone.headers["CbM-Missing"]) == (204, str(scene.id))
    assert client.get(f"/api/v1/seasons/dk-2018/products/{scene.id}/quicklook").status_code == 410
    product.with_name("moved").rename(product)
    assert client.get(here).status_code == 200
    assert client.get("/api/v1/seasons/dk-2018/products/99/quicklook").status_code == 404


def test_radar_has_quick_looks_and_tiles(
    client: TestClient, connection: Connection, store: Path
) -> None:
    add_season(connection, "dk-2018")
    high = {"Gamma0_VV": np.full((600, 1200), 0.1), "Gamma0_VH": np.full((600, 1200), 0.02)}
    product = write_backscatter(store / "5", high, transform=PLACE)
    scene = listed(connection, product, 5, Kind.CARD_BS)
    path = f"/api/v1/seasons/dk-2018/products/{scene.id}/quicklook"
    reply = client.get(path)
    assert reply.status_code == 200, reply.text
    assert pixels(reply.content).shape == (256, 512, 4)
    first = reply.headers["CbM-Corners"].split()[0].split(",")
    assert [float(one) for one in first] == pytest.approx([9.0, 55.94], abs=0.01)
    product.rename(product.with_name("moved"))
    assert client.get(path).content == reply.content
    product.with_name("moved").rename(product)
    tile = client.get(path_of(tile_at(13, 502_560, 6_197_440), "s1"))
    assert (tile.status_code, tile.headers["CbM-Sensed"][:10]) == (200, "2018-05-05")
