"""Retries: one loop with exponential back-off for whatever may work on another try."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from dias_cbm.errors import CbmError

log = logging.getLogger(__name__)

T = TypeVar("T")


class TryAgain(Exception):
    """A failure that another try may overcome; :meth:`Retry.call` catches it.

    :param error: raised when no try is left.
    :param wait_s: seconds that the server asks for; None or 0 if it does not.
    :param first_s: the first wait after a failure of this kind, instead of the loop's.
    """

    def __init__(
        self, error: CbmError, wait_s: float | None = None, first_s: float | None = None
    ) -> None:
        self.error, self.wait_s, self.first_s = error, wait_s, first_s
        super().__init__(str(error))


@dataclass(frozen=True, slots=True)
class Retry:
    """The number of tries and the waits between them.

    :param attempts: tries before giving up; at least one is made.
    :param first_s: the first wait; each is twice the one before, less a random part of up to half.
    :param longest_s: the longest wait, also of those that the server asks for.
    """

    attempts: int
    first_s: float = 1.0
    longest_s: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def call(self, once: Callable[[], T]) -> T:
        """Return the result of a call that may fail with :class:`TryAgain`.

        :raises CbmError: the error of the last try, or any other error at once.
        """
        attempt = 1
        while True:
            try:
                return once()
            except TryAgain as again:
                if attempt >= self.attempts:
                    raise again.error from again
                wait = self._wait(again, attempt)
                log.warning("%s; try %d failed, next in %.0f s", again.error, attempt, wait)
            self.sleep(wait)
            attempt += 1

    def _wait(self, again: TryAgain, attempt: int) -> float:
        if again.wait_s:
            return min(again.wait_s, self.longest_s)
        first = self.first_s if again.first_s is None else again.first_s
        return min(first * 2.0 ** (attempt - 1), self.longest_s) * (0.5 + 0.5 * self.chance())
