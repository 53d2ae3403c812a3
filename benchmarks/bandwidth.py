"""Memory bandwidth of this machine, which ratios of fast code depend on."""

from __future__ import annotations

import time

import numba
import numpy as np

_NUMBERS, _ROUNDS = 10_000_000, 5


def memory_bandwidth() -> float:
    """Gigabytes a second that one core reads and writes: the best of some triads.

    As STREAM counts them (https://www.cs.virginia.edu/stream/): a = b + s * c moves three numbers.
    """
    b, c = np.ones(_NUMBERS), np.ones(_NUMBERS)
    a = np.zeros(_NUMBERS)
    _triad(a[:1], b[:1], c[:1], 3.0)
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        _triad(a, b, c, 3.0)
        seconds.append(time.perf_counter() - started)
    return 3 * a.nbytes / min(seconds) / 1e9


@numba.njit(fastmath=True)
def _triad(a: np.ndarray, b: np.ndarray, c: np.ndarray, factor: float) -> None:
    for index in range(len(a)):
        a[index] = b[index] + factor * c[index]
