"""The national files: the report is what an independent reading of the file finds."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
import shapely

from dias_cbm.db.connection import Connection
from dias_cbm.parcel_arrays import coordinates
from dias_cbm.parcels.load import load

pytestmark = [pytest.mark.integration, pytest.mark.real_data]

FILES = {
    "dk-2016": ("dk2016/marker2016.gpkg", "pid", "AfgKode", 32632),
    "nl-2023": ("lpis/nl/*.gpkg", "fid", "gewascode", 28992),
    "at-2025": ("lpis/at/*.zip", "GEO_ID", "SNAR_CODE", 31287),
    "fi-2023": ("lpis/fi/*.gpkg", "TUNNUS", "KASVIKOODI", 3067),
    "be-2023": ("lpis/be_vlg/*.zip", "REF_ID", "GWSCOD_H", 31370),
}


@pytest.mark.parametrize("season", FILES)
def test_a_national_file_loads_with_a_truthful_report(
    connection: Connection, real_data: Path, season: str
) -> None:
    pattern, id_column, crop_column, srid = FILES[season]
    (path,) = real_data.glob(pattern)
    report = load(connection, path, season, id_column=id_column, crop_column=crop_column)

    frame = geopandas.read_file(path)
    assert frame.geometry.notna().all()
    assert (report.features, report.srid) == (len(frame), srid)
    assert report.loaded + sum(report.rejected.values()) == len(frame)
    assert report.rejected == {}
    assert report.repaired == {}
    assert frame.is_valid.all()
    assert report.below_pixel == (frame.area < 100).sum()
    assert report.z_dropped == frame.has_z.sum()
    assert sum(report.tiles.values()) == report.loaded
    assert report.blocks == len(report.tiles)  # none has more than 992

    rows = connection.execute(
        "select pid, crop, area_m2, st_asbinary(geom) as wkb, note from parcel"
    ).fetchall()
    if id_column in frame:
        expected = {str(int(value)) for value in frame[id_column]}
    else:
        expected = {str(number) for number in range(1, len(frame) + 1)}
    assert {row.pid for row in rows} == expected
    assert {row.crop for row in rows} == {str(value) for value in frame[crop_column]}
    assert sum(row.area_m2 for row in rows) == pytest.approx(frame.area.sum(), rel=1e-12)
    stored = shapely.union_all(shapely.from_wkb([row.wkb for row in rows]))
    given = shapely.union_all(shapely.force_2d(frame.geometry.to_numpy()))
    assert stored.symmetric_difference(given).area == pytest.approx(0, abs=1e-6)
    assert sum(row.note == "below_pixel" for row in rows) == report.below_pixel


@pytest.mark.parametrize("season", FILES)
def test_every_real_parcel_is_in_one_tile_once(
    connection: Connection, real_data: Path, season: str
) -> None:
    pattern, id_column, crop_column, srid = FILES[season]
    (path,) = real_data.glob(pattern)
    report = load(connection, path, season, id_column=id_column, crop_column=crop_column)
    row = connection.execute("select id from season").fetchone()
    assert row is not None
    tiles = [coordinates(connection, row.id, tile) for tile in report.tiles]
    assert [len(tile.pid) for tile in tiles] == list(report.tiles.values())
    assert len({pid for tile in tiles for pid in tile.pid}) == report.loaded
    assert {tile.srid for tile in tiles} == {srid}


def test_the_danish_parcels_are_in_the_tile_of_their_image(
    connection: Connection, real_data: Path
) -> None:
    report = load(
        connection,
        real_data / "dk2016/marker2016.gpkg",
        "dk-2016",
        id_column="pid",
        crop_column="AfgKode",
    )
    assert report.tiles == {"32VNH": 276}
    assert report.below_pixel == 1


def test_dutch_parcels_beyond_the_zones_edge_have_a_tile_that_exists(
    connection: Connection, real_data: Path
) -> None:
    """What remains of the squares 32UKB to 32UKE east of 6 degrees is a strip, and no tile."""
    (path,) = (real_data / "lpis/nl").glob("*.gpkg")
    report = load(connection, path, "nl-2023", id_column="fid", crop_column="gewascode")
    assert {"31UGS", "31UGT", "31UGU", "32ULD"} <= set(report.tiles)
    assert not any(tile.startswith("32UK") for tile in report.tiles)
