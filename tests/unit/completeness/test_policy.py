"""What is done about each kind of failure."""

from datetime import timedelta

import pytest

from dias_cbm.completeness.policy import POLICIES, Failure, policy_of
from dias_cbm.scenes import Cause

HOUR = timedelta(hours=1)


def test_every_failure_has_a_policy_and_every_cause_is_met() -> None:
    assert set(POLICIES) == set(Failure)
    assert all(policy_of(cause).does for cause in Cause)


def test_waits_double_up_to_a_week() -> None:
    wait = POLICIES[Failure.NOT_PUBLISHED].wait
    assert [wait(attempts) / HOUR for attempts in range(7)] == [6, 12, 24, 48, 96, 168, 168]
    assert wait(10_000) == timedelta(days=7)


@pytest.mark.parametrize(
    ("cause", "more", "failure"),
    [
        (Cause.NOT_ACQUIRED, {}, Failure.NOT_PUBLISHED),
        (Cause.NOT_PUBLISHED, {"attempts": 99}, Failure.NOT_PUBLISHED),
        (Cause.FETCH_FAILED, {}, Failure.FETCH),
        (Cause.FETCH_FAILED, {"attempts": 99, "online": True}, Failure.FETCH),
        (Cause.FETCH_FAILED, {"online": False}, Failure.OFFLINE),
        (Cause.CORRUPT, {"attempts": 4}, Failure.CORRUPT),
        (Cause.CORRUPT, {"attempts": 5}, Failure.POISON),
        (Cause.CARD_FAILED, {"attempts": 4}, Failure.CARD),
        (Cause.CARD_FAILED, {"attempts": 5}, Failure.POISON),
        (Cause.ORBIT_UNREADABLE, {"attempts": 99}, Failure.ORBIT),
        (Cause.UNSYNCHRONISED, {"attempts": 99}, Failure.UNSYNCHRONISED),
        (Cause.EXTRACTION_FAILED, {"attempts": 6}, Failure.POISON),
    ],
)
def test_the_policy_follows_from_cause_and_attempts(
    cause: Cause, more: dict[str, object], failure: Failure
) -> None:
    assert policy_of(cause, **more).failure is failure


def test_what_is_being_restored_is_looked_at_soon_and_daily() -> None:
    waits = [POLICIES[Failure.OFFLINE].wait(attempts) / HOUR for attempts in range(6)]
    assert waits == [2, 4, 8, 16, 24, 24]


def test_a_product_that_failed_too_often_is_left_alone() -> None:
    assert not POLICIES[Failure.POISON].again
    assert not POLICIES[Failure.UNSYNCHRONISED].again


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_EXTRACTION_ATTEMPTS", "2")
    assert policy_of(Cause.CORRUPT, attempts=2).failure is Failure.POISON
