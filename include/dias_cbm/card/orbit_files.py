"""Orbit files of Sentinel-1 (EOF): finds the one for an acquisition."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import parse_name, parse_time

_NAME = re.compile(
    r"(?P<satellite>S1[A-Z])_OPER_AUX_(?P<type>POEORB|RESORB)_OPOD_(?P<made>\d{8}T\d{6})"
    r"_V(?P<first>\d{8}T\d{6})_(?P<last>\d{8}T\d{6})\.EOF"
)

#: Interpolating an orbit needs positions before and after the scene.
_MARGIN = timedelta(minutes=1)


def find_orbit(scene: str, folder: Path | None = None) -> Path | None:
    """The best orbit file for an acquisition: precise before restituted, then the latest.

    :param scene: name of a Sentinel-1 acquisition.
    :param folder: searched with its subfolders; by default the setting ``card.orbit_folder``.
    :returns: None if there is none; the orbit in the annotation is then used, and recorded.
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
        (match["type"] == "POEORB", match["made"], path)
        for path in sorted(folder.rglob("*.EOF"))
        if (match := _NAME.fullmatch(path.name))
        and match["satellite"] == fields["satellite"]
        and _covers(match, start, end)
    ]
    return max(found)[2] if found else None


def _covers(match: re.Match[str], start: datetime, end: datetime) -> bool:
    first, last = parse_time(match["first"]), parse_time(match["last"])
    return first <= start - _MARGIN and end + _MARGIN <= last
