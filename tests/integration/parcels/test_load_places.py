"""Where the parcels of a file are put: their season and its CRS, and axes that are exchanged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import shapely
from loaded_parcels import AREA, Write, count, load_it, square
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ParcelFileError, SeasonError

pytestmark = pytest.mark.integration


def test_geometries_are_kept_as_they_are_in_their_own_crs(
    connection: Connection, write: Write
) -> None:
    irregular = shapely.Polygon(
        [(512000.123456789, 6243000.1), (512100.2, 6243010.3), (512050.4, 6243090.5)]
    )
    load_it(connection, write([irregular]))
    row = connection.execute(
        "select st_asbinary(geom) as wkb, st_srid(geom) as srid from parcel"
    ).fetchone()
    assert row is not None
    assert row.srid == 25832
    assert shapely.from_wkb(row.wkb).equals_exact(MultiPolygon([irregular]), 0)
    checks = connection.execute(
        "select bool_and(st_isvalid(geom)) as valid,"
        " bool_and(st_contains(st_transform(geom, 4326), centre)) as inside from parcel"
    ).fetchone()
    assert checks == (True, True)


def test_a_new_season_is_of_the_year_in_its_name(connection: Connection, write: Write) -> None:
    report = load_it(connection, write([square(0, 0)]), "dk2016-test-2018")
    season = seasons.get(connection, "dk2016-test-2018")
    assert report.season_created
    assert (season.starts, season.ends) == (date(2018, 1, 1), date(2018, 12, 31))
    assert (season.epoch, season.step_days, season.srid) == (date(2018, 1, 1), 5, 25832)
    assert season.area_from_parcels
    extent = connection.execute(
        "select st_covers(st_expand(season.area, 1e-7), st_transform(geom, 4326)) as covered,"
        " st_area(season.area::geography) as area from season, parcel"
    ).fetchone()
    assert extent is not None
    assert extent.covered
    assert extent.area == pytest.approx(10_000, rel=0.02)
    with pytest.raises(SeasonError, match=r"no year.*dk-2018"):
        load_it(connection, write([square(0, 0)]), "denmark")


def test_an_existing_season_converts_to_its_crs_and_says_so(
    connection: Connection, write: Write
) -> None:
    seasons.create(connection, "dk-2018", AREA, 3035, date(2018, 3, 1), date(2018, 9, 30))
    report = load_it(connection, write([square(0, 0)]))
    assert not report.season_created
    assert report.reprojected
    assert "converted from EPSG:25832 to EPSG:3035, the season's CRS" in report.text()
    row = connection.execute(
        "select st_srid(geom) as srid, st_area(st_transform(geom, 25832)) as area from parcel"
    ).fetchone()
    assert row is not None
    assert row.srid == 3035
    assert row.area == pytest.approx(10_000, rel=1e-6)
    assert seasons.get(connection, "dk-2018").area.equals(AREA)


def test_a_crs_without_code_becomes_equal_area_and_says_so(
    connection: Connection, write: Write
) -> None:
    local = "+proj=tmerc +lat_0=56 +lon_0=9.5 +k=1 +x_0=0 +y_0=0 +ellps=GRS80 +units=m"
    report = load_it(connection, write([shapely.box(0, 0, 100, 100)], crs=local))
    assert report.srid == 3035
    assert "the file's CRS has no EPSG code: converted to EPSG:3035" in report.messages
    row = connection.execute("select area_m2 from parcel").fetchone()
    assert row is not None
    assert row.area_m2 == pytest.approx(10_000, rel=1e-3)


def test_a_missing_crs_must_be_given(connection: Connection, write: Write, tmp_path: Path) -> None:
    path = write([square(0, 0)], "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(ParcelFileError, match=r"has no CRS.*--crs"):
        load_it(connection, path)
    assert load_it(connection, path, crs="EPSG:25832").srid == 25832


def swapped(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def test_swapped_axes_are_found_out(connection: Connection, write: Write) -> None:
    with pytest.raises(
        ParcelFileError, match=r"axes are exchanged: 1 of 1 features .* the area of use of ETRS89"
    ):
        load_it(connection, write([swapped(square(0, 0))]))
    degrees = [shapely.box(56.3 + y, 9.2, 56.31 + y, 9.21) for y in (0, 0.1, 2)]
    with pytest.raises(ParcelFileError, match=r"2 of 3 features .* in the season's area only with"):
        load_it(connection, write(degrees, crs=4326), area=AREA)
    with pytest.raises(ParcelFileError, match=r"3 of 3 features .* in Europe only with"):
        load_it(connection, write(degrees, crs=4326))
    assert count(connection, "season") == 0
    # Where the user names the area, such a place is right.
    there = MultiPolygon([shapely.box(56, 9, 60, 10)])
    report = load_it(connection, write(degrees, crs=4326), area=there)
    assert (report.loaded, report.country) == (3, "Yemen")


def test_single_features_with_swapped_axes_are_told(connection: Connection, write: Write) -> None:
    degrees = [shapely.box(9.2, 56.3 + y, 9.21, 56.31 + y) for y in (0, 0.1, 0.2, 0.3)]
    report = load_it(connection, write([*degrees[:3], swapped(degrees[3])], crs=4326))
    told = "1 of the features would lie in Europe only with easting and northing the other way"
    assert f"{told} round (such as feature 3, from 0)" in report.text()
    # The country is that of a parcel, not of the middle of Denmark and Yemen.
    assert report.country == "Denmark"


def test_swapped_axes_of_a_continental_crs(connection: Connection, write: Write) -> None:
    """Both ways lie in the area of use of EPSG:3035: the report says where, an area decides."""
    right = shapely.box(4_270_000, 3_700_000, 4_270_100, 3_700_100)
    report = load_it(connection, write([swapped(right)], crs=3035))
    assert "(no country), in 30VWN" in report.text()
    report = load_it(connection, write([right], crs=3035), replace=True)
    assert report.country == "Denmark"
    assert report.extent == pytest.approx([9.175, 56.401, 9.176, 56.402], abs=0.002)
    with pytest.raises(ParcelFileError, match="in the season's area only with"):
        load_it(connection, write([swapped(right)], crs=3035), replace=True, area=AREA)
    assert count(connection, "parcel") == 1


def test_a_wrong_crs_is_found_out(connection: Connection, write: Write) -> None:
    """UTM coordinates said to be Dutch ones lie in the Baltic Sea and beyond."""
    with pytest.raises(ParcelFileError, match=r"far from where .* is used|none of its"):
        load_it(connection, write([square(0, 0)], crs=28992))
