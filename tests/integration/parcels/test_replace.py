"""Replacing the parcels of a season takes away all that was made from them, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm import ledger, seasons
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import ParcelFileError, SeasonError
from dias_cbm.parcels.load import load
from dias_cbm.parcels.report import LoadReport
from dias_cbm.scenes import Kind, Scene, Status

pytestmark = pytest.mark.integration
Write = Callable[..., Path]

RESULTS = ("signature_block", "histogram_block", "five_day_mean_block", "extraction", "outlier_run")


def square(x: float) -> shapely.Polygon:
    return shapely.box(512_000 + x, 6_243_000, 512_100 + x, 6_243_100)


def load_it(connection: Connection, path: Path, **options: object) -> LoadReport:
    columns = {"id_column": "pid", "crop_column": "crop"}
    return load(connection, path, "dk-2018", **columns | options)  # type: ignore[arg-type]


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) as n from {table}").fetchone()
    assert row is not None
    return int(row.n)


@pytest.fixture
def extracted(connection: Connection, write: Write) -> int:
    """A scene extracted for the two parcels of a season, with a mean and an outlier run."""
    load_it(connection, write([square(0), square(200)]))
    start = datetime(2018, 5, 1, 5, 40, tzinfo=UTC)
    scene = Scene(
        platform="local",
        product_id="a",
        name="S1A_IW_GRDH_A",
        kind=Kind.CARD_BS,
        satellite="S1A",
        start=start,
        end=start + timedelta(seconds=25),
        footprint=MultiPolygon([shapely.box(8, 54, 13, 58)]),
    )
    (scene_id,) = ledger.upsert(connection, [scene]).new
    ledger.change(connection, scene_id, expected=Status.INGESTED, to=Status.READY)
    (unit,) = ledger.plan_extractions(connection, scene_id)
    assert ledger.claim(connection, unit, "one")
    array = "array[1, 2]::real[]"
    connection.execute(
        f"insert into signature_block select {unit.season}, 'bs', {scene_id}, 1, band, 'centre',"
        f" {', '.join([array] * 8)} from unnest(array['VV', 'VH']) as band"
    )
    connection.execute(
        f"insert into histogram_block values ({unit.season}, {scene_id}, 1, 4, {array})"
    )
    connection.execute(
        f"insert into five_day_mean_block values ({unit.season}, 'bs', 24, 1, 'VV', '*', {array},"
        " array[1, 1]::smallint[])"
    )
    connection.execute(
        f"insert into outlier_run (season, model, features, labels, report)"
        f" values ({unit.season}, 'm', '[]', 'l', '{{}}')"
    )
    connection.execute(
        "insert into marker_run (season, marker, version, parameters, inputs_hash, code, until,"
        " window_start, window_end) values (%s, 'mowing', '1', '{}', 'h', '0', '2018-09-01',"
        " '2018-01-01', '2019-01-01')",
        (unit.season,),
    )
    connection.execute(
        "insert into marker_input (season, blk, hash, days, looks, missing)"
        r" values (%s, 1, 'h', '{}', '\x', '[]')",
        (unit.season,),
    )
    ledger.finish(connection, unit, 4, 1.0)
    connection.commit()
    assert ledger.get(connection, scene_id).status == Status.EXTRACTED
    return scene_id


def test_parcels_are_not_replaced_by_accident(
    connection: Connection, extracted: int, write: Write
) -> None:
    with pytest.raises(SeasonError, match=r"has 2 parcels already.*--replace"):
        load_it(connection, write([square(400)]))
    assert count(connection, "signature_block") == 2


def test_replacing_removes_results_and_opens_the_scenes_again(
    connection: Connection, extracted: int, write: Write
) -> None:
    report = load_it(connection, write([square(0), square(400), square(600)]), replace=True)
    assert report.replaced == {
        "parcels": 2,
        "blocks of signatures": 2,
        "blocks of histograms": 1,
        "blocks of five-day means": 1,
        "clear shares": 0,
        "outlier runs": 1,
        "marker runs": 1,
        "inputs of markers": 1,
        "runs of rules": 0,
        "imported series": 0,
        "units of extraction": 1,
    }
    assert report.scenes_reopened == 1
    assert "        2 parcels replaced\n" in report.text()
    assert "1 scenes ready to be extracted" in report.text()
    for table in RESULTS:
        assert count(connection, table) == 0
    assert count(connection, "parcel") == count(connection, "parcel_slot") == 3
    assert count(connection, "parcel_block") == 1
    assert count(connection, "parcel_load") == 2
    assert ledger.get(connection, extracted).status == Status.READY
    assert len(ledger.plan_extractions(connection, extracted)) == 1


def test_a_failed_replacement_leaves_everything(
    connection: Connection, extracted: int, write: Write
) -> None:
    with pytest.raises(ParcelFileError):
        load_it(connection, write([None, None], "b.geojson"), replace=True)
    assert count(connection, "parcel") == 2
    assert [count(connection, table) for table in RESULTS] == [2, 1, 1, 1, 1]
    assert ledger.get(connection, extracted).status == Status.EXTRACTED


def test_other_seasons_keep_their_results(
    connection: Connection, extracted: int, write: Write
) -> None:
    load(connection, write([square(0)], "b.gpkg"), "se-2019", id_column="pid", crop_column="crop")
    load(
        connection,
        write([square(0)], "c.gpkg"),
        "se-2019",
        id_column="pid",
        crop_column="crop",
        replace=True,
    )
    assert [count(connection, table) for table in RESULTS] == [2, 1, 1, 1, 1]
    assert ledger.get(connection, extracted).status == Status.EXTRACTED


def test_an_area_that_follows_the_parcels_grows_with_them(
    connection: Connection, extracted: int, write: Write
) -> None:
    season = seasons.get(connection, "dk-2018")
    connection.execute(
        "insert into catalogue_watermark (platform, season, kind, published)"
        " values ('local', %s, 'CARD_BS', now())",
        (season.id,),
    )
    report = load_it(connection, write([square(0), square(50_000)]), replace=True)
    assert report.loaded == 2
    grown = seasons.get(connection, "dk-2018")
    assert grown.area.covers(season.area.centroid)
    assert grown.area.area > 100 * season.area.area
    assert count(connection, "catalogue_watermark") == 0


def test_a_given_area_stays_and_rejects(connection: Connection, write: Write) -> None:
    area = MultiPolygon([shapely.box(9, 56, 9.3, 57)])
    load_it(connection, write([square(0)]), area=area)
    report = load_it(connection, write([square(0), square(50_000)]), replace=True)
    assert report.rejected == {"outside_area": 1}
    season = seasons.get(connection, "dk-2018")
    assert season.area.equals(area)
    assert not season.area_from_parcels


def test_parcels_loaded_after_the_scenes_open_them(connection: Connection, write: Write) -> None:
    area = MultiPolygon([shapely.box(8, 55, 11, 57)])
    seasons.create(connection, "dk-2018", area, 25832, date(2018, 1, 1), date(2018, 12, 31))
    start = datetime(2018, 5, 1, 5, 40, tzinfo=UTC)
    scene = Scene("local", "a", "S1A_A", Kind.CARD_BS, "S1A", start, start, footprint=area)
    (scene_id,) = ledger.upsert(connection, [scene]).new
    ledger.change(connection, scene_id, expected=Status.INGESTED, to=Status.READY)
    assert ledger.plan_extractions(connection, scene_id) == []
    assert ledger.get(connection, scene_id).status == Status.NO_PARCELS
    report = load_it(connection, write([square(0)]))
    assert (report.replaced, report.scenes_reopened) == (None, 1)
    assert ledger.get(connection, scene_id).status == Status.READY


def test_nobody_sees_half_a_replacement(
    database: str,
    connection: Connection,
    extracted: int,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until the load commits, another connection reads the old parcels and slots."""
    seen = []

    def look(*arguments: object) -> ledger.Reset:
        with connect(database) as other:
            seen.append((count(other, "parcel"), count(other, "parcel_slot")))
        return ledger.Reset(0, 0)

    monkeypatch.setattr("dias_cbm.ledger.reset_season", look)
    load_it(connection, write([square(0), square(400), square(600)]), replace=True)
    assert seen == [(2, 2)]
    assert count(connection, "parcel") == 3
