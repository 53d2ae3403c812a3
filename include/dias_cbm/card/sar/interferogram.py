"""The interferogram of two coregistered bursts: resample the secondary and multiply."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.coregistration import Registration, positions
from dias_cbm.card.sar.deramp import Ramp
from dias_cbm.card.sar.resample import BEFORE, TAPS, WEIGHTS, interpolate


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


def interfere(
    reference: Stripe,
    secondary: Stripe,
    heights: np.ndarray,
    registration: Registration,
    ramp: Ramp,
    frequency: float,
    *,
    remove_phase: bool = True,
) -> Interferogram:
    """Resample the secondary onto lines of the reference, and multiply.

    :param secondary: deramped, with all lines that ``reference`` needs.
    :param heights: above the ellipsoid, float32[lines, samples]; NaN where the DEM has none.
    :param ramp: removed from ``secondary`` before; added again at the new positions.
    :param frequency: of the radar, Hz.
    :param remove_phase: remove the phase of flat earth and terrain.
    """
    shape = reference.pixels.shape
    cross = np.zeros(shape, np.complex64)
    power = np.zeros((2, *shape), np.float32)
    valid = np.zeros(shape[1:], np.bool_)
    wave_number = 4 * np.pi * frequency / SPEED_OF_LIGHT if remove_phase else 0.0
    _interfere(
        reference.pixels,
        reference.valid,
        float(reference.first_line),
        secondary.pixels.view(np.float32),
        secondary.valid,
        secondary.first_line,
        heights,
        registration.coefficients,
        registration.scaling,
        ramp.terms,
        ramp.interval,
        ramp.middle,
        wave_number,
        WEIGHTS,
        cross,
        power,
        valid,
    )
    return Interferogram(cross, power, valid)


@njit(cache=True, fastmath={"contract", "reassoc", "nsz", "arcp"}, nogil=True)
def _interfere(
    reference: np.ndarray,
    reference_valid: np.ndarray,
    reference_first: float,
    secondary: np.ndarray,
    secondary_valid: np.ndarray,
    secondary_first: int,
    heights: np.ndarray,
    coefficients: np.ndarray,
    scaling: np.ndarray,
    terms: np.ndarray,
    interval: float,
    middle: float,
    wave_number: float,
    weights: np.ndarray,
    cross: np.ndarray,
    power: np.ndarray,
    valid: np.ndarray,
) -> None:
    layers, lines, samples = reference.shape
    at = np.empty((3, samples))
    row = np.empty(2 * TAPS, np.float32)
    for i in range(lines):
        begin, end = reference_valid[i]
        if begin >= end:
            continue
        positions(coefficients, scaling, reference_first + i, begin, end, heights[i], at)
        for j in range(begin, end):
            # A NaN fails every comparison.
            line, sample = at[0, j] - secondary_first, at[1, j]
            if not (line >= BEFORE and line < secondary_valid.shape[0] - TAPS // 2):
                continue
            if not _covered(secondary_valid, line, sample):
                continue
            eta = (at[0, j] - middle) * interval
            left = int(sample)
            part = sample - left
            phase = at[2, j] * wave_number
            for k in range(3):
                term = terms[left, k] + part * (terms[left + 1, k] - terms[left, k])
                phase -= term if k == 0 else term * eta if k == 1 else term * eta * eta
            turn = np.complex64(complex(np.cos(phase), -np.sin(phase)))
            valid[i, j] = True
            for layer in range(layers):
                one = reference[layer, i, j]
                other = interpolate(secondary[layer], line, sample, weights, row)
                cross[layer, i, j] = one * np.conj(other) * turn
                power[0, layer, i, j] = one.real * one.real + one.imag * one.imag
                power[1, layer, i, j] = other.real * other.real + other.imag * other.imag


@njit(cache=True, nogil=True)
def _covered(valid: np.ndarray, line: float, sample: float) -> bool:
    """Whether all taps around a position are valid pixels."""
    top, left = int(line) - BEFORE, int(sample) - BEFORE
    first, last = valid[top], valid[top + TAPS - 1]
    begin, end = max(first[0], last[0]), min(first[1], last[1])
    return left >= begin and left + TAPS <= end
