"""One condition on the parcels of a block: it holds, does not hold, or is not known and why.

An event that was seen decides; for a red it must be witnessed (:mod:`dias_cbm.markers.witness`).
That none was seen decides only if none could be missed: the marker has looked and has no hint, the
window is over and has no long gap between looks, there is a look before it and one after it, and no
scene is still expected. So missing data never make a red.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.cover import days_within, painted
from dias_cbm.markers.events import Events, Status
from dias_cbm.markers.store import Answer
from dias_cbm.markers.witness import SPARSE_PLANTS, SURE, UNBROKEN
from dias_cbm.rules.gaps import HIDES_DAYS, Gaps, Unseen
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, UNKNOWN, Truth, truth
from dias_cbm.rules.marker_traits import (
    HINTS,
    SILENT,
    STANDING,
    TRACES,
    has_chains,
    sees_window,
    silence_counts,
)
from dias_cbm.rules.outcome import Outcome, Why

#: Values that further looks can only raise, or only lower (with their ``unknown``). The first
#: make a red only by being too high, the others only by being too low.
GROWING = frozenset(["bare_looks", "highest", "ndvi"])
SHRINKING = frozenset(
    [("covered_days", "unknown_days"), ("longest_covered", None), ("share", None)]
)

#: Days within which two events count as one (the mowing rule's own distance).
APART_DAYS = 15


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
        # The days of cover may be known although gaps leave the marker's own answer open.
        value = answer.states.values.get(condition.value)
        executed = executed | (False if value is None else ~np.isnan(value))
    sure = _limits(condition, sure)
    absent = _absent(sure, answer, executed, unseen, start, end, bool(near))
    question = _Question(condition, sure, answer, unseen, absent, (start, end), near)
    if condition.value is not None:
        return _value(question)
    if condition.state:
        return _state(question)
    return _events(question)


def _limits(condition: Condition, sure: Sure) -> Sure:
    """What is sure enough: where silence may make a red, no gap may hide an event for certain."""
    if condition.forbidden or condition.value is not None:
        return sure
    return replace(sure, longest_gap_days=min(sure.longest_gap_days, HIDES_DAYS - 1))


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
    """Why an event may have been missed; KNOWN where there surely was none: int8[n]."""
    n = len(answer.states)
    why = np.zeros(n, np.int8)

    def because(where: NDArray[np.bool_] | bool, reason: Why) -> None:
        if where is not False:
            why[where & (why == Why.KNOWN)] = reason

    until = answer.window.until
    # Of such a window nothing is ever observed.
    because(start >= answer.window.end or end <= answer.window.start, Why.OUTSIDE)
    # The window is over at the marker's last day: nothing after it is ever observed.
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
    """Whether the longest gap lies inside the window: then it is the reason to name."""
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
    # Most events do not touch the window.
    near = np.flatnonzero((answer.events.end >= start) & (answer.events.start < end))
    events = answer.events.select(near)
    trace = np.isin(events.kind, TRACES) & (events.kind != condition.kind)
    hint = trace | (np.isin(events.kind, HINTS) & (condition.kind is None))
    # Traces belong to the marker's main kind.
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
        # Further looks must not take a red back: they do not change a witness.
        certain = meant & inside & flagged(events, "witnessed")
        certain &= sure.green <= SURE
        # In a long gap, another event may lie between the two looks.
        certain &= events.end - events.start <= sure.longest_gap_days
        certain &= sees_window(condition)
        possible &= certain | ~trace
        strong = certain | (strong & ~inside)
        apart = max(apart, APART_DAYS) if condition.at_least > 1 else apart
    else:
        possible &= ~trace | (events.kind == SPARSE_PLANTS)
    counted = _apart(events, np.flatnonzero(certain), apart)
    seen = np.bincount(events.parcel[counted], minlength=n).astype(np.int32)
    chained = has_chains(condition)
    silent = silence_counts(condition)
    free = None
    if not silent:
        most = np.full(n, np.iinfo(np.int32).max)
    elif condition.at_least <= 1 and not chained:
        # The question is only whether there may have been any event: days are not needed.
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
    # One long interval may hide several events: only their number is in doubt.
    why[(why == Why.KNOWN)] = Why.UNSURE
    true = seen >= condition.at_least
    false = (most < condition.at_least) & (absent == Why.KNOWN)
    # A chain of looks without an event is surer than two neighbouring looks with one.
    true &= ~(false & chained)
    return _outcome(
        question, true, false, why, seen=seen, sure=near[counted], doubtful=doubtful,
        free=free if chained else None,
    )  # fmt: skip


def flagged(events: Events, name: str) -> NDArray[np.bool_]:
    """The events whose value of this name is true, or above 0: bool[m]."""
    values = events.values.get(name)
    if values is None:
        return np.zeros(len(events), bool)
    return values == True if values.dtype == bool else np.nan_to_num(values) > 0  # noqa: E712


def _apart(events: Events, chosen: NDArray[np.int64], days: int) -> NDArray[np.int64]:
    """The chosen events by parcel and day, without those that may be too near to an earlier one."""
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

    :param chained: these are the days outside of all chains of looks, rather than the days of
        possible events.
    """
    first, over = question.window
    if chained:
        whole = events.select(events.kind == UNBROKEN)
        # An event on the day of the first look would be before the chain.
        return ~painted(whole.parcel, whole.start + 1, whole.end, n, first, over)
    start, end = events.start[possible], events.end[possible]
    return painted(events.parcel[possible], start, end, n, first, over)


