"""Days in UTC: the start of a day, and half-open windows of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def midnight(day: date) -> datetime:
    """The start of a day, as aware UTC time."""
    return datetime.combine(day, time(), UTC)


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """Half-open window of a day, or of the days from ``first`` to ``last``, included."""
    return midnight(first), midnight((last or first) + timedelta(days=1))
