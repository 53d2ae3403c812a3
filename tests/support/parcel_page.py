"""A season of two parcels, and what a client of the API is told about them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from fastapi.testclient import TestClient

from dias_cbm.db.connection import Connection

BASE = "/api/v1/seasons/dk-2018/parcels"


def get(client: TestClient, pid: str, part: str = "", **parameters: Any) -> Any:
    from urllib.parse import quote

    reply = client.get(f"{BASE}/{quote(pid, safe='')}{part}", params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def table(client: TestClient, pid: str, part: str, **parameters: Any) -> list[dict[str, str]]:
    reply = client.get(f"{BASE}/{pid}{part}", params={**parameters, "format": "csv"})
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text)))


def radar(connection: Connection, season: int, day: int, value: float, pixels: float = 50) -> int:
    start = datetime(2018, 5, day, 17, tzinfo=UTC)
    scene = add_scene(connection, f"BS_{day}", start, rel_orbit=44)
    for band, mean in (("VV", value), ("VH", value / 4)):
        add_signatures(
            connection, season, scene, 1, band, [pixels, 9], [mean, 1],
            p25=np.array([mean / 2, 1], "f4"), p75=np.array([mean * 2, 1], "f4"),
        )  # fmt: skip
    return scene.id


@pytest.fixture
def season(connection: Connection) -> int:
    """Two parcels; backscatter of the first on 3, 15 and 21 May 2018; 9 May is missing."""
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 5, 31))
    add_block(connection, number, 1, ["p/1", "p2"])
    for day, value in ((3, 0.1), (15, 1.0), (21, 0.01)):
        radar(connection, number, day, value)
    connection.execute(
        "insert into gap (season, card, satellite, rel_orbit, direction, tile, expected_at, cause,"
        " evidence, state, parcels, blocks, next_check) values (%s, 'bs', 'S1B', 44, 'A', '32VNH',"
        " '2018-05-09 17:00+00', 'not_published', 'not listed', 'late', 2, '{1}', now())",
        (number,),
    )
    connection.execute(
        "insert into five_day_mean_block values"
        " (%s, 'bs', 24, 1, 'VV', 'A', '{0.1,NaN}', '{1,0}'),"
        " (%s, 'bs', 26, 1, 'VV', 'A', '{1,NaN}', '{2,0}')",
        (number, number),
    )
    connection.commit()
    return number
