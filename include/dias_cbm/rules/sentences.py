"""Verdicts in plain words, by template: what was seen, when, how surely, or why it is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.events import Reason
from dias_cbm.markers.gaps import EDGE_DAYS
from dias_cbm.markers.series import day_of
from dias_cbm.rules.conditions import HINTS, Outcome, Why
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, Truth

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


def sentence(colour: str, parts: Sequence[str], best: int, worst: int) -> str:
    """The whole sentence of a verdict.

    :param colour: its name.
    :param parts: what the conditions that decided say.
    :param best: truth if all that is to come goes well; ``worst``: badly.
    """
    text = f"{colour}: {parts[0] if len(parts) == 1 else '; '.join(parts)}."
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
    """What one condition says of the parcels whose colour it decides."""

    def __init__(self, outcome: Outcome, condition: Condition, sure: Sure, year: int) -> None:
        unseen, events = outcome.unseen, outcome.answer.events
        self._one = outcome
        self._condition = condition
        self._sure = sure
        self._year = year
        self._thing = _thing(condition)
        self._first, self._over = outcome.window
        self._window = f"between {span_text(self._first, self._over - 1, year)}"
        self._nothing = f"no {self._thing.removeprefix('a ')} seen {self._window}"
        # Lists: a number of an array costs many times as much.
        self._truth: list[int] = outcome.truth.tolist()
        self._why: list[int] = outcome.why.tolist()
        self._seen: list[int] = outcome.seen.tolist()
        self._doubtful: list[int] = outcome.doubtful.tolist()
        self._before: list[int] = unseen.before.tolist()
        self._after: list[int] = unseen.after.tolist()
        self._looks: list[int] = unseen.looks.tolist()
        self._gap_confidence: list[float] = unseen.confidence.tolist()
        self._starts: list[int] = events.start.tolist()
        self._ends: list[int] = events.end.tolist()
        self._confidence: list[float] = events.confidence.tolist()
        hints = np.isin(events.kind, HINTS) if condition.kind is None else events.kind == ""
        self._hints: list[bool] = hints.tolist()
        # Where the events that count begin, of each parcel.
        counted = np.bincount(events.parcel[outcome.sure], minlength=len(self._truth))
        self._sure_from: list[int] = [0, *np.cumsum(counted).tolist()]
        self._sure_events: list[int] = outcome.sure.tolist()

    def of(self, rows: NDArray[np.int64], found: Truth) -> list[str]:
        """A phrase for each parcel.

        :param rows: positions in the block.
        :param found: the truth that the condition has there.
        """
        return [
            self._known(row) if truth else self._doubt(row)
            for row, truth in zip(rows.tolist(), found.tolist(), strict=True)
        ]

    def _known(self, row: int) -> str:
        condition = self._condition
        if condition.value is not None:
            return self._number(row)
        holds = (self._truth[row] == TRUE) != condition.forbidden
        if condition.state:
            return f"{self._thing} {'found' if holds else 'not found'} {self._window}"
        if holds:
            chosen = self._sure_events[self._sure_from[row] : self._sure_from[row + 1]]
            times = " and ".join(self._event(one) for one in chosen[: int(condition.at_least)])
            where = f", where it is not allowed ({self._window})" if condition.forbidden else ""
            return f"{self._thing} {times}{where}"
        looks = self._looks[row]
        return (
            f"{self._so_far(row)}, with {looks} clear look{'' if looks == 1 else 's'}; longest gap"
            f" {self._after[row] - self._before[row]} days, gap confidence"
            f" {self._gap_confidence[row]:.2f}"
        )

    def _so_far(self, row: int) -> str:
        """What was counted, where it is less than what was asked about."""
        seen = self._seen[row]
        if not seen or self._condition.state:
            return self._nothing
        asked = _count(int(self._condition.at_least))
        return f"{self._thing} seen {_count(seen)}, not {asked}, {self._window}"

    def _event(self, event: int) -> str:
        return f"{self._interval(event)} (confidence {self._confidence[event]:.2f})"

    def _interval(self, event: int) -> str:
        start, end = self._starts[event], self._ends[event]
        if start == end:
            return f"on {day_text(start, self._year)}"
        return f"between {span_text(start, end, self._year)}"

    def _number(self, row: int) -> str:
        one, condition = self._one, self._condition
        low, high = (math.nan if x is None else float(x[row]) for x in (one.low, one.high))
        name = (condition.value or "").replace("_", " ")
        value = "not known" if np.isnan(low) else f"{low:g}"
        if not np.isnan(high) and high > low:
            value = f"{low:g} to {high:g}"
        asked = []
        if condition.at_least != -np.inf:
            asked.append(f"at least {condition.at_least:g}")
        if condition.at_most is not None:
            asked.append(f"at most {condition.at_most:g}")
        word = "forbidden" if condition.forbidden else "asked"
        return f"{name} {value}, {' and '.join(asked)} {word}"

    def _doubt(self, row: int) -> str:
        why = self._why[row]
        if why == _NOT_OVER:
            return f"{self._subject(row)}, and the window ends on {self._last_day}"
        if why == _NOT_EXECUTED:
            reason = REASONS[Reason(int(self._one.answer.states.reason[row]))]
            return f"{self._condition.marker.replace('_', ' ')} was not looked for: {reason}"
        event = self._doubtful[row]
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
            first = day_text(self._first, self._year)
            return f"but there is no clear look in the {EDGE_DAYS} days before {first}"
        if self._condition.value is not None or self._condition.state:
            return "which is not sure enough"
        return "but a long gap between two looks may hide more than one"

    @property
    def _last_day(self) -> str:
        return day_text(self._over - 1, self._year)

    def _subject(self, row: int) -> str:
        if self._condition.value is not None:
            return self._number(row)
        if self._condition.state and self._seen[row]:
            return f"{self._thing} found {self._window}"
        return self._so_far(row)

    def _in_doubt(self, event: int, why: int) -> str:
        if self._hints[event]:
            hint = str(self._one.answer.events.kind[event]).replace("_", " ")
            return f"{hint} {self._interval(event)}, which may be {self._thing}"
        if why == Why.PROVISIONAL:
            return f"{self._thing} {self._event(event)}, which the next clear look has to confirm"
        if why == Why.UNSURE and self._confidence[event] >= self._sure.green:
            days = self._ends[event] - self._starts[event]
            return (
                f"{self._thing} {self._event(event)}, but these looks are {days} days apart, and"
                f" {self._sure.longest_gap_days} are allowed"
            )
        if why == Why.UNSURE:
            return f"{self._thing} {self._event(event)}, and {self._sure.green:.2f} is asked"
        edge = (
            day_text(self._first, self._year)
            if self._starts[event] < self._first
            else f"the window's last day, {self._last_day}"
        )
        return f"{self._thing} {self._interval(event)}, which may be before or after {edge}"

    def _gap(self, row: int) -> str:
        confidence = (
            f". Gap confidence {self._gap_confidence[row]:.2f},"
            f" {self._sure.gap_confidence:.2f} asked"
        )
        first, over, year = self._first, self._over, self._year
        if not self._looks[row]:
            return f"no clear look in these {over - first} days{confidence}"
        before, after = self._before[row], self._after[row]
        ends = []
        if before > first - EDGE_DAYS or self._one.unseen.looked_before[row]:
            ends.append(day_text(before, year))
        if after < over + EDGE_DAYS:
            ends.append(day_text(after, year))
        return (
            f"no clear view from {day_text(before + 1, year)} to {day_text(after - 1, year)}"
            f" ({after - before - 1} days); clear looks {' and '.join(ends)}{confidence}"
        )


def _thing(condition: Condition) -> str:
    name = condition.kind or condition.marker
    return _WORDS.get(name, name.replace("_", " "))


def _count(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
