"""Parcel files that point elsewhere are refused before OGR opens them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas
import pytest
from shapely import box

from dias_cbm.errors import ParcelFileError
from dias_cbm.geometry import read_vector
from dias_cbm.parcels.source import ParcelFile

POINTERS = {
    "an OGR virtual dataset": "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{file}"
    "</SrcDataSource><SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>",
    "a GDAL virtual dataset": "<VRTDataset><Group name='/'/></VRTDataset>",
    "the address of a web service": "<OGRWFSDataSource><URL>http://127.0.0.1:1/</URL>"
    "</OGRWFSDataSource>",
    "the description of a web service": "<wfs:WFS_Capabilities version='2.0.0'/>",
    "a GDAL command": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read '
    '{file}"}}',
    "a list of other tables": '!table\n!version 300\n"\\IsSeamless" = "TRUE"\n',
    "a view of other tables": '!table\n!version 100\nOpen Table "{file}" Hide\n',
    "a label of other files": "<Product_Observational><file_name>{file}</file_name>"
    "</Product_Observational>",
}


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "geojson", "fgb", "gml", "kml", "tab", "xyz"])
@pytest.mark.parametrize("what", POINTERS)
def test_a_file_that_points_elsewhere_is_refused(what: str, suffix: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id,crop,WKT\nroot,x,POINT(0 0)\n")
    path = tmp_path / f"evil.{suffix}"
    path.write_text("\n" + POINTERS[what].format(file=secret))
    with pytest.raises(ParcelFileError, match=f"is {what}, not a file of parcels"):
        ParcelFile(path, id_column="id", crop_column="crop")
    with pytest.raises(ParcelFileError, match=f"is {what}, not a file of parcels"):
        read_vector(path)


def test_so_is_one_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/evil.gpkg", POINTERS["an OGR virtual dataset"].format(file="/etc/x"))
    with pytest.raises(ParcelFileError, match=r"a/evil\.gpkg: is an OGR virtual dataset"):
        read_vector(path)


def test_a_binary_format_is_what_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ParcelFileError, match=r"of the kind that \.gpkg says"):
        read_vector(path)


def test_words_of_attributes_are_not_taken_for_a_pointer(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    frame = geopandas.GeoDataFrame(
        {"id": ["1"], "crop": ["<OGRVRTDataSource"]}, geometry=[box(0, 0, 1, 1)], crs=32632
    )
    frame.to_file(path)
    assert len(read_vector(path)) == 1
