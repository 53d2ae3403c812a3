"""``cbm extract``: files in, table out, and what it says when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pyarrow.parquet
import pytest
import shapely
import typer
from card_products import TRANSFORM_20M, UTM32, write_backscatter, write_raster
from click.testing import Result
from fields import field
from typer.testing import CliRunner

from dias_cbm.cli.extract import extract
from dias_cbm.errors import (
    CorruptProduct,
    GridError,
    InconsistentProduct,
    ParcelFileError,
    SettingsError,
)

PIXELS = np.arange(48, dtype=np.uint16).reshape(6, 8)
HEADER = "pid,band,count,mean,std,min,max,p25,p50,p75"

app = typer.Typer()
app.command()(extract)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def parcels(tmp_path: Path) -> Path:
    """Four parcels, one without pixels; the file has another CRS than the rasters."""
    shapes = [field(0, 0, 2, 2), field(90, 90, 92, 92), field(1, 1, 5, 3), field(6, 4, 8, 6)]
    frame = geopandas.GeoDataFrame({"pid": [7, 5, 3, 1]}, geometry=shapes, crs=UTM32)
    file = tmp_path / "parcels.gpkg"
    frame.to_crs(3035).to_file(file, layer="fields")
    return file


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    return write_raster(tmp_path / "one.tif", PIXELS)


def test_a_row_per_parcel_and_band_in_the_file_s_order(parcels: Path, tmp_path: Path) -> None:
    stack = write_raster(tmp_path / "two.tif", np.stack([PIXELS, PIXELS * 2]))
    result = run(parcels, stack, "--id-column", "pid", "--bands", "red,green")
    lines = result.stdout.splitlines()
    assert lines[0] == HEADER
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["7", "red", "4"],
        ["7", "green", "4"],
        ["5", "red", "0"],
        ["5", "green", "0"],
        ["3", "red", "8"],
        ["3", "green", "8"],
        ["1", "red", "4"],
        ["1", "green", "4"],
    ]
    # Columns 0 and 1 of rows 0 and 1: 0 1 8 9; the variance is 16.25.
    assert lines[1] == f"7,red,4,4.5,{16.25**0.5!r},0,9,0.75,4.5,8.25"
    assert lines[3] == "5,red,0,,,,,,,"
    assert "4 parcels, 6 records" in result.stderr
    assert "1 parcels without pixels" in result.stderr


def test_the_summary_as_json(parcels: Path, raster: Path) -> None:
    summary = json.loads(run(parcels, raster, "--id-column", "pid", "--json").stderr)
    assert {key: summary[key] for key in ("parcels", "records", "empty", "bands")} == {
        "parcels": 4,
        "records": 3,
        "empty": 1,
        "bands": ["1"],
    }


def test_parquet_keeps_types_and_has_null_where_there_is_no_value(
    parcels: Path, raster: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    result = run(parcels, raster, "--id-column", "pid", "--bands", "VV", "--out", out)
    assert result.stdout.startswith("4 parcels, 3 records")
    table = pyarrow.parquet.read_table(out)
    assert ",".join(table.column_names) == HEADER
    rows = table.to_pylist()
    assert [row["pid"] for row in rows] == ["7", "5", "3", "1"]
    assert (rows[0]["mean"], rows[1]["count"], rows[1]["mean"]) == (4.5, 0, None)


def test_a_failure_leaves_no_file_and_an_old_one_as_it_was(
    parcels: Path, raster: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("old")
    with pytest.raises(ParcelFileError):
        run(parcels, raster, "--id-column", "name", "--out", out)
    assert out.read_text() == "old"
    run(parcels, raster, "--id-column", "pid", "--out", out)
    assert out.read_text().startswith(HEADER)
    assert sorted(path.name for path in tmp_path.glob("*out*")) == ["out.csv"]


def test_several_files_are_named_after_themselves(parcels: Path, tmp_path: Path) -> None:
    one = write_raster(tmp_path / "B04.tif", PIXELS)
    two = write_raster(tmp_path / "B08.tif", PIXELS * 3)
    result = run(parcels, one, two, "--id-column", "pid", "--indices", "NDVI")
    rows = [line.split(",") for line in result.stdout.splitlines()[1:4]]
    assert [row[1] for row in rows] == ["B04", "B08", "NDVI"]
    assert rows[2][2] == "3"  # 0 over 0 has no value
    assert float(rows[2][3]) == pytest.approx(0.5)


def test_a_product_folder_has_its_own_names(parcels: Path, tmp_path: Path) -> None:
    product = write_backscatter(tmp_path, {"Gamma0_VV": PIXELS, "Gamma0_VH": PIXELS})
    result = run(parcels, product, "--id-column", "pid")
    assert {line.split(",")[1] for line in result.stdout.splitlines()[1:]} == {"VV", "VH"}


def test_nodata_of_the_command_line_replaces_the_file_s(parcels: Path, tmp_path: Path) -> None:
    file = write_raster(tmp_path / "one.tif", PIXELS, nodata=9)
    counts = {}
    for value in (None, 0, 9):
        options = [] if value is None else ["--nodata", value]
        result = run(parcels, file, "--id-column", "pid", *options)
        line = result.stdout.splitlines()[1].split(",")
        counts[value] = (line[2], line[6])
    assert counts == {None: ("3", "8"), 0: ("3", "9"), 9: ("3", "8")}


def test_text_that_needs_quotes_has_them(raster: Path, tmp_path: Path) -> None:
    names = ['say "x"', "a,b"]
    shapes = [field(0, 0, 1, 1), field(1, 1, 2, 2)]
    file = tmp_path / "named.gpkg"
    geopandas.GeoDataFrame({"name": names}, geometry=shapes, crs=UTM32).to_file(file)
    lines = run(file, raster, "--id-column", "name").stdout.splitlines()
    assert lines[1].startswith('"say ""x""","1",1,0,')
    assert lines[2].startswith('"a,b","1",1,9,')


