"""Attributes of vector layers: exact numbers, encodings, dates."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from card_products import TRANSFORM_10M, write_raster
from odd_parcel_files import change_geopackage, squares, write_shapefile

from dias_cbm.errors import ParcelFileError
from dias_cbm.extraction.table import Extract, extract_table
from dias_cbm.parcels.source import ParcelFile

CROP = ("crop", "C", 20, 0)


def parcels(path: Path, **options: object) -> ParcelFile:
    columns = {"id_column": "pid", "crop_column": "crop"}
    return ParcelFile(path, **columns | options)  # type: ignore[arg-type]


def geopackage(folder: Path, **columns: object) -> Path:
    path = folder / "parcels.gpkg"
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]
    geopandas.GeoDataFrame(columns, geometry=squares(count), crs=25832).to_file(path)
    return path


def extracted(folder: Path, path: Path, **options: object) -> Extract:
    x, y = squares(1)[0].bounds[0], squares(1)[0].bounds[3]
    grid = TRANSFORM_10M.translation(x, y) @ TRANSFORM_10M.scale(10, -10)
    raster = write_raster(folder / "a.tif", np.ones((20, 100), np.float32), grid, 25832)
    return extract_table(path, [raster], id_column="pid", **options)  # type: ignore[arg-type]


BIG = [1234567890123456789, 1234567890123456790, None]


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pd.array(BIG, dtype="Int64"), [*map(str, BIG[:2]), None]),
        (["DK-1", None, "DK-3"], ["DK-1", None, "DK-3"]),
        ([" ", "nan", ""], [None, "nan", None]),
    ],
)
def test_load_and_extract_read_the_same_identifiers(
    tmp_path: Path, ids: object, expected: list[str | None]
) -> None:
    path = geopackage(tmp_path, pid=ids, crop=["a"] * 3)
    assert parcels(path).pid == expected
    result = extracted(tmp_path, path)
    assert result.table["pid"].to_pylist() == expected
    assert result.null_ids == [n for n, pid in enumerate(expected) if pid is None]
    assert result.table["count"].to_pylist() == [100] * 3


def test_extract_takes_the_feature_number(tmp_path: Path) -> None:
    path = geopackage(tmp_path, crop=["a"] * 2)
    raster = tmp_path / "a.tif"
    extracted(tmp_path, geopackage(tmp_path, pid=[1, 2]))
    result = extract_table(path, [raster], id_column="fid")
    assert result.table["pid"].to_pylist() == ["1", "2"]


LATIN = ["Rødkløver".encode("cp1252"), b"x"]


def latin(folder: Path, declared: str | None = None) -> Path:
    rows = [[b"a", LATIN[0]], [b"b", LATIN[1]]]
    path = write_shapefile(folder / "a.shp", [("pid", "C", 5, 0), CROP], rows)
    if declared is not None:
        path.with_suffix(".cpg").write_text(declared)
    return path


@pytest.mark.parametrize("declared", [None, "UTF-8"])
def test_text_in_another_encoding(tmp_path: Path, declared: str | None) -> None:
    path = latin(tmp_path, declared)
    with pytest.raises(ParcelFileError, match=r"column 'crop' is not in .* UTF-8") as error:
        parcels(path)
    assert "--encoding: cp1252 reads Rødkløver" in str(error.value)
    for name in ("cp1252", "latin1"):
        assert parcels(path, encoding=name).crop == ["Rødkløver", "x"]
    with pytest.raises(ParcelFileError, match=r"is not in .* UTF-8"):
        parcels(path, encoding="utf-8")
    with pytest.raises(ParcelFileError, match="nonsense: unknown encoding"):
        parcels(path, encoding="nonsense")


def test_the_encoding_overrides_one_that_is_declared_wrongly(tmp_path: Path) -> None:
    rows = [[b"a", "Rødkløver".encode()]]
    path = write_shapefile(tmp_path / "a.shp", [("pid", "C", 5, 0), CROP], rows)
    path.with_suffix(".cpg").write_text("1252")
    with pytest.raises(ParcelFileError, match=r"'crop' reads RÃ¸dklÃ¸ver.*utf-8 reads Rødkløver"):
        parcels(path)
    assert parcels(path, encoding="utf-8").crop == ["Rødkløver"]


def test_text_with_accents_is_not_taken_for_misread(tmp_path: Path) -> None:
    crops = ["Ärtor", "ÅKER", "Âge", "PRAIRIE À FAUCHER", "São Ã"]
    rows = [[b"a", crop.encode("cp1252")] for crop in crops]
    path = write_shapefile(tmp_path / "a.shp", [("pid", "C", 5, 0), CROP], rows, language=0x57)
    assert parcels(path).crop == crops


def test_names_of_columns_in_another_encoding(tmp_path: Path) -> None:
    rows = [[b"1", "Rødkløver".encode("cp1252")]]
    path = write_shapefile(tmp_path / "a.shp", [("pid", "C", 5, 0), ("Afgrøde", "C", 20, 0)], rows)
    with pytest.raises(ParcelFileError, match=r"--encoding: cp1252 reads Afgrøde"):
        parcels(path, crop_column="Afgrøde")
    assert parcels(path, crop_column="Afgrøde", encoding="cp1252").crop == ["Rødkløver"]


def test_text_of_a_geopackage_in_another_encoding(tmp_path: Path) -> None:
    path = geopackage(tmp_path, pid=["a", "b"], crop=["x", "y"])
    change_geopackage(path, {}, "update parcels set crop = cast(x'52f8646b' as text) where fid = 1")
    with pytest.raises(ParcelFileError, match=r"column 'crop' is not in .*cp1252 reads Rødk"):
        parcels(path)
    assert parcels(path, encoding="cp1252").crop == ["Rødk", "y"]


DATES = [
    ("0000-01-01", "0001-01-01T00:00:00+02:00"),
    ("2018-05-01", "2018-05-01T10:11:12.345Z"),
    ("0000-00-00", "2018-13-01T00:00:00Z"),
    ("99999999", "soon"),
]


def test_dates_of_any_year_and_what_is_no_date(tmp_path: Path) -> None:
    path = geopackage(tmp_path, pid=list("abcde"), crop=["x"] * 5, day=["-"] * 5, time=["-"] * 5)
    updates = [
        f"update parcels set day = '{day}', time = '{time}' where fid = {number}"
        for number, (day, time) in enumerate(DATES, start=1)
    ]
    nothing = "update parcels set day = null, time = null where fid = 5"
    change_geopackage(path, {"day": "DATE", "time": "DATETIME"}, *updates, nothing)
    file = parcels(path)
    (chunk,) = file.chunks()
    assert [json.loads(row) for row in chunk.attributes] == [
        {"day": "0000-01-01", "time": "0001-01-01T00:00:00+02:00"},
        {"day": "2018-05-01", "time": "2018-05-01T10:11:12.345+00:00"},
        {"day": None, "time": None},
        {"day": None, "time": None},
        {"day": None, "time": None},
    ]
    assert file.invalid_dates == {"day": 2, "time": 2}


def test_invalid_dates_of_a_dbf_are_null_and_counted(tmp_path: Path) -> None:
    days = [b"20180501", b"99999999", b"20180231", b"", b"00000000"]
    rows = [[b"a", b"x", day] for day in days]
    fields = [("pid", "C", 5, 0), CROP, ("day", "D", 8, 0)]
    file = parcels(write_shapefile(tmp_path / "a.shp", fields, rows))
    (chunk,) = file.chunks()
    found = [json.loads(row)["day"] for row in chunk.attributes]
    assert found == ["2018-05-01", None, None, None, None]
    assert file.invalid_dates == {"day": 2}


def numbered(folder: Path, width: int, *ids: bytes) -> Path:
    rows = [[pid, b"x"] for pid in ids]
    return write_shapefile(folder / "a.shp", [("pid", "N", width, 0), CROP], rows)


@pytest.mark.parametrize("width", [19, 20])
def test_long_numbers_of_a_dbf_are_exact(tmp_path: Path, width: int) -> None:
    ids = b"1234567890123456789", b"1234567890123456790", b"9223372036854775807", b""
    path = numbered(tmp_path, width, *ids)
    assert parcels(path).pid == [pid.decode() or None for pid in ids]
    assert extracted(tmp_path, path).table["pid"].to_pylist() == parcels(path).pid


def test_numbers_too_long_for_64_bits_are_refused(tmp_path: Path) -> None:
    path = numbered(tmp_path, 20, b"12345678901234567890", b"12345678901234567891")
    with pytest.raises(ParcelFileError, match=r"'pid' has numbers of more than 15 digits.*as text"):
        parcels(path)
    with pytest.raises(ParcelFileError, match="'pid' has numbers of more than 15 digits"):
        extracted(tmp_path, path)
    path = geopackage(tmp_path, pid=[1.0, 2.0**53 + 2], crop=["x"] * 2)
    with pytest.raises(ParcelFileError, match="'pid' has numbers of more than 15 digits"):
        parcels(path)
    with pytest.raises(ParcelFileError, match="'pid' has numbers of more than 15 digits"):
        parcels(path, id_column="crop", crop_column="pid")


def test_extract_counts_repeated_identifiers(tmp_path: Path) -> None:
    result = extracted(tmp_path, geopackage(tmp_path, pid=["a", "b", "a", None, None]))
    assert result.repeated_ids == ["a"]
    assert result.table["pid"].to_pylist() == ["a", "b", "a", None, None]


def test_numbers_rounded_to_32_bits_are_refused(tmp_path: Path) -> None:
    path = geopackage(tmp_path, pid=np.array([1, 16_777_216], np.float32), crop=["x"] * 2)
    with pytest.raises(ParcelFileError, match=r"'pid' has numbers of more than 7 digits.*as text"):
        parcels(path)
    with pytest.raises(ParcelFileError, match="'pid' has numbers of more than 7 digits"):
        extracted(tmp_path, path)
    path = geopackage(tmp_path, pid=np.array([1, 16_777_215], np.float32), crop=["x"] * 2)
    assert parcels(path).pid == ["1", "16777215"]


@pytest.mark.parametrize("values", [[b"a", b"b"], [[1], [2]], [{"a": 1}, {"a": 2}]])
def test_identifiers_that_are_not_single_values(tmp_path: Path, values: list[object]) -> None:
    path = tmp_path / "a.parquet"
    frame = geopandas.GeoDataFrame({"pid": values, "crop": ["x"] * 2}, geometry=squares(2))
    frame.set_crs(25832).to_parquet(path)
    with pytest.raises(ParcelFileError, match=r"'pid' has values of the type .* not text"):
        parcels(path)
    with pytest.raises(ParcelFileError, match="'pid' has values of the type"):
        extracted(tmp_path, path)


def test_a_number_cut_to_32_bits_is_refused(tmp_path: Path) -> None:
    """Of 4,300,000,000 OGR makes 5,032,704."""
    path = geopackage(tmp_path, pid=[1, 2], crop=["x"] * 2)
    change = "update parcels set pid = 4300000000 where fid = 1"
    change_geopackage(path, {"pid": "MEDIUMINT"}, change)
    with pytest.raises(ParcelFileError, match="'pid' is declared with 32 bits and holds larger"):
        parcels(path)


def test_negative_identifiers_are_refused(tmp_path: Path) -> None:
    path = geopackage(tmp_path, pid=[1, 2, -1294967296], crop=["x"] * 3)
    with pytest.raises(ParcelFileError, match="negative identifiers, such as -1294967296"):
        parcels(path)
    assert parcels(path, id_column="fid", crop_column="pid").crop[2] == "-1294967296"


def test_nan_within_lists_is_null(tmp_path: Path) -> None:
    shape = json.dumps(squares(1)[0].__geo_interface__)
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:25832"}},'
        '"features":[{"type":"Feature","properties":{"pid":"a","crop":"x","n":[1.5,NaN]},'
        f'"geometry":{shape}}}]}}'
    )
    (chunk,) = parcels(path).chunks()
    assert json.loads(chunk.attributes[0], parse_constant=pytest.fail) == {"n": [1.5, None]}


def test_text_that_looks_like_an_escaped_nul_is_kept(tmp_path: Path) -> None:
    path = geopackage(tmp_path, pid=["a"], crop=["x"], note=["back\\u0000slash"])
    (chunk,) = parcels(path).chunks()
    assert json.loads(chunk.attributes[0]) == {"note": "back\\u0000slash"}


def test_one_column_as_identifier_and_crop(tmp_path: Path) -> None:
    file = parcels(geopackage(tmp_path, pid=["a", "b"], ha=[1, 2]), crop_column="pid")
    (chunk,) = file.chunks()
    assert chunk.pid == chunk.crop == ["a", "b"]
    assert [json.loads(row) for row in chunk.attributes] == [{"ha": 1}, {"ha": 2}]


def test_identifiers_of_several_columns(tmp_path: Path) -> None:
    path = geopackage(
        tmp_path, mark=["1-2", "1", None], skifte=[3, 2, 1], crop=["x"] * 3, odd=["a:b"] * 3
    )
    file = parcels(path, id_column="mark,skifte")
    assert file.pid == ["1-2:3", "1:2", None]
    with pytest.raises(ParcelFileError, match="column 'odd' has 'a:b'"):
        parcels(path, id_column="odd,skifte")
    with pytest.raises(ParcelFileError, match="no column 'field' in layer"):
        parcels(path, id_column="mark,field")


@pytest.mark.parametrize("declared", ["CURVEPOLYGON", "GEOMETRY", "POLYGON"])
def test_curves_are_counted_whatever_the_layer_declares(tmp_path: Path, declared: str) -> None:
    """One of two features is a circle of radius 50 m."""
    path = geopackage(tmp_path, pid=["a", "b"], crop=["x"] * 2)
    x, y = 512_000.0, 6_243_000.0
    circle = [(x, y), (x + 50, y + 50), (x + 100, y), (x + 50, y - 50), (x, y)]
    arc = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *point) for point in circle)
    blob = b"GP\0\1" + struct.pack("<I", 25832) + struct.pack("<BII", 1, 10, 1) + arc
    change_geopackage(
        path,
        {},
        f"update parcels set geom = x'{blob.hex()}' where fid = 1",
        f"update gpkg_geometry_columns set geometry_type_name = '{declared}'",
    )
    file = parcels(path)
    assert file.curves() == 1
    (chunk,) = file.chunks()
    assert shapely.from_wkb(chunk.wkb[0]).area == pytest.approx(3.14159 * 50**2, rel=0.002)


def test_what_is_flagged_has_a_note(tmp_path: Path) -> None:
    """Two metres hold no centre of a pixel; a note says so where one is asked for."""
    path = tmp_path / "parcels.gpkg"
    x, y, _, _ = squares(1)[0].bounds
    shapes = [squares(1)[0], shapely.box(x + 11, y + 11, x + 13, y + 13)]
    geopandas.GeoDataFrame({"pid": [1, 2]}, geometry=shapes, crs=25832).to_file(path)
    plain = extracted(tmp_path, path)
    assert (plain.empty, plain.flagged, "note" in plain.table.column_names) == (1, 0, False)
    noted = extracted(tmp_path, path, minimum_pixels=2)
    assert noted.flagged == sum(note is not None for note in noted.table["note"].to_pylist()) == 1


def test_extract_of_points_only(tmp_path: Path) -> None:
    path = tmp_path / "points.gpkg"
    centres = [shape.centroid for shape in squares(2)]
    geopandas.GeoDataFrame({"pid": [1, 2]}, geometry=centres, crs=25832).to_file(path)
    with pytest.raises(ParcelFileError, match="none of its 2 features is a polygon"):
        extracted(tmp_path, path)
