"""A burst pair coregistered by orbits and terrain: interferograms of any of its lines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT
from dias_cbm.card.sar.bursts import BurstPair, burst_ramp, mid_time, valid_samples
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.coregistration import Registration, register
from dias_cbm.card.sar.deramp import Ramp, deramp
from dias_cbm.card.sar.direct_geolocation import places_at
from dias_cbm.card.sar.geometry import zero_doppler
from dias_cbm.card.sar.interferogram import Interferogram, Stripe, interfere
from dias_cbm.card.sar.pair import Side, SwathPair
from dias_cbm.card.sar.resample import BEFORE, TAPS
from dias_cbm.card.sar.slc import SlcReader

#: Range of heights above the ellipsoid, in m, over which pairs are registered.
_HEIGHTS = np.linspace(-500.0, 5500.0, 6)
#: Lines and samples at which a registration is fitted.
_NODES = (7, 12)


@dataclass(frozen=True, slots=True)
class CoregisteredBurst:
    """A burst pair whose secondary can be resampled onto its reference.

    :param readers: of reference and secondary.
    :param heights: above the ellipsoid, float32[lines, samples] of the reference; NaN for none.
    :param ramp: of the secondary.
    """

    swath: SwathPair
    bursts: BurstPair
    readers: tuple[SlcReader, SlcReader]
    heights: NDArray[np.float32]
    registration: Registration
    ramp: Ramp
    options: CoherenceOptions

    @classmethod
    def of(
        cls,
        swath: SwathPair,
        bursts: BurstPair,
        readers: tuple[SlcReader, SlcReader],
        heights: NDArray[np.float32],
        options: CoherenceOptions,
    ) -> CoregisteredBurst:
        """Register a pair by its orbits."""
        registration = registration_of(swath, bursts)
        ramp = _ramp(swath.secondary, bursts.secondary, options)
        return cls(swath, bursts, readers, heights, registration, ramp, options)

    def later(self, lines: float) -> CoregisteredBurst:
        """The same, shifted by some lines of the secondary."""
        return replace(self, registration=self.registration.later(lines))

    def interferogram(self, first: int, stop: int) -> Interferogram:
        """The interferogram of some lines of the reference's burst.

        :param stop: the line after the last.
        """
        image, other = self.swath.reference.annotation, self.swath.secondary.annotation
        valid = [
            valid_samples(image.bursts[self.bursts.reference]),
            valid_samples(other.bursts[self.bursts.secondary]),
        ]
        span = _secondary_lines(self.registration, (first, stop), image.samples, len(valid[1]))
        reference = self.readers[0].read(self.bursts.reference, first, stop - first)
        secondary = self.readers[1].read(self.bursts.secondary, span[0], span[1] - span[0])
        if self.options.deramp:
            deramp(secondary, self.ramp, span[0])
        return interfere(
            Stripe(first, reference, valid[0][first:stop]),
            Stripe(span[0], secondary, valid[1][span[0] : span[1]]),
            self.heights[first:stop],
            self.registration,
            self.ramp,
            image.radar_frequency,
            remove_phase=self.options.remove_phase,
        )


def registration_of(swath: SwathPair, bursts: BurstPair) -> Registration:
    """The registration of a burst pair, from orbits alone, for all heights on land."""
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


def _ramp(side: Side, burst: int, options: CoherenceOptions) -> Ramp:
    velocity = side.orbit.velocity(np.array([mid_time(side.annotation, burst)]))[0]
    ramp = burst_ramp(side.annotation, burst, float(np.linalg.norm(velocity)))
    if options.deramp:
        return ramp
    return Ramp(np.zeros_like(ramp.terms), ramp.interval, ramp.lines)


def _secondary_lines(
    registration: Registration,
    lines: tuple[int, int],
    samples: int,
    available: int,
) -> tuple[int, int]:
    """The lines of the secondary needed for lines of the reference; at least one."""
    line = np.array([lines[0], (lines[0] + lines[1]) / 2, lines[1]])
    sample = np.linspace(0, samples - 1, 9)
    found = registration.at(*np.meshgrid(line, sample, _HEIGHTS[[0, -1]], indexing="ij"))[0]
    first = int(np.floor(found.min())) - BEFORE - 1
    stop = int(np.ceil(found.max())) + TAPS - BEFORE + 1
    first = min(max(first, 0), available - 1)
    return first, max(min(stop, available), first + 1)
