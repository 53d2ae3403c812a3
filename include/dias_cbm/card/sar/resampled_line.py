"""Resampling of a line of the reference: many pixels at a time, by the weights of :mod:`resample`.

Positions change slowly along a line. Pixels in a run have their taps in the same lines, with the
same weights, and each its taps one sample after those of the one before. So lines are added up
once for all pixels of a run, and the compiler works on many of them side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from dias_cbm.card.sar.resample import BEFORE, STEPS, TAPS, WEIGHTS

#: Pixels that :func:`across` weights at a time; what they need stays in the processor's cache.
CHUNK = 512
_DEGREE = 9


def _polynomials(weights: np.ndarray) -> np.ndarray:
    """Weights as polynomials of the place between two pixels, from -1 to 1; within 1e-7.

    :param weights: float32[steps + 1, taps].
    :returns: float32[taps, powers].
    """
    place = np.linspace(-1, 1, len(weights))
    fitted = np.polynomial.polynomial.polyfit(place, weights.astype(float), _DEGREE)
    return np.ascontiguousarray(fitted.T.astype(np.float32))


_RANGE = _polynomials(WEIGHTS[1])


@njit(cache=True, fastmath=True, nogil=True)
def down(
    image: np.ndarray, top: int, left: int, weights: np.ndarray, result: np.ndarray
) -> None:  # pragma: no cover - compiled
    """Interpolate in azimuth: add up neighbouring lines.

    :param image: float32[lines, numbers].
    :param top: the first of the lines, and ``left`` the first of the numbers.
    :param weights: float32[taps], one of ``WEIGHTS[0]``.
    :param result: float32[n].
    """
    right = left + result.shape[0]
    for tap in range(0, TAPS, 4):
        w0, w1, w2, w3 = weights[tap : tap + 4]
        a, b = image[top + tap, left:right], image[top + tap + 1, left:right]
        c, d = image[top + tap + 2, left:right], image[top + tap + 3, left:right]
        for k in range(result.shape[0]):
            part = w0 * a[k] + w1 * b[k] + w2 * c[k] + w3 * d[k]
            result[k] = part if tap == 0 else result[k] + part


@njit(cache=True, fastmath=True, nogil=True)
def range_weights(place: np.ndarray, weights: np.ndarray) -> None:
    """Weights in range of up to :data:`CHUNK` pixels, as in ``WEIGHTS[1]``.

    :param place: float32[n], of each between two pixels, from -1 to 1.
    :param weights: float32[taps * CHUNK]; the first n of each tap are written.
    """
    for tap in range(TAPS):
        for k in range(place.shape[0]):
            weight = _RANGE[tap, _DEGREE]
            for power in range(_DEGREE - 1, -1, -1):
                weight = weight * place[k] + _RANGE[tap, power]
            weights[tap * CHUNK + k] = weight


@njit(cache=True, fastmath=True, nogil=True)
def across(line: np.ndarray, weights: np.ndarray, first: int, result: np.ndarray) -> None:
    """Interpolate in range: add up the neighbours of each pixel.

    :param line: float32[n + taps - 1], from the first neighbour of the first pixel.
    :param weights: of :func:`range_weights`; the first pixel has the one at ``first``.
    :param result: float32[n].
    """
    weights = weights[first:]
    for k in range(result.shape[0]):
        total = np.float32(0)
        for tap in range(TAPS):
            total += weights[tap * CHUNK + k] * line[k + tap]
        result[k] = total


class Taps(NamedTuple):
    """Where the taps of up to :data:`CHUNK` pixels are in the secondary.

    :param row: int32: the line above the place times twice :data:`STEPS`, plus the step of the
        place below it; -1 for a pixel without taps.
    :param shift: int32: from the pixel's sample to the one left of the place.
    :param place: float32: from -1 at that sample to 1 at the next, in :data:`STEPS` steps.
    :param weights: float32[TAPS * CHUNK], in range, see :func:`range_weights`.
    :param line: float32[2 * (CHUNK + TAPS)]: memory for lines that are added up.
    :param parts: float32[2, CHUNK + TAPS]: the same for its real and imaginary parts.
    """

    row: np.ndarray
    shift: np.ndarray
    place: np.ndarray
    weights: np.ndarray
    line: np.ndarray
    parts: np.ndarray


@njit(cache=True, nogil=True)
def place_taps(
    at: np.ndarray, n: int, first_line: int, first_sample: int, size: tuple[int, int], taps: Taps
) -> None:  # pragma: no cover - compiled
    """Find the taps of the first ``n`` pixels of a chunk.

    :param at: float64[3, CHUNK]: from the first two, lines and samples of the secondary, NaN for
        none.
    :param first_line: of the secondary's lines in memory; ``size`` are its lines and samples there.
    :param first_sample: of the first pixel, in the reference.
    """
    lines, samples = size
    lines_at, samples_at = at[0], at[1]
    for k in range(n):
        line, sample = lines_at[k] - first_line, samples_at[k]
        # A NaN fails every comparison.
        inside = line >= BEFORE and line < lines - TAPS // 2
        inside &= sample >= BEFORE and sample < samples - TAPS // 2
        line, sample = (line, sample) if inside else (0.0, 0.0)
        whole = int(line)
        step = int((line - whole) * STEPS + 0.5)
        taps.row[k] = whole * 2 * STEPS + step if inside else -1
        taps.shift[k] = int(sample) - (first_sample + k)
        step = int((sample - int(sample)) * STEPS + 0.5)
        taps.place[k] = step * (2 / STEPS) - 1
    range_weights(taps.place[:n], taps.weights)


@njit(cache=True, nogil=True)
def end_of_run(taps: Taps, first: int, end: int) -> int:  # pragma: no cover - compiled
    """The pixel after the run that begins with one."""
    row, shift = taps.row[first], taps.shift[first]
    stop = first + 1
    while stop < end and taps.row[stop] == row and (taps.shift[stop] == shift or row < 0):
        stop += 1
    return stop


@njit(cache=True, nogil=True)
def covered(
    taps: Taps, first: int, stop: int, first_sample: int, valid: np.ndarray
) -> tuple[int, int]:  # pragma: no cover - compiled
    """The pixels of a run whose taps are all valid: the first and the one after the last.

    :param valid: int32[lines, 2] of the secondary: first valid sample, the one after the last.
    """
    if taps.row[first] < 0:
        return first, first
    top = taps.row[first] // (2 * STEPS) - BEFORE
    begin = max(valid[top, 0], valid[top + TAPS - 1, 0])
    end = min(valid[top, 1], valid[top + TAPS - 1, 1])
    left = first_sample + taps.shift[first] - BEFORE
    return max(first, begin - left), min(stop, end - TAPS + 1 - left)


@njit(cache=True, nogil=True)
def resample(
    secondary: np.ndarray,
    taps: Taps,
    first: int,
    stop: int,
    first_sample: int,
    result: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Values of pixels of a run whose taps are all valid.

    :param secondary: float32[polarisations, lines, 2 * samples], parts in turn.
    :param result: float32[polarisations, 2, CHUNK]: real and imaginary parts.
    """
    top = taps.row[first] // (2 * STEPS) - BEFORE
    weights = WEIGHTS[0, taps.row[first] % (2 * STEPS)]
    left = first_sample + first + taps.shift[first] - BEFORE
    samples = stop - first + TAPS - 1
    line, real, imaginary = taps.line[: 2 * samples], taps.parts[0], taps.parts[1]
    for layer in range(secondary.shape[0]):
        down(secondary[layer], top, 2 * left, weights, line)
        for k in range(samples):
            real[k], imaginary[k] = line[2 * k], line[2 * k + 1]
        across(real, taps.weights, first, result[layer, 0, first:stop])
        across(imaginary, taps.weights, first, result[layer, 1, first:stop])
