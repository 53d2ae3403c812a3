"""Focused point targets in a TOPS burst, from a closed formula rather than from the engine.

The response follows ESA COPE-GSEG-EOPG-TN-14-0025: a pulse of the processed bandwidth around the
Doppler frequency at which the steered beam sees the target.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, RangePolynomial
from dias_cbm.card.sar.deramp import Ramp, ramp_of
from dias_cbm_lab.level1 import resampling
from dias_cbm_lab.level1.resampling import resampled

Floats = NDArray[np.float64]

# Numbers of a real IW1 burst.
LINES, SAMPLES, INTERVAL, RATE = 1500, 160, 2.0555563e-3, 64_345_238.0
NEAR, FREQUENCY, SPEED, STEERING = 5.334e-3, 5.405e9, 7590.0, np.radians(1.590368784)
FM_RATE = RangePolynomial(0.0, NEAR, np.array([-2331.0, 4.4975e5, -7.8e7]))
DOPPLER = RangePolynomial(0.0, 5.338e-3, np.array([-10.0, 1.178e4, -1.8e7]))
#: Processed bandwidth in azimuth and range, Hz.
AZIMUTH_BAND, RANGE_BAND = 327.0, 56.5e6


def engine_ramp() -> Ramp:
    """The phase ramp of the burst, computed by the engine."""
    return ramp_of(
        slant_range_time=NEAR + np.arange(SAMPLES) / RATE,
        fm_rate=FM_RATE,
        doppler=DOPPLER,
        steering_rate=STEERING,
        speed=SPEED,
        frequency=FREQUENCY,
        interval=INTERVAL,
        lines=LINES,
    )


def centre_frequency(eta: float, tau: float) -> float:
    """Doppler frequency at which the steered beam sees a target of zero-Doppler time ``eta``.

    The target's Doppler history is ka (t - eta); the beam's centre is at f + ks (t - t0), where f
    is the Doppler centroid that a target at the reference time has. The target is seen at the
    moment when they agree, which is solved here for the moment and not for the frequency.
    """
    middle = NEAR + SAMPLES // 2 / RATE

    def polynomial(of: RangePolynomial, at: float) -> float:
        return float(sum(c * (at - of.t0) ** k for k, c in enumerate(of.coefficients)))

    ka, centroid = polynomial(FM_RATE, tau), polynomial(DOPPLER, tau)
    ks = 2 * SPEED * FREQUENCY / SPEED_OF_LIGHT * STEERING
    # A target at the reference time is seen with the centroid, at t = reference + centroid / ka.
    reference = -centroid / ka + polynomial(DOPPLER, middle) / polynomial(FM_RATE, middle)
    seen = reference + centroid / ka
    moment = (ka * eta + centroid - ks * seen) / (ka - ks)
    return ka * (moment - eta)


def targets(
    line: NDArray, sample: NDArray, places: list[tuple[float, float]]
) -> NDArray[np.complex128]:
    """Focused point targets, evaluated at any positions in the burst."""
    eta = (line - LINES / 2) * INTERVAL
    image = np.zeros(np.broadcast_shapes(line.shape, sample.shape), complex)
    for target_line, target_sample in places:
        t0 = (target_line - LINES / 2) * INTERVAL
        frequency = centre_frequency(t0, NEAR + target_sample / RATE)
        image += (
            np.sinc(AZIMUTH_BAND * (eta - t0))
            * np.sinc(RANGE_BAND / RATE * (sample - target_sample))
            * np.exp(2j * np.pi * frequency * (eta - t0))
        )
    return image


#: Every pixel of the burst.
LINE, SAMPLE = np.arange(LINES)[:, None], np.arange(SAMPLES)[None, :]
#: Line and sample of the targets.
PLACES = [(60.3, 40.7), (420.8, 100.2), (750.0, 80.0), (1111.1, 60.6), (1440.4, 120.1)]


def moved(ramp: Ramp, lines: Floats, samples: Floats) -> NDArray[np.complex64]:
    """The targets' image through the engine: deramped, interpolated, ramped again.

    :param lines: (n,) and ``samples`` (m,), between pixels.
    """
    image = targets(LINE, SAMPLE, PLACES).astype(np.complex64)
    return resampled(image, ramp, 0, *np.meshgrid(lines, samples, indexing="ij"))


def off(place: tuple[float, float], ramp: Ramp) -> tuple[float, float]:
    """Errors of the engine around a target: in units of the peak, and in phase [rad].

    :param ramp: the ramp that the engine removes and restores.
    """
    lines = np.round(place[0]) + np.arange(-3, 4) + 0.43
    samples = np.round(place[1]) + np.arange(-3, 4) + 0.71
    truth = targets(lines[:, None], samples[None, :], PLACES)
    found = moved(ramp, lines, samples)
    return float(np.abs(found - truth).max()), float(abs(np.angle((found * truth.conj()).sum())))


def no_ramp() -> Ramp:
    """A ramp of zero, as if there were nothing to remove."""
    return resampling.no_ramp(LINES, SAMPLES, INTERVAL)
