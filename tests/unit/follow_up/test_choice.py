"""The choice of dates, by hand and against brute force."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.follow_up.choice import (
    APART_DAYS,
    Candidate,
    Question,
    Where,
    choose,
    longest_gap,
)

START = date(2018, 1, 1)


def day(number: int) -> date:
    return START + timedelta(days=number)


def looks(*days: int) -> list[Candidate]:
    return [Candidate(day(one), one) for one in days]


def question(where: Where, first: int, last: int, why: str = "it") -> Question:
    return Question(where, day(first), day(last), why)


def chosen(*arguments: object, **more: object) -> list[int]:
    return [one.candidate.obsid for one in choose(*arguments, **more)]  # type: ignore[arg-type]


def test_an_event_gets_the_looks_on_either_side() -> None:
    found = choose(looks(10, 40, 52, 60), [question(Where.AROUND, 40, 52, "the cut")], most=2)
    assert [(one.candidate.obsid, one.why) for one in found] == [
        (40, "before the cut"), (52, "after the cut"),
    ]  # fmt: skip


def test_a_gap_gets_the_looks_on_either_side_of_it() -> None:
    ask = [question(Where.GAP, 30, 90)]
    assert chosen(looks(28, 35, 40, 75, 85, 95), ask, most=2) == [40, 75]
    # It may begin before the window, and end after it.
    assert chosen(looks(10, 50, 60, 70, 80, 95), ask, most=2) == [10, 50]
    assert chosen(looks(20, 31, 40, 50, 60, 120), ask, most=2) == [60, 120]
    assert chosen(looks(10), ask, most=2) == [10]
    assert chosen([], ask) == []


def test_blamed_days_get_the_clearest_look_nearest_their_middle() -> None:
    ask = [question(Where.WITHIN, 100, 124)]
    assert chosen(looks(100, 110, 115, 124), ask, most=1) == [110]
    shares = [Candidate(day(101), 1, 1.0), Candidate(day(112), 2, 0.95)]
    assert chosen(shares, ask, most=1) == [1]
    # With none inside, those on either side.
    assert chosen(looks(80, 90, 130, 150), ask, most=2) == [90, 130]


def test_one_look_answers_two_questions() -> None:
    ask = [question(Where.WITHIN, 100, 124, "VV"), question(Where.WITHIN, 100, 124, "VH")]
    found = choose(looks(110, 112), ask, most=6)
    assert [one.candidate.obsid for one in found] == [112]  # the other is two days from it


def test_the_rest_is_spread() -> None:
    assert chosen(looks(*range(0, 101, 5)), [], most=3) == [0, 50, 100]
    assert chosen(looks(0, 3, 6, 7, 13), []) == [0, 13]
    inside = [(day(40), day(60))]
    assert chosen(looks(*range(0, 101, 10)), [], inside, most=3) == [40, 50, 60]


def test_at_most_six_and_one_a_day() -> None:
    assert len(chosen(looks(*range(0, 365, 5)), [])) == 6
    same = [Candidate(day(5), 1, 0.9), Candidate(day(5), 2, 0.99), Candidate(day(5), 3, 0.9)]
    assert chosen(same, []) == [2]


def test_the_longest_gap() -> None:
    days = [day(one) for one in (5, 20, 30)]
    assert longest_gap(days, day(5), day(30)) == (day(5), day(20))
    assert longest_gap([], day(1), day(9)) == (day(1), day(9))
    assert longest_gap(days, day(22), day(25)) == (day(20), day(30))


@given(st.sets(st.integers(0, 200), max_size=40), st.integers(1, 6))
def test_spread_as_by_brute_force(days: set[int], most: int) -> None:
    """The earliest; then again and again the one whose nearest chosen one is farthest."""
    expected: list[int] = []
    while len(expected) < most:
        rest = [(min((abs(one - other) for other in expected), default=1000), -one) for one in days]
        rest = [one for one in rest if one[0] >= APART_DAYS]
        if not rest:
            break
        expected.append(-max(rest)[1])
    assert chosen(looks(*days), [], most=most) == sorted(expected)


@given(
    st.lists(st.integers(0, 365), max_size=60),
    st.lists(
        st.tuples(st.sampled_from(Where), st.integers(0, 365), st.integers(0, 60)), max_size=6
    ),
)
def test_never_too_many_never_a_stranger(
    days: list[int], asked: list[tuple[Where, int, int]]
) -> None:
    ask = [question(where, first, first + length) for where, first, length in asked]
    found = choose(looks(*days), ask)
    assert len(found) <= 6
    assert len({one.candidate.day for one in found}) == len(found)
    assert {one.candidate.obsid for one in found} <= set(days)
    assert found == sorted(found, key=lambda one: one.candidate)
    if days:
        assert found
