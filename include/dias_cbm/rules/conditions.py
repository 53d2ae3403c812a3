"""One condition on the parcels of a block: does it hold, does it not, or is it not known and why.

What is seen decides by itself; for a red, it must be witnessed (:mod:`dias_cbm.markers.witness`).
What is not seen decides only if it could not have been missed: the marker has looked and has no
hint, the window is over and was looked at from end to end without a long gap, a look before and one
after it bound it, and no scene is still expected. So what is missing never makes a red.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.cover import days_within, painted
from dias_cbm.markers.events import Events, Status
from dias_cbm.markers.store import Answer
from dias_cbm.markers.witness import SPARSE_PLANTS, SURE, UNBROKEN, WITNESS
from dias_cbm.rules.gaps import Gaps, Unseen
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, UNKNOWN, Truth, truth

#: Kinds of events that are hints: one may be what is asked for, but never shows it, unless a
#: condition names its kind.
HINTS = ("grazing_or_gradual", "ground_change")

#: Kinds that tell how sure the others are, and are no events of their own.
TRACES = (SPARSE_PLANTS, WITNESS, UNBROKEN)

#: Markers whose silence may make a red: one tells the stretches without an event, the other gives a
#: hint where it was near to seeing something.
CHAINED = "mowing"
SILENT = frozenset([CHAINED, "presence"])

#: Markers whose state may make a red by being NOT_VALID, although they give no hints: it rests on
#: looks that are still there when others are added.
STANDING = frozenset(["cover", "fallow"])

#: Markers that tell the best look of the season alone: of a window they know nothing.
BEST_ONLY = frozenset(["presence"])

#: Numbers that looks which are added can only raise, or only lower (together with ``unknown``): one
#: makes a red only by being too high, or too low.
GROWING = frozenset(["bare_looks", "highest", "ndvi"])
SHRINKING = frozenset(
    [("covered_days", "unknown_days"), ("longest_covered", None), ("share", None)]
)

#: Two events that are nearer to each other are seen as one (the mowing rule's own distance).
APART_DAYS = 15


class Why(IntEnum):
    """Why the answer to a condition is not known; the numbers are those in the database."""

    KNOWN = 0
    #: The window is not over.
    NOT_OVER = 1
    #: An event's interval reaches over an edge of the window.
    STRADDLES = 2
    #: Something was seen, but not surely.
    UNSURE = 3
    #: A next look has to confirm what was seen.
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


class _Question(NamedTuple):
    """A condition, with all that its answer may rest on.

    :param absent: int8[n], of :func:`_absent`.
    :param window: first day, and first day after it.
    :param missing: scenes still expected that matter.
    """

    condition: Condition
    sure: Sure
    answer: Answer
    unseen: Unseen
    absent: NDArray[np.int8]
    window: tuple[int, int]
    missing: Sequence[dict[str, str]]


def evaluate(
    condition: Condition,
    sure: Sure,
    answer: Answer,
    gaps: Gaps,
    year: int,
    missing: Sequence[dict[str, str]],
) -> Outcome:
    """Answer a condition for every parcel of a block.

    :param answer: of the condition's marker.
    :param missing: scenes still expected that the marker would read, with ``day`` in ISO 8601.
    """
    start, end = answer.window.start, answer.window.end
    if condition.window is not None:
        start, end = (one.number(year) for one in condition.window)
        end += 1
    unseen = gaps.of(start, end)
    near = _near(missing, start - sure.longest_gap_days, end + sure.longest_gap_days)
    executed = answer.states.status != Status.NOT_EXECUTED
    if condition.value is not None:
        # Days of cover are known even where the season's gaps leave its own answer open.
        value = answer.states.values.get(condition.value)
        executed = executed | (False if value is None else ~np.isnan(value))
    absent = _absent(sure, answer, executed, unseen, start, end, bool(near))
    question = _Question(condition, sure, answer, unseen, absent, (start, end), near)
    if condition.value is not None:
        return _value(question)
    if condition.state:
        return _state(question)
    return _events(question)


def _near(missing: Sequence[dict[str, str]], first: int, over: int) -> list[dict[str, str]]:
    return [
        one
        for one in missing
        if first <= int(np.datetime64(one["day"][:10], "D").astype(int)) < over
    ]


def _absent(
    sure: Sure,
    answer: Answer,
    executed: NDArray[np.bool_],
    unseen: Unseen,
    start: int,
    end: int,
    missing: bool,
) -> NDArray[np.int8]:
    """Why what was not seen may still be there; KNOWN where it surely is not: int8[n]."""
    n = len(answer.states)
    why = np.zeros(n, np.int8)

    def because(where: NDArray[np.bool_] | bool, reason: Why) -> None:
        if where is not False:
            why[where & (why == Why.KNOWN)] = reason

    until = answer.window.until
    # Days after those of the marker are never observed: nothing is to come.
    because(until is not None and until < min(end, answer.window.end), Why.NOT_OVER)
    because(~executed, Why.NOT_EXECUTED)
    because(missing, Why.SCENES_MISSING)
    because(start < answer.window.start or end > answer.window.end, Why.OUTSIDE)
    long = unseen.days > sure.longest_gap_days
    bound = unseen.looked_before & unseen.looked_after
    low = unseen.confidence < np.float32(sure.gap_confidence)
    because((unseen.looks > 0) & ~bound & ~_inside(unseen, start, end), Why.NOT_BOUND)
    because(long | low | ~bound, Why.GAP)
    return why


def _inside(unseen: Unseen, start: int, end: int) -> NDArray[np.bool_]:
    """Whether the longest gap lies inside the window: then it is what matters most."""
    return (unseen.before >= start) & (unseen.after < end)


def _outcome(
    question: _Question,
    true: NDArray[np.bool_],
    false: NDArray[np.bool_],
    why: NDArray[np.int8],
    *,
    seen: NDArray[np.int32] | None = None,
    sure: NDArray[np.int64] | None = None,
    doubtful: NDArray[np.int32] | None = None,
    low: NDArray[np.float32] | None = None,
    high: NDArray[np.float32] | None = None,
    free: NDArray[np.bool_] | None = None,
) -> Outcome:
    found = truth(true, false)
    n = len(found)
    return Outcome(
        condition=question.condition,
        truth=(-found).astype(np.int8) if question.condition.forbidden else found,
        why=np.where(found == UNKNOWN, why, Why.KNOWN).astype(np.int8),
        seen=np.zeros(n, np.int32) if seen is None else seen,
        sure=np.empty(0, np.int64) if sure is None else sure,
        doubtful=np.full(n, -1, np.int32) if doubtful is None else doubtful,
        low=low,
        high=high,
        window=question.window,
        unseen=question.unseen,
        answer=question.answer,
        missing=question.missing,
        free=free,
    )


def _events(question: _Question) -> Outcome:
    condition, sure, answer = question.condition, question.sure, question.answer
    absent, (start, end) = question.absent, question.window
    n = len(answer.states)
    # Only the events that touch the window: there are many more.
    near = np.flatnonzero((answer.events.end >= start) & (answer.events.start < end))
    events = answer.events.select(near)
    trace = np.isin(events.kind, TRACES) & (events.kind != condition.kind)
    hint = trace | (np.isin(events.kind, HINTS) & (condition.kind is None))
    # What tells how sure events are is of the marker's main kind.
    main = condition.kind in (None, condition.marker, "conversion")
    meant = (trace & main) | (condition.kind is None) | (events.kind == condition.kind)
    provisional = flagged(events, "provisional")
    inside = (events.start >= start) & (events.end < end)
    strong = (events.confidence >= np.float32(sure.green)) & ~hint
    likely = hint | (events.confidence >= np.float32(sure.red))
    possible = meant & likely
    certain = possible & strong & inside & ~provisional
    apart = condition.min_interval_days
    if condition.forbidden:
        # Looks that are added must not take a red back: they leave a witness as it is.
        certain = meant & inside & flagged(events, "witnessed")
        certain &= sure.green <= SURE
        # Over a long gap, something else may have come between the two looks.
        certain &= events.end - events.start <= sure.longest_gap_days
        certain &= _whole(condition)
        possible &= certain | ~trace
        strong = certain | (strong & ~inside)
        apart = max(apart, APART_DAYS) if condition.at_least > 1 else apart
    else:
        possible &= ~trace | (events.kind == SPARSE_PLANTS)
    counted = _apart(events, np.flatnonzero(certain), apart)
    seen = np.bincount(events.parcel[counted], minlength=n).astype(np.int32)
    chained = _chained(condition)
    silent = _whole(condition) and (condition.forbidden or _silent(condition))
    free = None
    if not silent:
        most = np.full(n, np.iinfo(np.int32).max)
    elif condition.at_least <= 1 and not chained:
        # All that is asked is whether there may have been any: days are not needed.
        most = np.bincount(events.parcel[possible], minlength=n)
    else:
        free = _free(question, events, np.flatnonzero(possible), n, chained=chained)
        most = _at_most(condition, free)
    doubtful = np.full(n, -1, np.int32)
    why = absent.copy()
    for reason, where in (
        (Why.PROVISIONAL, possible & provisional & strong & inside),
        (Why.UNSURE, possible & ~strong),
        (Why.STRADDLES, possible & strong & ~inside),
    ):
        chosen = np.flatnonzero(where)[::-1]
        parcels = events.parcel[chosen]
        doubtful[parcels] = near[chosen]
        why[parcels] = np.where(absent[parcels] == Why.NOT_OVER, Why.NOT_OVER, reason)
    # Several may hide in one long interval: nothing is in doubt but their number.
    why[(why == Why.KNOWN)] = Why.UNSURE
    true = seen >= condition.at_least
    false = (most < condition.at_least) & (absent == Why.KNOWN)
    # A chain of looks that shows no event is surer than two neighbours that show one.
    true &= ~(false & chained)
    return _outcome(
        question, true, false, why, seen=seen, sure=near[counted], doubtful=doubtful,
        free=free if chained else None,
    )  # fmt: skip


def flagged(events: Events, name: str) -> NDArray[np.bool_]:
    """Which events have a value that says yes: bool[m]."""
    values = events.values.get(name)
    if values is None:
        return np.zeros(len(events), bool)
    return values == True if values.dtype == bool else np.nan_to_num(values) > 0  # noqa: E712


def _apart(events: Events, chosen: NDArray[np.int64], days: int) -> NDArray[np.int64]:
    """The chosen events by parcel and day, without those that may be too near to one before."""
    chosen = chosen[np.lexsort((events.end[chosen], events.parcel[chosen]))]
    if not days or len(chosen) < 2:
        return chosen
    kept, parcel, last = [], -1, 0
    for one in chosen.tolist():
        if events.parcel[one] != parcel or events.start[one] + 1 - last >= days:
            kept.append(one)
            parcel, last = int(events.parcel[one]), int(events.end[one])
    return np.array(kept, np.int64)


def _free(
    question: _Question, events: Events, possible: NDArray[np.int64], n: int, *, chained: bool
) -> NDArray[np.bool_]:
    """The days of the window on which there may have been an event: bool[n, days].

    :param chained: they are those of no chain of looks, rather than those of possible events.
    """
    first, over = question.window
    if chained:
        whole = events.select(events.kind == UNBROKEN)
        # The event would come after the first look of the chain.
        return ~painted(whole.parcel, whole.start + 1, whole.end, n, first, over)
    start, end = events.start[possible], events.end[possible]
    return painted(events.parcel[possible], start, end, n, first, over)


def _at_most(condition: Condition, free: NDArray[np.bool_]) -> NDArray[np.int32]:
    """How many events there may have been, counted up to what is asked: int32[n].

    So many of the free days can be chosen that are far enough apart to be of several events.

    :param free: bool[n, days].
    """
    if condition.at_least <= 1:
        return np.asarray(free.any(axis=1), np.int32)
    n, days = free.shape
    apart = max(condition.min_interval_days, APART_DAYS)
    # The next free day from each day on; the number of days where there is none.
    place = np.where(free, np.arange(days), days)
    following = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    following = np.column_stack([following, np.full(n, days)])
    most, rows, now = np.zeros(n, np.int32), np.arange(n), np.zeros(n, np.int64)
    for _ in range(int(min(condition.at_least, days // apart + 1))):
        found = following[rows, now]
        most += found < days
        now = np.minimum(found + apart, days)
    return most


def _silent(condition: Condition) -> bool:
    """Whether it makes a red that a condition's marker is silent."""
    plain = condition.marker != CHAINED or _chained(condition)
    return condition.marker in SILENT and _whole(condition) and plain