def _at_most(condition: Condition, free: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The greatest possible number of events, counted up to ``at_least``: int32[n].

    It is the number of free days that are far enough apart to belong to different events.

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


def _state(question: _Question) -> Outcome:
    condition, sure, absent = question.condition, question.sure, question.absent
    states, events = question.answer.states, question.answer.events
    executed = states.status != Status.NOT_EXECUTED
    there = states.status == Status.OK
    true = there & (states.confidence >= np.float32(sure.green))
    if condition.forbidden:
        witnessed = flagged(events, "witnessed") & (sure.green <= SURE)
        # Wholly inside the window: more looks would shorten an event, perhaps to its part outside.
        first, over = question.window
        witnessed &= (events.start >= first) & (events.end < over)
        true = executed & _any(events.parcel[witnessed], len(states))
        true &= condition.marker not in STANDING
    hinted = np.zeros(len(states), bool)
    if condition.marker in SILENT and not condition.forbidden:
        hints = np.flatnonzero(events.kind == SPARSE_PLANTS)
        free = _free(question, events, hints, len(states), chained=has_chains(condition))
        hinted = np.asarray(free.any(axis=1))
    silent = condition.forbidden or condition.marker in SILENT | STANDING
    # NOT_VALID with a reason is not a final answer.
    final = (absent == Why.KNOWN) & (states.reason == 0) & executed & silent
    why = np.where(there, Why.UNSURE, absent).astype(np.int8)
    unsure = Why.SCENES_MISSING if question.missing else Why.GAP
    why[why == Why.KNOWN] = np.where(final, Why.UNSURE, unsure)[why == Why.KNOWN]
    false = final & ~hinted
    if has_chains(condition):
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
    # Unseen days can only raise a value, so a lower bound holds even if days are unseen.
    true = enough if condition.at_most is None else enough & known & (high <= np.float32(greatest))
    above, below = low > np.float32(greatest), known & (high < np.float32(condition.at_least))
    falls = (condition.value, condition.unknown) in SHRINKING
    if condition.forbidden:
        # A red needs a lower bound on a value that only grows, or an upper bound on one that falls.
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


def truth_at_end(outcome: Outcome, *, good: bool) -> Truth:
    """A condition's truth at the end of its window if all that is still open holds, or fails."""
    best = TRUE if good else FALSE
    return np.where(outcome.why == Why.NOT_OVER, best, outcome.truth).astype(np.int8)
