"""Witnesses: looks that prove an event, or that there was none, whatever other looks would show.

Events are found between neighbouring looks, and clouds decide which looks are neighbours: without a
look in the middle, two small falls become a large one. So a rule makes a red only of a *witnessed*
event: some looks, not necessarily neighbours, show the state before it and, twice, the state after
it. Further looks do not change these, so a missing look never makes a witness. That nothing
happened is as sure where a chain of looks shows no event from each look to the next; further looks
do not change the chain either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.events import Events
from dias_cbm.markers.sequence import Looks, between

#: Kind of the stretches in which there surely was no event.
UNBROKEN = "unbroken"
#: Kind of a hint: a look at few plants; a missing look near it may be at more.
SPARSE_PLANTS = "sparse_plants"
#: Kind of the witnessed events that neighbouring looks do not show.
WITNESS = "witness"

#: Spells begin and end on days of this grid.
GRID_DAYS = 5
#: More than any day, so that parcels follow each other.
_FAR = 10**7

#: Confidence of every witness; one value, since a better look may be missing.
SURE = 0.9
#: Confidence of a hint.
HINT = 0.5

#: Condition on pairs of looks, by their rows a and b: bool of their shape.
Holds = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]


class Pairs(NamedTuple):
    """Pairs of looks of one parcel each, by the second: rows int64[m] of a :class:`Flat`."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Flat:
    """The k looks of a block, by parcel and then by day: int[k] each."""

    parcel: NDArray[Any]
    day: NDArray[Any]

    @classmethod
    def of(cls, looks: Looks) -> tuple[Flat, tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Looks side by side as one list, and their place in them: parcel and column."""
        parcel, column = np.nonzero(looks.there)
        return cls(parcel, looks.day[parcel, column]), (parcel, column)

    def pairs(self, least: int, most: int, holds: Holds) -> Pairs:
        """All pairs of looks so many days apart that are as wanted, by the second, then the first.

        :param least: days, at least 1; ``most``: days, included.
        """
        found = [(np.empty(0, np.int64),) * 2]
        first = np.arange(len(self.day))
        step = 0
        while len(first):
            step += 1
            first = first[first + step < len(self.day)]
            apart = self.day[first + step] - self.day[first]
            first = first[(self.parcel[first] == self.parcel[first + step]) & (apart <= most)]
            far = self.day[first + step] - self.day[first] >= least
            chosen = first[far]
            chosen = chosen[holds(chosen, chosen + step)]
            found.append((chosen, chosen + step))
        before, after = (np.concatenate(one) for one in zip(*found, strict=True))
        order = np.lexsort((before, after))
        return Pairs(before[order], after[order])

    def confirmed(self, pairs: Pairs, least: int, most: int, holds: Holds) -> Pairs:
        """The pairs that a third look confirms, so many days after the second.

        :param holds: condition on the rows of the first and the third look.
        """
        sure = np.zeros(len(pairs.after), bool)
        left = np.arange(len(sure))
        step = 0
        while len(left):
            step += 1
            left = left[pairs.after[left] + step < len(self.day)]
            third, second = pairs.after[left] + step, pairs.after[left]
            apart = self.day[third] - self.day[second]
            near = (self.parcel[third] == self.parcel[second]) & (apart <= most)
            left, third, apart = left[near], third[near], apart[near]
            sure[left] |= (apart >= least) & holds(pairs.before[left], third)
            left = left[~sure[left]]
        return Pairs(pairs.before[sure], pairs.after[sure])


def narrowest(pairs: Pairs) -> Pairs:
    """The pairs that hold no other pair between their looks; rows of a parcel follow each other."""
    order = np.lexsort((-pairs.before, pairs.after))
    before, after = pairs.before[order], pairs.after[order]
    latest = np.maximum.accumulate(np.append(-1, before))[:-1]
    kept = before > latest
    return Pairs(before[kept], after[kept])


def witnessed(events: Events, sure: Events) -> Events:
    """The events, flagged where they are witnessed, and the witnesses that match none of them.

    :param sure: events of witnesses; those that are left over get the kind ``witness``.
    """

    def keys(one: Events) -> NDArray[Any]:
        return np.array(
            list(zip(one.parcel.tolist(), one.start.tolist(), one.end.tolist(), strict=True)),
            np.dtype([("parcel", "i4"), ("start", "i4"), ("end", "i4")]),
        )

    ours, theirs = keys(events), keys(sure)
    marked = np.isin(ours, theirs)
    rest = sure.select(~np.isin(theirs, ours))
    rest = replace(
        rest,
        kind=np.full(len(rest), WITNESS),
        values={**rest.values, "witnessed": np.ones(len(rest), bool)},
    )
    events = replace(events, values={**events.values, "witnessed": marked})
    return Events.concat([events, rest])


def changes(
    looks: Looks,
    kind: str,
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    within: int,
    lasting: tuple[int, int],
) -> Events:
    """Witnessed changes from looks of one sort to looks of another.

    :param before: bool[n, K]; ``after`` too.
    :param within: most days between the two.
    :param lasting: least and most days until a second look of the latter sort.
    """
    flat, place = Flat.of(looks)
    was, now = before[place], after[place]
    found = flat.pairs(1, within, lambda a, b: was[a] & now[b])
    found = narrowest(flat.confirmed(found, *lasting, lambda _, c: now[c]))
    return _events(looks, kind, place, found)


def spells(looks: Looks, kind: str, flags: NDArray[np.bool_], days: tuple[int, int]) -> Events:
    """Witnessed spells: two looks with a flag, so many days apart.

    The event is from the one to the other: what was before is not asked. On dense series nearly
    every look begins one, so days are rounded outwards to every fifth, and of the spells only those
    that hold no other are kept. Rounded, a spell still holds those it held, so that looks which are
    added never take an event out of a window.

    :param flags: bool[n, K].
    :param days: least and most.
    """
    flat, place = Flat.of(looks)
    here = flags[place]
    pairs = narrowest(flat.pairs(*days, lambda a, b: here[a] & here[b]))
    first = flat.day[pairs.before] // GRID_DAYS * GRID_DAYS
    last = -(-flat.day[pairs.after] // GRID_DAYS) * GRID_DAYS
    # By last day, and of one last day the shortest first: it holds no other if it begins later.
    parcel = flat.parcel[pairs.after].astype(np.int64)
    order = np.lexsort((-first, last, parcel))
    key = parcel[order] * _FAR + first[order]
    kept = np.sort(order[key > np.maximum.accumulate(np.append(-1, key))[:-1]])
    events = _events(looks, kind, place, Pairs(pairs.before[kept], pairs.after[kept]))
    first, last = (one[kept].astype(np.int32) for one in (first, last))
    return replace(events, start=first, end=last, best=(first + last) // 2)


def _events(
    looks: Looks, kind: str, place: tuple[NDArray[np.int64], NDArray[np.int64]], pairs: Pairs
) -> Events:
    parcel, column = place
    rows = parcel[pairs.after]
    sure = np.full(len(rows), SURE)
    return between(looks, kind, rows, column[pairs.before], column[pairs.after], sure, {})
