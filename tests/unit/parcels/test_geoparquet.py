"""GeoParquet as a parcel file."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import geopandas
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from odd_parcel_files import squares

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcels.source import ParcelFile


def parcels(path: Path, **options: object) -> ParcelFile:
    columns = {"id_column": "pid", "crop_column": "crop"}
    return ParcelFile(path, **columns | options)  # type: ignore[arg-type]


def frame(**columns: object) -> geopandas.GeoDataFrame:
    content = {"pid": ["a", "b"], "crop": ["x", None], **columns}
    return geopandas.GeoDataFrame(content, geometry=squares(2), crs=25832)


@pytest.mark.parametrize("name", ["a.parquet", "a.geoparquet", "download"])
@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_parcels_are_those_that_were_written(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    frame(ha=[1.5, float("nan")]).to_parquet(
        path, geometry_encoding=encoding, write_covering_bbox=True, schema_version="1.1.0"
    )
    file = parcels(path)
    assert (file.pid, file.crop, file.srid, file.curves()) == (["a", "b"], ["x", None], 25832, 0)
    chunks = list(file.chunks(1))
    assert [chunk.first for chunk in chunks] == [0, 1]
    shapes = [shapely.from_wkb(chunk.wkb[0]) for chunk in chunks]
    assert all(one.equals(other) for one, other in zip(shapes, squares(2), strict=True))
    attributes = [json.loads(chunk.attributes[0]) for chunk in chunks]
    assert attributes == [{"ha": 1.5}, {"ha": None}]


def test_values_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ids = pd.array([1234567890123456789, None], dtype="Int64")
    content = frame(
        pid=ids,
        crop=pd.Categorical(["x", "y"]),
        code=[Decimal("12345678901234567890"), None],
        day=[date(2018, 5, 1), None],
        time=[datetime(2018, 5, 1, 10, tzinfo=UTC), None],
        parts=[[1.0, float("nan")], None],
    )
    content.to_parquet(path)
    file = parcels(path)
    assert (file.pid, file.crop) == (["1234567890123456789", None], ["x", "y"])
    (chunk,) = file.chunks()
    assert json.loads(chunk.attributes[0]) == {
        "code": "12345678901234567890",
        "day": "2018-05-01",
        "time": "2018-05-01T10:00:00.000000Z",
        "parts": [1.0, None],
    }
    assert parcels(path, id_column="code").pid == ["12345678901234567890", None]


def test_longitude_and_latitude_where_no_crs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame().to_crs("OGC:CRS84").to_parquet(path)
    assert parcels(path).srid == 4326
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    del geo["columns"]["geometry"]["crs"]
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    assert parcels(path).srid == 4326
    geo["columns"]["geometry"]["crs"] = None
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    with pytest.raises(ParcelFileError, match=r"has no CRS.*--crs"):
        parcels(path)


def test_parquet_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"pid": ["a"], "geometry": [squares(1)[0].wkb]}), path)
    with pytest.raises(ParcelFileError, match="without the metadata of GeoParquet"):
        parcels(path)
    frame().to_parquet(path)
    with pytest.raises(ParcelFileError, match=r"no column 'id'.*columns: pid, crop"):
        parcels(path, id_column="id")
    with pytest.raises(ParcelFileError, match="no layer 'fields'"):
        parcels(path, layer="fields")
    frame().iloc[:0].to_parquet(path)
    with pytest.raises(ParcelFileError, match="has no features"):
        parcels(path)
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(ParcelFileError, match="cannot be read"):
        parcels(path)
