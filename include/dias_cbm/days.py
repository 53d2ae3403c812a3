"""Days in UTC, as moments: where one begins, and the half-open window of several."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta


def midnight(day: date) -> datetime:
    """When a day begins, in UTC; aware."""
    return datetime.combine(day, time(), UTC)


def day_bounds(first: date, last: date | None = None) -> tuple[datetime, datetime]:
    """Begin and end, half-open, of a day or of all days from ``first`` to ``last``, included."""
    return midnight(first), midnight((last or first) + timedelta(days=1))