def test_geometries_that_cannot_be_used_as_they_are_are_counted(
    raster: Path, tmp_path: Path
) -> None:
    overlapping = shapely.MultiPolygon([field(0, 0, 4, 4), field(2, 2, 6, 6)])
    shapes = [overlapping, None, shapely.Point(500_005, 6_299_995)]
    frame = geopandas.GeoDataFrame({"pid": ["a", "b", "c"]}, geometry=shapes, crs=UTM32)
    file = tmp_path / "odd.gpkg"
    frame.to_file(file)
    result = run(file, raster, "--id-column", "pid", "--json")
    counts = [line.split(",")[2] for line in result.stdout.splitlines()[1:]]
    assert counts == ["28", "0", "0"]  # 16 + 16 - 4, each pixel once
    summary = json.loads(result.stderr)
    assert (summary["repaired"], summary["without_area"]) == (1, 2)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--id-column", "name"], ParcelFileError, "no column 'name'"),
        (["--id-column", "pid", "--layer", "none"], ParcelFileError, "no layer 'none'"),
        (["--id-column", "pid", "--bands", "a,b"], SettingsError, "2 names given"),
        (["--id-column", "pid", "--indices", "NDVI"], InconsistentProduct, "needs B04, B08"),
        (["--id-column", "pid", "--indices", "XX"], SettingsError, "unknown index"),
        (["--id-column", "pid", "--rule", "all"], SettingsError, "unknown rule"),
        (["--id-column", "pid", "--out", "out.xlsx"], SettingsError, "use .csv or .parquet"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    parcels: Path, raster: Path, options: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(parcels, raster, *options)


def test_the_rule_and_the_buffer_of_the_command_line(tmp_path: Path, raster: Path) -> None:
    """Whole pixels but for a metre on each side; one parcel lies across the raster's edge."""
    shapes = [field(0, 0, 4, 4), field(4, 4, 5, 8), field(1, 1, 3, 3)]
    file = tmp_path / "three.gpkg"
    geopandas.GeoDataFrame({"pid": ["a", "b", "c"]}, geometry=shapes, crs=UTM32).to_file(file)

    def rows(*options: object) -> list[list[str]]:
        result = run(file, raster, "--id-column", "pid", *options)
        return [line.split(",") for line in result.stdout.splitlines()[1:]]

    assert [row[2] for row in rows()] == ["16", "2", "4"]
    shares = [float(row[2]) for row in rows("--rule", "coverage")]
    assert shares == pytest.approx([3.8**2, 0.8 * 1.9, 1.8**2], rel=1e-6)
    shrunk = rows("--inner-buffer", 4.2, "--minimum-pixels", 4)
    assert [row[2] for row in shrunk] == ["4", "0", "0"]
    assert [row[-1] for row in shrunk] == ["", "vanishes_under_inner_buffer", "few_pixels"]


def test_what_is_not_given_is_as_in_the_settings(
    parcels: Path, raster: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_PIXEL_RULE", "coverage")
    monkeypatch.setenv("CBM_EXTRACTION_INNER_BUFFER_M", "2")
    monkeypatch.setenv("CBM_EXTRACTION_MINIMUM_PIXELS", "3")
    result = run(parcels, raster, "--id-column", "pid", "--json")
    first = result.stdout.splitlines()[1].split(",")
    assert float(first[2]) == pytest.approx(1.4**2, rel=1e-3)
    assert first[-1] == "few_pixels"
    assert json.loads(result.stderr)["flagged"] == 2


def test_indices_of_several_resolutions(parcels: Path, tmp_path: Path) -> None:
    one = write_raster(tmp_path / "B08.tif", PIXELS + 1)
    two = write_raster(tmp_path / "B11.tif", np.full((3, 4), 2, np.uint16), TRANSFORM_20M)
    result = run(parcels, one, two, "--id-column", "pid", "--indices", "NDMI")
    rows = [line.split(",") for line in result.stdout.splitlines()[1:4]]
    assert [(row[1], row[2]) for row in rows] == [("B08", "4"), ("B11", "1"), ("NDMI", "4")]
    infrared = np.array([1, 2, 9, 10])
    assert float(rows[2][3]) == pytest.approx(((infrared - 2) / (infrared + 2)).mean(), rel=1e-6)


def test_bands_of_the_same_name_have_to_be_named(parcels: Path, tmp_path: Path) -> None:
    products = [
        write_backscatter(tmp_path / day, {"Gamma0_VV": PIXELS}) for day in ("monday", "tuesday")
    ]
    with pytest.raises(SettingsError, match="several bands are named VV"):
        run(parcels, *products, "--id-column", "pid")
    result = run(parcels, *products, "--id-column", "pid", "--bands", "mon,tue")
    assert [line.split(",")[1] for line in result.stdout.splitlines()[1:3]] == ["mon", "tue"]


def test_rasters_that_cannot_be_used(parcels: Path, tmp_path: Path, raster: Path) -> None:
    with pytest.raises(CorruptProduct, match="does not exist"):
        run(parcels, tmp_path / "no.tif", "--id-column", "pid")
    placeless = write_raster(tmp_path / "placeless.tif", PIXELS, crs=None)
    with pytest.raises(GridError, match="no CRS"):
        run(parcels, placeless, "--id-column", "pid")
    content = raster.read_bytes()
    raster.write_bytes(content[:-20])
    with pytest.raises(CorruptProduct, match=r"one\.tif"):
        run(parcels, raster, "--id-column", "pid")


def test_a_file_without_parcels_is_no_success(raster: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.gpkg"
    geopandas.GeoDataFrame({"pid": []}, geometry=[], crs=UTM32).to_file(file)
    with pytest.raises(ParcelFileError, match="has no features"):
        run(file, raster, "--id-column", "pid")


def test_the_histogram_of_classes_in_csv(parcels: Path, raster: Path, tmp_path: Path) -> None:
    scl = write_raster(tmp_path / "SCL.tif", np.full((3, 4), 4, "u1"), TRANSFORM_20M)
    result = run(parcels, raster, scl, "--id-column", "pid", "--classes", "SCL")
    lines = result.stdout.splitlines()
    assert lines[0] == f"{HEADER},hist"
    assert lines[1] == '"7","one",4,4.5,4.031128874149275,0,9,0.75,4.5,8.25,'
    assert lines[2] == '"7","SCL",1,,,,,,,,"{""4"": 1}"'
    bad = CliRunner().invoke(app, [str(parcels), str(raster), "--id-column=pid", "--classes=QA"])
    assert isinstance(bad.exception, SettingsError)
