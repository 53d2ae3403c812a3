"""Reading parcel files: exact identifiers, chunks, attributes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import geopandas
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcel_files.values import plain, texts
from dias_cbm.parcels.source import ParcelFile

SQUARES = [shapely.box(x, 0, x + 10, 10) for x in range(0, 100, 20)]


def write(path: Path, crs: int | str | None = 25832, **columns: object) -> Path:
    frame = geopandas.GeoDataFrame(columns, geometry=SQUARES, crs=crs)
    frame.to_file(path)
    return path


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([9007199254740993, None, 0]), ["9007199254740993", None, "0"]),
        (pa.array([12.0, float("nan"), 1.5, None]), ["12", None, "1.5", None]),
        (pa.array(["DK-1", "", "  ", None, "ø 7 "]), ["DK-1", None, None, None, "ø 7 "]),
    ],
)
def test_identifiers_are_exact_text(values: pa.Array, expected: list[str | None]) -> None:
    assert texts(pa.chunked_array([values])) == expected


def test_attributes_that_json_cannot_hold() -> None:
    table = pa.table({"a": [1.5, float("nan"), float("inf")], "b": [b"\x00\xff", None, b""]})
    assert plain(table).to_pylist() == [
        {"a": 1.5, "b": "00ff"},
        {"a": None, "b": None},
        {"a": None, "b": ""},
    ]


def test_chunks_hold_every_feature_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", pid=list("abcde"), crop=[1, 2, 3, 4, 5], ha=[0.1] * 5)
    file = ParcelFile(path, id_column="pid", crop_column="crop")
    assert len(file) == 5
    chunks = list(file.chunks(2))
    assert [chunk.first for chunk in chunks] == [0, 2, 4]
    assert [pid for chunk in chunks for pid in chunk.pid] == list("abcde")
    assert [crop for chunk in chunks for crop in chunk.crop] == ["1", "2", "3", "4", "5"]
    read = [shapely.from_wkb(wkb) for chunk in chunks for wkb in chunk.wkb]
    assert all(one.equals(other) for one, other in zip(read, SQUARES, strict=True))
    assert [json.loads(row) for chunk in chunks for row in chunk.attributes] == [{"ha": 0.1}] * 5


def test_large_identifiers_next_to_missing_ones_stay_exact(tmp_path: Path) -> None:
    big = pd.array([9007199254740993, None, 9007199254740992, 1, 2], dtype="Int64")
    path = write(tmp_path / "a.gpkg", pid=big, crop=list("abcde"))
    file = ParcelFile(path, id_column="pid", crop_column="crop")
    assert file.pid == ["9007199254740993", None, "9007199254740992", "1", "2"]


def test_dates_are_kept_as_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", pid=list("abcde"), crop=1, day=[date(2018, 5, 1)] * 5)
    (chunk,) = ParcelFile(path, id_column="pid", crop_column="crop").chunks()
    assert json.loads(chunk.attributes[0]) == {"day": "2018-05-01"}


def test_the_feature_number_can_be_the_identifier(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", crop=[1] * 5)
    file = ParcelFile(path, id_column="fid", crop_column="crop")
    assert file.pid == ["1", "2", "3", "4", "5"]
    other = write(tmp_path / "a.geojson", fid=[7, 8, 9, 10, 11], crop=1)
    assert ParcelFile(other, id_column="fid", crop_column="crop").pid[0] == "7"


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "fgb"])
def test_formats_give_the_same_parcels(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", pid=list("abcde"), crop=[1, 2, 3, 4, 5])
    file = ParcelFile(path, id_column="pid", crop_column="crop")
    found = {
        pid: shapely.from_wkb(wkb).area
        for chunk in file.chunks(3)
        for pid, wkb in zip(chunk.pid, chunk.wkb, strict=True)
    }
    assert found == dict.fromkeys("abcde", pytest.approx(100.0))


def test_a_compound_crs_counts_by_its_horizontal_part(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", crs="EPSG:25832+5799", pid=list("abcde"), crop=1)
    assert ParcelFile(path, id_column="pid", crop_column="crop").srid == 25832


def test_a_crs_without_code_is_said_to_be_so(tmp_path: Path) -> None:
    local = "+proj=tmerc +lat_0=0 +lon_0=9.5 +k=1 +x_0=200000 +ellps=GRS80 +units=m"
    path = write(tmp_path / "a.gpkg", crs=local, pid=list("abcde"), crop=1)
    assert ParcelFile(path, id_column="pid", crop_column="crop").srid is None


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    geopandas.GeoDataFrame({"pid": [], "crop": []}, geometry=[], crs=25832).to_file(path)
    with pytest.raises(ParcelFileError, match="has no features"):
        ParcelFile(path, id_column="pid", crop_column="crop")


def test_a_file_cut_short_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.fgb", pid=list("abcde"), crop=1)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ParcelFileError):
        list(ParcelFile(path, id_column="pid", crop_column="crop").chunks())


def test_curves_are_counted(tmp_path: Path) -> None:
    """A circle of radius 50 as OGR's own text, through a virtual layer."""
    circle = "CURVEPOLYGON(CIRCULARSTRING(0 0, 50 50, 100 0, 50 -50, 0 0))"
    (tmp_path / "a.csv").write_text(f'pid,crop,WKT\n1,a,"{circle}"\n2,b,"{SQUARES[0].wkt}"\n')
    path = tmp_path / "a.vrt"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{tmp_path / "a.csv"}'
        "</SrcDataSource><LayerSRS>EPSG:25832</LayerSRS>"
        '<GeometryField encoding="WKT" field="WKT"/><Field name="pid"/><Field name="crop"/>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    file = ParcelFile(path, id_column="pid", crop_column="crop")
    assert file.curves() == 1
    (chunk,) = file.chunks()
    assert shapely.from_wkb(chunk.wkb[0]).area == pytest.approx(3.14159 * 50**2, rel=0.002)
    assert (
        ParcelFile(
            write(tmp_path / "b.gpkg", pid=list("abcde"), crop=1),
            id_column="pid",
            crop_column="crop",
        ).curves()
        == 0
    )
