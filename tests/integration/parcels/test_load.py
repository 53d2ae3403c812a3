"""Loading parcel files: what is loaded, what is rejected, and that it adds up."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

import geopandas
import numpy as np
import pytest
import shapely
from loaded_parcels import AREA, MIXED, PIDS, Write, count, load_it, square
from shapely import MultiPolygon

from dias_cbm.db.connection import Connection
from dias_cbm.errors import ParcelFileError
from dias_cbm.parcels.load import load

pytestmark = pytest.mark.integration
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
