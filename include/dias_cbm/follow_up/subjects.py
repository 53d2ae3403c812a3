"""Subjects of the follow-up: parcels in doubt, and the days that would decide about each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import ParcelUnknown, RuleError
from dias_cbm.follow_up.choice import Question, Where
from dias_cbm.follow_up.words import event_in_words, span_in_words
from dias_cbm.markers import registry
from dias_cbm.markers.series import day_of
from dias_cbm.rules.language import Condition, RuleFile
from dias_cbm.rules.reading import parse
from dias_cbm.rules.run import year_of
from dias_cbm.seasons import Season

#: Days that the models and markers blame, of one doubt.
_MOST_QUESTIONS = 4


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to decide about a parcel.

    :param name: ``outlier``, or the scheme.
    :param colour: ``red`` or ``yellow``.
    :param sentence: what the system says.
    :param questions: days that decide, the most important first.
    :param focus: windows that matter.
    """

    name: str
    colour: str
    sentence: str
    questions: tuple[Question, ...] = ()
    focus: tuple[tuple[date, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A parcel in doubt."""

    pid: str
    crop: str | None
    area_ha: float
    doubts: tuple[Doubt, ...]

    @property
    def questions(self) -> list[Question]:
        """Those of all doubts, by turns, so that each doubt gets its looks."""
        longest = max((len(one.questions) for one in self.doubts), default=0)
        return [
            one.questions[place]
            for place in range(longest)
            for one in self.doubts
            if place < len(one.questions)
        ]

    @property
    def focus(self) -> list[tuple[date, date]]:
        """The windows of all doubts."""
        return [window for one in self.doubts for window in one.focus]


@dataclass(frozen=True, slots=True)
class Subjects:
    """The subjects of a season, each read as it is asked for.

    :param total: how many there are without the limit.
    :param certain: parcels that were asked for, about which nothing is in doubt.
    """

    pids: list[str]
    total: int
    certain: list[str] = field(default_factory=list)
    _parcels: Mapping[str, Any] = field(default_factory=dict)
    _reader: _Reader | None = None

    def __iter__(self) -> Iterator[Subject]:
        """Each subject, in order."""
        for pid in self.pids:
            row = self._parcels[pid]
            doubts = self._reader.doubts(pid) if self._reader else ()
            yield Subject(pid, row.crop, row.area_m2 / 10_000, doubts)


def subjects(
    connection: Connection, season: Season, pids: Sequence[str] | None, limit: int
) -> Subjects:
    """The parcels in doubt: outliers by rank, then reds, then yellows.

    :param pids: only these.
    :param limit: the most of them.
    :raises ParcelUnknown: the season does not have one of them.
    """
    values = {"season": season.id, "pids": None if pids is None else list(pids), "limit": limit}
    if pids is not None:
        strangers = connection.execute(query("follow_up/strangers"), values).fetchall()
        if strangers:
            names = ", ".join(row.pid for row in strangers[:5])
            raise ParcelUnknown(f"season {season.name} has no such parcel", subject=names)
    rows = connection.execute(query("follow_up/parcels"), values).fetchall()
    found = {row.pid: row for row in rows}
    return Subjects(
        pids=list(found),
        total=rows[0].total if rows else 0,
        certain=[
            pid
            for pid in dict.fromkeys(pids or ())
            if pid not in found and not (rows and rows[0].total > len(rows))
        ],
        _parcels=found,
        _reader=_Reader(connection, season),
    )


class _Reader:
    """Reads the doubts of one parcel after the other, from the newest runs."""

    def __init__(self, connection: Connection, season: Season) -> None:
        self._connection = connection
        self._season = season
        self._outliers = connection.execute(
            query("outliers/latest"), {"season": season.name}
        ).fetchone()
        self._rules = connection.execute(query("rules/latest"), {"season": season.id}).fetchone()
        self._file = None if self._rules is None else _rule_file(self._rules)

    def doubts(self, pid: str) -> tuple[Doubt, ...]:
        """Everything in doubt about a parcel."""
        return (*self._outlier(pid), *self._verdicts(pid))

    def _outlier(self, pid: str) -> Iterator[Doubt]:
        if self._outliers is None:
            return
        row = self._connection.execute(
            query("outliers/verdict_of_parcel"),
            {"season": self._season.id, "run": self._outliers.id, "pid": pid},
        ).fetchone()
        if row is None or row.status != "outlier":
            return
        blamed = [
            Question(
                Where.WITHIN,
                date.fromisoformat(block["from"]),
                date.fromisoformat(block["to"]),
                f"{block['band']} speaks against {row.declared} here",
            )
            for block in (row.blame or [])[:_MOST_QUESTIONS]
        ]
        said = row.sentence or f"The signal does not confirm {row.declared}."
        text = " ".join(part for part in (said, row.remark) if part)
        yield Doubt("outlier", "red", text, tuple(blamed))

    def _verdicts(self, pid: str) -> Iterator[Doubt]:
        if self._rules is None:
            return
        key = {"season": self._season.id, "pid": pid}
        rows = self._connection.execute(
            query("rules/of_parcel"), key | {"run": self._rules.id, "scheme": None}
        ).fetchall()
        rows = [row for row in rows if row.colour in ("red", "yellow")]
        runs = sorted({number for row in rows for number in row.marker_runs})
        answers = self._connection.execute(
            query("rules/states_of_parcel"), key | {"runs": runs}
        ).fetchall()
        events = self._connection.execute(
            query("rules/events_of_parcel"), key | {"runs": runs}
        ).fetchall()
        for row in sorted(rows, key=lambda one: one.colour):
            yield self._verdict(row, answers, events)

    def _verdict(self, row: Any, answers: Sequence[Any], events: Sequence[Any]) -> Doubt:
        mine = {one.run: one for one in answers if one.run in row.marker_runs}
        asked = self._conditions(row.scheme)
        focus, questions = [], []
        for one in mine.values():
            own = one.window_start, date.fromordinal(one.window_end.toordinal() - 1)
            windows = [_window(c, self._season) or own for c in asked if c.marker == one.marker]
            for first, last in dict.fromkeys(windows or [own]):
                focus.append((first, last))
                questions += _of_window(
                    one.marker, first, last, [event for event in events if event.run == one.run]
                )
        # Events before gaps: a seen one can be confirmed.
        questions.sort(key=lambda question: question.where is Where.GAP)
        return Doubt(
            row.scheme, row.colour, row.sentence, tuple(questions[:_MOST_QUESTIONS]), tuple(focus)
        )

    def _conditions(self, scheme: str) -> list[Condition]:
        if self._file is None:
            return []
        return [
            condition
            for one in self._file.schemes
            if one.name == scheme
            for condition in one.group.conditions()
        ]


def _of_window(marker: str, first: date, last: date, events: Sequence[Any]) -> list[Question]:
    """What decides about a condition: the events in its window, and its longest gap."""
    thing = marker.replace("_", " ")
    inside = [one for one in events if one.start_date <= last and one.end_date >= first]
    inside.sort(key=lambda one: (-one.confidence, one.start_date))
    return [
        Question(
            Where.AROUND,
            one.start_date,
            one.end_date,
            f"{event_in_words(one.kind)} between {span_in_words(one.start_date, one.end_date)}",
        )
        for one in inside
    ] + [Question(Where.GAP, first, last, f"the longest gap in which {thing} may hide")]


def _window(condition: Condition, season: Season) -> tuple[date, date] | None:
    if condition.window is None:
        return None
    first, last = (day_of(one.number(year_of(season))) for one in condition.window)
    return first, last


def _rule_file(row: Any) -> RuleFile | None:
    """The rule file of a run; None if this installation cannot read it any more."""
    try:
        return parse(row.file, row.file_name, registry.names())
    except RuleError:
        return None
