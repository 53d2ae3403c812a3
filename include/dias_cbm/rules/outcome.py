"""The outcome of a condition on the parcels of a block, with the reason where it is not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.store import Answer
from dias_cbm.rules.gaps import Unseen
from dias_cbm.rules.language import Condition
from dias_cbm.rules.logic import Truth


class Why(IntEnum):
    """Why the answer to a condition is not known; the numbers are those in the database."""

    KNOWN = 0
    #: The window is not over.
    NOT_OVER = 1
    #: An event's interval reaches over an edge of the window.
    STRADDLES = 2
    #: An event was seen, but not surely.
    UNSURE = 3
    #: The next look has to confirm an event.
    PROVISIONAL = 4
    #: The marker has not looked at the parcel.
    NOT_EXECUTED = 5
    #: Scenes are still expected.
    SCENES_MISSING = 6
    #: The marker does not answer for all days of the window.
    OUTSIDE = 7
    #: No look before the window, or after it.
    NOT_BOUND = 8
    #: A gap between looks is too long, or the gaps together.
    GAP = 9


@dataclass(frozen=True, slots=True)
class Outcome:
    """A condition on n parcels.

    :param truth: int8[n].
    :param why: int8[n] of :class:`Why`.
    :param seen: int32[n], events that count; with ``value``: unused.
    :param sure: indices of the events that count, by parcel.
    :param doubtful: index of the event that is in doubt: int32[n], -1 for none.
    :param low: float32[n], the value, or its least; None without ``value``.
    :param high: float32[n], its greatest.
    :param window: first day, and first day after it.
    :param missing: scenes still expected that matter.
    :param free: bool[n, days], days of the window on which an event would not surely have been
        seen; None where that is not known by day.
    """

    condition: Condition
    truth: Truth
    why: NDArray[np.int8]
    seen: NDArray[np.int32]
    sure: NDArray[np.int64]
    doubtful: NDArray[np.int32]
    low: NDArray[np.float32] | None
    high: NDArray[np.float32] | None
    window: tuple[int, int]
    unseen: Unseen
    answer: Answer
    missing: Sequence[dict[str, str]]
    free: NDArray[np.bool_] | None = None
