"""A request for features: box, time, filters, and the page."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import HTTPException, status

from dias_cbm.window import tables

#: Features of a page unless a number is asked for; a larger number gives ``MOST``.
USUAL, MOST = 1000, 10_000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
#: Parameters that every collection takes, beside its own filters.
COMMON = ("limit", "bbox", "bbox-crs", "crs", "datetime", "after", "f")
_LONGEST = 300
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """A request for features.

    :param box: west, south, east, north in degrees; west of a box over the antimeridian is larger.
    :param since: the first moment, and ``before`` the one that follows the last; aware UTC.
    :param after: where the page before ended.
    :param equal: property -> the text that it must have.
    """

    limit: int = USUAL
    box: Box | None = None
    since: datetime | None = None
    before: datetime | None = None
    after: str | None = None
    equal: Mapping[str, str] = field(default_factory=dict)


def read(given: list[tuple[str, str]], filters: Collection[str]) -> FeatureRequest:
    """Read the parameters of a request.

    :param given: names and values, as they came.
    :param filters: properties that the collection can be filtered by.
    :raises HTTPException: 400: a parameter is not known, comes twice, or has an impossible value.
    """
    values: dict[str, str] = {}
    for name, value in given:
        if name not in COMMON and name not in filters:
            raise refused(f"{name[:60]}: there is no such parameter")
        if name in values:
            raise refused(f"{name}: is there twice")
        if not value or len(value) > _LONGEST or "\0" in value:
            raise refused(f"{name}: cannot be such a text")
        values[name] = value
    for name in ("bbox-crs", "crs"):
        if values.get(name, CRS84) != CRS84:
            raise refused(f"{name}: only {CRS84}")
    if values.get("f", "json") not in ("json", "geojson"):
        raise refused("f: only json")
    since, before = _interval(values["datetime"]) if "datetime" in values else (None, None)
    return FeatureRequest(
        limit=_limit(values.get("limit", str(USUAL))),
        box=_box(values["bbox"]) if "bbox" in values else None,
        since=since,
        before=before,
        after=values.get("after"),
        equal={name: value for name, value in values.items() if name in filters},
    )


def refused(problem: str) -> HTTPException:
    """The answer to a request that cannot be understood."""
    return HTTPException(status.HTTP_400_BAD_REQUEST, problem)


def whole_number(text: str, name: str) -> int:
    """A number of a filter that a column can hold.

    :raises HTTPException: 400: it is none.
    """
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9):
        raise refused(f"{name}: a whole number")
    return int(text)


def place_after(after: str | None, kinds: Sequence[type]) -> list[Any] | None:
    """Where the page before ended; None at the beginning.

    :param kinds: types of its values, as :func:`~dias_cbm.window.tables.place` takes them.
    :raises HTTPException: 400: it is not from a page of ours.
    """
    try:
        return tables.place(after, kinds)
    except HTTPException as error:
        raise refused("after: follow the link of the page before") from error


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and text.strip("0")):
        raise refused("limit: a number from 1 on")
    return MOST if len(text) > 9 else min(int(text), MOST)


def _box(text: str) -> Box:
    try:
        numbers = [float(one) for one in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:  # with heights
        numbers = [numbers[place] for place in (0, 1, 3, 4)]
    if len(numbers) != 4 or not all(math.isfinite(one) for one in numbers):
        raise refused("bbox: west,south,east,north in degrees")
    west, south, east, north = numbers
    if south > north or max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 180:
        raise refused("bbox: west,south,east,north in degrees")
    return (west, south, east, north)


def _interval(text: str) -> tuple[datetime, datetime]:
    """A moment, a day, or an interval with ``..`` or nothing where it is open."""
    first, slash, last = text.partition("/")
    try:
        if not slash:
            return _moment(first)
        since = _EARLIEST if first in ("", "..") else _moment(first)[0]
        before = _LATEST if last in ("", "..") else _moment(last)[1]
    except (ValueError, OverflowError) as error:
        raise refused("datetime: e.g. 2018-05-01/2018-05-31, or 2018-05-01T00:00:00Z/..") from error
    return since, before


def _moment(text: str) -> tuple[datetime, datetime]:
    """First moment of a text, and the one that follows it."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return start, start + timedelta(days=1)
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no time zone")
    at = found.astimezone(UTC)
    return at, at + timedelta(microseconds=1)
