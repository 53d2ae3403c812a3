"""A burst pair coregistered by orbits and terrain: interferograms of any of its lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation
from dias_cbm.card.sar.azimuth_filter import REACH, AzimuthFilter
from dias_cbm.card.sar.bursts import BurstPair, burst_ramp, mid_time, valid_samples
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.common_band import CommonBand, Limits, common_band
from dias_cbm.card.sar.coregistration import Registration, register
from dias_cbm.card.sar.deramp import Ramp, deramp, reramp
from dias_cbm.card.sar.direct_geolocation import places_at
from dias_cbm.card.sar.geometry import zero_doppler
from dias_cbm.card.sar.interferogram import Interferogram, Stripe, StripePair
from dias_cbm.card.sar.pair import Side, SwathPair
from dias_cbm.card.sar.resample import BEFORE, TAPS
from dias_cbm.card.sar.slc import SlcReader
from dias_cbm.card.workers import Workers

#: Range of heights above the ellipsoid, in m, over which pairs are registered.
_HEIGHTS = np.linspace(-500.0, 5500.0, 6)
#: Lines and samples at which a registration is fitted.
_NODES = (7, 12)
#: Share of the azimuth band in common from which on bursts are not filtered: what they lose of
#: their coherence is less.
_UNFILTERED = 0.98


class BurstGeometry(NamedTuple):
    """How the pixels of a burst pair belong together, by orbits and annotations alone.

    Fields as of :class:`CoregisteredBurst`.
    """

    registration: Registration
    ramps: tuple[Ramp, Ramp]
    filters: tuple[AzimuthFilter, AzimuthFilter] | None

    @classmethod
    def of(cls, swath: SwathPair, bursts: BurstPair, options: CoherenceOptions) -> BurstGeometry:
        """Register a pair by its orbits."""
        registration = registration_of(swath, bursts)
        ramps = ramps_of(swath, bursts)
        images = swath.reference.annotation, swath.secondary.annotation
        band = common_band(images, ramps, registration)
        filters = _filters(swath, band) if is_filtered(band) and options.filter_band else None
        if not options.deramp:
            other = ramps[1]
            ramps = ramps[0], Ramp(np.zeros_like(other.terms), other.interval, other.lines)
            filters = None
        return cls(registration, ramps, filters)


@dataclass(frozen=True, slots=True)
class CoregisteredBurst:
    """A burst pair whose secondary can be resampled onto its reference.

    :param readers: of reference and secondary.
    :param heights: above the ellipsoid, float32[lines, samples] of the reference; NaN for none.
    :param ramps: of reference and secondary.
    :param filters: that leave the common azimuth band of either; None if it is nearly all.
    """

    swath: SwathPair
    bursts: BurstPair
    readers: tuple[SlcReader, SlcReader]
    heights: NDArray[np.float32]
    registration: Registration
    ramps: tuple[Ramp, Ramp]
    filters: tuple[AzimuthFilter, AzimuthFilter] | None
    options: CoherenceOptions

    def later(self, lines: float) -> CoregisteredBurst:
        """The same, shifted by some lines of the secondary."""
        return replace(self, registration=self.registration.later(lines))

    def interferogram(self, first: int, stop: int) -> Interferogram:
        """The interferogram of some lines of the reference's burst.

        :param stop: the line after the last.
        """
        return self.stripes(first, stop, Workers()).interferogram()

    def stripes(self, first: int, stop: int, workers: Workers) -> StripePair:
        """What the interferogram of some lines is made of.

        :param stop: the line after the last.
        :param workers: whose memory the result takes, until the thread's next one does.
        """
        image, other = self.swath.reference.annotation, self.swath.secondary.annotation
        valid = [
            valid_samples(image.bursts[self.bursts.reference]),
            valid_samples(other.bursts[self.bursts.secondary]),
        ]
        if self.filters:
            valid = [one.sound(samples) for one, samples in zip(self.filters, valid, strict=True)]
        span = _secondary_lines(self.registration, (first, stop), image.samples, len(valid[1]))
        if self.filters:
            reference = self._deramped(0, first, stop, workers)
            with workers.times.step("deramp"):
                reramp(reference, self.ramps[0], first)
        else:
            reference = self._read(0, first, stop, workers)
        secondary = self._deramped(1, *span, workers)
        return StripePair(
            Stripe(first, reference, valid[0][first:stop]),
            Stripe(span[0], secondary, valid[1][span[0] : span[1]]),
            self.heights[first:stop],
            self.registration,
            self.ramps[1],
            image.radar_frequency,
            self.options.remove_phase,
        )

    def _read(self, side: int, first: int, stop: int, workers: Workers) -> NDArray[np.complex64]:
        burst = self.bursts.secondary if side else self.bursts.reference
        reader, lines = self.readers[side], stop - first
        name = ("reference", "secondary")[side]
        with workers.times.step("read"):
            into = workers.buffers.array(name, reader.shape(lines), np.complex64)
            return reader.read(burst, first, lines, into)

    def _deramped(
        self, side: int, first: int, stop: int, workers: Workers
    ) -> NDArray[np.complex64]:
        """Lines of a burst without its ramp, of the common band only if that is needed.

        :param side: 0 for the reference, 1 for the secondary.
        """
        ramp = self.ramps[side]
        reach = REACH if self.filters else 0
        begin, end = max(first - reach, 0), min(stop + reach, ramp.lines)
        pixels = self._read(side, begin, end, workers)
        with workers.times.step("deramp"):
            deramp(pixels, ramp, begin)
            if not self.filters:
                return pixels
            return self.filters[side].filtered(pixels, first - begin, stop - first)


def band_of(swath: SwathPair, bursts: BurstPair) -> CommonBand:
    """The common azimuth band of a burst pair, from its annotations and orbits."""
    images = swath.reference.annotation, swath.secondary.annotation
    return common_band(images, ramps_of(swath, bursts), registration_of(swath, bursts))


def is_filtered(band: CommonBand) -> bool:
    """Whether a burst pair with this common band is filtered to it."""
    return band.share < _UNFILTERED


def _filters(swath: SwathPair, band: CommonBand) -> tuple[AzimuthFilter, AzimuthFilter]:
    return (
        _filter(swath.reference.annotation, band.reference),
        _filter(swath.secondary.annotation, band.secondary),
    )


def _filter(image: Annotation, limits: Limits) -> AzimuthFilter:
    return AzimuthFilter.of(
        limits, image.azimuth_bandwidth, image.azimuth_window, image.line_interval
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


def ramps_of(swath: SwathPair, bursts: BurstPair) -> tuple[Ramp, Ramp]:
    """The ramps of reference and secondary of a burst pair."""
    return _ramp(swath.reference, bursts.reference), _ramp(swath.secondary, bursts.secondary)


def _ramp(side: Side, burst: int) -> Ramp:
    velocity = side.orbit.velocity(np.array([mid_time(side.annotation, burst)]))[0]
    return burst_ramp(side.annotation, burst, float(np.linalg.norm(velocity)))


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
