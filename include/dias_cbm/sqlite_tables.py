"""A check of SQLite files (GeoPackage, SpatiaLite): no table whose rows are in another file."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

from dias_cbm.errors import ParcelFileError

#: Begins every SQLite file.
MAGIC = b"SQLite format 3\0"
# Modules of virtual tables over the file's own tables; others read files, URLs or databases.
_OWN = frozenset(
    {
        "rtree", "rtree_i32", "geopoly", "fts3", "fts4", "fts5", "virtualspatialindex",
        "virtualelementary", "virtualknn", "virtualknn2", "virtualnetwork", "virtualrouting",
    }
)  # fmt: skip
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_MODULE = re.compile(r"\busing\s*[\"'`\[]?\s*(\w+)", re.IGNORECASE)
_FREE_BYTES = 256 << 20


def check_tables(path: Path, subject: object) -> None:
    """Check the virtual tables of a file.

    :raises ParcelFileError: one is over another file; or the file is damaged.
    """
    try:
        tables = _virtual(path, "mode=ro")
    except sqlite3.Error:
        try:  # it may be in a folder where its journal cannot be written
            tables = _virtual(path, "immutable=1")
        except sqlite3.Error as error:
            raise ParcelFileError(f"is a damaged SQLite file: {error}", subject=subject) from error
    for name, text in tables.items():
        module = _MODULE.search(_COMMENT.sub(" ", text))
        if module is None or module[1].lower() not in _OWN:
            raise ParcelFileError(
                f"has the table {name!r}, whose rows are in another file",
                subject=subject,
                hint="give the file that holds the parcels themselves",
            )


def _virtual(path: Path, how: str) -> dict[str, str]:
    """The statements that have created the virtual tables, by name."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as file:
        names = [row[1] for row in file.execute("pragma table_list") if row[2] == "virtual"]
        texts = dict(file.execute("select name, sql from sqlite_master where type = 'table'"))
    return {name: str(texts.get(name)) for name in names}


def check_packed_tables(archive: zipfile.ZipFile, member: str, subject: object) -> None:
    """Check the virtual tables of a file in a zip, by a copy that is removed at once.

    :raises ParcelFileError: as :func:`check_tables`; or there is no room for the copy.
    """
    with tempfile.TemporaryDirectory(prefix="cbm-") as folder:
        size = archive.getinfo(member).file_size
        if size + _FREE_BYTES > shutil.disk_usage(folder).free:
            raise ParcelFileError(
                f"needs {size / 1e9:.1f} GB in {folder}, more than is free", subject=subject
            )
        copy = Path(folder, "copy")
        with archive.open(member) as packed, copy.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
        check_tables(copy, subject)
