"""The tiles of a season's map: outlines and cells as GDAL reads them, and tiles over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient
from map_season import COUNT, address_of, coloured, season

from dias_cbm.db.connection import Connection
from dias_cbm.seasons import Season
from dias_cbm.window.map import tiles
from dias_cbm.window.map.season_map import Coloured

__all__ = ["season"]
pytestmark = pytest.mark.integration


def drawn(
    connection: Connection, season: Season, map_: Coloured, address: tuple[int, int, int]
) -> bytes:
    return tiles.tile(
        connection, season.id, map_.places, map_.classes, map_.colouring.marked, address
    )


def layer(body: bytes, name: str, address: tuple[int, int, int], folder: Path) -> Any:
    """A layer of a tile as GDAL reads it, in Web Mercator."""
    if not body:
        return geopandas.GeoDataFrame()
    z, x, y = address
    path = folder / str(z) / str(x) / f"{y}.pbf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    if name not in {row[0] for row in pyogrio.list_layers(path)}:
        return geopandas.GeoDataFrame()
    return pyogrio.read_dataframe(path, layer=name, X=str(x), Y=str(y), Z=str(z))


def test_outlines_are_where_the_parcels_are(
    connection: Connection, season: Season, tmp_path: Path
) -> None:
    address = address_of(12)
    found = layer(
        drawn(connection, season, coloured(connection, season), address),
        "parcels", address, tmp_path,
    )  # fmt: skip
    rows = connection.execute(
        "select pid, st_asbinary(st_transform(geom, 3857)) as shape from parcel"
        " where st_intersects(st_transform(geom, 3857), st_tileenvelope(%s, %s, %s))",
        address,
    ).fetchall()
    truth = geopandas.GeoSeries(
        shapely.from_wkb([row.shape for row in rows]), [row.pid for row in rows], crs=3857
    )
    assert len(truth) > 20
    assert set(truth.index) <= set(found["pid"])
    whole = found.set_index("pid").loc[truth.index]
    inside = truth.within(shapely.box(*truth.total_bounds).buffer(-600))
    off = whole.geometry[inside].hausdorff_distance(truth[inside], align=True)
    assert off.max() < 4  # a unit of the tile is 2.4 m
    classes = dict(zip(found["pid"], found["class"], strict=True))
    for pid, kind in classes.items():
        assert kind == (int(pid[1:]) % 4 + 1) % 4


@pytest.mark.parametrize("zoom", [0, 4, 8, 10])
def test_cells_hold_all_parcels_of_all_tiles(
    connection: Connection, season: Season, tmp_path: Path, zoom: int
) -> None:
    map_ = coloured(connection, season)
    _, x, y = address_of(zoom)
    parcels = marked = 0
    for across in range(max(x - 2, 0), min(x + 3, 2**zoom)):
        for down in range(max(y - 2, 0), min(y + 3, 2**zoom)):
            address = (zoom, across, down)
            body = drawn(connection, season, map_, address)
            cells = layer(body, "cells", address, tmp_path)
            if len(cells):
                parcels += cells["parcels"].sum()
                marked += (cells["share"] * cells["parcels"]).sum()
                assert len(layer(body, "points", address, tmp_path)) <= tiles.MOST_POINTS
    assert parcels == COUNT
    assert marked == pytest.approx(300, abs=0.01)


@pytest.mark.parametrize("address", [(-1, 0, 0), (3, 8, 0), (15, 1, 1), (40, 0, 0), (5, 0, -1)])
def test_there_is_no_tile_outside(
    connection: Connection, season: Season, address: tuple[int, int, int]
) -> None:
    with pytest.raises(tiles.TileOutside):
        drawn(connection, season, coloured(connection, season), address)


def test_an_empty_tile_is_empty(connection: Connection, season: Season) -> None:
    map_ = coloured(connection, season)
    assert drawn(connection, season, map_, (8, 3, 3)) == b""
    assert drawn(connection, season, map_, (13, 3, 3)) == b""


def test_tiles_over_http(client: TestClient, season: Season) -> None:
    about = client.get("/api/v1/seasons/map-2018/map").json()
    assert [one["key"] for one in about["colourings"]] == ["verdict", "crop", "gaps"]
    version = about["colourings"][0]["version"]
    z, x, y = address_of(12)
    path = f"/tiles/map-2018/{z}/{x}/{y}.mvt"
    asked = {"colour": "verdict", "version": version}
    reply = client.get(path, params=asked)
    assert reply.status_code == 200, reply.text
    assert "immutable" in reply.headers["Cache-Control"]
    assert b"parcels" in reply.content
    again = client.get(path, params=asked, headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    old = client.get(path, params=asked | {"version": "of-yesterday"})
    assert "immutable" not in old.headers["Cache-Control"]
    assert client.get(f"/tiles/map-2018/{z}/{x}/99999.mvt").status_code == 404
    assert client.get(path, params={"colour": "rainbow"}).status_code == 404
    assert client.get(path, params={"only": "rainbow"}).status_code == 404
    assert client.get(f"/tiles/no-such/{z}/{x}/{y}.mvt").status_code == 404
