"""A season for the map: small squares with verdicts, without any product."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from blocks import add_season
from pyproj import Transformer

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window.map.season_map import Coloured, Filter, SeasonMaps

COUNT = 1200
LAST_BLOCK = 40
CROPS = ("barley", "wheat", "maize")
STATUSES = ("confirmed", "inconclusive", "outlier")


def add(connection: Connection) -> Season:
    """1,200 squares in a disc of 20 km, in two blocks, with verdicts; every fourth has none.

    The second block has a number as in a country: its places are beyond 16 bits.
    """
    number = add_season(connection, "map-2018")
    random = np.random.default_rng(7)
    radius, angle = 20_000 * np.sqrt(random.random(COUNT)), 2 * np.pi * random.random(COUNT)
    x, y = 550_000 + radius * np.cos(angle), 6_190_000 + radius * np.sin(angle)
    squares = shapely.box(x, y, x + 150, y + 120)
    centres = shapely.points(*Transformer.from_crs(25832, 4326, always_xy=True).transform(x, y))
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (number,),
    ).fetchone()
    assert run is not None
    for blk, first in ((1, 0), (LAST_BLOCK, 992)):
        connection.execute(
            "insert into parcel_block values (%s, %s, '32VNH', %s,"
            " st_makeenvelope(9, 55, 10, 56, 4326))",
            (number, blk, min(992, COUNT - first)),
        )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into parcel (season, pid, crop, area_m2, geom, centre, attributes) values"
            " (%s, %s, %s, 18000, st_multi(st_geomfromwkb(%s, 25832)),"
            " st_geomfromwkb(%s, 4326), jsonb_build_object('farm', %s::text))",
            [
                (number, f"p{n}", CROPS[n % 3], squares[n].wkb, centres[n].wkb, str(n // 10))
                for n in range(COUNT)
            ],
        )
        cursor.executemany(
            "insert into parcel_slot values (%s, %s, '32VNH', %s, %s)",
            [(number, f"p{n}", LAST_BLOCK if n >= 992 else 1, n % 992 + 1) for n in range(COUNT)],
        )
        cursor.executemany(
            "insert into outlier (run, season, pid, declared, status, observations)"
            " values (%s, %s, %s, 'x', %s, 9)",
            [(run.id, number, f"p{n}", STATUSES[n % 4]) for n in range(COUNT) if n % 4 < 3],
        )
    connection.execute(query("parcels/outlines"), {"season": number})
    connection.commit()
    return seasons.get(connection, "map-2018")


@pytest.fixture
def season(connection: Connection) -> Season:
    return add(connection)


def coloured(
    connection: Connection, season: Season, key: str = "verdict", **shown: Any
) -> Coloured:
    return SeasonMaps().coloured(connection, season, key, Filter(**shown))


def address_of(zoom: int, longitude: float = 9.8, latitude: float = 55.85) -> tuple[int, int, int]:
    """The tile of a place, as zoom, column and row."""
    x = (longitude / 360 + 0.5) * 2**zoom
    y = (0.5 - np.arcsinh(np.tan(np.radians(latitude))) / (2 * np.pi)) * 2**zoom
    return zoom, int(x), int(y)
