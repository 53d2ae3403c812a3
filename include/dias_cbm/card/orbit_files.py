"""Orbit files of Sentinel-1 (EOF): finds the one for an acquisition."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path

from dias_cbm.card import eof
from dias_cbm.config.settings import settings
from dias_cbm.errors import OrbitFileError, SettingsError
from dias_cbm.scenes import parse_name, parse_time

log = logging.getLogger(__name__)

_NAME = re.compile(
    r"(?P<satellite>S1[A-Z])_OPER_AUX_(?P<type>POEORB|RESORB)_OPOD_(?P<made>\d{8}T\d{6})"
    r"_V(?P<first>\d{8}T\d{6})_(?P<last>\d{8}T\d{6})(?:\.EOF)?(?:\.zip)?",
    re.IGNORECASE,
)
_SUFFIXES = (".eof", ".zip")


def find_orbit(scene: str, folder: Path | None = None) -> Path | None:
    """The best orbit file for an acquisition: precise before restituted, then the latest.

    Zipped files count, and names in any case. A file that cannot be used is skipped with a warning.

    :param scene: name of a Sentinel-1 acquisition.
    :param folder: searched with its subfolders; by default the setting ``card.orbit_folder``.
    :returns: None if there is none; the orbit in the annotation is then used, and recorded.
    :raises OrbitFileError: there are such files, and none of them can be used.
    :raises SettingsError: the folder does not exist.
    """
    if folder is None:
        if not (configured := settings().card.orbit_folder):
            return None
        folder = Path(configured).expanduser()
    if not folder.is_dir():
        raise SettingsError(
            "no such folder", subject=folder, hint="see the setting card.orbit_folder"
        )
    fields = parse_name(scene)
    if "start" not in fields or "satellite" not in fields:
        return None
    start, end = parse_time(fields["start"]), parse_time(fields["end"])
    found = [
        (match["type"].upper() == "POEORB", match["made"].upper(), path)
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SUFFIXES
        and (match := _NAME.fullmatch(path.name))
        and match["satellite"].upper() == fields["satellite"]
        and _covers(match, start, end)
    ]
    refused = []
    for _, _, path in sorted(found, reverse=True):
        try:
            eof.check(path, start, end, fields["satellite"])
        except OrbitFileError as error:
            log.warning("orbit file skipped: %s", error)
            refused.append(f"{path.name}: {error.message}")
        else:
            return path
    if refused:
        raise OrbitFileError(
            f"none of its orbit files can be read: {'; '.join(refused)}",
            subject=scene,
            hint="fetch them again; without any file the annotation's orbit is used",
        )
    return None


def _covers(match: re.Match[str], start: datetime, end: datetime) -> bool:
    try:
        first, last = parse_time(match["first"].upper()), parse_time(match["last"].upper())
    except ValueError:
        return False
    return first <= start - eof.MARGIN and end + eof.MARGIN <= last
