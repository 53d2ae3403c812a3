"""The coherence of one burst pair, in the geometry of the reference, stripe by stripe."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cbm.card.sar.annotation import SPEED_OF_LIGHT
from cbm.card.sar.boxcar import Window, coherence
from cbm.card.sar.bursts import BurstPair, burst_ramp, mid_time, valid_samples
from cbm.card.sar.coregistration import Registration, register
from cbm.card.sar.deramp import Ramp, deramp
from cbm.card.sar.direct import places_at
from cbm.card.sar.geometry import zero_doppler
from cbm.card.sar.interferogram import Stripe, interfere
from cbm.card.sar.pair import Side, SwathPair
from cbm.card.sar.resample import BEFORE, TAPS
from cbm.card.sar.slc import SlcReader

#: Heights above the ellipsoid, in m, between which pairs are registered.
_HEIGHTS = np.linspace(-500.0, 5500.0, 6)
#: Lines and samples at which a registration is fitted.
_NODES = (7, 12)


@dataclass(frozen=True, slots=True)
class Method:
    """How coherence is computed; what is switched off is for tests of what it is good for.

    :param window: that is averaged.
    :param stripe: lines that are held at a time; the result does not depend on it.
    :param deramp: take the phase of TOPS steering out before resampling.
    :param remove_phase: of flat earth and terrain.
    """

    window: Window = field(default_factory=Window)
    stripe: int = 128
    deramp: bool = True
    remove_phase: bool = True


def burst_coherence(
    swath: SwathPair,
    bursts: BurstPair,
    readers: tuple[SlcReader, SlcReader],
    heights: NDArray[np.float32],
    method: Method,
) -> NDArray[np.float32]:
    """Coherence of a burst pair.

    :param readers: of reference and secondary.
    :param heights: above the ellipsoid, (lines, samples) of the reference; NaN for none.
    :returns: float32[polarisations, lines, samples]; 0 for no value.
    """
    image = swath.reference.annotation
    window, lines = method.window, image.lines_per_burst
    registration = registration_of(swath, bursts)
    ramp = _ramp(swath.secondary, bursts.secondary, method)
    valid = [
        valid_samples(side.annotation.bursts[index])
        for side, index in zip((swath.reference, swath.secondary), bursts, strict=True)
    ]
    result = np.zeros((len(swath.reference.images), lines, image.samples), np.float32)
    for start in range(0, lines, method.stripe):
        first = max(start - window.before[0], 0)
        stop = min(start + method.stripe - window.before[0] + window.azimuth - 1, lines)
        span = _secondary_lines(registration, (first, stop), heights, len(valid[1]))
        if span[0] >= span[1]:
            continue
        reference = readers[0].read(bursts.reference, first, stop - first)
        secondary = readers[1].read(bursts.secondary, span[0], span[1] - span[0])
        if method.deramp:
            deramp(secondary, ramp, span[0])
        pair = interfere(
            Stripe(first, reference, valid[0][first:stop]),
            Stripe(span[0], secondary, valid[1][span[0] : span[1]]),
            heights[first:stop],
            registration,
            ramp,
            image.radar_frequency,
            remove_phase=method.remove_phase,
        )
        part = coherence(pair, window)
        top = first + window.before[0]
        result[:, top : top + part.shape[1]] = part
    return result


def registration_of(swath: SwathPair, bursts: BurstPair) -> Registration:
    """The registration of a burst pair, from orbits alone; for all heights that terrain has."""
    image = swath.reference.annotation
    line = np.linspace(0, image.lines_per_burst - 1, _NODES[0])
    sample = np.linspace(0, image.samples - 1, _NODES[1])
    times = image.bursts[bursts.reference].azimuth_time + line * image.line_interval
    delay = image.slant_range_time + sample / image.range_sampling_rate
    ranges = delay * SPEED_OF_LIGHT / 2
    orbit = swath.reference.orbit
    points = np.stack([places_at(orbit, times, ranges, height) for height in _HEIGHTS], axis=-2)
    other_line, other_sample, distance = burst_position(swath.secondary, bursts.secondary, points)
    nodes = np.meshgrid(line, sample, _HEIGHTS, indexing="ij")
    farther = distance - ranges[:, None]
    return register(
        np.stack([one.ravel() for one in nodes]),
        np.stack([one.ravel() for one in (other_line, other_sample, farther)]),
    )


def burst_position(
    side: Side, burst: int, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Line in a burst, sample, and slant range in m of points of the ground.

    :param points: (..., 3) m, Earth fixed.
    """
    image = side.annotation
    time, distance = zero_doppler(side.orbit, points)
    line = (time - image.bursts[burst].azimuth_time) / image.line_interval
    delay = 2 * distance / SPEED_OF_LIGHT - image.slant_range_time
    return line, delay * image.range_sampling_rate, distance


def _ramp(side: Side, burst: int, method: Method) -> Ramp:
    velocity = side.orbit.velocity(np.array([mid_time(side.annotation, burst)]))[0]
    ramp = burst_ramp(side.annotation, burst, float(np.linalg.norm(velocity)))
    if method.deramp:
        return ramp
    return Ramp(np.zeros_like(ramp.terms), ramp.interval, ramp.lines)


def _secondary_lines(
    registration: Registration,
    lines: tuple[int, int],
    heights: NDArray[np.float32],
    available: int,
) -> tuple[int, int]:
    """The lines of the secondary that lines of the reference are made from."""
    line = np.array([lines[0], (lines[0] + lines[1]) / 2, lines[1]])
    sample = np.linspace(0, heights.shape[1] - 1, 9)
    found = registration.at(*np.meshgrid(line, sample, _HEIGHTS[[0, -1]], indexing="ij"))[0]
    first = int(np.floor(found.min())) - BEFORE - 1
    stop = int(np.ceil(found.max())) + TAPS - BEFORE + 1
    return max(first, 0), min(stop, available)
