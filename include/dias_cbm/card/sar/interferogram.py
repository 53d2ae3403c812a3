"""The interferogram of two coregistered bursts: resample the secondary and multiply."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.coregistration import Registration, positions
from dias_cbm.card.sar.deramp import Ramp
from dias_cbm.card.sar.resample import TAPS
from dias_cbm.card.sar.resampled_line import CHUNK, Taps, covered, end_of_run, place_taps, resample
from dias_cbm.card.sar.unit_vectors import unit_vector

#: Sums may be put together otherwise, but a NaN stays a NaN.
_FAST = {"contract", "reassoc", "nsz", "arcp"}


class Stripe(NamedTuple):
    """Whole lines of a burst.

    :param first_line: of the burst.
    :param pixels: complex64[polarisations, lines, samples].
    :param valid: int32[lines, 2]: the first valid sample and the one after the last; equal for a
        line without any.
    """

    first_line: int
    pixels: np.ndarray
    valid: np.ndarray


class Interferogram(NamedTuple):
    """Lines of a burst pair, by polarisation, in the reference's geometry.

    :param cross: complex64[polarisations, lines, samples], reference times conjugate of secondary,
        without the phase of orbits and terrain; 0 where ``valid`` is False.
    :param power: float32[2, polarisations, lines, samples] of reference and secondary.
    :param valid: bool[lines, samples].
    """

    cross: np.ndarray
    power: np.ndarray
    valid: np.ndarray

    @classmethod
    def empty(cls, shape: tuple[int, int, int], buffers: Buffers | None = None) -> Interferogram:
        """One with any content.

        :param shape: polarisations, lines, samples.
        :param buffers: whose memory it takes, until the next one does.
        """
        array = (buffers or Fresh()).array
        return cls(
            array("cross", shape, np.complex64),
            array("power", (2, *shape), np.float32),
            array("valid", shape[1:], np.bool_),
        )


class StripePair(NamedTuple):
    """Lines of two coregistered bursts, to be multiplied.

    :param secondary: deramped, with all lines that ``reference`` needs.
    :param heights: above the ellipsoid, float32[lines, samples]; NaN where the DEM has none.
    :param ramp: removed from ``secondary`` before; added again at the new positions.
    :param frequency: of the radar, Hz.
    :param remove_phase: remove the phase of flat earth and terrain.
    """

    reference: Stripe
    secondary: Stripe
    heights: np.ndarray
    registration: Registration
    ramp: Ramp
    frequency: float
    remove_phase: bool = True

    def interferogram(self, buffers: Buffers | None = None) -> Interferogram:
        """Resample the secondary onto the reference, and multiply.

        :param buffers: whose memory the result takes, until the next one does.
        """
        result = Interferogram.empty(self.reference.pixels.shape, buffers)
        samples = 0, self.reference.pixels.shape[2]
        cross = result.cross.view(np.float32)
        interfere(self.inputs, samples, 0, cross, result.power, result.valid)
        return result

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What :func:`interfere` takes of it."""
        return (
            self.reference.pixels.view(np.float32),
            self.reference.valid,
            float(self.reference.first_line),
            self.secondary.pixels.view(np.float32),
            self.secondary.valid,
            self.secondary.first_line,
            self.heights,
            (self.registration.coefficients, self.registration.scaling),
            self.ramp.turns,
            self.ramp.interval,
            self.ramp.middle,
            2 * self.frequency / SPEED_OF_LIGHT if self.remove_phase else 0.0,
        )


@njit(cache=True, fastmath=_FAST, nogil=True)
def interfere(
    inputs: tuple[Any, ...],
    samples: tuple[int, int],
    kept: int,
    cross: np.ndarray,
    power: np.ndarray,
    valid: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Fill the three results, chunk by chunk of samples, so that all stays in the cache.

    Complex images are float32[polarisations, lines, 2 * samples], their parts in turn.

    :param inputs: of :class:`StripePair`.
    :param samples: to be filled, half-open; the first is a multiple of :data:`CHUNK`.
    :param kept: columns at the end of the results, from the part before, that move to their begin;
        the samples follow them.
    """
    reference, reference_valid, reference_first = inputs[:3]
    secondary, secondary_valid, secondary_first = inputs[3:6]
    heights, (coefficients, scaling), turns, interval, middle, turns_per_metre = inputs[6:]
    layers, lines = reference.shape[:2]
    shift, behind = kept - samples[0], valid.shape[1] - kept
    for i in range(lines if kept else 0):
        valid[i, :kept] = valid[i, behind:]
        cross[:, i, : 2 * kept] = cross[:, i, 2 * behind :]
        power[:, :, i, :kept] = power[:, :, i, behind:]
    at = np.empty((3, CHUNK))
    taps = Taps(
        np.empty(CHUNK, np.int32),
        np.empty(CHUNK, np.int32),
        np.empty(CHUNK, np.float32),
        np.empty(TAPS * CHUNK, np.float32),
        np.empty(2 * (CHUNK + TAPS), np.float32),
        np.empty((2, CHUNK + TAPS), np.float32),
    )
    phase = np.empty(CHUNK)
    cosine, sine = np.empty(CHUNK, np.float32), np.empty(CHUNK, np.float32)
    other = np.empty((layers, 2, CHUNK), np.float32)
    size = secondary_valid.shape[0], secondary.shape[2] // 2
    scales = interval, middle, turns_per_metre
    for chunk in range(samples[0], samples[1], CHUNK):
        last = min(chunk + CHUNK, samples[1])
        for i in range(lines):
            begin, end = max(reference_valid[i, 0], chunk), min(reference_valid[i, 1], last)
            valid[i, chunk + shift : last + shift] = False
            cross[:, i, 2 * (chunk + shift) : 2 * (last + shift)] = 0
            power[:, :, i, chunk + shift : last + shift] = 0
            if begin >= end:
                continue
            n = end - begin
            line = reference_first + i
            positions(coefficients, scaling, line, begin, heights[i, begin:end], at)
            place_taps(at, n, secondary_first, begin, size, taps)
            inside = valid[i, begin + shift : end + shift]
            phase[:] = 0
            other[:] = 0
            first = 0
            while first < n:
                stop = end_of_run(taps, first, n)
                low, high = covered(taps, first, stop, begin, secondary_valid)
                if low < high:
                    resample(secondary, taps, low, high, begin, other)
                    left = begin + low + taps.shift[low]
                    _phase(at, low, turns, left, scales, phase[low:high])
                    inside[low:high] = True
                first = stop
            for k in range(n):
                cosine[k], sine[k] = unit_vector(phase[k])
            for layer in range(layers):
                result = cross[layer, i, 2 * (begin + shift) : 2 * (end + shift)]
                _multiply(
                    reference[layer, i, 2 * begin : 2 * end], other[layer], cosine, sine, result
                )
                _powers(
                    reference[layer, i, 2 * begin : 2 * end],
                    other[layer],
                    inside,
                    power[0, layer, i, begin + shift : end + shift],
                    power[1, layer, i, begin + shift : end + shift],
                )


@njit(cache=True, fastmath=_FAST, nogil=True)
def _phase(
    at: np.ndarray,
    low: int,
    turns: np.ndarray,
    left: int,
    scales: tuple[float, float, float],
    phase: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Phase of orbits and terrain minus that of the secondary's ramp, in turns.

    :param at: positions of a chunk; ``low`` is the first pixel of the run.
    :param turns: the ramp's terms by sample; ``left`` is the one left of the run's first position.
    :param scales: of the ramp its interval and middle line, and turns by metre of range.
    :param phase: of the run.
    """
    interval, middle, turns_per_metre = scales
    line, sample, farther = at[0, low:], at[1, low:], at[2, low:]
    a, b, c = turns[0, left:], turns[1, left:], turns[2, left:]
    for k in range(phase.shape[0]):
        eta, part = (line[k] - middle) * interval, sample[k] - (left + k)
        constant = a[k] + part * (a[k + 1] - a[k])
        linear = b[k] + part * (b[k + 1] - b[k])
        square = c[k] + part * (c[k + 1] - c[k])
        phase[k] = farther[k] * turns_per_metre - (constant + eta * (linear + eta * square))


@njit(cache=True, fastmath=_FAST, nogil=True)
def _multiply(
    one: np.ndarray, other: np.ndarray, cosine: np.ndarray, sine: np.ndarray, cross: np.ndarray
) -> None:  # pragma: no cover - compiled
    """One times the conjugate of the other, turned back by a phase.

    :param one: real and imaginary parts in turn, as in ``cross``; ``other`` has them one by one.
    """
    real, imaginary = other[0], other[1]
    for k in range(cross.shape[0] // 2):
        a, b = one[2 * k], one[2 * k + 1]
        x, y = a * real[k] + b * imaginary[k], b * real[k] - a * imaginary[k]
        cross[2 * k] = x * cosine[k] + y * sine[k]
        cross[2 * k + 1] = y * cosine[k] - x * sine[k]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _powers(
    one: np.ndarray,
    other: np.ndarray,
    inside: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """The squared magnitudes of both; 0 where a pixel is not inside."""
    real, imaginary = other[0], other[1]
    for k in range(inside.shape[0]):
        a, b = one[2 * k], one[2 * k + 1]
        first[k] = a * a + b * b if inside[k] else np.float32(0)
        second[k] = real[k] * real[k] + imaginary[k] * imaginary[k]
