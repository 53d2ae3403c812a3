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
from dias_cbm.rules.conditions import Outcome, Why
from dias_cbm.rules.language import Condition, Sure
from dias_cbm.rules.logic import FALSE, TRUE, Truth

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

#: What a marker looks for, where its name is not a word for it.
_WORDS = {"bare_soil": "bare soil", "catch_crop": "a catch crop", "harvest": "a harvest"}

_REASONS = {
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
    text = f"{colour.capitalize()}: {'; '.join(parts)}."
    if colour != "OPEN":
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
        self._one = outcome
        self._condition = condition
        self._sure = sure
        self._year = year
        self._thing = _thing(condition)
        self._first: NDArray[np.int64] | None = None

    def of(self, rows: NDArray[np.int64], found: Truth) -> list[str]:
        """A phrase for each parcel.

        :param rows: positions in the block.
        :param found: the truth that the condition has there; the same in all of its groups.
        """
        return [
            self._known(row) if truth in (TRUE, FALSE) else self._doubt(row)
            for row, truth in zip(rows.tolist(), found.tolist(), strict=True)
        ]

    @property
    def _window(self) -> str:
        first, over = self._one.window
        return f"between {span_text(first, over - 1, self._year)}"

    def _known(self, row: int) -> str:
        one, condition = self._one, self._condition
        if condition.value is not None:
            return self._number(row)
        holds = (one.truth[row] == TRUE) != condition.forbidden
        if condition.state:
            return f"{self._thing} {'found' if holds else 'not found'} {self._window}"
        if holds:
            text = f"{self._thing} {self._times(row)}"
            return (
                f"{text}, where it is not allowed ({self._window})" if condition.forbidden else text
            )
        looks = int(one.unseen.looks[row])
        return (
            f"{self._so_far(row)} {self._window}, with {looks} clear"
            f" look{'' if looks == 1 else 's'}; longest gap {int(one.unseen.days[row])} days,"
            f" gap confidence {one.unseen.confidence[row]:.2f}"
        )

    def _so_far(self, row: int) -> str:
        """What was counted, where it is less than what was asked about."""
        seen = int(self._one.seen[row])
        asked = self._condition.at_least
        if not seen or self._condition.state:
            return f"no {self._thing.removeprefix('a ')} seen"
        return f"{self._thing} seen {_count(seen)}, not {_count(int(asked))},"

    def _times(self, row: int) -> str:
        """The events that count: as many as were asked for."""
        one = self._one
        if self._first is None:
            parcels = one.answer.events.parcel[one.sure]
            self._first = np.searchsorted(parcels, np.arange(len(one.truth) + 1))
        chosen = one.sure[self._first[row] : self._first[row + 1]].tolist()
        asked = int(self._condition.at_least)
        return " and ".join(self._event(event) for event in chosen[:asked])

    def _event(self, event: int) -> str:
        events = self._one.answer.events
        sure = f"(confidence {events.confidence[event]:.2f})"
        return f"{self._interval(event)} {sure}"

    def _interval(self, event: int) -> str:
        events = self._one.answer.events
        start, end = int(events.start[event]), int(events.end[event])
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
        one = self._one
        why = Why(int(one.why[row]))
        first, over = one.window
        if why is Why.NOT_OVER:
            return f"{self._subject(row)}, and the window ends on {day_text(over - 1, self._year)}"
        if why is Why.NOT_EXECUTED:
            reason = _REASONS[Reason(int(one.answer.states.reason[row]))]
            return f"{self._condition.marker.replace('_', ' ')} was not looked for: {reason}"
        event = int(one.doubtful[row])
        if event >= 0:
            return f"{self._thing} {self._doubtful(event, why)}"
        if why is Why.SCENES_MISSING:
            names = [scene["name"] for scene in one.missing]
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            listed = ", ".join(names[:3]) + more
            return f"{self._subject(row)}, but scenes are still expected: {listed}"
        if why is Why.OUTSIDE:
            window = one.answer.window
            span = span_text(window.start, window.end - 1, self._year)
            return f"{self._subject(row)}, but the season is observed only between {span}"
        if why is Why.NOT_BOUND:
            side = "before" if not one.unseen.looked_before[row] else "after"
            day = first if side == "before" else over - 1
            return (
                f"{self._subject(row)}, but there is no clear look in the {EDGE_DAYS} days {side}"
                f" {day_text(day, self._year)}"
            )
        if why is Why.GAP:
            return f"{self._subject(row)}, but {self._gap(row)}"
        if self._condition.value is not None or self._condition.state:
            return f"{self._subject(row)}, which is not sure enough"
        return f"{self._subject(row)}, but a long gap between two looks may hide more than one"

    def _subject(self, row: int) -> str:
        one = self._one
        if self._condition.value is not None:
            return self._number(row)
        if self._condition.state and one.seen[row]:
            return f"{self._thing} found {self._window}"
        return f"{self._so_far(row)} {self._window}"

    def _doubtful(self, event: int, why: Why) -> str:
        one = self._one
        first, over = one.window
        events = one.answer.events
        if why is Why.PROVISIONAL:
            return f"{self._event(event)}, which the next clear look has to confirm"
        if why is Why.UNSURE:
            return f"{self._event(event)}, and {self._sure.green:.2f} is asked"
        before = events.start[event] < first
        edge = (
            f"before or after {day_text(first, self._year)}"
            if before
            else f"before or after the window's last day, {day_text(over - 1, self._year)}"
        )
        return f"{self._interval(event)}, which may be {edge}"

    def _gap(self, row: int) -> str:
        one = self._one
        unseen, (first, over) = one.unseen, one.window
        confidence = (
            f". Gap confidence {unseen.confidence[row]:.2f}, {self._sure.gap_confidence:.2f} asked"
        )
        if not unseen.looks[row]:
            return f"no clear look in these {over - first} days{confidence}"
        before, after = int(unseen.before[row]), int(unseen.after[row])
        ends = []
        if before > first - EDGE_DAYS or unseen.looked_before[row]:
            ends.append(day_text(before, self._year))
        if after < over + EDGE_DAYS:
            ends.append(day_text(after, self._year))
        days = after - before - 1
        looks = " and ".join(ends)
        span = f"from {day_text(before + 1, self._year)} to {day_text(after - 1, self._year)}"
        return f"no clear view {span} ({days} days); clear looks {looks}{confidence}"


def _thing(condition: Condition) -> str:
    name = condition.kind or condition.marker
    return _WORDS.get(name, name.replace("_", " "))


def _count(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
