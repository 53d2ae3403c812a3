"""A check of vector files before OGR opens them: no format that points elsewhere.

OGR goes by what a file holds. A few of its formats are descriptions of other files, commands or web
services, and such a text in a file called ``parcels.gpkg`` would make it read or fetch those.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO

from dias_cbm.errors import ParcelFileError

_HEAD = 1 << 20
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
#: A WFS reply names its schema by URL, which OGR would fetch.
OPTIONS = {"GML_DOWNLOAD_SCHEMA": False, "GML_DOWNLOAD_WFS_SCHEMA": False}


def check_vector(path: Path, member: str | None = None) -> None:
    """Check that a file holds parcels itself; one that is named ``.vrt`` may point elsewhere.

    :param member: the file's name within the zip archive ``path``.
    :raises ParcelFileError: it holds another format than its name says, or points elsewhere.
    """
    if member is not None:
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            _check(file, f"{path}/{member}", Path(member).suffix.lower())
    elif path.is_file() and path.suffix.lower() != ".vrt":
        with path.open("rb") as file:
            _check(file, path, path.suffix.lower())


def _check(file: IO[bytes], subject: object, suffix: str) -> None:
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
