"""The real field of Valladolid: 33 dates of 2019 through the whole chain in the database."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import es2019
import pytest
from blocks import add_scene
from shapely import MultiPolygon, box

from dias_cbm import ledger, seasons
from dias_cbm.averages import update
from dias_cbm.card.make import make_card
from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Kind, Status

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

#: Around the field, 4.87 W 41.78 N.
FOOTPRINT = MultiPolygon([box(-5.2, 41.5, -4.6, 42.0)])


@pytest.fixture
def season(
    connection: Connection, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> int:
    """The season after its last date: every product made, extracted and averaged."""
    store = tmp_path / "eodata"
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{store}")
    # openEO masked the clouds already, and left shadows of class 2 in.
    monkeypatch.setenv("CBM_EXTRACTION_CLEAR_CLASSES", "2,4,5,6,7")
    file = es2019.write_parcels(real_data, tmp_path / "field.geojson")
    load(connection, file, "es-2019", id_column="pid", crop_column="crop", area=FOOTPRINT)
    made = seasons.get(connection, "es-2019")
    series = es2019.read(real_data)
    for index, day in enumerate(series.days):
        location = es2019.write_product(series, index, store)
        scene = add_scene(
            connection,
            es2019.product_name(day),
            es2019.sensed(day),
            Kind.S2_L2A,
            tile=es2019.TILE,
            direction="D",
            location=location,
            footprint=FOOTPRINT,
        )
        outcome = make_card(connection, scene.id)
        assert outcome.outcome == "ready", outcome.reason
        units = ledger.plan_extractions(connection, scene.id)
        connection.commit()
        assert [unit.tile for unit in units] == [es2019.TILE]
        report = extract(connection, units[0], "test")
        assert report.outcome is Outcome.EXTRACTED, report.reason
        update(connection, made.id, "s2", obsids=[scene.id])
        assert ledger.get(connection, scene.id).status is Status.EXTRACTED
    return made.id


def test_whole_chain(connection: Connection, real_data: Path, season: int) -> None:
    """Field means as openEO's, and the right number of observations in each of 73 windows."""
    series = es2019.read(real_data)
    rows = connection.execute(
        "select (scene.obstime at time zone 'UTC')::date as day, signature.mean, signature.count"
        " from s2_signatures as signature join dias_catalogue as scene on scene.id = obsid"
        " where pid = 'field' and band = 'NDVI' order by day"
    ).fetchall()
    assert [row.day for row in rows] == series.days == sorted(series.ndvi)
    for row in rows:
        assert round(row.mean, 4) == round(series.ndvi[row.day], 4), row.day
        assert row.count > 0
    _check_windows(connection, series)


def _check_windows(connection: Connection, series: es2019.Series) -> None:
    per_window = Counter((day - date(2019, 1, 1)).days // 5 for day in series.ndvi)
    assert sum(per_window.values()) == 33
    for band in ("NDVI", "B04", "B08"):
        rows = connection.execute(
            "select period, n, mean, direction, window_start from five_day_means"
            " where pid = 'field' and band = %s",
            (band,),
        ).fetchall()
        assert {row.direction for row in rows} == {"*"}
        found = {row.period: row.n for row in rows}
        assert [found.get(window, 0) for window in range(73)] == [
            per_window.get(window, 0) for window in range(73)
        ]
    ndvi = connection.execute(
        "select mean from five_day_means where pid = 'field' and band = 'NDVI' and period = 5"
    ).fetchone()
    # One date only, 27 January.
    assert round(ndvi.mean, 4) == round(series.ndvi[date(2019, 1, 27)], 4)
