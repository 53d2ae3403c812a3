"""Common bursts of a pair of acquisitions, and the phase ramp of each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, Burst, RangePolynomial
from dias_cbm.card.sar.deramp import Ramp, ramp_of

#: How far apart two bursts of the same ground and steering may be, as a share of their lines.
#: Passes are synchronised to a few lines.
_FARTHEST = 0.2


class BurstPair(NamedTuple):
    """Positions of a common burst in the two annotations.

    :param identifier: of both; None if the pair was found by geometry alone.
    """

    reference: int
    secondary: int
    identifier: int | None = None


def mid_time(image: Annotation, index: int) -> float:
    """Zero-Doppler time of the middle of a burst, s since the image's epoch."""
    return image.bursts[index].azimuth_time + image.lines_per_burst / 2 * image.line_interval


def common_bursts(
    reference: Annotation, secondary: Annotation, seen: NDArray[np.float64]
) -> list[BurstPair]:
    """Bursts of the same ground: with the same identifier, or by geometry where one has none.

    :param seen: (bursts,) when the secondary's satellite sees the middle of the reference's bursts,
        s since the secondary's epoch; decides where there are no identifiers, else confirms them.
    """
    farthest = _FARTHEST * secondary.lines_per_burst * secondary.line_interval
    found = []
    for index, (burst, time) in enumerate(zip(reference.bursts, seen, strict=True)):
        candidates = [
            (abs(mid_time(secondary, number) - time), number)
            for number, other in enumerate(secondary.bursts)
            if None in (burst.burst_id, other.burst_id) or burst.burst_id == other.burst_id
        ]
        apart, number = min(candidates, default=(np.inf, 0))
        if apart <= farthest:
            known = secondary.bursts[number].burst_id is not None
            found.append(BurstPair(index, number, burst.burst_id if known else None))
    return found


def valid_samples(burst: Burst) -> NDArray[np.int32]:
    """First valid sample of every line and the one after the last; equal if there are none."""
    empty = (burst.first_valid < 0) | (burst.last_valid < 0)
    begin = np.where(empty, 0, burst.first_valid)
    end = np.where(empty, 0, burst.last_valid + 1)
    return np.stack([begin, end], axis=-1).astype(np.int32)


def valid_lines(burst: Burst) -> tuple[int, int]:
    """The first line with valid samples and the one after the last; equal if there are none."""
    lines = np.flatnonzero((burst.first_valid >= 0) & (burst.last_valid >= 0))
    return (int(lines[0]), int(lines[-1]) + 1) if lines.size else (0, 0)


def burst_ramp(image: Annotation, index: int, speed: float) -> Ramp:
    """The TOPS phase ramp of a burst.

    :param speed: of the satellite at :func:`mid_time`, m/s.
    """
    time = mid_time(image, index)
    samples = np.arange(image.samples)
    return ramp_of(
        slant_range_time=image.slant_range_time + samples / image.range_sampling_rate,
        fm_rate=_nearest(image.fm_rate, time),
        doppler=_nearest(image.doppler_centroid, time),
        steering_rate=image.steering_rate,
        speed=speed,
        frequency=image.radar_frequency,
        interval=image.line_interval,
        lines=image.lines_per_burst,
    )


def _nearest(polynomials: tuple[RangePolynomial, ...], time: float) -> RangePolynomial:
    return min(polynomials, key=lambda one: abs(one.azimuth_time - time))
