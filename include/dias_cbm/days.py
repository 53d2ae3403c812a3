"""Days in UTC: as text and number, the start of a day, and half-open windows of days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

_EPOCH = date(1970, 1, 1).toordinal()


def midnight(day: date) -> datetime:
    """The start of a day, as aware UTC time."""
    return datetime.combine(day, time(), UTC)


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """Half-open window of a day, or of the days from ``first`` to ``last``, included."""
    return midnight(first), midnight((last or first) + timedelta(days=1))


def day_of(text: str) -> int | None:
    """Days since 1970-01-01 of a day or time, in UTC; None if it is none.

    ISO 8601, ``20180531``, ``20180531T053000``, or seconds since 1970 as JRC's queries give them.
    A time without a zone is taken as UTC.
    """
    if re.fullmatch(r"\d{9,10}(\.\d*)?", text):
        return int(float(text)) // 86_400
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return day_number((at.astimezone(UTC) if at.tzinfo else at).date())
    except OverflowError:
        return None


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH
