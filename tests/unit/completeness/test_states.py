"""States of a gap by age, and the days that a retry asks for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dias_cbm.completeness.assessment import Horizon
from dias_cbm.completeness.causes import Verdict
from dias_cbm.completeness.gaps import State, state_of
from dias_cbm.completeness.retries import DueGap
from dias_cbm.scenes import Card, Cause

AT = datetime(2018, 6, 3, 17, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def state(cause: Cause | None, now: datetime, found_at: datetime = AT) -> State:
    return state_of(
        Verdict(cause, ""), AT, found_at, now, latency=48 * HOUR, give_up=timedelta(days=30)
    )


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, State.PENDING),
        (47.9, State.PENDING),
        (48, State.LATE),
        (95.9, State.LATE),
        (96, State.MISSING),
        (24 * 30 - 0.1, State.MISSING),
        (24 * 30, State.CONFIRMED),
    ],
)
def test_a_gap_ages(hours: float, expected: State) -> None:
    assert state(Cause.NOT_PUBLISHED, AT + hours * HOUR) is expected


def test_giving_up_counts_from_when_it_was_found() -> None:
    found = AT + timedelta(days=3000)
    assert state(Cause.NOT_ACQUIRED, found + 29 * 24 * HOUR, found) is State.MISSING
    assert state(Cause.NOT_ACQUIRED, found + 30 * 24 * HOUR, found) is State.CONFIRMED


@pytest.mark.parametrize(
    "cause", [Cause.CLOUDY, Cause.NO_PARCELS, Cause.NOT_PLANNED, Cause.UNSYNCHRONISED]
)
def test_what_nobody_can_change_is_confirmed_at_once(cause: Cause) -> None:
    assert state(cause, AT + HOUR) is State.CONFIRMED


def test_a_pass_that_came_in_is_recovered_at_any_age() -> None:
    assert state(None, AT + HOUR) is State.RECOVERED
    assert state(None, AT + timedelta(days=100)) is State.RECOVERED


def due(card: Card, at: datetime) -> DueGap:
    return DueGap(1, card, "S1A", 44, "32VNH", at, Cause.NOT_ACQUIRED, 0)


def test_a_retry_asks_for_the_whole_day() -> None:
    assert due(Card.BS, AT).windows == [
        (datetime(2018, 6, 3, tzinfo=UTC), datetime(2018, 6, 4, tzinfo=UTC))
    ]


def test_a_retry_near_midnight_asks_for_both_days() -> None:
    at = datetime(2018, 6, 3, 23, 59, 50, tzinfo=UTC)
    assert due(Card.BS, at).windows == [
        (datetime(2018, 6, 3, tzinfo=UTC), datetime(2018, 6, 5, tzinfo=UTC))
    ]


def test_a_retry_of_a_coherence_pair_asks_for_both_acquisitions() -> None:
    assert [start.date() for start, _ in due(Card.C6, AT).windows] == [
        date(2018, 6, 3),
        date(2018, 5, 28),
    ]


def test_days_are_judged_from_the_first_run_to_the_last() -> None:
    horizon = Horizon(date(2018, 5, 2), date(2018, 5, 4))
    assert [horizon.holds(date(2018, 5, day)) for day in range(1, 6)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert Horizon().holds(date(1999, 1, 1)), "without any run every day is judged"
