"""States and events: what markers return for each parcel, and for each thing that was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Status(IntEnum):
    """Whether a marker saw what it looks for; the numbers are those in the database."""

    #: At least one event, or the condition holds.
    OK = 1
    #: It was looked for, and not seen.
    NOT_VALID = 2
    #: It could not be looked for; the reason says why.
    NOT_EXECUTED = 3


class Reason(IntEnum):
    """Why a marker was not executed, or why its answer is open; the closed list, with 0 for none.

    The numbers are those in the database, where the type ``marker_reason`` lists the same names.
    """

    NONE = 0
    #: Fewer pixels than the marker needs.
    TOO_SMALL = 1
    #: Nothing of the parcel is left inside the inner buffer.
    VANISHES_UNDER_INNER_BUFFER = 2
    #: Too few clear looks in the window.
    FEW_CLEAR = 3
    #: A gap between the looks is too long.
    GAP_IN_WINDOW = 4
    #: The marker needs Sentinel-1, and there is none.
    NO_S1 = 5
    #: Snow covers the window.
    SNOW = 6
    #: The parcel holds more than one kind of cover.
    HETEROGENEOUS = 7
    #: The marker is not meant for the declared crop.
    CROP_NOT_APPLICABLE = 8
    #: The window has not ended yet.
    SEASON_NOT_OVER = 9
    #: Scenes of the window are still expected: the list of gaps names them.
    GAP_OPEN = 10
    #: The parcel has no statistics at all; its note says why.
    NO_STATISTICS = 11


@dataclass(frozen=True, slots=True)
class States:
    """One answer per parcel; arrays of length n.

    :param status: int8[n] of :class:`Status`.
    :param reason: int8[n] of :class:`Reason`.
    :param confidence: float32[n], of what was seen; NaN where there is none.
    :param gap_confidence: float32[n], that nothing was hidden (:mod:`dias_cbm.markers.gaps`).
    :param longest_gap: int32[n], days of the longest gap between looks.
    :param observations: int32[n], looks in the window.
    :param values: further numbers by name, float32[n]; NaN where a parcel has none.
    """

    status: NDArray[np.int8]
    reason: NDArray[np.int8]
    confidence: NDArray[np.float32]
    gap_confidence: NDArray[np.float32]
    longest_gap: NDArray[np.int32]
    observations: NDArray[np.int32]
    values: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.status)

    @classmethod
    def blank(cls, parcels: int) -> States:
        """NOT_VALID without a reason for all parcels; markers fill in what they find."""
        return cls(
            status=np.full(parcels, Status.NOT_VALID, np.int8),
            reason=np.zeros(parcels, np.int8),
            confidence=np.full(parcels, np.nan, np.float32),
            gap_confidence=np.zeros(parcels, np.float32),
            longest_gap=np.zeros(parcels, np.int32),
            observations=np.zeros(parcels, np.int32),
        )

    def not_executed(self, where: NDArray[np.bool_], reason: Reason) -> None:
        """Answer NOT_EXECUTED for some parcels, unless they are so already.

        :param where: bool[n].
        """
        chosen = where & (self.status != Status.NOT_EXECUTED)
        self.status[chosen] = Status.NOT_EXECUTED
        self.reason[chosen] = reason
        self.confidence[chosen] = np.nan


@dataclass(frozen=True, slots=True)
class Events:
    """Events of the parcels of a block; arrays of length m.

    An event is the interval from the last clear look before it to the first one after it.

    :param parcel: int32[m], index of the parcel in the block's series.
    :param kind: str[m], e.g. ``mowing`` or ``grazing_or_gradual``.
    :param start: int32[m], day of the last look before it.
    :param end: int32[m], day of the first look after it.
    :param best: int32[m], likeliest day, from start to end.
    :param confidence: float32[m], 0 to 1.
    :param before: int32[m], scene of the look before; 0 for none.
    :param after: int32[m], scene of the look after; 0 for none.
    :param evidence: int32[m, k], further scenes; 0 fills up.
    :param values: further values by name, [m] each: numbers (NaN: none), bool or str (empty: none).
        ``provisional``: True where the next clear look, which would confirm it, is not there yet.
    """

    parcel: NDArray[np.int32]
    kind: NDArray[np.str_]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    best: NDArray[np.int32]
    confidence: NDArray[np.float32]
    before: NDArray[np.int32]
    after: NDArray[np.int32]
    evidence: NDArray[np.int32]
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.parcel)

    @classmethod
    def none(cls) -> Events:
        """No events."""
        nothing = np.empty(0, np.int32)
        unsure = np.empty(0, np.float32)
        kind = np.empty(0, "U1")
        none = np.empty((0, 0), np.int32)
        return cls(nothing, kind, nothing, nothing, nothing, unsure, nothing, nothing, none)

    def select(self, chosen: NDArray[Any]) -> Events:
        """Some of the events.

        :param chosen: bool[m], or indices in the wanted order.
        """
        return Events(
            self.parcel[chosen],
            self.kind[chosen],
            self.start[chosen],
            self.end[chosen],
            self.best[chosen],
            self.confidence[chosen],
            self.before[chosen],
            self.after[chosen],
            self.evidence[chosen],
            {name: values[chosen] for name, values in self.values.items()},
        )

    def sort(self) -> Events:
        """The events by parcel, then by start, best day and kind."""
        return self.select(np.lexsort((self.kind, self.best, self.start, self.parcel)))

    @classmethod
    def concat(cls, parts: Sequence[Events]) -> Events:
        """All events of several lists, in their order; values that one lacks are filled up."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.none()
        width = max(part.evidence.shape[1] for part in parts)
        evidence = [np.pad(p.evidence, ((0, 0), (0, width - p.evidence.shape[1]))) for p in parts]
        names = list(dict.fromkeys(name for part in parts for name in part.values))
        return cls(
            np.concatenate([part.parcel for part in parts]),
            np.concatenate([part.kind for part in parts]),
            np.concatenate([part.start for part in parts]),
            np.concatenate([part.end for part in parts]),
            np.concatenate([part.best for part in parts]),
            np.concatenate([part.confidence for part in parts]),
            np.concatenate([part.before for part in parts]),
            np.concatenate([part.after for part in parts]),
            np.concatenate(evidence),
            {name: _joined(parts, name) for name in names},
        )


def _joined(parts: Sequence[Events], name: str) -> NDArray[Any]:
    like = next(part.values[name] for part in parts if name in part.values)
    return np.concatenate([_or_blank(part, name, like) for part in parts])


def _or_blank(part: Events, name: str, like: NDArray[Any]) -> NDArray[Any]:
    if name in part.values:
        return part.values[name]
    if like.dtype.kind == "f":
        return np.full(len(part), np.nan, like.dtype)
    if like.dtype.kind in "iu":
        return np.full(len(part), np.nan, np.float32)
    return np.zeros(len(part), like.dtype)
