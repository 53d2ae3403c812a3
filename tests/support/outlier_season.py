"""A small season with wrong declarations in it, and the last list made of it."""

from datetime import date

import numpy as np
import pytest
from blocks import add_means
from shapely import MultiPolygon, box

from dias_cbm import seasons
from dias_cbm.db.connection import Connection

PARCELS, PERIODS = 240, 6
WRONG = {7, 100, 180}
UNSEEN, RARE = 30, 31


@pytest.fixture
def season(connection: Connection) -> int:
    """Two crops that differ by 6 dB in VH; three wrong declarations, one unseen, one rare."""
    area = MultiPolygon([box(9, 56, 10, 57)])
    made = seasons.create(connection, "dk-2018", area, 25832, date(2018, 1, 1), date(2018, 1, 30))
    _parcels(connection, made.id)
    generator = np.random.default_rng(3)
    grass = np.arange(PARCELS) % 2 == 0
    rows = []
    for period in range(PERIODS):
        for band, level in (("VV", -10.0), ("VH", -20.0)):
            decibel = level + generator.normal(0, 1, PARCELS) + (band == "VH") * 6 * grass
            mean = (10 ** (decibel / 10)).astype(np.float32)
            count = np.ones(PARCELS, dtype=np.int16)
            mean[UNSEEN], count[UNSEEN] = np.nan, 0
            if period in (2, 3):
                mean[50], count[50] = np.nan, 0
            rows.append((made.id, "bs", period, 0, band, "A", mean, count))
    add_means(connection, rows)
    connection.commit()
    return made.id


def _parcels(connection: Connection, season: int) -> None:
    connection.execute(
        "insert into parcel_block (season, blk, tile, parcels, extent)"
        " values (%s, 0, '32VNH', %s, st_makeenvelope(9, 56, 10, 57, 4326))",
        (season, PARCELS),
    )
    for index in range(PARCELS):
        crop = "grass" if (index % 2 == 0) != (index in WRONG) else "barley"
        crop = "hemp" if index == RARE else crop
        left = 500_000 + 100 * index
        shape = MultiPolygon([box(left, 6_200_000, left + 90, 6_200_090)])
        connection.execute(
            "insert into parcel (season, pid, crop, area_m2, geom, centre) values"
            " (%s, %s, %s, 8100, st_geomfromtext(%s, 25832), st_point(9.5, 56.5, 4326))",
            (season, str(index), crop, shape.wkt),
        )
        connection.execute(
            "insert into parcel_slot (season, pid, tile, blk, pos) values (%s, %s, '32VNH', 0, %s)",
            (season, str(index), index + 1),
        )


def latest(connection: Connection) -> int | None:
    row = connection.execute("select max(run) as run from latest_outliers").fetchone()
    assert row is not None
    return None if row.run is None else int(row.run)
