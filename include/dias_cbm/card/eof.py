"""Orbit files of Sentinel-1 (EOF): their XML, plain or zipped, and whether they can be used."""

from __future__ import annotations

import math
import zipfile
import zlib
from datetime import datetime, timedelta
from pathlib import Path

from lxml import etree

from dias_cbm.errors import CorruptProduct, OrbitFileError
from dias_cbm.products.readers.raster import parse_xml

#: Interpolating an orbit needs positions before and after the scene.
MARGIN = timedelta(minutes=1)

#: A precise orbit of 26 hours has 4.5 MB.
_LARGEST = 64 << 20
_DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
#: Of Sentinel-1, 693 km up, in m and m/s.
_RADII, _SPEEDS = (6.9e6, 7.2e6), (7000.0, 8200.0)
_NUMBERS = ("X", "Y", "Z", "VX", "VY", "VZ")


def read_xml(path: Path) -> etree._Element:
    """The root of an orbit file, also of one in a zip.

    :raises OrbitFileError: it cannot be read, or is not XML.
    """
    try:
        return parse_xml(_content(path), path)
    except _DAMAGED as error:
        raise OrbitFileError(f"cannot be read: {error}", subject=path) from error
    except CorruptProduct as error:
        raise OrbitFileError(error.message, subject=path) from error


def check(path: Path, start: datetime, end: datetime, satellite: str) -> None:
    """Check that an orbit file has usable state vectors around an acquisition.

    :param start: of sensing, aware UTC.
    :param satellite: such as ``S1A``.
    :raises OrbitFileError: it cannot be read, lacks them, or is of another satellite or frame.
    """
    first, last = _text(start - MARGIN), _text(end + MARGIN)
    near = []
    root = read_xml(path)
    check_header(root, path, satellite)
    for vector in root.iter("{*}OSV"):
        utc = (vector.findtext("{*}UTC") or "").strip().removeprefix("UTC=")[:19]
        if first <= utc <= last:
            near.append(utc)
            _check_numbers(vector, path)
    if len(near) < 2 or min(near) > _text(start) or max(near) < _text(end):
        raise OrbitFileError("has no state vectors around the acquisition", subject=path)


def check_header(root: etree._Element, path: Path, satellite: str) -> None:
    """Check that an orbit file is of a satellite, and Earth fixed.

    :param satellite: by its last letter, such as ``S1A``.
    :raises OrbitFileError: it is not.
    """
    mission = (root.findtext(".//{*}Fixed_Header/{*}Mission") or "").strip().upper()
    if mission and mission[-1] != satellite[-1].upper():
        raise OrbitFileError(f"is an orbit of {mission}, the image is of {satellite}", subject=path)
    frame = (root.findtext(".//{*}Variable_Header/{*}Ref_Frame") or "EARTH_FIXED").strip()
    if frame != "EARTH_FIXED":
        raise OrbitFileError(f"has vectors in {frame}, not EARTH_FIXED", subject=path)


def _check_numbers(vector: etree._Element, path: Path) -> None:
    try:
        numbers = [float(vector.findtext(f"{{*}}{name}") or "nan") for name in _NUMBERS]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise OrbitFileError("has state vectors that are incomplete", subject=path)
    radius, speed = math.hypot(*numbers[:3]), math.hypot(*numbers[3:])
    if not (_RADII[0] < radius < _RADII[1] and _SPEEDS[0] < speed < _SPEEDS[1]):
        raise OrbitFileError(
            f"has a state vector that is not of this orbit: {radius / 1000:,.0f} km from the"
            f" Earth's centre at {speed / 1000:.2f} km/s",
            subject=path,
        )


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
