"""Archives of vector files as people pack them: the one member that is meant, or what is inside."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from dias_cbm.errors import ParcelFileError
from dias_cbm.vectors import check_vector
from dias_cbm.zip_limits import excess

_VECTOR = (
    ".gpkg", ".shp", ".fgb", ".geojson", ".geojsonl", ".geojsons", ".json", ".gml", ".kml",
    ".sqlite", ".tab", ".mif",
)  # fmt: skip
_PARQUET = (".parquet", ".geoparquet")
# Formats of their own that are zip archives within; OGR opens them itself.
_ZIPPED_FORMATS = (".kmz", ".shz", ".ods", ".xlsx")
_OTHER_ARCHIVES = {
    b"7z\xbc\xaf\x27\x1c": "7z archive",
    b"Rar!\x1a\x07": "rar archive",
    b"\x1f\x8b": "gzip archive",
    b"BZh": "bzip2 archive",
    b"\xfd7zXZ\0": "xz archive",
    b"\x28\xb5\x2f\xfd": "zstd archive",
}
_TAR_MARK = 257
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError,
    struct.error,
)  # fmt: skip
_GEOJSON = re.compile(rb'"(FeatureCollection|Feature|Topology|features)"')
_SNIFFED = 1 << 20
_LISTED = 10


def opened_by_ogr(path: Path) -> str | Path:
    """The path that OGR opens: the file itself, or the one vector file in an archive.

    An archive is known by what it holds, whatever it is called.

    :param path: of a file or folder that exists.
    :raises ParcelFileError: an archive of another kind, damaged, locked, or without just one vector
        file; or a file that points elsewhere, see :func:`dias_cbm.vectors.check_vector`.
    """
    if path.is_dir():
        return path
    if path.suffix.lower() in _ZIPPED_FORMATS:
        _check_size(path)
        return path
    head = _head(path)
    kinds = [name for mark, name in _OTHER_ARCHIVES.items() if head.startswith(mark)]
    if head[_TAR_MARK:] == b"ustar":
        kinds = ["tar archive"]
    if kinds:
        raise ParcelFileError(
            f"is a {kinds[0]}, which cannot be read", subject=path, hint="unpack it, or use zip"
        )
    if not head.startswith(b"PK\x03\x04") and path.suffix.lower() != ".zip":
        check_vector(path)
        return path
    member = _member(path)
    # Braces keep OGR from looking for the end of the archive's name.
    return f"/vsizip/{{{path.resolve()}}}/{member}".rstrip("/")


def _head(path: Path) -> bytes:
    """The first bytes of a file, as far as the mark of a tar archive."""
    if not path.is_file():
        raise ParcelFileError("is neither a file nor a folder", subject=path)
    try:
        with path.open("rb") as stream:
            return stream.read(_TAR_MARK + 5)
    except OSError as error:
        raise ParcelFileError(f"cannot be read: {error.strerror}", subject=path) from error


def _member(path: Path) -> str:
    """The vector file in a zip archive, or the folder of several shapefiles."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            files = [info for info in files if not _is_litter(info.filename)]
            if any(info.flag_bits & 1 for info in files):
                raise ParcelFileError(
                    "is an archive with a password", subject=path, hint="unpack it first"
                )
            if why := excess(archive, archive.infolist()):
                raise ParcelFileError(f"is an archive that {why}", subject=path, hint="unpack it")
            for info in files:
                _check_sum(archive, info)
            found = _vector_members(archive, [info.filename for info in files])
            sizes = {info.filename: info.file_size for info in files}
            for name in sizes.keys() & set(found):
                check_vector(path, name)
                _check_written(path, name, sizes)
    except _DAMAGED as error:
        raise ParcelFileError("is a damaged archive", subject=path) from error
    if len(found) == 1:
        return found[0]
    folders = {str(PurePosixPath(name).parent) for name in found}
    if len(folders) == 1 and all(name.lower().endswith(".shp") for name in found):
        return folders.pop().removeprefix(".")  # as layers, of which the user chooses one
    names = [info.filename for info in files]
    shown = ", ".join((found or names)[:_LISTED]) or "nothing"
    more = ", ..." if len(found or names) > _LISTED else ""
    if found:
        raise ParcelFileError(
            f"holds {len(found)} vector files: {shown}{more}",
            subject=path,
            hint="unpack it and name one",
        )
    parquet = any(name.lower().endswith(_PARQUET) for name in names)
    raise ParcelFileError(
        f"holds no vector file: it holds {shown}{more}",
        subject=path,
        hint="unpack it; Parquet is read without a zip" if parquet else None,
    )


def _check_size(path: Path) -> None:
    """Check that what a format packs as a zip archive does not swell beyond measure."""
    if not zipfile.is_zipfile(path):
        return  # OGR says what it is not
    try:
        with zipfile.ZipFile(path) as archive:
            why = excess(archive, archive.infolist())
    except _DAMAGED as error:
        raise ParcelFileError("is a damaged archive", subject=path) from error
    if why:
        raise ParcelFileError(f"is an archive that {why}", subject=path)


def _check_sum(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    """Read a file to its end, where zipfile compares its checksum; OGR does not."""
    with archive.open(info) as stream:
        while stream.read(_SNIFFED):
            pass


def _vector_members(archive: zipfile.ZipFile, names: list[str]) -> list[str]:
    """Vector files and geodatabases; of .json files those that hold features."""
    databases = {
        name[: match.end() - 1]
        for name in names
        if (match := re.match(r".*?\.gdb/", name, re.IGNORECASE))
    }
    inside = tuple(f"{name}/" for name in databases)
    files = [
        name
        for name in names
        if name.lower().endswith(_VECTOR)
        and not name.startswith(inside or ("\0",))
        and (not name.lower().endswith(".json") or _holds_features(archive, name))
    ]
    return sorted(databases) + files


def _check_written(path: Path, name: str, sizes: dict[str, int]) -> None:
    """Check that all changes are in a file of SQLite; in an archive it is read without its log."""
    for log in (f"{name}-wal", f"{name}-journal"):
        if sizes.get(log):
            raise ParcelFileError(
                f"holds {log}, with changes that are not in {name} yet",
                subject=path,
                hint="close the file where it was edited and pack it again, or unpack the archive",
            )


def _holds_features(archive: zipfile.ZipFile, name: str) -> bool:
    with archive.open(name) as stream:
        return _GEOJSON.search(stream.read(_SNIFFED)) is not None


def _is_litter(name: str) -> bool:
    """Whether a file is one that macOS or a desktop adds."""
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1].startswith(".")
