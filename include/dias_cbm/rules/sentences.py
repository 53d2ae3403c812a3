"""Verdicts in plain words, by template: what was seen, when, how surely, or why it is not known."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.events import Reason
from dias_cbm.markers.gaps import EDGE_DAYS
from dias_cbm.markers.series import day_of
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, Truth
from dias_cbm.rules.marker_traits import BEST_ONLY, HINTS, SILENT, TRACES
from dias_cbm.rules.memory import Memory
from dias_cbm.rules.number_text import number_text
from dias_cbm.rules.outcome import Outcome, Why

# An enum's member is looked up anew each time, which costs more than the sentence.
_NOT_OVER, _NOT_EXECUTED, _GAP = int(Why.NOT_OVER), int(Why.NOT_EXECUTED), int(Why.GAP)

#: Missing scenes that a sentence names.
_NAMED = 3

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

#: What a marker looks for, where its name is not a word for it.
_WORDS = {"bare_soil": "bare soil", "catch_crop": "a catch crop", "harvest": "a harvest"}

#: Why a marker could not answer, in words.
REASONS = {
    Reason.NONE: "no reason is stored",
    Reason.TOO_SMALL: "the parcel has too few pixels",
    Reason.VANISHES_UNDER_INNER_BUFFER: "nothing of the parcel is left inside the inner buffer",
    Reason.FEW_CLEAR: "there are too few clear looks",
    Reason.GAP_IN_WINDOW: "a gap between clear looks is too long",
    Reason.NO_S1: "there is no Sentinel-1",
    Reason.SNOW: "most looks are at snow",
    Reason.HETEROGENEOUS: "the parcel holds more than one kind of cover",
    Reason.CROP_NOT_APPLICABLE: "the marker is not meant for the declared crop",
    Reason.SEASON_NOT_OVER: "the season is not over",
    Reason.GAP_OPEN: "scenes are still expected",
    Reason.NO_STATISTICS: "the parcel has no statistics",
}


def sentence(colour: str, said: str, best: int, worst: int) -> str:
    """The whole sentence of a verdict.

    :param colour: its name.
    :param said: what the conditions that decided say.
    :param best: truth if all that is to come goes well; ``worst``: badly.
    """
    text = f"{colour}: {said}."
    if colour != "Open":
        return text
    possible = [
        name
        for name, there in (
            ("green", best == TRUE),
            ("yellow", True),
            ("red", worst == FALSE),
        )
        if there
    ]
    return f"{text} Still possible: {' or '.join(possible)}."


@cache
def day_text(day: int, year: int) -> str:
    """A day such as "15 June"; with its year if that is not the declaration year."""
    one = day_of(day)
    text = f"{one.day} {_MONTHS[one.month - 1]}"
    return text if one.year == year else f"{text} {one.year}"


@cache
def span_text(first: int, last: int, year: int) -> str:
    """Two days, such as "15 June and 31 July"."""
    return f"{day_text(first, year)} and {day_text(last, year)}"


class Phrases:
    """Phrases of one condition on the parcels whose colour it decides.

    :param memory: of phrases that were said before.
    """

    def __init__(
        self, outcome: Outcome, condition: Condition, sure: Sure, year: int, memory: Memory
    ) -> None:
        unseen, events = outcome.unseen, outcome.answer.events
        self._one = outcome
        self._condition = condition
        self._sure = sure
        self._year = year
        self._thing = _thing(condition)
        self._first, self._over = outcome.window
        self._window = f"between {span_text(self._first, self._over - 1, year)}"
        self._nothing = f"no {self._thing.removeprefix('a ')} seen {self._window}"
        self._memory = memory
        self._sort = condition, sure, year, outcome.window, outcome.answer.window
        self._confidence = events.confidence.astype(float)
        self._gap_confidence = unseen.confidence.astype(float)
        # Where the events that count begin, of each parcel.
        counted = np.bincount(events.parcel[outcome.sure], minlength=len(outcome.truth))
        self._sure_from = np.append(0, np.cumsum(counted))

    def of(self, rows: NDArray[np.int64], found: Truth) -> list[str]:
        """A phrase for each parcel.

        :param rows: positions in the block.
        :param found: the truth that the condition has there.
        """
        texts = np.empty(len(rows), object)
        known = found != 0
        for chosen, part in ((known, self._knowns), (~known, self._doubts)):
            place = np.flatnonzero(chosen)
            if len(place):
                part(texts, place, rows[place])
        return list(texts)

    def _say(
        self,
        texts: NDArray[Any],
        place: NDArray[np.int64],
        rows: NDArray[np.int64],
        name: str,
        columns: Sequence[NDArray[Any]],
        said: Callable[[int], str],
    ) -> None:
        """Set the phrase of each row.

        :param name: of this sort of phrases.
        :param columns: all numbers of the rows that the phrase depends on.
        """
        if not len(place):
            return
        lists = [np.nan_to_num(one, nan=-1e30).tolist() for one in columns]
        keys = zip(*lists, strict=True) if lists else [()] * len(place)
        texts[place] = self._memory.texts((name, *self._sort), rows.tolist(), keys, said)

    def _knowns(
        self, texts: NDArray[Any], place: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        one, condition = self._one, self._condition
        if condition.value is not None:
            self._say(texts, place, rows, "number", self._numbers(rows), self._number)
            return
        holds = (one.truth[rows] == TRUE) != condition.forbidden
        if condition.state:
            self._say(texts, place, rows, "state", [holds], self._known)
            return
        there, not_there = np.flatnonzero(holds), np.flatnonzero(~holds)
        many = int(condition.at_least)
        if many == 1:
            first = one.sure[self._sure_from[rows[there]]]
            self._say(texts, place[there], rows[there], "seen", self._dates(first), self._known)
        else:
            texts[place[there]] = [self._known(row) for row in rows[there].tolist()]
        rest = rows[not_there]
        unseen = one.unseen
        columns: list[NDArray[Any]] = [
            one.seen[rest], unseen.looks[rest], unseen.days[rest],
            _hundredths(self._gap_confidence[rest]),
        ]  # fmt: skip
        self._say(texts, place[not_there], rest, "not seen", columns, self._known)

    def _doubts(
        self, texts: NDArray[Any], place: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        one, why, event = self._one, self._one.why[rows], self._one.doubtful[rows]
        unseen = one.unseen
        sorts = np.select(
            [why == _NOT_OVER, why == _NOT_EXECUTED, event >= 0, why == _GAP], [0, 1, 2, 3], 4
        )
        for sort in np.unique(sorts).tolist():
            here = np.flatnonzero(sorts == sort)
            own, at = rows[here], place[here]
            subject = self._numbers(own) if one.low is not None else [one.seen[own]]
            if sort == 0:
                columns = subject
            elif sort == 1:
                columns = [one.answer.states.reason[own]]
            elif sort == 2:
                texts[at] = self._memory.texts(
                    ("doubt", *self._sort), own.tolist(), self._doubt_keys(event[here], why[here]),
                    self._doubt,
                )  # fmt: skip
                continue
            elif sort == 3:
                columns = [
                    *subject, unseen.looks[own], unseen.before[own], unseen.after[own],
                    unseen.looked_before[own], _hundredths(self._gap_confidence[own]),
                ]  # fmt: skip
            else:
                columns = [*subject, why[here], unseen.looked_before[own], *self._open(own)]
            if sort == 4 and one.missing:
                # Which scenes are missing is another matter in each block.
                texts[at] = [self._doubt(row) for row in own.tolist()]
            else:
                self._say(texts, at, own, f"doubt {sort}", columns, self._doubt)

    def _numbers(self, rows: NDArray[np.int64]) -> list[NDArray[Any]]:
        return [one[rows] for one in (self._one.low, self._one.high) if one is not None]

    def _dates(self, chosen: NDArray[np.signedinteger[Any]]) -> list[NDArray[Any]]:
        events = self._one.answer.events
        return [
            events.start[chosen], events.end[chosen], _hundredths(self._confidence[chosen]),
        ]  # fmt: skip

    def _doubt_keys(
        self, events: NDArray[np.signedinteger[Any]], why: NDArray[np.int8]
    ) -> Iterable[tuple[Any, ...]]:
        columns = [*self._dates(events), why, self._confidence[events] >= self._sure.green]
        kinds = self._one.answer.events.kind[events]
        return zip(kinds.tolist(), *(one.tolist() for one in columns), strict=True)

    def _open(self, rows: NDArray[np.int64]) -> list[NDArray[Any]]:
        """First and last day of the first stretch on which an event would not surely be seen."""
        if self._one.free is None:
            return []
        free = self._one.free[rows]
        first = free.argmax(axis=1)
        closed = np.column_stack([~free, np.ones(len(rows), bool)])
        closed &= np.arange(closed.shape[1]) > first[:, None]
        return [free.any(axis=1), first, closed.argmax(axis=1) - 1]

    def _known(self, row: int) -> str:
        condition = self._condition
        if condition.value is not None:
            return self._number(row)
        holds = (self._one.truth[row] == TRUE) != condition.forbidden
        if condition.state:
            return f"{self._thing} {'found' if holds else 'not found'} {self._window}"
        if holds:
            chosen = self._one.sure[self._sure_from[row] : self._sure_from[row + 1]].tolist()
            times = " and ".join(self._event(one) for one in chosen[: int(condition.at_least)])
            where = f", where it is not allowed ({self._window})" if condition.forbidden else ""
            return f"{self._thing} {times}{where}"
        looks = int(self._one.unseen.looks[row])
        return (
            f"{self._so_far(row)}, with {looks} clear look{'' if looks == 1 else 's'}; longest gap"
            f" {self._one.unseen.days[row]} days, gap confidence"
            f" {self._gap_confidence[row]:.2f}"
        )

    def _so_far(self, row: int) -> str:
        """The events seen, and how many are needed; or that none was seen."""
        seen = int(self._one.seen[row])
        if not seen or self._condition.state:
            return self._nothing
        asked = _count(int(self._condition.at_least))
        return f"{self._thing} seen {_count(seen)}, not {asked}, {self._window}"

    def _event(self, event: int) -> str:
        return f"{self._interval(event)} (confidence {self._confidence[event]:.2f})"

    def _interval(self, event: int) -> str:
        start, end = self._span(event)
        if start == end:
            return f"on {day_text(start, self._year)}"
        return f"between {span_text(start, end, self._year)}"

    def _span(self, event: int) -> tuple[int, int]:
        events = self._one.answer.events
        return int(events.start[event]), int(events.end[event])

    def _number(self, row: int) -> str:
        one, condition = self._one, self._condition
        low, high = (math.nan if x is None else float(x[row]) for x in (one.low, one.high))
        name = (condition.value or "").replace("_", " ")
        limits = [x for x in (condition.at_least, condition.at_most) if x is not None]
        value = "not known" if np.isnan(low) else number_text(low, limits)
        if not np.isnan(high) and high > low:
            value = f"{number_text(low, limits)} to {number_text(high, limits)}"
        asked = []
        if condition.at_least != -np.inf:
            asked.append(f"at least {condition.at_least:g}")
        if condition.at_most is not None:
            asked.append(f"at most {condition.at_most:g}")
        word = "forbidden" if condition.forbidden else "asked"
        return f"{name} {value}, {' and '.join(asked)} {word}"

    def _doubt(self, row: int) -> str:
        why = int(self._one.why[row])
        if why == _NOT_OVER:
            return f"{self._subject(row)}, and the window ends on {self._last_day}"
        if why == _NOT_EXECUTED:
            reason = REASONS[Reason(int(self._one.answer.states.reason[row]))]
            return f"{self._condition.marker.replace('_', ' ')} was not looked for: {reason}"
        event = int(self._one.doubtful[row])
        if event >= 0:
            return self._in_doubt(event, why)
        if why == _GAP:
            return f"{self._subject(row)}, but {self._gap(row)}"
        return f"{self._subject(row)}, {self._otherwise(row, why)}"

    def _otherwise(self, row: int, why: int) -> str:
        one = self._one
        if why == Why.SCENES_MISSING:
            names = [scene["name"] for scene in one.missing]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            named = " ".join(", ".join(names[:_NAMED]).split())
            return f"but scenes are still expected: {named}{more}"
        if why == Why.OUTSIDE:
            window = one.answer.window
            span = span_text(window.start, window.end - 1, self._year)
            return f"but the season is observed only between {span}"
        if why == Why.NOT_BOUND:
            if one.unseen.looked_before[row]:
                return f"but there is no clear look in the {EDGE_DAYS} days after {self._last_day}"
            begin = day_text(self._first, self._year)
            return f"but there is no clear look in the {EDGE_DAYS} days before {begin}"
        if self._condition.value is not None or self._condition.state:
            return "which is not sure enough"
        if self._condition.marker not in SILENT or self._condition.marker in BEST_ONLY:
            return "which does not show that there was none"
        if one.free is not None and one.free[row].any():
            _, first, last = (int(x[0]) for x in self._open(np.array([row])))
            span = span_text(self._first + first, self._first + last, self._year)
            return f"but one between {span} might not be seen"
        return "but a long gap between two looks may hide more than one"

    @property
    def _last_day(self) -> str:
        return day_text(self._over - 1, self._year)

    def _subject(self, row: int) -> str:
        if self._condition.value is not None:
            return self._number(row)
        if self._condition.state and self._one.seen[row]:
            return f"{self._thing} found {self._window}"
        return self._so_far(row)

    def _in_doubt(self, event: int, why: int) -> str:
        kind = str(self._one.answer.events.kind[event])
        hints = TRACES if self._condition.kind else (*HINTS, *TRACES)
        if kind in hints and kind != self._condition.kind:
            return f"{kind.replace('_', ' ')} {self._interval(event)}, which may be {self._thing}"
        if why == Why.PROVISIONAL:
            return f"{self._thing} {self._event(event)}, which the next clear look has to confirm"
        if why == Why.UNSURE and self._confidence[event] >= self._sure.green:
            start, end = self._span(event)
            days, most = end - start, self._sure.longest_gap_days
            if days <= most:
                return f"{self._thing} {self._event(event)}, which other looks might not confirm"
            return (
                f"{self._thing} {self._event(event)}, but these looks are {days} days apart, and"
                f" {most} are allowed"
            )
        if why == Why.UNSURE:
            return f"{self._thing} {self._event(event)}, and {self._sure.green:.2f} is asked"
        edge = (
            day_text(self._first, self._year)
            if self._span(event)[0] < self._first
            else f"the window's last day, {self._last_day}"
        )
        return f"{self._thing} {self._interval(event)}, which may be before or after {edge}"

    def _gap(self, row: int) -> str:
        confidence = (
            f". Gap confidence {self._gap_confidence[row]:.2f},"
            f" {self._sure.gap_confidence:.2f} asked"
        )
        first, over, year = self._first, self._over, self._year
        if not self._one.unseen.looks[row]:
            return f"no clear look in these {over - first} days{confidence}"
        before, after = int(self._one.unseen.before[row]), int(self._one.unseen.after[row])
        ends = []
        if before > first - EDGE_DAYS or self._one.unseen.looked_before[row]:
            ends.append(day_text(before, year))
        if after < over + EDGE_DAYS:
            ends.append(day_text(after, year))
        return (
            f"no clear view from {day_text(before + 1, year)} to {day_text(after - 1, year)}"
            f" ({after - before - 1} days); clear looks {' and '.join(ends)}{confidence}"
        )


def _hundredths(confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    """A confidence in hundredths, as phrases show it."""
    return np.rint(100 * confidence)


def _thing(condition: Condition) -> str:
    name = condition.kind or condition.marker
    return _WORDS.get(name, name.replace("_", " "))


def _count(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
