"""Orbit files of Sentinel-1 (EOF): their XML, plain or zipped, and whether they can be used."""

from __future__ import annotations

import math
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CorruptProduct, OrbitFileError
from dias_cbm.products.readers.raster import parse_xml

#: Interpolating an orbit needs positions before and after the scene.
MARGIN = timedelta(minutes=1)

#: A precise orbit of 26 hours has 4.5 MB.
_LARGEST = 64 << 20
_NUMBERS = ("X", "Y", "Z", "VX", "VY", "VZ")


def read_xml(path: Path) -> etree._Element:
    """The root of an orbit file, also of one in a zip.

    :raises OrbitFileError: it cannot be read, or is not XML.
    """
    try:
        return parse_xml(_content(path), path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise OrbitFileError(f"cannot be read: {error}", subject=path) from error
    except CorruptProduct as error:
        raise OrbitFileError(error.message, subject=path) from error


def check(path: Path, start: datetime, end: datetime) -> None:
    """Check that an orbit file has state vectors around an acquisition.

    :param start: of sensing, aware UTC.
    :raises OrbitFileError: it cannot be read, or lacks them.
    """
    first, last = _text(start - MARGIN), _text(end + MARGIN)
    near = []
    for vector in read_xml(path).iter("{*}OSV"):
        utc = (vector.findtext("{*}UTC") or "").strip().removeprefix("UTC=")[:19]
        if first <= utc <= last:
            near.append(utc)
            _check_numbers(vector, path)
    if len(near) < 2 or min(near) > _text(start) or max(near) < _text(end):
        raise OrbitFileError("has no state vectors around the acquisition", subject=path)


def _check_numbers(vector: etree._Element, path: Path) -> None:
    try:
        usable = all(math.isfinite(float(vector.findtext(f"{{*}}{n}") or "nan")) for n in _NUMBERS)
    except ValueError:
        usable = False
    if not usable:
        raise OrbitFileError("has state vectors that are incomplete", subject=path)


def _content(path: Path) -> bytes:
    if path.suffix.lower() != ".zip":
        if path.stat().st_size > _LARGEST:
            raise OrbitFileError("is too large for an orbit file", subject=path)
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        inside = [one for one in archive.infolist() if one.filename.lower().endswith(".eof")]
        if len(inside) != 1:
            raise OrbitFileError(f"holds {len(inside)} EOF files, expected one", subject=path)
        if inside[0].file_size > _LARGEST:
            raise OrbitFileError("is too large for an orbit file", subject=path)
        return archive.read(inside[0])


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
