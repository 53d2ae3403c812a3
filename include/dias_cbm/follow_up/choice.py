"""The choice of dates: those that would decide a question first, the rest spread over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

#: Images of a parcel, and days between two that are there only to spread.
MOST, APART_DAYS = 6, 7


class Where(StrEnum):
    """Where a question is answered.

    ``within``: by a look inside its days. ``around``: by the looks on either side of them.
    ``gap``: by the looks on either side of the longest gap in them.
    """

    WITHIN = "within"
    AROUND = "around"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Question:
    """Days that decide.

    :param first: and ``last``: both included.
    :param why: what they decide, e.g. ``mowing between 3 May and 20 May``.
    """

    where: Where
    first: date
    last: date
    why: str


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A look that could be shown.

    :param share: clear share of the parcel.
    """

    day: date
    obsid: int
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A look that is shown, and what for."""

    candidate: Candidate
    why: str


def choose(
    candidates: Iterable[Candidate],
    questions: Sequence[Question],
    focus: Sequence[tuple[date, date]] = (),
    most: int = MOST,
) -> list[Choice]:
    """The looks to show, in order of time: at most one a day, at most ``most``.

    Each question takes its looks in turn. What room is left goes to looks at least a week from all
    others, always the one farthest from them: inside the focus first, then anywhere.

    :param candidates: clear looks whose products are held.
    :param questions: the most important first.
    :param focus: first and last days of the windows that matter.
    """
    looks = _best_of_each_day(candidates)
    chosen: dict[Candidate, str] = {}
    for question in questions:
        for look, why in _answers(question, looks, chosen):
            if look not in chosen and len(chosen) < most:
                chosen[look] = why
    inside = [one for one in looks if any(first <= one.day <= last for first, last in focus)]
    for pool, why in ((inside, "within the days that count"), (looks, "spread over the season")):
        while len(chosen) < most:
            far = _farthest(pool, chosen)
            if far is None:
                break
            chosen[far] = why
    return [Choice(look, chosen[look]) for look in sorted(chosen)]


def _best_of_each_day(candidates: Iterable[Candidate]) -> list[Candidate]:
    best: dict[date, Candidate] = {}
    for one in sorted(candidates):
        if one.day not in best or one.share > best[one.day].share:
            best[one.day] = one
    return list(best.values())


def _answers(
    question: Question, looks: Sequence[Candidate], chosen: Iterable[Candidate]
) -> list[tuple[Candidate, str]]:
    first, last = question.first, question.last
    inside = [one for one in looks if first <= one.day <= last]
    if question.where is Where.WITHIN and inside:
        if any(one in inside for one in chosen):
            return []
        middle = first + (last - first) / 2
        best = min(inside, key=lambda one: (-one.share, abs((one.day - middle).days), one.day))
        return [(best, question.why)]
    if question.where is Where.GAP:
        first, last = longest_gap([one.day for one in looks], first, last)
    before = [one for one in looks if one.day <= first]
    after = [one for one in looks if one.day >= last]
    return [(one, f"before {question.why}") for one in before[-1:]] + [
        (one, f"after {question.why}") for one in after[:1]
    ]


def longest_gap(days: Sequence[date], first: date, last: date) -> tuple[date, date]:
    """The days of the looks on either side of the longest gap in a window.

    A gap may begin before the window and end after it; where there is no look on a side, the
    window's own end stands for it.

    :param days: of the looks, ascending.
    """
    before = max((one for one in days if one <= first), default=first)
    after = min((one for one in days if one >= last), default=last)
    ends = [before, *(one for one in days if first < one < last), after]
    return max(pairwise(ends), key=lambda gap: (gap[1] - gap[0], -gap[0].toordinal()))


def _farthest(pool: Sequence[Candidate], chosen: Iterable[Candidate]) -> Candidate | None:
    """The look farthest from all chosen ones; of none, the earliest."""
    taken = list(chosen)

    def distance(one: Candidate) -> int:
        return min((abs((one.day - other.day).days) for other in taken), default=10**6)

    free = [one for one in pool if distance(one) >= APART_DAYS]
    if not free:
        return None
    return min(free, key=lambda one: (-distance(one), -one.share, one.day))
