"""A check of vector files before OGR opens them: no format that points elsewhere.

OGR goes by what a file holds. A few of its formats are descriptions of other files, commands or web
services, and such a text in a file called ``parcels.gpkg`` would make it read or fetch those.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO

from dias_cbm import sqlite_tables
from dias_cbm.errors import ParcelFileError

_HEAD = 1 << 20
_BLANK = b"\xef\xbb\xbf \t\r\n"
_HINT = "give the file that holds the parcels themselves"
#: Binary formats by name; each begins with one of these.
_MAGIC = {
    ".gpkg": (b"SQLite format 3\0",),
    ".sqlite": (b"SQLite format 3\0",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb",),
    ".parquet": (b"PAR1",),
}
# Fragments by which OGR itself recognises the formats that point elsewhere.
_POINTERS = {
    b"<ogrvrtdatasource": "an OGR virtual dataset",
    b"<vrtdataset": "a GDAL virtual dataset",
    b"<ogrwfsdatasource": "the address of a web service",
    b"wfs_capabilities": "the description of a web service",
    b"<ogrcswdatasource": "the address of a web service",
    b"<gdal_w": "the address of a web service",
    b"<wmt_ms_capabilities": "the description of a web service",
    b"gdal_streamed_alg": "a GDAL command",
    b"stac_version": "a catalogue of other files",
    b"isseamless": "a list of other tables",
    b"open table": "a view of other tables",
    b"<product_observational": "a label of other files",
    b"pds_version_id": "a label of other files",
}
# A proxy that does not exist: whatever a file names, nothing is fetched.
_NOWHERE = "none://nowhere"
#: OGR's options for files of parcels.
OPTIONS = {
    "GML_DOWNLOAD_SCHEMA": False,
    "GML_DOWNLOAD_WFS_SCHEMA": False,
    "GDAL_HTTP_PROXY": _NOWHERE,
    "GDAL_HTTPS_PROXY": _NOWHERE,
}
#: OGR's formats that hold their features themselves, or in files beside them under the same name.
DRIVERS = frozenset(
    {
        "AIVector", "AVCBin", "AVCE00", "CSV", "DGN", "DXF", "EDIGEO", "ESRI Shapefile", "ESRIJSON",
        "FlatGeobuf", "GML", "GPKG", "GPX", "GeoJSON", "GeoJSONSeq", "GeoRSS", "Idrisi", "JML",
        "JSONFG", "KML", "LIBKML", "LVBAG", "MapInfo File", "MapML", "MiraMonVector", "ODS",
        "OGR_GMT", "OpenFileGDB", "S57", "SQLite", "SXF", "Selafin", "TopoJSON", "VDV", "VFK",
        "WAsP", "XLSX",
    }
)  # fmt: skip
_VIRTUAL = "OGR_VRT"
_LINKED_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*"type"\s*:\s*"(?:link|url)"', re.IGNORECASE)
_LINKED_CRS_LAST = re.compile(
    rb'"crs"\s*:\s*\{[^{}]*\{[^{}]*\}[^{}]*"type"\s*:\s*"(?:link|url)"', re.IGNORECASE
)


def check_vector(path: Path, member: str | None = None) -> None:
    """Check that a file holds parcels itself; one that is named ``.vrt`` may point elsewhere.

    :param member: the file's name within the zip archive ``path``.
    :raises ParcelFileError: it holds another format than its name says, or points elsewhere.
    """
    if member is not None:
        subject = f"{path}/{member}"
        with zipfile.ZipFile(path) as archive:
            with archive.open(member) as file:
                head = _check(file, subject, Path(member).suffix.lower())
            if head.startswith(sqlite_tables.MAGIC):
                sqlite_tables.check_packed_tables(archive, member, subject)
    elif path.is_file() and path.suffix.lower() != ".vrt":
        with path.open("rb") as file:
            head = _check(file, path, path.suffix.lower())
        if head.startswith(sqlite_tables.MAGIC):
            sqlite_tables.check_tables(path, path)


def check_driver(driver: str, path: Path) -> None:
    """Check that a file was opened as a format that holds parcels itself.

    :param driver: OGR's name of the format.
    :raises ParcelFileError: it is another, and not a ``.vrt`` that the user named.
    """
    if driver in DRIVERS or (driver == _VIRTUAL and path.suffix.lower() == ".vrt"):
        return
    raise ParcelFileError(
        f"is of the format {driver}, which parcels are not read from",
        subject=path,
        hint="convert it, e.g. with ogr2ogr to GeoPackage",
    )


def _check(file: IO[bytes], subject: object, suffix: str) -> bytes:
    """Check the beginning and the end of a file; returns its beginning."""
    head = file.read(_HEAD)
    magic = _MAGIC.get(suffix)
    lower = head.lower()
    for fragment, what in _POINTERS.items():
        if fragment in lower and not (magic and head.startswith(magic)):
            raise ParcelFileError(f"is {what}, not a file of parcels", subject=subject, hint=_HINT)
    if magic and not head.startswith(magic):
        raise ParcelFileError(
            f"is not a vector file of the kind that {suffix} says", subject=subject, hint=_HINT
        )
    if lower.lstrip(_BLANK).startswith(b"{") and _has_linked_crs(file, head):
        raise ParcelFileError(
            "names its CRS by an address, which is not fetched",
            subject=subject,
            hint="name it by its EPSG code in the file",
        )
    return head


def _has_linked_crs(file: IO[bytes], head: bytes) -> bool:
    """Whether a GeoJSON file has a CRS of the type link, before or after its features."""
    last = piece = head
    while piece:
        last = (last + piece)[-_HEAD:]
        piece = file.read(_HEAD)
    return any(
        pattern.search(part) for pattern in (_LINKED_CRS, _LINKED_CRS_LAST) for part in (head, last)
    )
