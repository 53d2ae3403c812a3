"""Dated cuts from a CSV file, to train the model of mowing on."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path

from dias_cbm.errors import MarkerError
from dias_cbm.markers.series import day_number
from dias_cbm.small_file import small_file

_COLUMNS = ("pid", "date")


def read(file: Path, first: date, last: date) -> dict[str, list[int]]:
    """The days of the cuts of each parcel, since 1970-01-01.

    A line is a parcel and the day on which it was cut, in ISO 8601; a line without a day means that
    the parcel was watched all season and not cut. Further columns are ignored.

    :param first: first day of the season.
    :param last: last day of the season.
    :raises MarkerError: it cannot be read; the message names the line.
    """
    found: dict[str, list[int]] = {}
    not_cut: set[str] = set()
    try:
        with StringIO(small_file(file).decode("utf-8-sig"), newline="") as text:
            rows = csv.DictReader(text)
            absent = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if absent:
                raise _fault(file, f"has no column {absent[0]}")
            for row in rows:
                pid, day = (row["pid"] or "").strip(), (row["date"] or "").strip()
                if not pid:
                    raise _fault(file, f"line {rows.line_num} has no pid")
                days = found.setdefault(pid, [])
                if not day:
                    not_cut.add(pid)
                    continue
                number = _day(file, rows.line_num, day, first, last)
                if number in days:
                    raise _fault(file, f"line {rows.line_num}: {pid} is cut on {day} a second time")
                days.append(number)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _fault(file, f"cannot be read: {error}") from error
    both = sorted(pid for pid in not_cut if found[pid])
    if both:
        raise _fault(file, f"{both[0]} has a line without a day, and one with a day")
    return found


def _day(file: Path, line: int, text: str, first: date, last: date) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise _fault(file, f"line {line}: {text} is not a day such as 2024-05-31") from error
    if not first <= day <= last:
        raise _fault(file, f"line {line}: {day} is not in the season, {first} to {last}")
    return day_number(day)


def _fault(file: Path, what: str) -> MarkerError:
    return MarkerError(what, subject=file, hint="columns pid, date; nothing was trained")
