"""One condition on the parcels of a block: does it hold, does it not, or is it not known and why.

What is seen decides by itself. What is not seen decides only if it could not have been missed: the
marker has looked, the window is over and was looked at from end to end without a long gap, a look
before and one after it bound it, and no scene is still expected. So what is missing never decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.events import Events, Status
from dias_cbm.markers.store import Answer
from dias_cbm.rules.gaps import Gaps, Unseen
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, UNKNOWN, Truth, truth

#: Kinds of events that are hints: one may be what is asked for, but never shows it, unless a
#: condition names its kind.
HINTS = ("grazing_or_gradual", "ground_change")

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
    absent = _absent(sure, answer, unseen, start, end, bool(near))
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
    sure: Sure, answer: Answer, unseen: Unseen, start: int, end: int, missing: bool
) -> NDArray[np.int8]:
    """Why what was not seen may still be there; KNOWN where it surely is not: int8[n]."""
    n = len(answer.states)
    why = np.zeros(n, np.int8)

    def because(where: NDArray[np.bool_] | bool, reason: Why) -> None:
        if where is not False:
            why[where & (why == Why.KNOWN)] = reason

    until = answer.window.until
    because(until is not None and until < end, Why.NOT_OVER)
    because(answer.states.status == Status.NOT_EXECUTED, Why.NOT_EXECUTED)
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
    )


def _events(question: _Question) -> Outcome:
    condition, sure, answer = question.condition, question.sure, question.answer
    absent, (start, end) = question.absent, question.window
    events, n = answer.events, len(answer.states)
    every = condition.kind is None
    hint = np.isin(events.kind, HINTS) if every else np.zeros(len(events), bool)
    meant = np.ones(len(events), bool) if every else events.kind == condition.kind
    touches = (events.end >= start) & (events.start < end)
    provisional = _provisional(events)
    inside = (events.start >= start) & (events.end < end)
    strong = (events.confidence >= np.float32(sure.green)) & ~hint
    if condition.forbidden:
        # Over a long gap, something else may have come between the two looks.
        strong &= events.end - events.start <= sure.longest_gap_days
    possible = meant & touches & (events.confidence >= np.float32(sure.red))
    certain = possible & strong & inside & ~provisional
    counted = _apart(events, np.flatnonzero(certain), condition.min_interval_days)
    seen = np.bincount(events.parcel[counted], minlength=n).astype(np.int32)
    most = _at_most(events, np.flatnonzero(possible), condition, n)
    doubtful = np.full(n, -1, np.int32)
    why = absent.copy()
    for reason, where in (
        (Why.PROVISIONAL, possible & provisional & strong & inside),
        (Why.UNSURE, possible & ~strong),
        (Why.STRADDLES, possible & strong & ~inside),
    ):
        chosen = np.flatnonzero(where)[::-1]
        parcels = events.parcel[chosen]
        doubtful[parcels] = chosen
        why[parcels] = np.where(absent[parcels] == Why.NOT_OVER, Why.NOT_OVER, reason)
    # Several may hide in one long interval: nothing is in doubt but their number.
    why[(why == Why.KNOWN)] = Why.UNSURE
    true = seen >= condition.at_least
    false = (most < condition.at_least) & (absent == Why.KNOWN)
    return _outcome(question, true, false, why, seen=seen, sure=counted, doubtful=doubtful)


def _provisional(events: Events) -> NDArray[np.bool_]:
    values = events.values.get("provisional")
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


def _at_most(
    events: Events, possible: NDArray[np.int64], condition: Condition, n: int
) -> NDArray[np.float64]:
    """How many events there may have been at most: a long interval may hide several: [n]."""
    weights = np.ones(len(possible))
    if condition.at_least > 1:
        width = events.end[possible] - events.start[possible]
        weights += width // max(condition.min_interval_days, APART_DAYS)
    return np.bincount(events.parcel[possible], weights, minlength=n).astype(float)


def _state(question: _Question) -> Outcome:
    sure, absent, states = question.sure, question.absent, question.answer.states
    there = states.status == Status.OK
    weak = states.confidence < np.float32(sure.green)
    below = states.confidence < np.float32(sure.red)
    # A marker's reason beside NOT_VALID says that its answer is not final.
    final = (absent == Why.KNOWN) & ((states.reason == 0) | there)
    why = np.where(there, Why.UNSURE, absent).astype(np.int8)
    why[(why == Why.KNOWN)] = Why.SCENES_MISSING if question.missing else Why.GAP
    false = final & (~there | below)
    return _outcome(question, there & ~weak, false, why, seen=there.astype(np.int32))


def _value(question: _Question) -> Outcome:
    condition, answer, absent = question.condition, question.answer, question.absent
    n = len(answer.states)
    nothing = np.full(n, np.nan, np.float32)
    low = answer.states.values.get(condition.value or "", nothing)
    doubt = nothing * 0
    if condition.unknown is not None:
        doubt = answer.states.values.get(condition.unknown, nothing)
    high = low + doubt
    known = (absent == Why.KNOWN) & ~np.isnan(high)
    greatest = np.inf if condition.at_most is None else condition.at_most
    enough = low >= np.float32(condition.at_least)
    # Days still unseen may add to a value: only an upper bound needs that nothing is unseen.
    true = enough if condition.at_most is None else enough & known & (high <= np.float32(greatest))
    false = (low > np.float32(greatest)) | (known & (high < np.float32(condition.at_least)))
    why = absent.copy()
    why[(why == Why.KNOWN)] = Why.UNSURE
    why[(answer.states.status == Status.NOT_EXECUTED) & (why != Why.NOT_OVER)] = Why.NOT_EXECUTED
    return _outcome(question, true, false, why, low=low, high=high)


def hopes(outcome: Outcome, *, good: bool) -> Truth:
    """The condition's truth if everything still to come went well, or badly."""
    best = TRUE if good else FALSE
    return np.where(outcome.why == Why.NOT_OVER, best, outcome.truth).astype(np.int8)
