"""The loop that tries again: how often, how long it waits, and what it raises."""

from __future__ import annotations

import pytest

from dias_cbm.errors import ObjectMissing, StoreDown
from dias_cbm.transport.retry import Retry, TryAgain


class Call:
    """Fails with what it is given, in turn, then works."""

    def __init__(self, *failures: Exception) -> None:
        self.failures, self.calls = list(failures), 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


def again(wait_s: float | None = None, first_s: float | None = None) -> TryAgain:
    return TryAgain(StoreDown("down"), wait_s, first_s)


def retry(slept: list[float], attempts: int = 5, chance: float = 1.0) -> Retry:
    return Retry(attempts, 1.0, 5.0, sleep=slept.append, chance=lambda: chance)


@pytest.mark.parametrize(("chance", "waits"), [(1.0, [1, 2, 4, 5]), (0.0, [0.5, 1, 2, 2.5])])
def test_waits_double_up_to_the_longest(chance: float, waits: list[float]) -> None:
    slept: list[float] = []
    call = Call(*[again()] * 4)
    assert retry(slept, chance=chance).call(call) == "done"
    assert slept == waits


def test_the_other_side_is_given_the_time_that_it_asks_for() -> None:
    slept: list[float] = []
    retry(slept).call(Call(again(3.0), again(60.0), again(0.0), again(first_s=0.25)))
    assert slept == [3.0, 5.0, 4.0, 2.0]


@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_tries_are_bounded_and_one_is_made(attempts: int) -> None:
    slept: list[float] = []
    call = Call(*[again()] * 9)
    with pytest.raises(StoreDown, match="down"):
        retry(slept, attempts).call(call)
    assert call.calls == max(1, attempts)
    assert len(slept) == call.calls - 1


def test_another_error_is_raised_at_once() -> None:
    call = Call(ObjectMissing("gone"))
    with pytest.raises(ObjectMissing):
        retry([]).call(call)
    assert call.calls == 1