def _whole(condition: Condition) -> bool:
    """Whether a condition's marker tells of all looks in the window, not of the best alone."""
    return condition.window is None or condition.marker not in BEST_ONLY


def _chained(condition: Condition) -> bool:
    """Whether chains of looks tell where there was no such event."""
    return (
        condition.marker == CHAINED
        and not condition.forbidden
        and condition.kind in (None, CHAINED)
    )


def _state(question: _Question) -> Outcome:
    condition, sure, absent = question.condition, question.sure, question.absent
    states, events = question.answer.states, question.answer.events
    executed = states.status != Status.NOT_EXECUTED
    there = states.status == Status.OK
    true = there & (states.confidence >= np.float32(sure.green))
    if condition.forbidden:
        witnessed = flagged(events, "witnessed") & (sure.green <= SURE)
        # Wholly inside: of a shorter one, which more looks would show, it is not known otherwise.
        first, over = question.window
        witnessed &= (events.start >= first) & (events.end < over)
        true = executed & _any(events.parcel[witnessed], len(states))
        true &= condition.marker not in STANDING
    hinted = np.zeros(len(states), bool)
    if condition.marker in SILENT and not condition.forbidden:
        hints = np.flatnonzero(events.kind == SPARSE_PLANTS)
        free = _free(question, events, hints, len(states), chained=_chained(condition))
        hinted = np.asarray(free.any(axis=1))
    silent = condition.forbidden or condition.marker in SILENT | STANDING
    # A marker's reason beside NOT_VALID says that its answer is not final.
    final = (absent == Why.KNOWN) & (states.reason == 0) & executed & silent
    why = np.where(there, Why.UNSURE, absent).astype(np.int8)
    unsure = Why.SCENES_MISSING if question.missing else Why.GAP
    why[why == Why.KNOWN] = np.where(final, Why.UNSURE, unsure)[why == Why.KNOWN]
    false = final & ~hinted
    if _chained(condition):
        true &= ~false
    else:
        false &= ~there
    return _outcome(question, true, false, why, seen=there.astype(np.int32))


