"""Gains of two cores, by the clock, as medians of rounds in turns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

ROUNDS = 3


def gains(rounds: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """How many times faster one product is by two threads, and two products at once are.

    :param rounds: wall seconds of one product by one thread, of one by two threads, and of two
        products at once, until both are there.
    """
    alone, shared, together = (median(seconds) for seconds in zip(*rounds, strict=True))
    return alone / shared, 2 * alone / together
