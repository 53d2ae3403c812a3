"""Gaps between the looks of a block, for any window, in one pass over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.gaps import EDGE_DAYS

#: A gap of so many days, or more, hides an event for certain (CLMS HRL ATBD v2).
HIDES_DAYS = 28
#: Windows below this length in days fit int16.
_MOST_DAYS = 1000


@dataclass(frozen=True, slots=True)
class Unseen:
    """How well a window was looked at, of n parcels.

    :param confidence: float32[n], as of :func:`dias_cbm.markers.gaps.gap_confidence`.
    :param before: int32[n], day of the look that the longest gap follows.
    :param after: int32[n], day of the look that ends it. Gaps reach beyond the window, at most
        30 days: ``before`` or ``after`` so far off is not a look.
    :param looked_before: bool[n], whether there is a look in the 30 days before the window.
    :param looked_after: bool[n], the same after it.
    :param looks: int32[n], in the window.
    """

    confidence: NDArray[np.float32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    looked_before: NDArray[np.bool_]
    looked_after: NDArray[np.bool_]
    looks: NDArray[np.int32]

    @property
    def days(self) -> NDArray[np.int32]:
        """Days of the longest gap, with its part outside of the window."""
        return self.after - self.before


class Gaps:
    """The gaps between the looks of a block.

    :param days: int32[D], ascending.
    :param looks: bool[n, D].
    """

    def __init__(self, days: NDArray[np.int32], looks: NDArray[np.bool_]) -> None:
        self._days = days
        self._looks = looks
        self._known: dict[tuple[int, int], Unseen] = {}
        seen = (
            np.where(looks, days, np.int32(-(10**6))) if len(days) else np.empty(looks.shape, "i4")
        )
        latest = np.maximum.accumulate(seen, axis=1)
        #: Day of the latest look before each day, and after the last: int32[n, D + 1].
        self._latest = np.concatenate(
            [np.full((len(looks), 1), -(10**6), np.int32), latest.astype(np.int32)], axis=1
        )

    def of(self, start: int, end: int) -> Unseen:
        """How well a window was looked at; each window is computed once.

        :param start: first day.
        :param end: first day after it.
        """
        key = start, end
        if key not in self._known:
            self._known[key] = self._unseen(start, end)
        return self._known[key]

    def _unseen(self, start: int, end: int) -> Unseen:
        edge = np.int32(start - EDGE_DAYS)
        low = int(np.searchsorted(self._days, edge))
        first = int(np.searchsorted(self._days, start))
        over = int(np.searchsorted(self._days, end))
        high = int(np.searchsorted(self._days, end + EDGE_DAYS))
        # Days since the edge, in numbers as small as hold them: this is asked for each window.
        small: type[np.signedinteger[Any]] = np.int16 if end - start < _MOST_DAYS else np.int32
        begin, over_days = small(start - edge), small(end - edge)
        # Each look that may end a gap in the window, and at last the farthest day after it.
        last = (np.append(self._days[first:high], end + EDGE_DAYS) - edge).astype(small)
        ends = np.column_stack([self._looks[:, first:high], np.ones(len(self._looks), bool)])
        since = np.maximum(self._latest[:, first : high + 1] - edge, 0).astype(small)
        length = last - since
        inside = np.minimum(last, over_days) - np.maximum(since, begin)
        inside = np.maximum(inside, 0) * ends
        hidden = (np.minimum(length, small(HIDES_DAYS)) * inside).sum(axis=1) / HIDES_DAYS
        # An event that a look on the first day ends may be of that day.
        longest = np.where(ends & (since < over_days), length, -1).argmax(axis=1)
        rows = np.arange(len(self._looks))
        return Unseen(
            confidence=np.clip(1 - hidden / (end - start), 0, 1).astype(np.float32),
            before=since[rows, longest] + edge,
            after=last[longest] + edge,
            looked_before=np.asarray(self._looks[:, low:first].any(axis=1)),
            looked_after=np.asarray(self._looks[:, over:high].any(axis=1)),
            looks=self._looks[:, first:over].sum(axis=1, dtype=np.int32),
        )