def _any(parcels: NDArray[np.int32], n: int) -> NDArray[np.bool_]:
    """Which parcels are named: bool[n]."""
    return np.bincount(parcels, minlength=n) > 0


def _value(question: _Question) -> Outcome:
    condition, absent = question.condition, question.absent
    low, high = _numbers(question)
    known = (absent == Why.KNOWN) & ~np.isnan(high)
    greatest = np.inf if condition.at_most is None else condition.at_most
    enough = low >= np.float32(condition.at_least)
    # Days still unseen may add to a value: only an upper bound needs that nothing is unseen.
    true = enough if condition.at_most is None else enough & known & (high <= np.float32(greatest))
    above, below = low > np.float32(greatest), known & (high < np.float32(condition.at_least))
    falls = (condition.value, condition.unknown) in SHRINKING
    if condition.forbidden:
        # What holds makes a red: by a least value that can only grow, or a greatest that can fall.
        lower, upper = condition.at_least != -np.inf, condition.at_most is not None
        true &= (condition.value in GROWING or not lower) & (falls or not upper)
        false = above | below
    else:
        false = (above & (condition.value in GROWING)) | (below & falls)
    why = absent.copy()
    why[(why == Why.KNOWN)] = Why.UNSURE
    executed = question.answer.states.status != Status.NOT_EXECUTED
    why[~executed & (why != Why.NOT_OVER)] = Why.NOT_EXECUTED
    return _outcome(question, true, false, why, low=low, high=high)


def _numbers(question: _Question) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The least and the greatest that a value may be: float32[n] each."""
    condition, answer = question.condition, question.answer
    values = dict(answer.states.values)
    nothing = np.full(len(answer.states), np.nan, np.float32)
    if condition.window is not None:
        found = days_within(answer.events, len(answer.states), *question.window)
        unknown = np.isnan(values.get("covered_days", nothing))
        values = {name: np.where(unknown, np.nan, one) for name, one in found.items()}
    low = values.get(condition.value or "", nothing)
    if condition.value == "longest_covered":
        return low, values.get("possible", nothing)
    return low, low + (values.get(condition.unknown, nothing) if condition.unknown else 0)


def hopes(outcome: Outcome, *, good: bool) -> Truth:
    """The condition's truth if everything still to come went well, or badly."""
    best = TRUE if good else FALSE
    return np.where(outcome.why == Why.NOT_OVER, best, outcome.truth).astype(np.int8)
