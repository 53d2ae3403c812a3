"""Loading parcel files: what is loaded, what is rejected, and that it adds up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import process_time

import geopandas
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ParcelFileError, SeasonError
from dias_cbm.parcel_arrays import coordinates
from dias_cbm.parcels.load import load
from dias_cbm.parcels.report import LoadReport

pytestmark = pytest.mark.integration
Write = Callable[..., Path]
AREA = MultiPolygon([shapely.box(9, 56, 10, 57)])


def square(x: float, y: float, size: float = 100.0) -> shapely.Polygon:
    west, south = 512_000 + x, 6_243_000 + y
    return shapely.box(west, south, west + size, south + size)


def load_it(
    connection: Connection, path: Path, name: str = "dk-2018", **options: object
) -> LoadReport:
    columns = {"id_column": "pid", "crop_column": "crop", "max_rejected": 100.0}
    return load(connection, path, name, **columns | options)  # type: ignore[arg-type]


def count(connection: Connection, table: str) -> int:
    row = connection.execute(f"select count(*) as n from {table}").fetchone()
    assert row is not None
    return int(row.n)


MIXED = [
    square(0, 0),
    square(200, 0),
    shapely.from_wkt(
        "POLYGON((512400 6243000,512500 6243100,512500 6243000,512400 6243100,512400 6243000))"
    ),
    None,
    shapely.Polygon(),
    shapely.Point(512_000, 6_243_000),
    square(600, 0, 5),
    square(200, 0),
    square(800, 0),
    square(1000, 0),
    square(90_000, 0),
    shapely.force_3d(square(1200, 0), 7.5),
]
PIDS = ["a", "b", "c", "d", "e", "f", "g", "b", "b", None, "h", "i"]
EXPECTED = [
    None,
    None,
    None,
    "null_geometry",
    "empty_geometry",
    "not_a_polygon",
    None,
    "duplicate_identical",
    "duplicate_differing",
    "null_id",
    "outside_area",
    None,
]


def test_every_feature_is_loaded_or_has_a_row_that_says_why(
    connection: Connection, write: Write
) -> None:
    path = write(MIXED, "mixed.geojson", pid=PIDS, crop=["wheat"] * 11 + ["maize"])
    west = MultiPolygon([shapely.box(9, 56, 9.5, 57)])
    report = load_it(connection, path, area=west)

    assert report.features == 12
    assert report.loaded == 5
    assert report.rejected == {reason: 1 for reason in EXPECTED if reason}
    assert report.features == report.loaded + sum(report.rejected.values())
    rows = connection.execute("select * from parcel_rejected order by feature").fetchall()
    assert [(row.feature, row.pid, row.reason) for row in rows] == [
        (number, PIDS[number], reason) for number, reason in enumerate(EXPECTED) if reason
    ]
    assert {row.detail for row in rows if row.pid == "b"} == {"feature 1 was loaded"}
    assert report.repaired["Self-intersection"].parcels == 1
    assert report.repaired["Self-intersection"].area_change_m2 == pytest.approx(5_000)
    assert (report.below_pixel, report.z_dropped) == (1, 1)

    parcels = {row.pid: row for row in connection.execute("select * from parcel")}
    assert set(parcels) == {"a", "b", "c", "g", "i"}
    assert parcels["c"].repaired == "make_valid structure: Self-intersection, area +5000.0 m2"
    assert parcels["g"].note == "below_pixel"
    assert (parcels["a"].repaired, parcels["a"].note) == (None, None)
    assert parcels["i"].crop == "maize"
    assert parcels["a"].area_m2 == pytest.approx(10_000)


def test_the_report_is_kept_and_says_the_same_in_both_forms(
    connection: Connection, write: Write
) -> None:
    path = write(MIXED, "mixed.geojson", pid=PIDS)
    report = load_it(connection, path, area=AREA)
    row = connection.execute("select file, report from parcel_load").fetchone()
    assert row is not None
    assert row.file == str(path)
    assert row.report == json.loads(report.json()) == report.as_dict()
    text = report.text()
    assert "       12 features\n" in text
    assert "        1 rejected: null_id (no identifier)" in text
    assert "repaired: Self-intersection (make_valid, area +5,000.0 m2)" in text


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


def test_parcels_of_two_tiles_are_in_blocks_of_their_own(
    connection: Connection, write: Write
) -> None:
    near = [square(100 * number, 0) for number in range(5)]
    far = [square(100 * number, -40_000) for number in range(3)]
    report = load_it(connection, write(near + far))
    assert report.tiles == {"32VNH": 5, "32UNG": 3} or report.tiles == {"32VNH": 8}
    blocks = connection.execute(
        "select block.*, (select count(*) from parcel_slot where blk = block.blk) as slots"
        " from parcel_block as block order by blk"
    ).fetchall()
    assert [(row.tile, row.parcels, row.slots) for row in blocks] == [
        (tile, number, number) for tile, number in sorted(report.tiles.items())
    ]
    within = connection.execute(
        "select bool_and(st_covers(st_expand(block.extent, 1e-7), st_transform(geom, 4326))) as ok"
        " from parcel_slot as slot join parcel using (season, pid)"
        " join parcel_block as block using (season, blk)"
    ).fetchone()
    assert within == (True,)


def test_the_coordinates_of_a_tile_come_back_block_by_block(
    connection: Connection, write: Write
) -> None:
    rng = np.random.default_rng(1)
    shapes = [square(*rng.uniform(0, 20_000, 2), rng.uniform(20, 300)) for _ in range(1_500)]
    hole = square(0, 30_000).difference(square(40, 30_040, 20))
    shapes += [hole, MultiPolygon([square(0, 31_000), square(500, 31_000)])]
    report = load_it(connection, write(shapes))
    assert report.tiles == {"32VNH": 1_502}
    season = seasons.get(connection, "dk-2018")
    tile = coordinates(connection, season.id, "32VNH")

    assert tile.srid == 25832
    assert (tile.blk.dtype, tile.pos.dtype) == (np.int32, np.int16)
    assert np.bincount(tile.blk).tolist() == [0, 992, 510]
    assert tile.pos[tile.blk == 1].tolist() == list(range(1, 993))
    assert set(tile.pid) == {f"p{number}" for number in range(1_502)}
    rings = np.diff(tile.parcel_ring_offsets)
    by_pid = dict(zip(tile.pid, rings.tolist(), strict=True))
    assert (by_pid["p1500"], by_pid["p1501"], by_pid["p0"]) == (2, 2, 1)
    first = tile.pid.index("p0")
    start, stop = tile.ring_offsets[tile.parcel_ring_offsets[first:][:2]]
    assert shapely.Polygon(tile.coordinates[start:stop]).equals(shapes[0])
    slot = connection.execute("select blk, pos from parcel_slot where pid = 'p0'").fetchone()
    assert slot == (tile.blk[first], tile.pos[first])


def test_the_coordinates_of_a_tile_without_parcels(connection: Connection, write: Write) -> None:
    load_it(connection, write([square(0, 0)]))
    tile = coordinates(connection, seasons.get(connection, "dk-2018").id, "31UFT")
    assert (tile.pid, len(tile.blk), tile.coordinates.shape) == ([], 0, (0, 2))
    assert tile.parcel_ring_offsets.tolist() == tile.ring_offsets.tolist() == [0]


def test_more_features_than_a_chunk_load_the_same(
    connection: Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(MIXED, "mixed.geojson", pid=PIDS)
    whole = load_it(connection, path, "dk-2018", area=AREA).as_dict()
    slots = connection.execute(
        "select pid, blk, pos, tile from parcel_slot order by pid"
    ).fetchall()
    monkeypatch.setattr("dias_cbm.parcels.source._CHUNK_FEATURES", 2)
    pieces = load_it(connection, path, "dk-2018", area=AREA, replace=True).as_dict()
    different = {key for key in whole if whole[key] != pieces[key]}
    assert different <= {"seconds", "season_created", "replaced"}
    assert (
        connection.execute("select pid, blk, pos, tile from parcel_slot order by pid").fetchall()
        == slots
    )


def test_many_duplicates_take_linear_time(connection: Connection, write: Write) -> None:
    """Of 20,000 features each identifier is there twice, half of them with another outline."""
    half = 10_000
    places = [(100 * (n % 100), 100 * (n // 100)) for n in range(half)]
    first = [square(x, y, 50) for x, y in places]
    second = [square(x, y, 50 if n % 2 else 60) for n, (x, y) in enumerate(places)]
    path = write(first + second, pid=[*range(half), *range(half)])
    started = process_time()
    report = load_it(connection, path)
    assert process_time() - started < 3.5
    assert report.loaded == half
    assert report.rejected == {"duplicate_identical": half / 2, "duplicate_differing": half / 2}
    row = connection.execute("select detail from parcel_rejected where pid = '7'").fetchone()
    assert row == ("feature 7 was loaded",)


def test_a_duplicate_of_a_rejected_feature_is_loaded(connection: Connection, write: Write) -> None:
    report = load_it(connection, write([None, square(0, 0)], pid=["a", "a"]))
    assert (report.loaded, report.rejected) == (1, {"null_geometry": 1})


def test_the_same_outline_begun_elsewhere_is_an_identical_duplicate(
    connection: Connection, write: Write
) -> None:
    ring = list(square(0, 0).exterior.coords)[:-1]
    turned = shapely.Polygon(ring[2:] + ring[:2])
    report = load_it(connection, write([square(0, 0), turned], pid=["a", "a"]))
    assert report.rejected == {"duplicate_identical": 1}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id_column": "id"}, "no column 'id'"),
        ({"crop_column": "culture"}, "no column 'culture'"),
        ({"layer": "fields"}, "no layer 'fields'"),
    ],
)
def test_wrong_names_are_errors_that_list_the_right_ones(
    connection: Connection, write: Write, options: dict[str, str], message: str
) -> None:
    with pytest.raises(ParcelFileError, match=message) as error:
        load_it(connection, write([square(0, 0)]), **options)
    assert error.value.hint is not None
    assert count(connection, "season") == 0


def test_a_missing_file(connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(ParcelFileError, match="no such file"):
        load_it(connection, tmp_path / "absent.gpkg")


def test_a_missing_crs_must_be_given(connection: Connection, write: Write, tmp_path: Path) -> None:
    path = write([square(0, 0)], "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(ParcelFileError, match=r"has no CRS.*--crs"):
        load_it(connection, path)
    assert load_it(connection, path, crs="EPSG:25832").srid == 25832


@pytest.mark.parametrize(
    ("geometries", "reason"),
    [([shapely.Point(512_000, 6_243_000)] * 3, "3 not_a_polygon"), ([None], "1 null_geometry")],
)
def test_a_file_of_which_nothing_can_be_loaded_is_an_error(
    connection: Connection, write: Write, geometries: list[shapely.Geometry], reason: str
) -> None:
    with pytest.raises(ParcelFileError, match=f"none of its {len(geometries)} features.*{reason}"):
        load_it(connection, write(geometries, "a.geojson"))
    assert count(connection, "season") == 0
    assert count(connection, "parcel_load") == 0


def swapped(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def test_too_many_rejected_features_load_nothing(connection: Connection, write: Write) -> None:
    shapes = [square(200 * n, 0) if n >= 2 else None for n in range(20)]
    path = write(shapes, "a.geojson")
    options = {"id_column": "pid", "crop_column": "crop"}
    expected = r"2 of its 20 features are rejected, more than 5 %.*2 null_geometry \(feature 0\)"
    with pytest.raises(ParcelFileError, match=expected):
        load(connection, path, "dk-2018", **options)  # type: ignore[arg-type]
    assert count(connection, "season") == count(connection, "parcel_load") == 0
    report = load(connection, path, "dk-2018", **options, max_rejected=10)  # type: ignore[arg-type]
    assert report.loaded == 18


def test_features_outside_the_area_are_not_too_many(connection: Connection, write: Write) -> None:
    path = write([square(0, 0), square(200_000, 0), square(210_000, 0)])
    report = load_it(connection, path, area=AREA, max_rejected=0.0)
    assert report.rejected == {"outside_area": 2}


def test_points_only_have_a_sentence_of_their_own(connection: Connection, write: Write) -> None:
    with pytest.raises(ParcelFileError, match="they are points or lines, not polygons"):
        load_it(connection, write([shapely.Point(512_000, 6_243_000)] * 3))


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


def test_a_zipped_file_is_read(connection: Connection, write: Write, tmp_path: Path) -> None:
    import zipfile

    path = write([square(0, 0)])
    zipped = tmp_path / "parcels.gpkg.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(path, "deep/folder/parcels.gpkg")
    assert load_it(connection, zipped).loaded == 1


def test_a_failure_in_the_middle_leaves_nothing(
    connection: Connection, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("dias_cbm.parcels.blocks.write", fail)
    with pytest.raises(RuntimeError):
        load_it(connection, write([square(0, 0)]))
    for table in ("season", "parcel", "parcel_slot", "parcel_block", "parcel_load"):
        assert count(connection, table) == 0


def test_attributes_are_kept(connection: Connection, write: Write) -> None:
    path = write([square(0, 0)], farm=[12], farmer=["Søndergård"], organic=[True])
    load_it(connection, path)
    row = connection.execute("select attributes from parcel").fetchone()
    assert row is not None
    assert row.attributes == {"farm": 12, "farmer": "Søndergård", "organic": True}


def test_what_postgis_and_geopandas_say_of_the_file_agrees(
    connection: Connection, write: Write
) -> None:
    rng = np.random.default_rng(7)
    shapes = [square(*rng.uniform(0, 50_000, 2), rng.uniform(20, 300)) for _ in range(300)]
    path = write(shapes)
    load_it(connection, path)
    frame = geopandas.read_file(path)
    row = connection.execute(
        "select sum(area_m2) as kept, sum(st_area(geom)) as stored, count(*) as n from parcel"
    ).fetchone()
    assert row is not None
    assert row.n == len(frame)
    assert row.kept == pytest.approx(frame.area.sum(), rel=1e-12)
    assert row.stored == pytest.approx(frame.area.sum(), rel=1e-9)


def test_an_attribute_with_nul_breaks_no_load(connection: Connection, write: Write) -> None:
    path = write([square(0, 0)], "parcels.geojson", note=["AzB"], nested=[{"a": "AzB"}])
    path.write_text(path.read_text().replace("AzB", "A\\u0000B"))
    report = load_it(connection, path)
    assert (report.loaded, report.cut_texts) == (1, {"note": 1})
    row = connection.execute("select attributes ->> 'note' as note from parcel").fetchone()
    assert row is not None
    assert row.note == "A"


def test_a_parcel_that_crosses_itself_thousands_of_times_is_named(
    connection: Connection, write: Write
) -> None:
    turn = np.arange(2001) * 2 * np.pi * 1000 / 2001
    star = np.column_stack((np.cos(turn), np.sin(turn))) * 50 + (512_500, 6_243_500)
    path = write([square(0, 0), shapely.Polygon(star)])
    started = process_time()
    report = load_it(connection, path)
    assert process_time() - started < 10
    assert (report.loaded, report.rejected) == (1, {"tangled": 1})
    assert report.messages == ["parcel p1 (feature 1) crosses itself more than 10,000 times"]
    row = connection.execute("select pid, reason, detail from parcel_rejected").fetchone()
    assert row is not None
    assert tuple(row) == ("p1", "tangled", "more than 10,000 times")


def test_parcels_without_a_crop_are_counted(connection: Connection, write: Write) -> None:
    shapes = [square(200 * number, 0) for number in range(4)]
    path = write(shapes, "bare.geojson", pid=list("abcd"), crop=["wheat", None, " ", ""])
    report = load_it(connection, path, area=AREA)
    assert (report.loaded, report.without_crop) == (4, 3)
    assert "        3 without a declared crop" in report.text().splitlines()
