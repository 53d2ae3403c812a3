"""The character NUL in texts of every format that can hold it: never lost in silence."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import pytest
from odd_parcel_files import squares

from dias_cbm.errors import ParcelFileError
from dias_cbm.extraction.table import extract_table
from dias_cbm.parcels.source import ParcelFile

# Of one length, so that the second can replace the first within a file.
MARK, HELD = "AzB", "A\0B"
FORMATS = ["geojson", "geojsonl", "gpkg", "sqlite", "fgb", "parquet", "zip"]


def written(folder: Path, suffix: str, column: str, texts: list[str]) -> Path:
    """Two parcels with these texts in a column, of which MARK becomes one with a NUL."""
    columns = {"pid": ["p1", "p2"], "crop": ["x", "y"], "note": ["n1", "n2"]} | {column: texts}
    frame = geopandas.GeoDataFrame(columns, geometry=squares(2), crs=25832)
    path = folder / f"parcels.{suffix}"
    if suffix == "parquet":
        frame[column] = [text.replace(MARK, HELD) for text in texts]
        frame.to_parquet(path)
    elif suffix == "zip":
        inner = written(folder, "geojson", column, texts)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner, "data/parcels.geojson")
    elif suffix in ("gpkg", "sqlite"):
        frame.to_file(path, driver={"gpkg": "GPKG", "sqlite": "SQLite"}[suffix])
        change(path, f"update parcels set {column} = replace({column}, ?, ?)", (MARK, HELD))
    else:
        drivers = {"geojson": "GeoJSON", "geojsonl": "GeoJSONSeq", "fgb": "FlatGeobuf"}
        frame.to_file(path, driver=drivers[suffix])
        held = HELD if suffix == "fgb" else HELD.replace("\0", "\\u0000")
        path.write_bytes(path.read_bytes().replace(MARK.encode(), held.encode()))
    return path


def change(path: Path, statement: str, values: tuple[str, ...]) -> None:
    with sqlite3.connect(path) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)
        triggers = "select name from sqlite_master where type = 'trigger'"
        for (name,) in database.execute(triggers).fetchall():
            database.execute(f'drop trigger "{name}"')
        database.execute(statement, values)
    database.close()


def opened(path: Path) -> ParcelFile:
    return ParcelFile(path, id_column="pid", crop_column="crop")


def notes(file: ParcelFile) -> dict[str | None, object]:
    (chunk,) = file.chunks()
    attributes = [json.loads(one) for one in chunk.attributes]
    assert all("\0" not in str(one).replace("\\x00", "\0") for one in attributes)
    return {pid: one["note"] for pid, one in zip(chunk.pid, attributes, strict=True)}


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_attribute_is_loaded_up_to_it_and_counted(tmp_path: Path, suffix: str) -> None:
    file = opened(written(tmp_path, suffix, "note", [MARK, "n2"]))
    assert notes(file) == {"p1": "A", "p2": "n2"}
    assert file.cut_texts == {"note": 1}


def extracted(path: Path) -> object:
    return extract_table(path, [], id_column="pid")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("column", "read"), [("pid", opened), ("pid", extracted), ("crop", opened)]
)
def test_an_identifier_or_crop_with_it_is_refused(
    tmp_path: Path, suffix: str, column: str, read: Callable[[Path], object]
) -> None:
    path = written(tmp_path, suffix, column, [MARK, "p2"])
    with pytest.raises(ParcelFileError, match=f"column '{column}' has 1 texts with the character"):
        read(path)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet"])
def test_backslash_u_0000_as_plain_text_is_kept(tmp_path: Path, suffix: str) -> None:
    file = opened(written(tmp_path, suffix, "note", ["A\\u0000B", "A\\\\u0000B"]))
    assert notes(file) == {"p1": "A\\u0000B", "p2": "A\\\\u0000B"}
    assert file.cut_texts == {}


def test_a_dbf_pads_its_texts_with_it(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"pid": ["p1zz", "p2"], "crop": ["x", "y"], "note": ["", ""]},
        geometry=squares(2),
        crs=25832,
    )
    path = tmp_path / "parcels.shp"
    frame.to_file(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"p1zz", b"p1\0\0"))
    assert opened(path).pid == ["p1", "p2"]


def test_names_and_lists_with_it(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"pid": ["p1"], "crop": ["x"], "no\0te": [{"k\0ey": ["a\0b"], "d": {"c\0": 1.5}}]},
        geometry=squares(1),
        crs=25832,
    )
    frame.to_parquet(tmp_path / "a.parquet")
    assert notes(opened(tmp_path / "a.parquet")) == {"p1": {"key": ["ab"], "d": {"c": 1.5}}}
