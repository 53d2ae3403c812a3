"""Confidence that no event was hidden in the gaps between clear looks (C_FN).

After the CLMS High Resolution Layer's algorithm document of crop types and grassland (ATBD v2):
``C_FN = 1 - sum of min(d / 28, 1) * d / (length of the window)`` over the gaps, since a meadow
that was cut is green again after about 28 days.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: How far outside the window a look still bounds a gap at its edge; without one, the gap is taken
#: to reach so far.
EDGE_DAYS = 30


def gap_confidence(
    days: NDArray[np.int32],
    looks: NDArray[np.bool_],
    start: int,
    end: int,
    hides_days: float = 28,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """How surely no event was hidden in a window, and its longest stretch without a look.

    A gap reaches from one look to the next. One at an edge of the window reaches to the next look
    outside, at most 30 days, and so far if there is none: only its part inside the window is
    weighed, but all of it hides. The longest stretch is cut at the window's ends. Without looks the
    confidence is 0. Taking a look away never raises the confidence, and never shortens the stretch.

    :param days: int32[D], ascending.
    :param looks: bool[n, D].
    :param start: first day of the window.
    :param end: first day after it.
    :param hides_days: a gap of so many days, or more, hides an event for certain.
    :returns: confidence float32[n] from 0 to 1, and days of the longest stretch int32[n].
    :raises ValueError: the window is empty.
    """
    if end <= start:
        raise ValueError(f"a window from day {start} to {end} is empty")
    near = (days >= start - EDGE_DAYS) & (days < end + EDGE_DAYS)
    last = np.full(len(looks), start - EDGE_DAYS, np.int32)
    hidden = np.zeros(len(looks))
    longest = np.zeros(len(looks), np.int32)
    for day, seen in zip(days[near].tolist(), looks[:, near].T, strict=True):
        _close(last, day, seen, (start, end), hides_days, hidden, longest)
        last[seen] = day
    every = np.ones(len(looks), bool)
    _close(last, end + EDGE_DAYS, every, (start, end), hides_days, hidden, longest)
    confidence = np.clip(1 - hidden / (end - start), 0, 1)
    return confidence.astype(np.float32), longest


def _close(
    last: NDArray[np.int32],
    day: int,
    seen: NDArray[np.bool_],
    window: tuple[int, int],
    hides_days: float,
    hidden: NDArray[np.float64],
    longest: NDArray[np.int32],
) -> None:
    """Add the gaps that a look on this day ends, for the parcels that have one."""
    length = day - last
    inside = np.minimum(day, window[1]) - np.maximum(last, window[0])
    counts = seen & (inside > 0)
    hidden += np.where(counts, np.minimum(length / hides_days, 1) * inside, 0)
    np.maximum(longest, inside, out=longest, where=counts)
