"""A season on both sides of 180 degrees: loaded, on the map, in tiles, and in OGC's service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fiji_season
import geopandas
import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from fiji_season import WEST_OF

from dias_cbm import seasons
from dias_cbm.db.connection import Connection

pytestmark = pytest.mark.integration
MAP = "/api/v1/seasons/fj-2018/map"
OGC = "/ogc/collections/fj-2018.parcels"


@pytest.fixture
def season(connection: Connection, tmp_path: Path) -> None:
    fiji_season.add(connection, tmp_path)


def features(client: TestClient, **asked: Any) -> list[str]:
    reply = client.get(f"{OGC}/items", params=asked)
    assert reply.status_code == 200, reply.text
    return sorted(one["id"] for one in reply.json()["features"])


def test_its_area_is_where_the_parcels_are(connection: Connection, season: None) -> None:
    area = seasons.get(connection, "fj-2018").area
    widths = [round(part.bounds[2] - part.bounds[0], 3) for part in area.geoms]
    assert sorted(widths) == [0.501, 1.0]
    wide = connection.execute(
        "select max(st_xmax(extent) - st_xmin(extent)) as degrees from parcel_block"
    ).fetchone()
    assert wide.degrees < 1


def test_the_map_goes_on_beyond_180_degrees(client: TestClient, season: None) -> None:
    west, south, east, north = client.get(MAP).json()["extent"]
    assert (west, east) == pytest.approx((179.0005, 180.5005), abs=1e-3)
    assert (south, north) == pytest.approx((-16.7995, -16.7995), abs=1e-3)
    box = {"south": -17, "north": -16, "colour": "crop"}

    def seen(west: float, east: float) -> list[str]:
        found = client.get(f"{MAP}/view", params={**box, "west": west, "east": east}).json()
        assert found["parcels"] == len(found["rows"])
        return [row["pid"] for row in found["rows"]]

    assert set(seen(178, 182)) == set(seen(178, -178)) == set(seen(-182, -178)) == set(WEST_OF)
    assert set(seen(178, 179.9)) == {"west"}
    assert set(seen(180.3, 181)) == set(seen(-179.7, -179)) == {"east"}
    assert seen(179.9, 180.1)[0] == "line"
    assert client.get(f"{MAP}/view", params={**box, "west": 0, "east": 999}).status_code == 422


def test_tiles_of_both_sides(client: TestClient, season: None, tmp_path: Path) -> None:
    row = 1120  # at zoom 11, of 16.8 degrees south

    def pids(column: int) -> set[str]:
        body = client.get(f"/tiles/fj-2018/11/{column}/{row}.mvt").content
        if not body:
            return set()
        file = tmp_path / "11" / str(column) / f"{row}.pbf"
        file.parent.mkdir(parents=True)
        file.write_bytes(body)
        return set(geopandas.read_file(file, X=str(column), Y=str(row), Z="11")["pid"])

    found = {column: pids(column) for column in (0, 2047, 1024)}
    assert found == {0: {"line"}, 2047: {"near", "line"}, 1024: set()}
    assert client.get("/tiles/fj-2018/3/7/4.mvt").content
    assert client.get("/tiles/fj-2018/3/0/4.mvt").content
    assert not client.get("/tiles/fj-2018/3/4/4.mvt").content


def test_ogc_boxes_with_west_beyond_east(client: TestClient, season: None) -> None:
    (west, _, east, _) = client.get(OGC).json()["extent"]["spatial"]["bbox"][0]
    assert (west, east) == pytest.approx((179.0, -179.5), abs=2e-3)
    for kind in ("passes", "gaps"):
        other = client.get(f"/ogc/collections/fj-2018.{kind}").json()["extent"]["spatial"]["bbox"]
        assert other[0][0] > other[0][2]
    assert features(client, bbox="178,-17,-178,-16") == sorted(WEST_OF)
    assert features(client, bbox="179.9,-17,-179.9,-16") == ["line", "near"]
    assert features(client, bbox="-180,-17,-179,-16") == ["east", "line"]
    assert features(client, bbox="0,-17,10,-16") == []
    # Longitudes do not jump within a part.
    shape = client.get("/api/v1/seasons/fj-2018/parcels/line").json()["geometry"]
    parts = shapely.get_parts(shapely.geometry.shape(shape))
    assert sorted(np.sign(part.centroid.x) for part in parts) == [-1, 1]
    assert all(part.bounds[2] - part.bounds[0] < 0.001 for part in parts)
