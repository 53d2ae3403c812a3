"""Deramping: the phase ramp of TOPS steering, removed before a burst is resampled.

Formulas from ESA COPE-GSEG-EOPG-TN-14-0025, "Definition of the TOPS SLC deramping function".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, RangePolynomial
from dias_cbm.card.sar.unit_vectors import unit_vector

#: Sums may be put together otherwise.
_FAST = {"contract", "reassoc", "nsz", "arcp"}


@dataclass(frozen=True)
class Ramp:
    """Azimuth phase of one burst, a parabola in time for every range sample.

    :param terms: float64[samples, 3]: radians, rad/s and rad/s^2 of ``a + b eta + c eta^2``, where
        eta is the time from the middle of the burst. Multiplying by ``exp(j phase)`` brings the
        burst's azimuth spectrum to zero frequency.
    :param interval: seconds between lines.
    :param lines: of the burst.
    """

    terms: np.ndarray
    interval: float
    lines: int

    @property
    def middle(self) -> float:
        """The line at which eta is 0."""
        return self.lines / 2

    @cached_property
    def turns(self) -> np.ndarray:
        """:attr:`terms` in turns, each in one piece: float64[3, samples]."""
        return np.ascontiguousarray(self.terms.T / (2 * np.pi))

    def phase(self, line: np.ndarray, sample: np.ndarray) -> np.ndarray:
        """Radians at positions in the burst, which may be fractional; arrays that broadcast."""
        eta = (line - self.middle) * self.interval
        at = np.arange(len(self.terms))
        a, b, c = (np.interp(sample, at, self.terms[:, k]) for k in range(3))
        return a + eta * (b + eta * c)

    def frequency(self, line: np.ndarray, sample: np.ndarray) -> np.ndarray:
        """Doppler frequency in Hz of the middle of the spectrum; arguments as of :meth:`phase`."""
        eta = (line - self.middle) * self.interval
        at = np.arange(len(self.terms))
        b, c = (np.interp(sample, at, self.terms[:, k]) for k in (1, 2))
        return -(b + 2 * eta * c) / (2 * np.pi)


def ramp_of(
    *,
    slant_range_time: np.ndarray,
    fm_rate: RangePolynomial,
    doppler: RangePolynomial,
    steering_rate: float,
    speed: float,
    frequency: float,
    interval: float,
    lines: int,
) -> Ramp:
    """The ramp of a burst.

    :param slant_range_time: two-way, of the burst's samples, in seconds; float64[samples].
    :param fm_rate: of the azimuth signal, Hz/s.
    :param doppler: centroid at mid-burst, Hz.
    :param steering_rate: of the antenna, rad/s.
    :param speed: of the satellite at mid-burst, m/s.
    :param frequency: of the radar, Hz.
    :param interval: seconds between lines.
    :param lines: of the burst.
    """
    middle = slant_range_time[len(slant_range_time) // 2]
    ka, centroid = fm_rate(slant_range_time), doppler(slant_range_time)
    ks = 2 * speed / SPEED_OF_LIGHT * frequency * steering_rate
    kt = ka * ks / (ka - ks)
    reference = -centroid / ka + doppler(middle) / fm_rate(middle)
    # -pi kt (eta - reference)^2 - 2 pi centroid (eta - reference), by powers of eta.
    terms = np.pi * np.stack(
        [
            -kt * reference**2 + 2 * centroid * reference,
            2 * kt * reference - 2 * centroid,
            -kt,
        ],
        axis=-1,
    )
    return Ramp(terms, interval, lines)


def deramp(burst: np.ndarray, ramp: Ramp, first_line: int) -> None:
    """Remove the ramp from lines of a burst, in place.

    :param burst: complex64[polarisations, lines, samples].
    :param first_line: the line of the burst in ``burst[:, 0]``.
    """
    _turn(burst.view(np.float32), ramp.turns, ramp.interval, first_line - ramp.middle, 1.0)


def reramp(burst: np.ndarray, ramp: Ramp, first_line: int) -> None:
    """Add the ramp to lines of a burst again, in place; arguments as of :func:`deramp`."""
    _turn(burst.view(np.float32), ramp.turns, ramp.interval, first_line - ramp.middle, -1.0)


@njit(cache=True, fastmath=_FAST, nogil=True)
def _turn(
    burst: np.ndarray, terms: np.ndarray, interval: float, first: float, sign: float
) -> None:  # pragma: no cover - compiled
    """Turn every pixel.

    :param burst: float32[polarisations, lines, 2 * samples], real and imaginary parts in turn.
    :param terms: float64[3, samples], in turns.
    """
    layers, lines, _ = burst.shape
    samples = terms.shape[1]
    cosine, sine = np.empty(samples, np.float32), np.empty(samples, np.float32)
    for line in range(lines):
        eta = (first + line) * interval
        for sample in range(samples):
            phase = terms[0, sample] + eta * (terms[1, sample] + eta * terms[2, sample])
            cosine[sample], sine[sample] = unit_vector(sign * phase)
        for layer in range(layers):
            pixels = burst[layer, line]
            for sample in range(samples):
                real, imaginary = pixels[2 * sample], pixels[2 * sample + 1]
                c, s = cosine[sample], sine[sample]
                pixels[2 * sample] = real * c - imaginary * s
                pixels[2 * sample + 1] = real * s + imaginary * c
